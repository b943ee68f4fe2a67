//! The broker of the stack.

use std::fs;

use anyhow::{Context as _, Result};

use crate::install::check_nats_server;
use crate::part::{Part, guarded, run};
use crate::plan::Plan;
use crate::probe::Probe;
use crate::signal::Signal;

/// Makes keys, users and configuration, and says how to start it.
pub(crate) async fn part(plan: &Plan) -> Result<Part> {
    check_nats_server(plan.nats_server()).await?;
    users(plan).await?;
    let config = plan.folder().join("nats/nats.conf");
    fs::write(&config, configuration(plan)).context("write nats.conf")?;
    let mut part = Part::new("nats", plan.nats_server(), plan.folder().log("nats"));
    part.url = Some(plan.settings().nats_ops());
    part.args = vec!["-c".to_owned(), config.display().to_string()];
    part.probe = Probe::Http { port: plan.port("nats.monitor"), path: "/healthz" };
    Ok(part)
}

/// `sync_interval: always`: without it a power loss takes what was acknowledged. Short pings, so
/// that a frozen client is noticed.
fn configuration(plan: &Plan) -> String {
    let (port, monitor) = (plan.port("nats"), plan.port("nats.monitor"));
    let store = plan.folder().join("nats/store");
    format!(
        r#"server_name: seasonal
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
ping_interval: "5s"
ping_max: 2
max_payload: 1048576
jetstream {{
  store_dir: "{store}"
  sync_interval: always
}}
include "users.conf"
"#,
        store = store.display()
    )
}

/// Keys and users are `provision`'s work: it knows from the contracts who may do what.
async fn users(plan: &Plan) -> Result<()> {
    let folder = plan.folder().join("nats");
    fs::create_dir_all(&folder)?;
    let provision = plan.program("provision");
    if !provision.exists() {
        let password = plan.settings().secret("ops").to_owned();
        let open =
            format!("authorization {{ users: [{{user: ops, password: \"{password}\"}}] }}\n");
        return fs::write(folder.join("users.conf"), open).context("write users.conf");
    }
    let mut keys = guarded(&provision, None, Signal::Kill);
    run(keys.arg("keys").arg(folder.join("keys")), "provision keys").await?;
    let mut users = guarded(&provision, None, Signal::Kill);
    users.arg("users").arg(folder.join("keys")).env("OPS_PASSWORD", plan.settings().secret("ops"));
    let written = run(&mut users, "provision users").await?;
    fs::write(folder.join("users.conf"), written).context("write users.conf")
}
