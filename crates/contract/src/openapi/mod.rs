//! The OpenAPI 3.1 document of contracts.
//!
//! What a client sends and what it gets are different schemas of one message: `Offer` is the
//! answer, with all that is always written out `required`; `OfferInput` is the body that creates
//! one, without output-only fields and with the contract's own `required`; `OfferPatch` is the body
//! that changes one, where nothing is. Only what a route reaches is in the document.

mod body;
mod field;
mod known;
mod name;
mod operation;
mod parameter;
mod problem;
mod response;
mod schema;
mod security;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::Contract;
use operation::Operations;
use schema::Schemas;

/// What the document says of the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// The name of the API.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The address that the paths stand under; empty for the host of the document itself.
    pub server_url: String,
    /// Where a person signs in (authorisation code with PKCE); empty where that is not offered.
    pub authorization_url: String,
    /// Where the code is exchanged for a token.
    pub token_url: String,
}

/// Writes the document of all routes of these contracts, whatever their order.
#[must_use]
pub fn document(contracts: &[&Contract], info: &Info) -> Value {
    let mut contracts = contracts.to_vec();
    contracts.sort_by_key(|contract| contract.service());

    let operations = Operations::of(&contracts);
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for contract in &contracts {
        for operation in operations.of_contract(contract) {
            let at = paths.entry(operation.path()).or_default();
            at.insert(operation.verb(), operation.write(&mut schemas, info));
        }
        schemas.finish(contract);
    }

    let server = if info.server_url.is_empty() { "/" } else { &info.server_url };
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": info.title, "version": info.version },
        "servers": [{ "url": server }],
        "tags": tags(&contracts),
        "paths": paths,
        "components": {
            "schemas": schemas.into_map(),
            "parameters": parameter::shared(),
            "headers": response::headers(),
            "responses": problem::responses(),
            "securitySchemes": security::schemes(info),
        },
    });
    name::shorten(&mut document);
    document
}

/// A tag for each noun, with its service's comment.
fn tags(contracts: &[&Contract]) -> Vec<Value> {
    let mut tags: BTreeMap<&str, String> = BTreeMap::new();
    for contract in contracts {
        let routed = |service: &str| {
            contract.methods().iter().any(|it| it.route.is_some() && it.service == service)
        };
        for service in contract.services().iter().filter(|service| routed(&service.name)) {
            let text = tags.entry(service.noun()).or_default();
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&service.comment);
        }
    }
    tags.into_iter().map(|(name, text)| json!({ "name": name, "description": text })).collect()
}

/// Sets a key of a JSON object.
fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value.into());
    }
}

/// Sets a key of a JSON object where there is something to say.
fn put_text(object: &mut Value, key: &str, text: &str) {
    if !text.is_empty() {
        put(object, key, text);
    }
}
