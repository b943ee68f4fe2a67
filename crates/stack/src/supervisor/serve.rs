//! Takes orders on the control socket.

use std::collections::BTreeMap;
use std::fs::{Permissions, remove_file, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

use super::{Order as KeeperOrder, Supervisor};
use crate::control::{Answer, Order, SOCKET, socket_path};
use crate::service;

/// How long a process may take until it is ready.
const READY: Duration = Duration::from_mins(5);

/// Serves the control socket, for ever.
pub(super) async fn serve(supervisor: Rc<Supervisor>, down: Rc<Notify>) -> Result<()> {
    let folder = supervisor.plan.folder();
    let _stale = remove_file(folder.join(SOCKET));
    let listener = {
        let (_open, path) = socket_path(folder)?;
        UnixListener::bind(path).context("open the control socket")?
    };
    set_permissions(folder.join(SOCKET), Permissions::from_mode(0o600))?;
    loop {
        let (stream, _) = listener.accept().await?;
        let (supervisor, down) = (supervisor.clone(), down.clone());
        tokio::task::spawn_local(async move {
            let _gone = converse(&supervisor, &down, stream).await;
        });
    }
}

async fn converse(supervisor: &Supervisor, down: &Notify, stream: UnixStream) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let outcome = match serde_json::from_str(&line) {
            Ok(order) => obey(supervisor, down, order).await,
            Err(error) => Err(error.into()),
        };
        let answer = match outcome {
            Ok(name) => Answer { error: None, name, parts: supervisor.entries() },
            Err(error) => Answer { error: Some(format!("{error:#}")), ..Answer::default() },
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        write.write_all(&line).await?;
    }
    Ok(())
}

async fn obey(supervisor: &Supervisor, down: &Notify, order: Order) -> Result<Option<String>> {
    match order {
        Order::Status => Ok(None),
        Order::Start { name } => supervisor.start(&name, READY).await.map(|()| Some(name)),
        Order::Stop { name, signal } => supervisor.stop(&name, signal).await.map(|()| Some(name)),
        Order::Signal { name, signal } => {
            supervisor.tell(&name, KeeperOrder::Send(signal)).await?;
            Ok(Some(name))
        }
        Order::Add { kind, env } => add(supervisor, &kind, env).await.map(Some),
        Order::Remove { name } => supervisor.remove(&name).await.map(|()| Some(name)),
        Order::Down => {
            down.notify_one();
            Ok(None)
        }
    }
}

/// Starts another process of a service under the first free name: `ad-2`, `ad-3`, …
async fn add(supervisor: &Supervisor, kind: &str, env: BTreeMap<String, String>) -> Result<String> {
    let taken = supervisor.names();
    let name = (2..1_000)
        .map(|number| format!("{kind}-{number}"))
        .find(|name| !taken.contains(name))
        .context("no name is free")?;
    let mut part = service::part(&supervisor.plan, kind, &name)?;
    part.env.extend(env);
    supervisor.begin_ready(part, READY).await?;
    Ok(name)
}
