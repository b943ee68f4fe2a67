//! A way to the server that can be cut and mended.

use std::net::SocketAddr;

use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub(super) struct Proxy {
    address: SocketAddr,
    target: (String, u16),
    task: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy to the server of `options`, and the options that go through it. It is cut at first.
    pub(super) async fn cut_off(options: &PgConnectOptions) -> (Self, PgConnectOptions) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = (options.get_host().to_owned(), options.get_port());
        let through = options.clone().host("127.0.0.1").port(address.port());
        (Self { address, target, task: None }, through)
    }

    /// Lets connections through, on the same address as ever.
    pub(super) async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let target = self.target.clone();
        self.task = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(pass(client, target.clone()));
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
}

async fn pass(mut client: TcpStream, target: (String, u16)) {
    let mut server = TcpStream::connect(target).await.unwrap();
    drop(copy_bidirectional(&mut client, &mut server).await);
}
