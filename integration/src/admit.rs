//! Letting a new service in, as an operator does.

use std::path::{Path, PathBuf};

use serde_json::Value;
use stack::Signal;
use tokio::process::Command;

use crate::broker::Broker;
use crate::contract::Announcement;
use crate::world::World;

impl World {
    /// Gives a new service a key, and a user at the broker with the rights that follow from its
    /// contract; back with its connection. Nothing is started again.
    pub async fn admits(&self, contract: &Announcement) -> Broker {
        let (service, nats) = (&contract.service, self.stack().folder().join("nats"));
        let file = nats.join(format!("{service}.binpb"));
        std::fs::write(&file, &contract.descriptors).expect("the contract is written");
        let _made = provision("keys", &nats, &file).await;
        let written = provision("users", &nats, &file).await;

        let key = read(&nats.join(format!("keys/{service}.pub")));
        let is_new = |user: &Value| user["nkey"] == key.trim();
        let mut users = list(&read(&nats.join("users.conf")));
        users.retain(|user| !is_new(user));
        users.extend(list(&written).into_iter().filter(is_new));
        let users = format!("authorization {{\n\"users\": {}\n}}\n", Value::Array(users));
        std::fs::write(nats.join("users.conf"), users).expect("the users are written");
        self.stack().signal("nats", Signal::Hup).await.expect("the broker is told");
        self.broker(service).await
    }
}

/// Has `provision` do what it does before the services start, with this contract besides our own.
async fn provision(what: &str, nats: &Path, contract: &Path) -> String {
    let mut command = Command::new(program("provision"));
    command.current_dir(nats).args([what, "keys", "--contract"]).arg(contract);
    let done = command.output().await.expect("provision runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("provision writes text")
}

/// A binary of ours, beside the tests' own.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this binary lies somewhere");
    let found = own.ancestors().skip(1).map(|it| it.join(name)).find(|it| it.is_file());
    found.expect("our binaries are built: run the tests with ./dev test")
}

/// The users in the broker's configuration, whose list is JSON.
fn list(configuration: &str) -> Vec<Value> {
    let bounds = configuration.find('[').zip(configuration.rfind(']'));
    let list = bounds.and_then(|(start, end)| configuration.get(start..=end));
    serde_json::from_str(list.expect("a list of users")).expect("the users are JSON")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a file of the stack")
}
