//! The words that the integration tests are written in.
//!
//! They know the platform from outside: over HTTP at the gateway, and over NATS as somebody who
//! looks at it. [`World::start`] joins the stack that `./dev test` started, and each test brings
//! fresh people and companies into it, so that tests neither wait for nor disturb each other.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "these are tests: they end where they cannot go on"
)]

mod admit;
mod answer;
mod broker;
mod contract;
mod inside;
mod load;
mod own;
mod person;
mod wait;
mod world;

pub use answer::Answer;
pub use broker::Broker;
pub use contract::Announcement;
pub use load::{Load, Tally};
pub use own::Own;
pub use person::{Company, Offer, Person, id, offer};
pub use wait::eventually;
pub use world::World;
