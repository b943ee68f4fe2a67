//! Where clients connect.

mod connection;
mod http2;
mod hyper_service;
mod tls;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ask::Asker;
use crate::config::Config;
use crate::gateway::Gateway;
use connection::{Connection, Protocol};
use tls::Tls;

/// How long nothing is accepted after an accept that failed: the descriptors are used up.
const PAUSE: Duration = Duration::from_millis(50);

/// How clients are listened to.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where.
    pub address: SocketAddr,
    /// How long a request's header may take, and how long a connection may be idle.
    pub header_time: Duration,
    /// The most connections at a time.
    pub connections_max: usize,
    /// The certificate's and its key's files, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
    protocol: Protocol,
    places: Arc<Semaphore>,
}

impl Options {
    /// What the configuration says.
    ///
    /// # Errors
    /// A certificate without its key, or a key without its certificate.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            address: config.listen_address,
            header_time: Duration::from_secs(config.header_seconds),
            connections_max: config.connections_max,
            tls: config.tls_files()?,
        })
    }
}

impl Listener {
    /// Binds the address and reads the certificate.
    ///
    /// # Errors
    /// Either cannot be used.
    pub async fn bind(options: Options) -> anyhow::Result<Self> {
        let address = options.address;
        let socket = TcpListener::bind(address)
            .await
            .with_context(|| format!("LISTEN_ADDRESS {address} cannot be listened on"))?;
        let tls =
            options.tls.map(|(certificate, key)| Tls::read(&certificate, &key)).transpose()?;
        let places = Arc::new(Semaphore::new(options.connections_max));
        Ok(Self { socket, tls, protocol: Protocol::new(options.header_time), places })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)))
    }

    /// Serves until it is told to stop; then takes no more, and lets what has begun end for as long
    /// as `bound`.
    pub async fn serve<A: Asker>(
        self,
        gateway: Arc<Gateway<A>>,
        stopping: CancellationToken,
        bound: Duration,
    ) {
        let connections = TaskTracker::new();
        while let Some((stream, peer, place)) = stopping.run_until_cancelled(self.accept()).await {
            let connection = Connection {
                gateway: gateway.clone(),
                protocol: self.protocol.clone(),
                tls: self.tls.clone(),
                stopping: stopping.child_token(),
                peer: peer.ip(),
            };
            connections.spawn(async move {
                connection.serve(stream).await;
                drop(place);
            });
        }
        drop(self.socket);
        connections.close();
        if tokio::time::timeout(bound, connections.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }

    /// The next connection, when there is a place for it.
    async fn accept(&self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = self.places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = self.socket.accept().await?;
        // A small answer must not wait for the acknowledgement of the one before.
        stream.set_nodelay(true)?;
        Ok((stream, peer, place))
    }
}
