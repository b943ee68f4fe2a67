//! The life on the bus.

use std::time::Duration;

use anyhow::Context as _;
use bus::contract::Announcement;
use bus::{Client, Connect, Server};
use tokio::time::timeout;

use super::Lifecycle;

/// How long the last answers may take to leave.
const FLUSH_BOUND: Duration = Duration::from_secs(1);

impl Lifecycle {
    /// Connects to NATS as the kind of this process. A broker that is away is waited for in the
    /// background; meanwhile the process is not ready (`nats` in the health).
    ///
    /// # Errors
    ///
    /// When the settings can never work.
    pub async fn bus(&mut self) -> anyhow::Result<Client> {
        let seed = self.common.seed()?.map(|seed| seed.expose().to_owned());
        let url = self.common.nats_url.clone();
        let connect = Connect { url, kind: self.name.to_owned(), seed };
        let client = Client::connect(connect).await.context("NATS_URL or NATS_SEED is wrong")?;
        let probed = client.clone();
        self.health.depend("nats", move || {
            let connected = probed.is_connected();
            async move { if connected { Ok(()) } else { Err("disconnected") } }
        });
        let flushed = client.clone();
        self.on_stop("nats", async move {
            drop(timeout(FLUSH_BOUND, flushed.nats().flush()).await);
        });
        Ok(client)
    }

    /// Serves `server` until the process stops, announces the contract while it does, and drains what
    /// is in flight at the end.
    ///
    /// # Errors
    ///
    /// When the server cannot start.
    pub async fn serve(
        &mut self,
        client: &Client,
        server: Server,
        contract: impl Into<Announcement>,
    ) -> anyhow::Result<()> {
        let running = server.start().await.context("the service cannot be served")?;
        let announced = bus::contract::announce(client, contract.into());
        let bound = self.common.stop_bound();
        self.on_stop("rpc", async move {
            drop(announced);
            running.drain(bound).await;
        });
        Ok(())
    }
}
