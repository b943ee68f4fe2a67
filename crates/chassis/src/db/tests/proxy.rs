//! A way to the server that can be cut, frozen and mended.

use std::net::SocketAddr;

use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub(super) struct Proxy {
    address: SocketAddr,
    target: (String, u16),
    frozen: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy to the server of `options`, and the options that go through it. It is cut at first.
    pub(super) async fn cut_off(options: &PgConnectOptions) -> (Self, PgConnectOptions) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = (options.get_host().to_owned(), options.get_port());
        let through = options.clone().host("127.0.0.1").port(address.port());
        (Self { address, target, frozen: watch::Sender::new(false), task: None }, through)
    }

    /// Lets connections through, on the same address as ever.
    pub(super) async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (target, frozen) = (self.target.clone(), self.frozen.clone());
        self.task = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(pass(client, target.clone(), frozen.subscribe()));
            }
        }));
    }

    /// Breaks all connections and refuses new ones, as a killed server does.
    pub(super) async fn cut(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
    }

    /// Has the machine behind the connections that there are vanish: nothing comes back on them, not
    /// even their end. New ones find another machine.
    pub(super) fn freeze(&self) {
        self.frozen.send_replace(true);
        self.frozen.send_replace(false);
    }
}

async fn pass(mut client: TcpStream, target: (String, u16), mut frozen: watch::Receiver<bool>) {
    let mut server = TcpStream::connect(target).await.unwrap();
    let vanished = tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => false,
        changed = frozen.changed() => changed.is_ok(),
    };
    if vanished {
        std::future::pending::<()>().await;
    }
}
