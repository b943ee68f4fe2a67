//! `openapi.json` is what the `.proto` files say, so that a change of the API is seen in review.
//!
//! After a wanted change: `UPDATE_OPENAPI=1 cargo test -p proto`, and read the difference.

use std::fs;

use contract::Contract;
use contract::openapi::{Info, document};
use serde_json::Value;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
const SIGN_IN: &str = "https://id.example.org/realms/seasonal/protocol/openid-connect";

/// What the gateway serves, with an issuer that is nobody's.
fn said() -> Value {
    let contracts = [proto::ad::contract(), proto::profile::contract()].map(|it| {
        Contract::read(&it.service, &it.descriptors).unwrap_or_else(|it| panic!("{it:?}"))
    });
    let info = Info {
        title: "Seasonal".to_owned(),
        version: "1".to_owned(),
        server_url: String::new(),
        authorization_url: format!("{SIGN_IN}/auth"),
        token_url: format!("{SIGN_IN}/token"),
    };
    document(&contracts.each_ref(), &info)
}

#[test]
fn the_committed_document_is_what_the_protos_say() {
    let said = said();

    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(COMMITTED, format!("{said:#}\n")).unwrap();
    }
    let committed: Value = serde_json::from_slice(&fs::read(COMMITTED).unwrap()).unwrap();
    assert!(said == committed, "the API changed: UPDATE_OPENAPI=1 cargo test -p proto");
}
