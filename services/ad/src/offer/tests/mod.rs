//! The requests for offers, on a database, with a profile service that is played.

mod access;
mod edit;
mod list;
mod state;

use std::sync::Arc;

use bus::{Code, Context, Result, Status};
use chassis::fixture::user;
use chassis::{Clock, Ids};
use proto::ad::v1::{self as pb, GetOfferRequest, OfferService as _};
use sqlx::PgPool;

use super::{Offer, Rpc, store};
use crate::fixture::{ADMIN, Profile, RECRUITER};
use crate::job::Catalogue;
use crate::member::Guard;

/// The service on a database of its own.
struct World {
    rpc: Rpc<Profile>,
    profile: Profile,
    clock: Clock,
}

impl World {
    async fn new(pool: &PgPool) -> Self {
        let (clock, profile) = (chassis::fixture::clock(), Profile::new());
        let rpc = Rpc {
            db: chassis::fixture::db(pool, &clock).await.unwrap(),
            clock: clock.clone(),
            ids: Ids::new(clock.clone()),
            member: Guard::new(profile.clone(), clock.clone()),
            jobs: Arc::new(Catalogue::read().unwrap()),
        };
        Self { rpc, profile, clock }
    }

    /// Puts offers there as they are.
    async fn stores(&self, offers: &[Offer]) {
        let mut db = self.rpc.db.read().await.unwrap();
        for offer in offers {
            store::insert(&mut db, offer).await.unwrap();
        }
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
