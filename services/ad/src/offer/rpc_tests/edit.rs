//! Drafting and changing offers.

use bus::Code;
use proto::ad::v1::{
    self as pb, CreateOfferRequest, DeleteOfferRequest, DuplicateOfferRequest, ListOffersRequest,
    OfferService as _, UpdateOfferRequest,
};
use proto::value::v1::Money;
use sqlx::PgPool;

use super::{World, anyone, fields, recruiter, told};
use crate::fixture::{company, offer, offer_in};
use crate::offer::state::State;

fn create(offer: pb::Offer) -> CreateOfferRequest {
    CreateOfferRequest { offer: Some(offer) }
}

fn update(offer: pb::Offer, paths: &[&str]) -> UpdateOfferRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateOfferRequest {
        offer_id: crate::fixture::offer().id.to_string(),
        offer: Some(offer),
        update_mask: Some(prost_types::FieldMask { paths }),
    }
}

fn placed(place: &str) -> pb::Offer {
    pb::Offer { place: place.to_owned(), ..pb::Offer::default() }
}

#[sqlx::test]
async fn company_and_job_are_enough_for_a_draft(pool: PgPool) {
    let world = World::new(&pool).await;
    let (company_id, job_id) = (company().to_string(), "cook".to_owned());
    let request = create(pb::Offer { company_id, job_id, ..pb::Offer::default() });

    let draft = world.rpc.create_offer(recruiter(), request).await.unwrap();

    assert_eq!((draft.state(), draft.revision), (pb::OfferState::Draft, 1));
    assert_eq!((draft.positions_left, draft.pay.as_ref()), (0, None));
    assert!(draft.create_time.is_some() && draft.publish_time.is_none());
}

#[sqlx::test]
async fn a_draft_is_answered_as_it_was_written(pool: PgPool) {
    let world = World::new(&pool).await;
    let written = pb::Offer::from(offer());

    let draft = world.rpc.create_offer(recruiter(), create(written.clone())).await.unwrap();
    let read = world
        .rpc
        .get_offer(recruiter(), pb::GetOfferRequest { offer_id: draft.id.clone() })
        .await
        .unwrap();

    assert_eq!(read, draft);
    assert_eq!(draft, pb::Offer { id: draft.id.clone(), ..written });
}

#[sqlx::test]
async fn a_draft_with_several_mistakes_is_told_of_all(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut wrong = pb::Offer::from(offer());
    wrong.job_id = "astronaut".to_owned();
    wrong.end_date = "2027-08-24".to_owned();
    let below = Money { amount: "3.00".to_owned(), currency_code: "EUR".to_owned() };
    wrong.pay.as_mut().unwrap().max = Some(below);

    let outcome = world.rpc.create_offer(recruiter(), create(wrong)).await;

    assert_eq!(fields(outcome), ["/offer/jobId", "/offer/endDate", "/offer/pay/max/amount"]);
    assert_eq!(world.drafts().await, 0);
}

#[sqlx::test]
async fn a_text_that_cannot_be_stored_is_the_callers_mistake(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut titled = pb::Offer::from(offer());
    titled.title.insert("fr".to_owned(), "Vendangeur\0".to_owned());
    let placed = pb::Offer { place: "Fleurie\0".to_owned(), ..offer().into() };

    for draft in [titled, placed] {
        let outcome = world.rpc.create_offer(recruiter(), create(draft)).await;
        assert_eq!(told(outcome), (Code::InvalidArgument, "UNSTORABLE_TEXT".to_owned()));
    }
    let request = ListOffersRequest { text: "\0".to_owned(), ..ListOffersRequest::default() };
    assert_eq!(told(world.rpc.list_offers(anyone(), request).await).0, Code::InvalidArgument);
}

#[sqlx::test]
async fn an_external_reference_is_used_once(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;

    let again = world.rpc.create_offer(recruiter(), create(offer().into())).await;

    assert_eq!(told(again), (Code::AlreadyExists, "EXTERNAL_REFERENCE_TAKEN".to_owned()));
}

