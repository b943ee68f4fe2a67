//! The requests for offers, on a database, with a profile service that is played.

mod access;
mod edit;
mod list;
mod repeat;
mod state;

use std::sync::Arc;

use bus::{Code, Context, Result, Status};
use chassis::fixture::user;
use chassis::{Clock, Db, Ids};
use proto::ad::v1::{self as pb, GetOfferRequest, OfferService as _};
use sqlx::PgPool;

use super::state::State;
use super::{Offer, Rpc, store};
use crate::fixture::{ADMIN, Profile, RECRUITER, company};
use crate::job::Catalogue;
use crate::member::Guard;

/// The service on a database of its own.
struct World {
    rpc: Rpc<Profile>,
    db: Db,
    profile: Profile,
    clock: Clock,
}

impl World {
    async fn new(pool: &PgPool) -> Self {
        let (clock, profile) = (chassis::fixture::clock(), Profile::new());
        let db = chassis::fixture::db(pool, &clock).await.unwrap();
        let (ids, jobs) = (Ids::new(clock.clone()), Arc::new(Catalogue::read().unwrap()));
        let member = Guard::new(profile.clone(), clock.clone());
        let rpc = Rpc::new(db.clone(), clock.clone(), ids, member, jobs);
        Self { rpc, db, profile, clock }
    }

    /// Puts offers there as they are.
    async fn stores(&self, offers: &[Offer]) {
        let mut db = self.db.read().await.unwrap();
        for offer in offers {
            store::insert(&mut db, offer).await.unwrap();
        }
    }

    /// Takes an offer away.
    async fn loses(&self, offer: &Offer) {
        store::delete(&mut self.db.read().await.unwrap(), offer.id).await.unwrap();
    }

    /// How many drafts the company has.
    async fn drafts(&self) -> usize {
        let (company_id, states) = (company().to_string(), vec![State::Draft.number()]);
        let request =
            pb::ListOffersRequest { company_id, states, ..pb::ListOffersRequest::default() };
        self.rpc.list_offers(recruiter(), request).await.unwrap().offers.len()
    }

    async fn sees(&self, context: Context, offer: &Offer) -> Result<pb::Offer> {
        self.rpc.get_offer(context, GetOfferRequest { offer_id: offer.id.to_string() }).await
    }
}

/// One who may do everything with the company's offers.
fn recruiter() -> Context {
    user(RECRUITER, &["employer"])
}

fn admin() -> Context {
    user(ADMIN, &["admin"])
}

fn anyone() -> Context {
    Context::for_test(bus::Caller::Anonymous)
}

/// The code and the reason of a failure.
fn told<T: std::fmt::Debug>(outcome: Result<T>) -> (Code, String) {
    let status = outcome.unwrap_err();
    (status.code(), status.reason().to_owned())
}

/// The fields that a request has wrong.
fn fields<T: std::fmt::Debug>(outcome: Result<T>) -> Vec<String> {
    let found = |status: Status| status.violations().to_vec();
    found(outcome.unwrap_err()).into_iter().map(|violation| violation.field).collect()
}
