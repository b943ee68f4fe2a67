//! Letting a new service in, as an operator does.

use std::path::{Path, PathBuf};

use stack::Signal;
use tokio::process::Command;

use crate::broker::Broker;
use crate::contract::Announcement;
use crate::world::World;

impl World {
    /// Gives a new service a key, and a user at the broker with the rights that follow from its
    /// contract; back with its connection. Nothing is started again.
    pub async fn admits(&self, contract: &Announcement) -> Broker {
        let folder = self.stack().folder().join("nats");
        let file = folder.join(format!("{}.binpb", contract.service));
        std::fs::write(&file, &contract.descriptors).expect("the contract is written");
        self.provision(&folder, &["keys", "keys", "--contract"], &file).await;
        let users = ["users", "keys", "--out", "users.conf", "--contract"];
        self.provision(&folder, &users, &file).await;
        self.stack().signal("nats", Signal::Hup).await.expect("the broker is told");
        self.broker(&contract.service).await
    }

    async fn provision(&self, folder: &Path, arguments: &[&str], contract: &Path) {
        let password = self.stack().settings().secret("ops");
        let mut command = Command::new(program("provision"));
        command.current_dir(folder).args(arguments).arg(contract).env("OPS_PASSWORD", password);
        let done = command.output().await.expect("provision runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// A binary of ours, beside the tests' own.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this binary lies somewhere");
    let found = own.ancestors().skip(1).map(|it| it.join(name)).find(|it| it.is_file());
    found.expect("our binaries are built: run the tests with ./dev test")
}