#[sqlx::test]
async fn only_what_the_mask_names_is_changed(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let before = pb::Offer::from(offer());
    let money = Money { amount: "13".to_owned(), currency_code: String::new() };
    let pay = Some(pb::Pay { min: Some(money), ..pb::Pay::default() });

    let request =
        update(pb::Offer { pay, min_age: 99, ..placed("Morgon") }, &["place", "pay.min.amount"]);
    let after = world.rpc.update_offer(recruiter(), request).await.unwrap();

    let mut expected = pb::Offer { revision: 2, ..before };
    expected.place = "Morgon".to_owned();
    expected.pay.as_mut().unwrap().min.as_mut().unwrap().amount = "13.00".to_owned();
    assert_eq!(after, expected);
}

#[sqlx::test]
async fn what_an_update_cannot_change_is_named_all_at_once(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let company_id = uuid::Uuid::from_u128(9).to_string();
    let (job_id, flexible_days) = ("astronaut".to_owned(), 61);

    let request = update(
        pb::Offer { company_id, job_id, flexible_days, ..pb::Offer::default() },
        &["company_id", "job_id", "flexible_days", "state", "title.fr", "*"],
    );
    let outcome = world.rpc.update_offer(recruiter(), request).await;

    let refused = ["/updateMask"; 3];
    let wrong = ["/offer/companyId", "/offer/flexibleDays", "/offer/jobId"];
    assert_eq!(fields(outcome), [refused, wrong].concat());
}

#[sqlx::test]
async fn an_update_without_a_mask_is_refused(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;

    let empty = world.rpc.update_offer(recruiter(), update(placed("Morgon"), &[])).await;
    let request = UpdateOfferRequest { update_mask: None, ..update(placed("Morgon"), &[]) };
    let missing = world.rpc.update_offer(recruiter(), request).await;

    assert_eq!(fields(empty), ["/updateMask"]);
    assert_eq!(fields(missing), ["/updateMask"]);
}

#[sqlx::test]
async fn a_published_offer_stays_publishable(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer_in(State::Published)]).await;

    let request = update(pb::Offer::default(), &["pay", "title", "start_date"]);
    let outcome = world.rpc.update_offer(recruiter(), request).await;

    assert_eq!(fields(outcome), ["/offer/startDate", "/offer/pay", "/offer/title/fr"]);
}

#[sqlx::test]
async fn of_two_who_edit_the_same_revision_one_wins(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let edit = |place| {
        let context = recruiter().with_if_match("\"1-abc\"");
        world.rpc.update_offer(context, update(placed(place), &["place"]))
    };

    let (one, other) = tokio::join!(edit("Morgon"), edit("Juliénas"));

    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    let lost = lost.unwrap_err();
    assert_eq!(
        (lost.code(), lost.facts()["etag_revision"].as_str()),
        (Code::PreconditionFailed, "2")
    );
    assert_eq!(world.sees(recruiter(), &offer()).await.unwrap(), won.unwrap());
}

#[sqlx::test]
async fn a_deleted_draft_is_gone(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let request = DeleteOfferRequest { offer_id: offer().id.to_string() };

    world.rpc.delete_offer(recruiter(), request.clone()).await.unwrap();
    let again = world.rpc.delete_offer(recruiter(), request).await;

    assert_eq!(told(again).0, Code::NotFound);
    assert_eq!(told(world.sees(anyone(), &offer()).await).0, Code::NotFound);
}

#[sqlx::test]
async fn the_duplicate_of_an_expired_offer_is_a_draft_a_year_later(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer_in(State::Expired)]).await;
    world.clock.advance(std::time::Duration::from_hours(365 * 24));
    let request = DuplicateOfferRequest { offer_id: offer().id.to_string() };

    let copy = world.rpc.duplicate_offer(recruiter(), request).await.unwrap();

    assert_eq!((copy.state(), copy.revision), (pb::OfferState::Draft, 1));
    assert_eq!((copy.start_date.as_str(), copy.end_date.as_str()), ("2028-08-25", "2028-09-05"));
    assert_eq!((copy.apply_by.as_str(), copy.external_reference.as_str()), ("2028-08-01", ""));
}
