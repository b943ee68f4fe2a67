//! Who may read and change offers.

use bus::{Caller, Code, Context};
use chassis::fixture::user;
use proto::ad::v1::{
    CloseOfferRequest, CreateOfferRequest, ListOffersRequest, OfferService as _,
    PublishOfferRequest,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{World, admin, anyone, recruiter, told};
use crate::fixture::{OWNER, STRANGER, VIEWER, company, offer, offer_in};
use crate::offer::Id;
use crate::offer::Offer;
use crate::offer::state::State;

fn stranger() -> Context {
    user(STRANGER, &["employer"])
}

fn viewer() -> Context {
    user(VIEWER, &["employer"])
}

#[sqlx::test]
async fn hidden_offers_are_found_by_members_and_admins_alone(pool: PgPool) {
    let world = World::new(&pool).await;

    for (number, state) in (1..).zip(State::ALL.iter().copied()) {
        let mut offer = Offer { id: Id(Uuid::from_u128(number)), ..offer_in(state) };
        offer.content.external_reference = String::new();
        world.stores(std::slice::from_ref(&offer)).await;
        let is_public = matches!(state, State::Published | State::Filled | State::Expired);

        for context in [viewer(), recruiter(), admin()] {
            assert!(world.sees(context, &offer).await.is_ok(), "{state:?}");
        }
        for context in [anyone(), stranger(), Context::for_test(Caller::Service("task".to_owned()))]
        {
            let found = world.sees(context, &offer).await;
            assert_eq!(found.is_ok(), is_public, "{state:?}");
            assert!(is_public || told(found) == (Code::NotFound, "OFFER_NOT_FOUND".to_owned()));
        }
    }
}

#[sqlx::test]
async fn who_may_see_an_offer_but_not_change_it_is_told_so(pool: PgPool) {
    let world = World::new(&pool).await;
    let hidden = offer();
    let mut public = Offer { id: Id(Uuid::from_u128(2)), ..offer_in(State::Published) };
    public.content.external_reference = String::new();
    world.stores(&[hidden.clone(), public.clone()]).await;
    let close = async |context, offer: &Offer| {
        let (offer_id, reason) = (offer.id.to_string(), "over".to_owned());
        world.rpc.close_offer(context, CloseOfferRequest { offer_id, reason }).await
    };

    for (context, offer, code, reason) in [
        (stranger(), &public, Code::PermissionDenied, "NOT_A_MEMBER"),
        (stranger(), &hidden, Code::NotFound, "OFFER_NOT_FOUND"),
        (viewer(), &public, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (viewer(), &hidden, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (admin(), &public, Code::PermissionDenied, "NOT_A_MEMBER"),
        (anyone(), &public, Code::Unauthenticated, "UNAUTHENTICATED"),
    ] {
        assert_eq!(told(close(context, offer).await), (code, reason.to_owned()));
    }
    assert!(close(user(OWNER, &["employer"]), &public).await.is_ok());
}

#[sqlx::test]
async fn only_members_who_recruit_draft_offers(pool: PgPool) {
    let world = World::new(&pool).await;
    let create = async |context| {
        let request = CreateOfferRequest { offer: Some(offer().into()) };
        world.rpc.create_offer(context, request).await
    };

    assert_eq!(told(create(stranger()).await), (Code::PermissionDenied, "NOT_A_MEMBER".to_owned()));
    assert_eq!(told(create(viewer()).await), (Code::PermissionDenied, "ROLE_TOO_LOW".to_owned()));
    assert_eq!(told(create(anyone()).await).0, Code::Unauthenticated);
    assert!(create(recruiter()).await.is_ok());
}

#[sqlx::test]
async fn a_company_that_does_not_exist_has_no_members(pool: PgPool) {
    let world = World::new(&pool).await;
    let offer = Offer { company_id: Uuid::from_u128(7), ..offer() };

    let outcome =
        world.rpc.create_offer(recruiter(), CreateOfferRequest { offer: Some(offer.into()) });

    assert_eq!(told(outcome.await), (Code::PermissionDenied, "NOT_A_MEMBER".to_owned()));
}

#[sqlx::test]
async fn states_that_are_not_published_are_listed_for_the_company_and_for_admins(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let list = async |context, company_id: String| {
        let states = vec![State::Draft.number()];
        let request = ListOffersRequest { company_id, states, ..ListOffersRequest::default() };
        world.rpc.list_offers(context, request).await.map(|answer| answer.offers.len())
    };
    let (ours, all) = (company().to_string(), String::new());

    assert_eq!(list(viewer(), ours.clone()).await, Ok(1));
    assert_eq!(list(admin(), all.clone()).await, Ok(1));
    assert_eq!(list(admin(), ours.clone()).await, Ok(1));
    for (context, company) in
        [(stranger(), &ours), (anyone(), &ours), (recruiter(), &all), (anyone(), &all)]
    {
        let refused = told(list(context, company.clone()).await);
        assert_eq!(refused, (Code::PermissionDenied, "STATES_NOT_OPEN".to_owned()));
    }
}

#[sqlx::test]
async fn without_profile_public_offers_are_read_and_nothing_is_changed(pool: PgPool) {
    let world = World::new(&pool).await;
    let public = offer_in(State::Published);
    world.stores(std::slice::from_ref(&public)).await;
    world.profile.fail(Some(Code::Unavailable));

    let seen = world.sees(stranger(), &public).await;
    let request = PublishOfferRequest { offer_id: public.id.to_string() };
    let changed = world.rpc.publish_offer(recruiter(), request).await;

    assert!(seen.is_ok());
    assert_eq!(told(changed), (Code::Unavailable, "MEMBERSHIP_UNKNOWN".to_owned()));
}

#[sqlx::test]
async fn an_offer_that_does_not_exist_is_not_found_by_any_verb(pool: PgPool) {
    let world = World::new(&pool).await;
    let request = PublishOfferRequest { offer_id: Uuid::from_u128(9).to_string() };

    let published = world.rpc.publish_offer(recruiter(), request).await;

    assert_eq!(told(published), (Code::NotFound, "OFFER_NOT_FOUND".to_owned()));
}
