//! Request and reply: who [asks](client) and who [serves](server).

pub mod client;
pub mod server;
