//! Asks a process whether it is ready.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(1);

/// How a process says that it is ready.
#[derive(Clone, Debug)]
pub(crate) enum Probe {
    /// It cannot: it is ready when it runs.
    None,
    /// 200 on this path of this port.
    Http { port: u16, path: &'static str },
    /// PostgreSQL's own question.
    Postgres { pg_isready: PathBuf, port: u16 },
}

impl Probe {
    pub(crate) async fn passes(&self) -> bool {
        let answer = async {
            match self {
                Self::None => true,
                Self::Http { port, path } => http(*port, path).await.unwrap_or(false),
                Self::Postgres { pg_isready, port } => postgres(pg_isready, *port).await,
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or(false)
    }
}

async fn http(port: u16, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    Ok(start.ends_with(b" 200"))
}

async fn postgres(pg_isready: &PathBuf, port: u16) -> bool {
    let status = Command::new(pg_isready)
        .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    status.is_ok_and(|status| status.success())
}
