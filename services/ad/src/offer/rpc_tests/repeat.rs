//! Commands that are repeated with their key.

use std::time::Duration;

use bus::{Code, Context};
use chassis::fixture::{command, stored};
use futures_util::future::join_all;
use prost::Message as _;
use proto::ad::v1::{self as pb, OfferService as _};
use sqlx::PgPool;
use uuid::Uuid;

use super::state::send;
use super::{World, recruiter, told};
use crate::fixture::{RECRUITER, STRANGER, content, offer, offer_in};
use crate::offer::content::Content;
use crate::offer::state::{State, Verb};
use crate::offer::{Id, Offer};

/// Longer than what the caller is to the company is kept.
const LATER: Duration = Duration::from_secs(6);

fn create() -> pb::CreateOfferRequest {
    let content = Content { external_reference: String::new(), ..content() };
    pb::CreateOfferRequest { offer: Some(Offer { content, ..offer() }.into()) }
}

fn keyed(number: u128, verb: Verb) -> Context {
    command(number, verb.as_str(), "key-1")
}

#[sqlx::test]
async fn a_create_that_is_sent_twice_at_once_makes_one_offer(pool: PgPool) {
    let world = World::new(&pool).await;
    let context = || command(RECRUITER, "create", "key-1");

    let outcomes = join_all((0..8).map(|_| world.rpc.create_offer(context(), create()))).await;

    let (made, repeats): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let [Ok(made)] = &made[..] else { panic!("{made:?}") };
    assert!(repeats.into_iter().all(|repeat| stored(repeat).as_ref() == Some(made)));
    assert_eq!(world.drafts().await, 1);
}

#[sqlx::test]
async fn a_create_is_answered_again_though_its_caller_was_dismissed_or_profile_is_away(
    pool: PgPool,
) {
    let world = World::new(&pool).await;
    let create = || world.rpc.create_offer(command(RECRUITER, "create", "key-1"), create());
    let made = create().await.unwrap();

    for failure in [Code::NotFound, Code::Unavailable] {
        world.profile.fail(Some(failure));
        world.clock.advance(Duration::from_mins(2));
        assert_eq!(stored(create().await), Some(made.clone()), "{failure:?}");
    }
}

#[sqlx::test]
async fn every_verb_is_answered_again_though_the_offer_is_gone_and_its_caller_dismissed(
    pool: PgPool,
) {
    let world = World::new(&pool).await;

    for (number, verb) in (1..).zip(Verb::ALL) {
        let state = State::ALL.iter().copied().find(|state| state.allows(verb)).unwrap();
        let content = Content { external_reference: String::new(), ..content() };
        let offer = Offer { id: Id(Uuid::from_u128(number)), content, ..offer_in(state) };
        world.stores(std::slice::from_ref(&offer)).await;
        let answer = send(&world, keyed(RECRUITER, verb), verb, offer.id).await.unwrap();
        world.loses(&offer).await;
        world.profile.fail(Some(Code::NotFound));
        world.clock.advance(LATER);

        let repeat = send(&world, keyed(RECRUITER, verb), verb, offer.id).await.unwrap_err();

        let answer = answer.map(|it| it.encode_to_vec()).unwrap_or_default();
        assert_eq!(repeat.stored_answer().map(|it| it.to_vec()), Some(answer), "{verb:?}");
        world.profile.fail(None);
        world.clock.advance(LATER);
    }
}

#[sqlx::test]
async fn a_verb_that_is_refused_leaves_its_key_free(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer()]).await;
    let publish = |number| send(&world, keyed(number, Verb::Publish), Verb::Publish, offer().id);

    let strangers = publish(STRANGER).await;
    world.profile.fail(Some(Code::NotFound));
    let dismissed = publish(RECRUITER).await;
    world.profile.fail(None);
    world.clock.advance(LATER);
    let published = publish(RECRUITER).await.unwrap();

    for refused in [strangers, dismissed] {
        assert_eq!(told(refused), (Code::NotFound, "OFFER_NOT_FOUND".to_owned()));
    }
    assert_eq!(published.unwrap().state(), pb::OfferState::Published);
    let without_key = send(&world, recruiter(), Verb::Publish, offer().id).await;
    assert_eq!(told(without_key).1, "OFFER_STATE");
}
