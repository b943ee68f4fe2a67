//! Every verb from every state.

use bus::{Context, Result, Status};
use proto::ad::v1::{
    self as pb, ApproveOfferRequest, CloseOfferRequest, DeleteOfferRequest, DuplicateOfferRequest,
    OfferService as _, PauseOfferRequest, PublishOfferRequest, RenewOfferRequest,
    ResumeOfferRequest, ReturnOfferRequest, UpdateOfferRequest,
};
use proto::profile::v1::CompanyVerificationState;
use sqlx::PgPool;
use uuid::Uuid;

use super::{World, admin, fields, recruiter};
use crate::fixture::{content, offer, offer_in};
use crate::offer::content::Content;
use crate::offer::state::{State, Verb};
use crate::offer::{Id, Offer};

/// Where each verb leads from each state: `-` is refused, `gone` deletes, `copy` leaves the offer as it
/// is and makes a draft. The columns are those of [`Verb::ALL`].
const TABLE: [(State, &str); 8] = [
    (State::Draft, "DRAFT gone PUBLISHED - - - CLOSED copy - -"),
    (State::InReview, "IN_REVIEW - - - - - CLOSED copy PUBLISHED DRAFT"),
    (State::Published, "PUBLISHED - - PAUSED - PUBLISHED CLOSED copy - -"),
    (State::Paused, "PAUSED - - - PUBLISHED - CLOSED copy - -"),
    (State::Filled, "FILLED - - - - - CLOSED copy - -"),
    (State::Expired, "EXPIRED - - - - PUBLISHED CLOSED copy - -"),
    (State::Closed, "- - - - - - - copy - -"),
    (State::Suspended, "- - - - - - - copy - -"),
];

/// Sends `verb` for the offer; the answer is none where there is no offer any more.
pub(super) async fn send(
    world: &World,
    context: Context,
    verb: Verb,
    id: Id,
) -> Result<Option<pb::Offer>> {
    let (rpc, offer_id, reason) = (&world.rpc, id.to_string(), "because".to_owned());
    let offer = match verb {
        Verb::Update => {
            let offer = Some(pb::Offer { place: "Morgon".to_owned(), ..pb::Offer::default() });
            let update_mask = Some(prost_types::FieldMask { paths: vec!["place".to_owned()] });
            rpc.update_offer(context, UpdateOfferRequest { offer_id, offer, update_mask }).await
        }
        Verb::Delete => {
            return rpc.delete_offer(context, DeleteOfferRequest { offer_id }).await.map(|()| None);
        }
        Verb::Publish => rpc.publish_offer(context, PublishOfferRequest { offer_id }).await,
        Verb::Pause => rpc.pause_offer(context, PauseOfferRequest { offer_id, reason }).await,
        Verb::Resume => rpc.resume_offer(context, ResumeOfferRequest { offer_id }).await,
        Verb::Renew => {
            let apply_by = String::new();
            rpc.renew_offer(context, RenewOfferRequest { offer_id, apply_by }).await
        }
        Verb::Close => rpc.close_offer(context, CloseOfferRequest { offer_id, reason }).await,
        Verb::Duplicate => rpc.duplicate_offer(context, DuplicateOfferRequest { offer_id }).await,
        Verb::Approve => rpc.approve_offer(context, ApproveOfferRequest { offer_id, reason }).await,
        Verb::Return => rpc.return_offer(context, ReturnOfferRequest { offer_id, reason }).await,
    };
    offer.map(Some)
}

/// Does `verb` with the offer; the answer is the state that is told, `gone` where there is none.
async fn does(world: &World, verb: Verb, id: Id) -> Result<String> {
    let is_admins = matches!(verb, Verb::Approve | Verb::Return);
    let context = if is_admins { admin() } else { recruiter() };
    let Some(offer) = send(world, context, verb, id).await? else { return Ok("gone".to_owned()) };
    if verb == Verb::Duplicate {
        assert_ne!(offer.id, id.to_string());
        assert_eq!(offer.state, State::Draft.number());
        return Ok("copy".to_owned());
    }
    Ok(State::from_number(offer.state).unwrap().as_str().to_owned())
}

