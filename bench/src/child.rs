//! Processes of the bench's own: this binary again in another role, a bare broker, a proxy.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// A child that ends with this value.
pub(crate) struct Process {
    _child: Child,
}

impl Process {
    /// Starts `program` and waits until `port` answers.
    pub(crate) async fn start(program: &str, args: &[String], port: u16) -> Result<Self> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            ensure!(child.try_wait()?.is_none(), "{program} {args:?} ended at once");
            ensure!(Instant::now() < until, "{program} {args:?} does not listen");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { _child: child })
    }

    /// Starts this binary in another role.
    pub(crate) async fn role(args: &[String], port: u16) -> Result<Self> {
        let own = std::env::current_exe()?;
        Self::start(own.to_str().context("the binary's path is no text")?, args, port).await
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
