//! The gateway's own description: it is the committed one, and the gateway answers as it says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it cannot go on"
)]

use std::path::{Path, PathBuf};
use std::process::Output;

use futures_util::future::join_all;
use integration::{Person, World};
use serde_json::{Value, json};
use tokio::process::Command;

/// The issuer in the committed document, which `proto/tests/openapi.rs` writes.
const ISSUER: &str = "https://id.example.org/realms/seasonal";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn committed() -> PathBuf {
    here().join("../proto/openapi.json")
}

/// What `./dev test` installs for these tests.
fn tool(name: &str) -> PathBuf {
    stack::folder::tools().join("clients/python/bin").join(name)
}

/// Runs a program of somebody else's to its end.
async fn run(command: &mut Command) -> Output {
    let program = command.as_std().get_program().to_owned();
    command.output().await.unwrap_or_else(|_| panic!("{}: run ./dev test", program.display()))
}

#[tokio::test]
async fn the_document_that_is_served_is_the_one_that_is_committed() {
    let world = World::start().await;
    let served = world.get("/openapi.json").await.ok().to_string();
    let served = served.replace(&world.stack().settings().issuer(), ISSUER);
    let served: Value = serde_json::from_str(&served).unwrap();

    let committed: Value = serde_json::from_slice(&std::fs::read(committed()).unwrap()).unwrap();

    assert!(served == committed, "the API changed: UPDATE_OPENAPI=1 cargo test -p proto");
}

#[tokio::test]
async fn a_validator_accepts_the_document() {
    let world = World::start().await;
    let served = world.stack().folder().join("served.json");
    let document = world.get("/openapi.json").await.ok();
    std::fs::write(&served, document.to_string()).unwrap();

    let done = run(Command::new(tool("openapi-spec-validator")).arg(&served)).await;

    assert_eq!(document["openapi"], "3.1.0");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

#[tokio::test]
async fn whoever_asks_gets_no_server_error_and_no_answer_that_is_not_declared() {
    let world = World::start().await;
    let (employer, worker) = (world.employer("Rosa").await, world.worker("Ivan").await);
    let config = config(&world, &employer, &worker).await;
    let (operator, admin) =
        (world.person("Olga", &[], &["operator"]).await, world.admin("Ada").await);
    let newcomer = world.newcomer("Nora", &[]).await;
    let callers = [
        ("nobody", None),
        ("a newcomer", Some(&newcomer)),
        ("a worker", Some(&worker)),
        ("an employer", Some(&employer)),
        ("an operator", Some(&operator)),
        ("an admin", Some(&admin)),
    ];

    let served = async || world.counted("gateway", "gateway_requests_total", "2xx").await;
    let before = served().await;

    let runs = callers.map(|(name, person)| {
        let mut command = Command::new(here().join("clients/schemathesis.sh"));
        command.arg(committed()).arg(world.stack().settings().gateway()).arg(&config);
        command.current_dir(world.stack().folder().path());
        command.env("TOKEN", person.map_or("", |person| person.tokens.access_token.as_str()));
        async move { (name, run(&mut command).await) }
    });

    for (name, done) in join_all(runs).await {
        let said = String::from_utf8_lossy(&done.stdout);
        let cases = said.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
        println!("schemathesis as {name}: {}", cases.trim());
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "as {name}:\n{said}{complaint}");
    }
    println!("schemathesis: {} of these were served", served().await - before);
}

/// Tells schemathesis of things that exist, so that it gets beyond 404.
async fn config(world: &World, employer: &Person, worker: &Person) -> PathBuf {
    let (vineyard, orchard) =
        (employer.founds_verified("Vineyard").await, employer.founds("Orchard").await);
    let mut offers = Vec::new();
    for title in ["Grape picker", "Cellar hand", "Apple picker"] {
        offers.push(employer.drafts(&vineyard, title).await.id);
        offers.push(employer.publishes(&vineyard, title).await.id);
        offers.push(employer.drafts(&orchard, title).await.id);
    }
    let members = employer.get(&format!("/v1/companies/{}/members", vineyard.id)).await.ok();
    let members: Vec<_> =
        members["members"].as_array().unwrap().iter().map(integration::id).collect();
    let known = [
        ("offerId", json!(offers)),
        ("companyId", json!([vineyard.id, orchard.id])),
        ("memberId", json!(members)),
        ("workerId", json!(["me", worker.id])),
        ("jobId", json!(["grape-picker", "ski-instructor"])),
    ];
    let mut lines = Vec::new();
    for (name, values) in &known {
        lines.push(format!("[dictionaries.{name}]\nvalues = {values}"));
    }
    lines.push("[parameters]".to_owned());
    for (name, _) in &known {
        for place in ["path", "query", "body"] {
            let often = format!("{{ dictionary = \"{name}\", probability = 0.7 }}");
            lines.push(format!("\"{place}.{name}\" = {often}"));
        }
    }
    let file = world.stack().folder().join("schemathesis.toml");
    std::fs::write(&file, lines.join("\n")).unwrap();
    file
}
