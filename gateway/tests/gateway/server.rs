//! A gateway that listens, and the bytes that it answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::{Listener, Options};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// A gateway that listens.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stopping: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) world: World,
}

/// Short times on a free port.
pub(crate) fn options() -> Options {
    Options {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        header_time: Duration::from_millis(300),
        connections_max: 100,
        tls: None,
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let world = World::new().await;
        let mut options = options();
        change(&mut options);
        let listener = Listener::bind(options).await.unwrap();
        let (address, stopping) = (listener.address(), CancellationToken::new());
        let bound = Duration::from_secs(5);
        let serving =
            tokio::spawn(listener.serve(Arc::clone(&world.gateway), stopping.clone(), bound));
        Self { address, stopping, serving, world }
    }

    /// What comes back until the connection ends.
    pub(crate) async fn says(&self, bytes: &[u8]) -> Raw {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        Raw(String::from_utf8(answer).unwrap())
    }
}

/// The bytes of an answer.
#[derive(Debug)]
pub(crate) struct Raw(pub(crate) String);

impl Raw {
    /// Its status, when it is a whole problem.
    pub(crate) fn problem(&self) -> u16 {
        let (head, body) = self.0.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{self:?}"));
        assert!(head.contains("content-type: application/problem+json"), "{self:?}");
        assert!(head.contains("x-content-type-options: nosniff"), "{self:?}");
        let body: Value = serde_json::from_str(body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(body["status"], status);
        assert!(head.contains(body["requestId"].as_str().unwrap()));
        status
    }
}
