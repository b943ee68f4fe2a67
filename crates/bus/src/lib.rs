//! How two processes of Seasonal talk over NATS.
//!
//! A request goes out on `rpc.<asker>.<service>.v1.<Service>.<Method>`, is shared among the equal
//! processes of the service by its queue group, and its answer comes back on
//! `_INBOX.<asker>.<service>.<instance>.<n>`. The broker's allow lists ([`acl`]) hold each process
//! kind to its own name in those subjects; the serving loop checks the rest.
//!
//! - [`rpc::server`] serves what the generated code implements ([`Serve`]).
//! - [`rpc::client`] asks, and asks once more where that is safe and useful.
//! - [`Status`] is how a request fails, [`Context`] what comes with one, [`Violations`] what is
//!   wrong with its fields.
//! - [`contract`] keeps a service's descriptors in the KV bucket `contracts` and watches them.

pub mod acl;
pub mod broker;
pub mod context;
pub mod contract;
pub mod header;
pub mod merge;
pub mod method;
pub mod rpc;
pub mod status;
pub mod subject;
pub mod trace;
pub mod validate;

pub use bytes::Bytes;
pub use context::{Caller, Context, Roles, User};
pub use futures_util::future::BoxFuture;
pub use method::{Method, Safety};
pub use rpc::client::{Ask, Client, Connect, Reply};
pub use rpc::server::{Running, Serve, Server, unary};
pub use status::{Code, Result, Status, Violation};
pub use validate::{Format, Validate, Violations};
