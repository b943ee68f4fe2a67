//! The broker's users, from the contracts.

use std::path::Path;

use anyhow::Context as _;
use bus::acl::{self, Askable, Permissions};
use contract::Contract;
use serde_json::{Value, json};

use crate::keys::public_key;

/// The block `authorization` of the broker's configuration: one user for each process kind, with
/// the public key in `dir` and the permissions that follow from the contracts. nats-server reads
/// JSON.
///
/// # Errors
/// Where a kind has no key.
pub fn render(dir: &Path, contracts: &[Contract]) -> anyhow::Result<String> {
    let methods: Vec<_> = contracts.iter().flat_map(Contract::methods).collect();
    let methods = || {
        methods.iter().map(|method| Askable { subject: &method.subject, askers: &method.askers })
    };
    let services = contracts.iter().map(|contract| {
        let service = contract.service();
        (service, acl::service(service, methods()))
    });
    let others = [
        (bus::subject::GATEWAY, acl::gateway()),
        (acl::PROVISION, acl::provision()),
        (acl::OPS, acl::ops()),
    ];
    let users: Vec<_> = others
        .into_iter()
        .chain(services)
        .map(|(kind, permissions)| user(&public_key(dir, kind)?, &permissions))
        .collect::<anyhow::Result<_>>()?;
    let users = serde_json::to_string_pretty(&users).context("cannot write the users")?;
    Ok(format!(
        "# Written by `provision users`; what changes here is lost.\nauthorization {{\n\"users\": {users}\n}}\n"
    ))
}

fn user(key: &str, permissions: &Permissions) -> anyhow::Result<Value> {
    let plain = |subjects: &[String]| subjects.iter().all(|subject| !subject.contains(['"', ' ']));
    let Permissions { publish, subscribe } = permissions;
    anyhow::ensure!(plain(publish) && plain(subscribe), "a subject cannot hold spaces or quotes");
    Ok(json!({
        "nkey": key,
        "permissions": { "publish": { "allow": publish }, "subscribe": { "allow": subscribe } },
    }))
}