/// Where the offer stands, as everyone who may know sees it.
async fn stands(world: &World, offer: &Offer) -> String {
    match world.sees(recruiter(), offer).await {
        Ok(offer) => State::from_number(offer.state).unwrap().as_str().to_owned(),
        Err(_) => "gone".to_owned(),
    }
}

#[sqlx::test]
async fn every_verb_leads_from_every_state_where_the_table_says(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut cells = 0;

    for (state, row) in TABLE {
        for (verb, expected) in Verb::ALL.into_iter().zip(row.split(' ')) {
            cells += 1;
            let content = Content { external_reference: String::new(), ..content() };
            let offer = Offer { id: Id(Uuid::from_u128(cells)), content, ..offer_in(state) };
            world.stores(std::slice::from_ref(&offer)).await;

            let outcome = does(&world, verb, offer.id).await;

            let cell = format!("{} :{}", state.as_str(), verb.as_str());
            let stands = stands(&world, &offer).await;
            if expected == "-" {
                let status: Status = outcome.expect_err(&cell);
                assert_eq!(status.reason(), "OFFER_STATE", "{cell}");
                assert_eq!(status.facts()["state"], state.as_str(), "{cell}");
                assert_eq!(status.facts()["allowed"], allowed(row), "{cell}");
                assert_eq!(stands, state.as_str(), "{cell}");
            } else {
                assert_eq!(outcome.expect(&cell), expected, "{cell}");
                let left = if expected == "copy" { state.as_str() } else { expected };
                assert_eq!(stands, left, "{cell}");
            }
        }
    }

    println!("{cells} cells of states and verbs");
    assert_eq!(cells, 80);
}

/// The verbs that a row of the table allows.
fn allowed(row: &str) -> String {
    let verbs = Verb::ALL.into_iter().zip(row.split(' ')).filter(|(_, cell)| *cell != "-");
    verbs.map(|(verb, _)| verb.as_str()).collect::<Vec<_>>().join(",")
}

#[sqlx::test]
async fn an_unverified_companys_offer_is_published_by_an_admin(pool: PgPool) {
    let world = World::new(&pool).await;
    world.profile.verification(CompanyVerificationState::Pending);
    world.stores(&[offer()]).await;
    let (offer_id, reason) = (offer().id.to_string(), "as in the register".to_owned());

    let waiting =
        world.rpc.publish_offer(recruiter(), PublishOfferRequest { offer_id: offer_id.clone() });
    let waiting = waiting.await.unwrap();
    let approved =
        world.rpc.approve_offer(admin(), ApproveOfferRequest { offer_id, reason }).await.unwrap();

    assert_eq!((waiting.state(), waiting.publish_time), (pb::OfferState::InReview, None));
    assert_eq!(approved.state(), pb::OfferState::Published);
    assert_eq!(approved.state_reason, "as in the register");
    assert!(approved.publish_time.is_some());
}

#[sqlx::test]
async fn a_draft_that_lacks_something_is_told_all_of_it(pool: PgPool) {
    let world = World::new(&pool).await;
    let content = Content { end_date: None, pay: None, place: String::new(), ..content() };
    world.stores(&[Offer { content, ..offer() }]).await;
    let offer_id = offer().id.to_string();

    let outcome = world.rpc.publish_offer(recruiter(), PublishOfferRequest { offer_id }).await;

    assert_eq!(fields(outcome), ["/endDate", "/pay", "/place"]);
    assert_eq!(stands(&world, &offer()).await, "DRAFT");
}

#[sqlx::test]
async fn a_verb_with_a_stale_revision_changes_nothing(pool: PgPool) {
    let world = World::new(&pool).await;
    world.stores(&[offer_in(State::Published)]).await;
    let request = CloseOfferRequest { offer_id: offer().id.to_string(), reason: "done".to_owned() };

    let stale = world.rpc.close_offer(recruiter().with_if_match("\"7-x\""), request.clone()).await;
    let closed = world.rpc.close_offer(recruiter().with_if_match("\"1-x\""), request).await;

    assert_eq!(stale.unwrap_err().facts()["etag_revision"], "1");
    assert_eq!(closed.unwrap().revision, 2);
}
