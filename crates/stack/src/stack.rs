//! A running stack, as a test or a tool holds it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::board::{self, Entries};
use crate::control::{self, Order};
use crate::folder::Folder;
use crate::keycloak::{Admin, Ask, Tokens};
use crate::settings::Settings;
use crate::signal::Signal;

/// A running stack.
#[derive(Clone, Debug)]
pub struct Stack {
    folder: Folder,
    settings: Settings,
    http: reqwest::Client,
}

impl Stack {
    /// The stack that `./dev test` started: `SEASONAL_STACK` names its folder.
    ///
    /// # Errors
    /// When the variable is not set, or nothing is up there.
    pub fn join() -> Result<Self> {
        let folder = std::env::var_os("SEASONAL_STACK")
            .context("SEASONAL_STACK is not set: run the tests with ./dev test")?;
        Self::open(Folder::at(folder))
    }

    /// The stack of a folder.
    ///
    /// # Errors
    /// When nothing is up there.
    pub fn open(folder: Folder) -> Result<Self> {
        ensure!(folder.is_locked(), "nothing is up in {}", folder.path().display());
        let settings = Settings::read(&folder)?;
        Ok(Self { folder, settings, http: http_client()? })
    }

    /// Its addresses and passwords.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its folder: logs, keys, data.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// An HTTP client for whoever needs one.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Keycloak's administrator.
    #[must_use]
    pub fn admin(&self) -> Admin {
        let password = self.settings.secret("keycloak").to_owned();
        Admin::new(self.http.clone(), self.settings.keycloak(), password)
    }

    /// An access token of a demo user, good at the gateway for 5 minutes.
    ///
    /// # Errors
    /// When Keycloak is away, or there is no such user.
    pub async fn token(&self, user: &str) -> Result<String> {
        let password = demo_password(user);
        Ok(self.tokens(&Ask::of(user, &password)).await?.access_token)
    }

    /// Tokens of any kind.
    ///
    /// # Errors
    /// When Keycloak is away, or refuses.
    pub async fn tokens(&self, ask: &Ask<'_>) -> Result<Tokens> {
        ask.at(&self.http, &self.settings.keycloak()).await
    }

    /// How every process is.
    ///
    /// # Errors
    /// When the stack's state is not readable.
    pub fn state(&self) -> Result<Entries> {
        board::read(&self.folder)
    }

    /// The process id of a process that runs.
    ///
    /// # Errors
    /// When it does not.
    pub fn pid(&self, name: &str) -> Result<u32> {
        let pid = self.state()?.get(name).and_then(|entry| entry.pid);
        pid.with_context(|| format!("{name} does not run"))
    }

    /// Ends a process with a signal and leaves it ended; back when it is gone.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn stop(&self, name: &str, signal: Signal) -> Result<()> {
        let order = Order::Stop { name: name.to_owned(), signal: Some(signal) };
        control::order(&self.folder, &order).await.map(drop)
    }

    /// Starts a stopped process; back when it is ready.
    ///
    /// # Errors
    /// When there is none of this name, or it does not become ready.
    pub async fn start(&self, name: &str) -> Result<()> {
        control::order(&self.folder, &Order::Start { name: name.to_owned() }).await.map(drop)
    }

    /// Freezes a process.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn freeze(&self, name: &str) -> Result<()> {
        self.signal(name, Signal::Stop).await
    }

    /// Lets a frozen process go on.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn thaw(&self, name: &str) -> Result<()> {
        self.signal(name, Signal::Cont).await
    }

    /// Sends a process a signal. One that it kills is started again by the supervisor.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn signal(&self, name: &str, signal: Signal) -> Result<()> {
        let order = Order::Signal { name: name.to_owned(), signal };
        control::order(&self.folder, &order).await.map(drop)
    }

    /// Starts another process of a service, with some variables of its own; back with its name
    /// (`ad-2`) when it is ready.
    ///
    /// # Errors
    /// When there is no such service, or it does not become ready.
    pub async fn add(&self, kind: &str, env: &[(&str, &str)]) -> Result<String> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let order = Order::Add { kind: kind.to_owned(), env: env.collect::<BTreeMap<_, _>>() };
        control::order(&self.folder, &order).await?.name.context("no name")
    }

    /// Ends a process and forgets it.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn remove(&self, name: &str) -> Result<()> {
        control::order(&self.folder, &Order::Remove { name: name.to_owned() }).await.map(drop)
    }

    /// The address of one of our processes' health and metrics, `ad-2` included.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn health(&self, name: &str) -> Result<String> {
        Ok(Settings::read(&self.folder)?.health(name))
    }
}

impl<'a> Ask<'a> {
    /// What opens the gateway: our realm, client and audience.
    #[must_use]
    pub fn of(user: &'a str, password: &'a str) -> Self {
        Self { realm: "seasonal", client: "seasonal-test", user, password, scope: "openid api" }
    }
}

/// The password of a demo user.
pub(crate) fn demo_password(user: &str) -> String {
    format!("{user}-password")
}

pub(crate) fn http_client() -> Result<reqwest::Client> {
    // Another crate of the process may have installed it; it is the same one.
    let _before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .context("make an HTTP client")
}
