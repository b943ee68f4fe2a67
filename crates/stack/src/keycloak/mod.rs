//! Keycloak of the stack: a home of its own on the one installation, with the realms of
//! `keycloak/` imported.

mod admin;
pub mod realm;
mod token;

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

pub use self::admin::{Admin, NewUser};
pub use self::token::{Ask, Tokens};
use crate::folder::root;
use crate::install::{KEYCLOAK, java_args, keycloak as install};
use crate::part::Part;
use crate::plan::Plan;
use crate::probe::Probe;
use crate::progress::say;

/// Where a web application in development is expected: Vite's usual port.
pub(crate) const WEB_URL: &str = "http://127.0.0.1:5173";

/// Under which an import is noted in the settings.
const NOTE: &str = "realm";

/// Installs, writes the realms, and says how to start it.
pub(crate) async fn part(plan: &Plan) -> Result<Part> {
    let installed = install().await?;
    let home = plan.folder().join("keycloak");
    make_home(&installed, &home)?;
    write_realms(plan, &home)?;

    let (port, health) = (plan.port("keycloak"), plan.port("keycloak.health"));
    let mut keycloak = Part::new("keycloak", "java", plan.folder().log("keycloak"));
    keycloak.url = Some(plan.settings().keycloak());
    keycloak.args = java_args(&installed, &home);
    // `cache=local` must be said again: without it the cluster's ports open on every address.
    keycloak.args.extend(
        [
            "start",
            "--optimized",
            "--import-realm",
            "--cache=local",
            "--http-enabled=true",
            "--http-host=127.0.0.1",
            "--log-level=info,io.smallrye.health:error",
        ]
        .map(str::to_owned),
    );
    keycloak.args.push(format!("--hostname={}", plan.settings().keycloak()));
    keycloak.args.push(format!("--http-port={port}"));
    keycloak.args.push(format!("--http-management-port={health}"));
    keycloak.env.insert("KC_BOOTSTRAP_ADMIN_USERNAME".to_owned(), "admin".to_owned());
    let password = plan.settings().secret("keycloak").to_owned();
    keycloak.env.insert("KC_BOOTSTRAP_ADMIN_PASSWORD".to_owned(), password);
    keycloak.env.insert("SEASONAL_API_URL".to_owned(), plan.settings().gateway());
    keycloak.env.insert("SEASONAL_WEB_URL".to_owned(), WEB_URL.to_owned());
    keycloak.probe = Probe::Http { port: health, path: "/health/ready" };
    Ok(keycloak)
}

/// A home that shares everything with the installation but its data.
fn make_home(installed: &Path, home: &Path) -> Result<()> {
    fs::create_dir_all(home.join("data/import"))?;
    for shared in ["bin", "conf", "lib", "providers", "themes"] {
        let link = home.join(shared);
        let _before = fs::remove_file(&link);
        symlink(installed.join(shared), &link).context("link the installation of Keycloak")?;
    }
    Ok(())
}

/// The realms that are imported, by name.
fn realms() -> Result<[(&'static str, Value); 2]> {
    let source = root().join("keycloak");
    let foreign = realm::read(&source.join("foreign.json"))?;
    Ok([("seasonal", realm::development(&source)?), ("foreign", foreign)])
}

/// Writes what is imported. Keycloak never imports a realm that it has, so a change, and an import
/// that did not come to its end, empty its database first.
fn write_realms(plan: &Plan, home: &Path) -> Result<()> {
    let realms = realms()?;
    let data = home.join("data/h2");
    if !plan.is_noted(NOTE, &print(plan, &realms)) && data.exists() {
        say("  keycloak    the realm changed: starts with a fresh database");
        fs::remove_dir_all(data)?;
    }
    for (name, realm) in realms {
        let file = home.join(format!("data/import/{name}-realm.json"));
        fs::write(file, serde_json::to_vec_pretty(&realm)?)?;
    }
    Ok(())
}

/// Notes that the realms are in the database, once Keycloak is ready.
pub(crate) fn note_import(plan: &Plan) -> Result<()> {
    plan.note(NOTE, print(plan, &realms()?))
}

/// Changes when the realms do, or what is filled in.
fn print(plan: &Plan, realms: &[(&str, Value)]) -> String {
    let mut hasher = DefaultHasher::new();
    for (_, realm) in realms {
        realm.to_string().hash(&mut hasher);
    }
    (KEYCLOAK, plan.settings().gateway()).hash(&mut hasher);
    hasher.finish().to_string()
}
