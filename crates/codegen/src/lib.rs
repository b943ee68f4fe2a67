//! Contract in, Rust out: what the build script of the crate `proto` calls.
//!
//! From the `.proto` files of a service come its messages (by prost), and beside them, as tables
//! rather than behaviour:
//!
//! - a trait with a method per RPC, implemented by the service, by the client and by test fakes;
//! - a server that turns bytes into calls of the trait, and a client that turns calls into requests;
//! - `Validate` for every message that a request is made of, from its field limits;
//! - `Merge` for every message that an `update_mask` selects from;
//! - the service's descriptors, which it announces to the gateway when it starts.
//!
//! A contract that breaks a rule of [`contract`] stops the build with the `.proto` file and line.

mod compile;
mod merge;
mod names;
mod reach;
mod service;
mod table;
mod validate;

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use contract::Contract;

/// Generates everything for `services`, whose protos lie below `root`, into `out`.
///
/// Every package becomes `<package>.rs`; every service leaves `<service>.binpb`, its descriptors,
/// and all share `built_ms.rs`, the time of this build in milliseconds.
///
/// # Errors
///
/// When a file does not compile, or breaks a rule of the contract: then each complaint is a line
/// with file and line number.
pub fn build(root: &Path, services: &[&str], out: &Path) -> Result<()> {
    let contracts = services
        .iter()
        .map(|service| {
            let descriptors = compile::descriptors(root, service)?;
            fs::write(out.join(format!("{service}.binpb")), &descriptors)?;
            compile::read(service, &descriptors)
        })
        .collect::<Result<Vec<Contract>>>()?;

    prost(root, services, out)?;
    let tables = contracts.iter().flat_map(table::generate);
    let limits = validate::generate(&contracts);
    for (package, code) in tables.chain(limits).chain(merge::generate(&contracts)) {
        let path = out.join(format!("{package}.rs"));
        let messages = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        fs::write(path, messages + &code)?;
    }
    fs::write(out.join("built_ms.rs"), built_ms()?.to_string())?;
    Ok(())
}

fn prost(root: &Path, services: &[&str], out: &Path) -> Result<()> {
    let mut config = prost_build::Config::new();
    config
        .out_dir(out)
        .btree_map(["."]) // the idempotency hash is over encoded bytes: their order must not vary
        .bytes(["."])
        .service_generator(Box::new(service::Generator));
    config.compile_fds(compile::messages(root, services)?)?;
    Ok(())
}

/// `SOURCE_DATE_EPOCH` (in seconds) makes builds repeatable, as everywhere.
#[expect(clippy::disallowed_methods, reason = "a build script has neither clock nor config")]
fn built_ms() -> Result<u128> {
    if let Ok(seconds) = std::env::var("SOURCE_DATE_EPOCH") {
        return Ok(seconds.parse::<u128>().context("SOURCE_DATE_EPOCH")? * 1000);
    }
    Ok(std::time::SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())
}
