//! Micro clients of other languages look at our services, unmodified, with an address alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it cannot go on"
)]

use std::path::{Path, PathBuf};

use integration::World;
use serde_json::Value;
use tokio::process::Command;

/// How many requests are made between two looks.
const ASKED: u64 = 20;
const COUNTED: &str = "GetJob";

/// A client in some language: the program that runs it, and its text.
struct Client {
    program: PathBuf,
    script: PathBuf,
}

impl Client {
    fn of(program: PathBuf, script: &str) -> Self {
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        Self { program, script: clients.join(script) }
    }

    /// What it found: an object by service, each with its processes and their endpoints.
    async fn looks(&self, world: &World) -> Value {
        let run = Command::new(&self.program)
            .arg(&self.script)
            .arg(world.stack().settings().nats_ops())
            .env("NODE_MODULES", tools().join("node_modules"))
            .output()
            .await
            .unwrap_or_else(|_| panic!("{}: run ./dev test", self.program.display()));
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        serde_json::from_slice(&run.stdout).unwrap()
    }
}

/// What `./dev test` installs for these tests.
fn tools() -> PathBuf {
    stack::folder::tools().join("clients")
}

fn endpoint<'a>(found: &'a Value, service: &str, name: &str) -> &'a Value {
    let endpoints = found[service]["endpoints"].as_array().unwrap();
    endpoints.iter().find(|it| it["name"].as_str().unwrap().contains(name)).unwrap()
}

async fn lists_describes_and_counts(client: &Client) {
    let world = World::start().await;

    let before = client.looks(&world).await;
    for _ in 0..ASKED {
        let _job = world.get("/v1/jobs/grape-picker").await.ok();
    }
    let after = client.looks(&world).await;

    for service in ["ad", "profile"] {
        let found = &after[service];
        assert_eq!(found["description"], format!("the {service} service of Seasonal"));
        assert_eq!(found["version"], "0.1.0");
        assert!(!found["id"].as_str().unwrap().is_empty());
    }
    let described = endpoint(&after, "ad", COUNTED);
    assert_eq!(described["subject"], "rpc.*.ad.v1.JobService.GetJob");
    let requests = |found| endpoint(found, "ad", COUNTED)["requests"].as_u64().unwrap();
    let counted = requests(&after) - requests(&before);
    let listed = |service: &str| after[service]["endpoints"].as_array().unwrap().len();
    println!("ad has {} endpoints, profile {}; counted {counted}", listed("ad"), listed("profile"));
    assert!(listed("ad") >= 15 && listed("profile") >= 10);
    assert!(counted >= ASKED, "{counted}");
}

#[tokio::test]
async fn nats_py_lists_describes_and_counts_our_services() {
    lists_describes_and_counts(&Client::of(tools().join("python/bin/python"), "micro.py")).await;
}

#[tokio::test]
async fn nats_js_lists_describes_and_counts_our_services() {
    lists_describes_and_counts(&Client::of("node".into(), "micro.mjs")).await;
}
