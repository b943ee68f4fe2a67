//! A nats-server of the test's own.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bus::{Client, Connect};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A nats-server with JetStream on a free port of this machine; it ends with its owner.
pub(crate) struct Broker {
    child: Child,
    dir: TempDir,
    port: u16,
    config: String,
}

impl Broker {
    /// One that lets everybody do everything.
    pub(crate) async fn start() -> Self {
        Self::with_config("").await
    }

    /// One with this configuration added: its `authorization`.
    pub(crate) async fn with_config(config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let child = run(dir.path(), -1, config);
        let port = ports(dir.path(), &child).await;
        Self { child, dir, port, config: config.to_owned() }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// A process of this kind, connected.
    pub(crate) async fn client(&self, kind: &str) -> Client {
        self.client_with(kind, None).await
    }

    /// A process of this kind with this seed, connected.
    pub(crate) async fn client_with(&self, kind: &str, seed: Option<String>) -> Client {
        let client = Client::connect(Connect { url: self.url(), kind: kind.to_owned(), seed });
        let client = client.await.unwrap();
        eventually("connected", async || client.is_connected()).await;
        client
    }

    /// Ends it, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, on the disk it had.
    pub(crate) async fn restart(&mut self) {
        let port = i32::from(self.port);
        fs::remove_file(self.dir.path().join("ports.json")).ok();
        self.child = run(self.dir.path(), port, &self.config);
        ports(self.dir.path(), &self.child).await;
    }

    /// Forgets all that it stored; only while it is down.
    pub(crate) fn wipe(&self) {
        fs::remove_dir_all(self.dir.path().join("jetstream")).unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn run(dir: &Path, port: i32, config: &str) -> Child {
    let file = dir.join("nats.conf");
    let store = dir.join("jetstream").display().to_string();
    let whole = format!(
        "listen: \"127.0.0.1:{port}\"\nports_file_dir: {:?}\njetstream {{ store_dir: {store:?} }}\n{config}",
        dir.display().to_string()
    );
    fs::write(&file, whole).unwrap();
    let server = std::env::var_os("NATS_SERVER_BIN").unwrap_or_else(|| "nats-server".into());
    let log = fs::File::create(dir.join("nats.log")).unwrap();
    let mut command = Command::new(server);
    command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("nats-server starts: is NATS_SERVER_BIN set?")
}

/// The port, from the file that the server writes when it listens.
async fn ports(dir: &Path, child: &Child) -> u16 {
    let file = format!("nats-server_{}.ports", child.id());
    let mut port = None;
    eventually("the broker listens", async || {
        let written = fs::read_to_string(dir.join(&file)).unwrap_or_default();
        let ports: Option<serde_json::Value> = serde_json::from_str(&written).ok();
        let url = ports.and_then(|ports| Some(ports["nats"][0].as_str()?.to_owned()));
        port = url.and_then(|url| url.rsplit(':').next()?.parse().ok());
        port.is_some()
    })
    .await;
    port.unwrap()
}

/// Waits for the condition, 20 s at most.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < until, "not in 20 s: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
