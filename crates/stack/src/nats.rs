//! The broker of the stack.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

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

/// Keys and users are `provision`'s work: it knows from the contracts who may do what. `ops` gets a
/// password beside its key, so that people and tools can look from outside with an address alone.
async fn users(plan: &Plan) -> Result<()> {
    let keys = plan.folder().join("nats/keys");
    fs::create_dir_all(&keys)?;
    let provision = plan.program("provision");
    let mut make = guarded(&provision, None, Signal::Kill);
    run(make.arg("keys").arg(&keys), "provision keys").await?;
    let mut write = guarded(&provision, None, Signal::Kill);
    let written = run(write.arg("users").arg(&keys), "provision users").await?;

    let key = fs::read_to_string(keys.join("ops.pub")).context("read the key of ops")?;
    let users = with_password(&written, key.trim(), plan.settings().secret("ops"))?;
    plan.folder().write("nats/users.conf", users.as_bytes())
}

/// Adds a user `ops` with the password and the permissions of the user with this key.
fn with_password(written: &str, key: &str, password: &str) -> Result<String> {
    let (start, end) = written.find('[').zip(written.rfind(']')).context("no list of users")?;
    let list = written.get(start..=end).context("no list of users")?;
    let mut users: Vec<Value> = serde_json::from_str(list).context("users are not JSON")?;
    let ops = users.iter().find(|user| user.get("nkey").and_then(Value::as_str) == Some(key));
    let permissions = ops.and_then(|ops| ops.get("permissions")).context("no user ops")?;
    let ops = json!({"user": "ops", "password": password, "permissions": permissions});
    users.push(ops);
    let users = serde_json::to_string_pretty(&users)?;
    Ok(format!("authorization {{\n\"users\": {users}\n}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_with_a_password_may_do_what_ops_with_a_key_may() {
        let written = r#"# by provision
authorization {
"users": [{"nkey": "UOPS", "permissions": {"publish": {"allow": ["$SRV.>"]}}}, {"nkey": "UAD"}]
}"#;

        let users = with_password(written, "UOPS", "secret").unwrap();

        let list = users.trim_start_matches("authorization {\n\"users\":").trim_end_matches("}\n");
        let users: Vec<Value> = serde_json::from_str(list).unwrap();
        assert_eq!(users[2]["user"], "ops");
        assert_eq!(users[2]["permissions"], users[0]["permissions"]);
        assert_eq!(users.len(), 3);
    }
}
