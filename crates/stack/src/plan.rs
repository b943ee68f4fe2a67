//! What a starting stack has settled on: its folder, ports, passwords and programs.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::folder::Folder;
use crate::install;
use crate::service::SERVICES;
use crate::settings::Settings;

const PORTS: [&str; 6] =
    ["gateway", "nats", "nats.monitor", "postgres", "keycloak", "keycloak.health"];
const SECRETS: [&str; 3] = ["ops", "postgres", "keycloak"];

/// What a starting stack has settled on.
pub(crate) struct Plan {
    folder: Folder,
    settings: RefCell<Settings>,
    programs: PathBuf,
    nats_server: PathBuf,
}

impl Plan {
    pub(crate) fn settle(folder: Folder) -> Result<Self> {
        let mut settings = Settings::open(&folder)?;
        for name in PORTS {
            settings.settle_port(name)?;
        }
        for service in SERVICES {
            settings.settle_port(&format!("{}.health", service.kind))?;
        }
        for name in SECRETS.into_iter().chain(crate::postgres::DATABASES) {
            settings.settle_secret(name);
        }
        settings.save(&folder)?;
        let own = std::env::current_exe()?;
        let programs = own.parent().context("the binary lies nowhere")?.to_path_buf();
        // A test binary of cargo lies one folder below those it tests.
        let programs = match programs.file_name() {
            Some(name) if name == "deps" => programs.join(".."),
            _ => programs,
        };
        Ok(Self {
            folder,
            settings: settings.into(),
            programs,
            nats_server: install::nats_server(),
        })
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings.borrow().clone()
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        self.settings.borrow().port(name)
    }

    /// Settles a port for a process that was not planned.
    pub(crate) fn settle_port(&self, name: &str) -> Result<u16> {
        let mut settings = self.settings.borrow_mut();
        let port = settings.settle_port(name)?;
        settings.save(&self.folder)?;
        Ok(port)
    }

    /// Notes what something was made from.
    pub(crate) fn note(&self, name: &str, print: String) -> Result<()> {
        let mut settings = self.settings.borrow_mut();
        settings.note(name, print);
        settings.save(&self.folder)
    }

    /// Whether something was made from just that.
    pub(crate) fn is_noted(&self, name: &str, print: &str) -> bool {
        self.settings.borrow().is_noted(name, print)
    }

    /// A binary of this workspace.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    pub(crate) fn nats_server(&self) -> &Path {
        &self.nats_server
    }
}
