//! The ports and passwords of one stack, kept from one start to the next.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::port;

const FILE: &str = "settings.json";

/// What a stack settled on when it first started.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// By name: `gateway`, `gateway.health`, `nats`, …
    ports: BTreeMap<String, u16>,
    /// By name: `ops`, `postgres`, `keycloak`, one for each database.
    secrets: BTreeMap<String, String>,
    /// What data was made from, so that a change is noticed: `realm`, `cluster`.
    prints: BTreeMap<String, String>,
}

impl Settings {
    /// Those of the folder, less the ports that somebody else has taken meanwhile.
    pub(crate) fn open(folder: &Folder) -> Result<Self> {
        let mut settings =
            if folder.join(FILE).exists() { Self::read(folder)? } else { Self::default() };
        settings.ports.retain(|_, port| port::is_free(*port));
        Ok(settings)
    }

    /// Those of a folder whose supervisor has run.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(folder: &Folder) -> Result<Self> {
        serde_json::from_str(&folder.read(FILE)?).context("settings.json is not readable")
    }

    pub(crate) fn save(&self, folder: &Folder) -> Result<()> {
        folder.write(FILE, &serde_json::to_vec_pretty(self)?)
    }

    /// Settles a port, once.
    pub(crate) fn settle_port(&mut self, name: &str) -> Result<u16> {
        if let Some(port) = self.ports.get(name) {
            return Ok(*port);
        }
        let taken: Vec<u16> = self.ports.values().copied().collect();
        let port = port::free(&taken)?;
        self.ports.insert(name.to_owned(), port);
        Ok(port)
    }

    /// Settles a password, once.
    pub(crate) fn settle_secret(&mut self, name: &str) {
        self.secrets
            .entry(name.to_owned())
            .or_insert_with(|| uuid::Uuid::new_v4().simple().to_string());
    }

    /// Notes what something was made from.
    pub(crate) fn note(&mut self, name: &str, print: String) {
        self.prints.insert(name.to_owned(), print);
    }

    /// Whether something was made from just that.
    pub(crate) fn is_noted(&self, name: &str, print: &str) -> bool {
        self.prints.get(name).is_some_and(|noted| noted == print)
    }

    /// A settled port; 0 when there is none of this name.
    #[must_use]
    pub fn port(&self, name: &str) -> u16 {
        self.ports.get(name).copied().unwrap_or_default()
    }

    /// A settled password; empty when there is none of this name.
    #[must_use]
    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map_or("", String::as_str)
    }

    fn http(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}", self.port(name))
    }

    /// The gateway's address, without a slash at the end.
    #[must_use]
    pub fn gateway(&self) -> String {
        self.http("gateway")
    }

    /// The health and metrics address of one of our processes: `gateway`, `ad`, `ad-2`, …
    #[must_use]
    pub fn health(&self, name: &str) -> String {
        self.http(&format!("{name}.health"))
    }

    /// Keycloak's address, without a slash at the end.
    #[must_use]
    pub fn keycloak(&self) -> String {
        self.http("keycloak")
    }

    /// The issuer of the tokens that the gateway accepts.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("{}/realms/seasonal", self.keycloak())
    }

    /// The broker's address, without a user.
    #[must_use]
    pub fn nats(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port("nats"))
    }

    /// The broker's address with the user `ops`, who looks at the services from outside.
    #[must_use]
    pub fn nats_ops(&self) -> String {
        format!("nats://ops:{}@127.0.0.1:{}", self.secret("ops"), self.port("nats"))
    }

    /// The broker's monitoring address.
    #[must_use]
    pub fn nats_monitor(&self) -> String {
        self.http("nats.monitor")
    }

    /// The address of a service's database, as the service's own role.
    #[must_use]
    pub fn database(&self, service: &str) -> String {
        self.postgres_as(service, service)
    }

    /// The address of a database, as superuser.
    #[must_use]
    pub fn postgres(&self, database: &str) -> String {
        self.postgres_as("postgres", database)
    }

    fn postgres_as(&self, role: &str, database: &str) -> String {
        let (secret, port) = (self.secret(role), self.port("postgres"));
        format!("postgres://{role}:{secret}@127.0.0.1:{port}/{database}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_passwords_stay_from_one_start_to_the_next() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path());
        let mut first = Settings::open(&folder).unwrap();
        let port = first.settle_port("nats").unwrap();
        first.settle_secret("ops");
        first.save(&folder).unwrap();

        let mut second = Settings::open(&folder).unwrap();

        assert_eq!(second.settle_port("nats").unwrap(), port);
        assert_eq!(second.nats_ops(), first.nats_ops());
    }

    #[test]
    fn a_port_that_somebody_else_took_is_settled_anew() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path());
        let mut first = Settings::open(&folder).unwrap();
        let port = first.settle_port("nats").unwrap();
        first.save(&folder).unwrap();
        let _somebody = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();

        let mut second = Settings::open(&folder).unwrap();

        assert_ne!(second.settle_port("nats").unwrap(), port);
    }
}
