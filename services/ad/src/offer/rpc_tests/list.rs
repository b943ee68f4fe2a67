//! Paging through offers.

use std::collections::BTreeSet;

use bus::Code;
use chassis::fixture::user;
use jiff::civil::date;
use prost::Message as _;
use proto::ad::v1::{
    CreateOfferRequest, ListOffersRequest, OfferService as _, PublishOfferRequest,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{World, anyone, fields, recruiter};
use crate::fixture::{STRANGER, offer, offer_in};
use crate::offer::state::State;
use crate::offer::{Id, Offer};

/// How many offers there are before the paging begins.
const OLD: i32 = 10_000;

/// Copies the one offer there is, a minute apart, with other first days.
async fn multiply(pool: &PgPool) {
    sqlx::query!(
        "insert into offer (id, company_id, job_id, title, description, source_language, start_date,
             end_date, flexible_days, last_minute, positions_total, positions_filled, weekly_hours,
             place, benefits, required_languages, required_certificates, preferred_certificates,
             min_age, questions, external_reference, state, state_reason, create_time, update_time,
             revision)
         select gen_random_uuid(), company_id, job_id, title, description, source_language,
             start_date + n % 50, end_date + 60, flexible_days, last_minute, positions_total,
             positions_filled, weekly_hours, place, benefits, required_languages,
             required_certificates, preferred_certificates, min_age, questions, '', state, '',
             create_time - make_interval(mins => n / 3), update_time, revision
         from offer, generate_series(1, $1) as n",
        OLD - 1
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Makes and publishes an offer.
async fn publish_another(world: &World) {
    let mut draft = proto::ad::v1::Offer::from(offer());
    draft.external_reference = String::new();
    let made = world.rpc.create_offer(recruiter(), CreateOfferRequest { offer: Some(draft) }).await;
    let offer_id = made.unwrap().id;
    world.rpc.publish_offer(recruiter(), PublishOfferRequest { offer_id }).await.unwrap();
}

/// The ids of all pages, in their order; others are published between them.
async fn paged(world: &World, order_by: &str) -> Vec<String> {
    let mut request = ListOffersRequest {
        page_size: 100,
        order_by: order_by.to_owned(),
        ..ListOffersRequest::default()
    };
    let mut ids = Vec::new();
    loop {
        let next = world.rpc.list_offers(anyone(), request.clone());
        let (answer, ()) = tokio::join!(next, publish_another(world));
        let answer = answer.unwrap();
        ids.extend(answer.offers.into_iter().map(|offer| offer.id));
        if answer.next_page_token.is_empty() {
            return ids;
        }
        request.page_token = answer.next_page_token;
    }
}

#[sqlx::test]
async fn paging_while_others_are_published_shows_no_duplicate_and_no_gap(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer_in(State::Published)]).await;
    multiply(&pool).await;
    let old: BTreeSet<_> = sqlx::query_scalar!("select id::text from offer")
        .fetch_all(&pool)
        .await
        .unwrap()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(old.len(), usize::try_from(OLD).unwrap());

    for order_by in ["", "create_time", "start_date", "start_date desc"] {
        let ids = paged(&world, order_by).await;

        let seen: BTreeSet<_> = ids.iter().cloned().collect();
        assert_eq!(seen.len(), ids.len(), "no duplicate, {order_by:?}");
        assert_eq!(old.difference(&seen).count(), 0, "no gap, {order_by:?}");
    }
}

#[sqlx::test]
async fn a_page_token_is_bound_to_its_list(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut other = Offer { id: Id(Uuid::from_u128(2)), ..offer_in(State::Published) };
    other.content.external_reference = String::new();
    world.stores(&[offer_in(State::Published), other]).await;
    let request = ListOffersRequest { page_size: 1, ..ListOffersRequest::default() };
    let first = world.rpc.list_offers(anyone(), request.clone()).await.unwrap();
    let page_token = first.next_page_token;

    let second = ListOffersRequest { page_token: page_token.clone(), ..request.clone() };
    let other_filter = ListOffersRequest { job_id: "cook".to_owned(), ..second.clone() };
    let other_order = ListOffersRequest { order_by: "start_date".to_owned(), ..second.clone() };

    assert_eq!(world.rpc.list_offers(anyone(), second.clone()).await.unwrap().offers.len(), 1);
    for (context, request) in
        [(anyone(), other_filter), (anyone(), other_order), (user(STRANGER, &[]), second)]
    {
        let outcome = world.rpc.list_offers(context, request).await;
        assert_eq!(outcome.as_ref().unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(fields(outcome), ["/pageToken"]);
    }
}

#[sqlx::test]
async fn an_offer_that_has_run_out_is_not_listed_before_it_is_swept(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut out = offer_in(State::Published);
    out.content.apply_by = Some(date(2026, 11, 19));
    let mut last_day = Offer { id: Id(Uuid::from_u128(2)), ..out.clone() };
    last_day.content.apply_by = Some(date(2026, 11, 20));
    last_day.content.external_reference = String::new();
    world.stores(&[out, last_day.clone()]).await;

    let listed = world.rpc.list_offers(anyone(), ListOffersRequest::default()).await.unwrap();

    let ids: Vec<_> = listed.offers.into_iter().map(|offer| offer.id).collect();
    assert_eq!(ids, [last_day.id.to_string()]);
}

#[sqlx::test]
async fn a_page_of_long_texts_has_fewer_offers_and_a_next_page(pool: PgPool) {
    let world = World::new(&pool).await;
    let long = |number| {
        let mut offer = Offer { id: Id(Uuid::from_u128(number)), ..offer_in(State::Published) };
        let text = char::from_u32(0x4e00 + u32::try_from(number).unwrap()).unwrap();
        let texts = ["fr", "it", "de", "en", "es", "pt"]
            .map(|it| (it.to_owned(), text.to_string().repeat(8_000)));
        offer.content.description = texts.into();
        offer.content.external_reference = String::new();
        offer
    };
    world.stores(&(1..=12).map(long).collect::<Vec<_>>()).await;
    let mut request = ListOffersRequest { page_size: 100, ..ListOffersRequest::default() };

    let (mut pages, mut bytes) = (Vec::new(), Vec::new());
    loop {
        let answer = world.rpc.list_offers(anyone(), request.clone()).await.unwrap();
        bytes.push(answer.encoded_len());
        pages.push(
            answer
                .offers
                .iter()
                .map(|it| it.id.parse::<Id>().unwrap().0.as_u128())
                .collect::<Vec<_>>(),
        );
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }

    assert_eq!(pages.concat(), (1..=12).rev().collect::<Vec<_>>());
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 2]);
    assert!(bytes.iter().all(|bytes| *bytes < 800_000), "{bytes:?}");
}
