//! What a contract says.
//!
//! A service's contract is its compiled `.proto` files: a `FileDescriptorSet` with source
//! positions. [`Contract::read`] decodes it, refuses it with every [`Complaint`] at once when a
//! rule is broken, and otherwise knows each [`Method`] with its HTTP route, who may call it and
//! how long it may take, each [`Event`], and the tables that turn protobuf into JSON and back
//! ([`transcode`]). [`openapi`] writes the document of any number of contracts.
//!
//! The same code reads the contract when Rust is generated from it and when the gateway receives
//! it at run time, so there is one place that decides what a valid contract is.

mod check;
#[cfg(test)]
mod fixture;
mod model;
pub mod openapi;
pub mod options;
pub mod transcode;

pub use check::{Collision, ROLES, collisions};
pub use model::{
    Access, Body, Complaint, Contract, Element, Event, Method, Place, Route, Safety, Segment,
    Service, Template, Verb,
};
