//! Our own processes: which there are, and the environment of each. The one place to look when a
//! process gets a new variable.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::keycloak::WEB_URL;
use crate::part::Part;
use crate::plan::Plan;
use crate::probe::Probe;

type Environment = BTreeMap<&'static str, String>;

/// One of our process kinds; the binary has the same name.
pub(crate) struct Service {
    pub(crate) kind: &'static str,
    args: &'static [&'static str],
    /// Whether it has a database of its name.
    database: bool,
    environment: fn(&Plan, name: &str) -> Result<Environment>,
}

/// In the order in which they start; they stop in the opposite order.
pub(crate) const SERVICES: [Service; 4] = [
    Service {
        kind: "provision",
        args: &["streams", "--watch"],
        database: false,
        environment: NOTHING,
    },
    Service { kind: "profile", args: &[], database: true, environment: NOTHING },
    Service { kind: "ad", args: &[], database: true, environment: NOTHING },
    Service { kind: "gateway", args: &[], database: false, environment: gateway },
];

/// What all processes have is enough for it.
const NOTHING: fn(&Plan, &str) -> Result<Environment> = |_, _| Ok(Environment::new());

/// How to start a process of a kind under a name: `ad`, or `ad-2` for the second.
pub(crate) fn part(plan: &Plan, kind: &str, name: &str) -> Result<Part> {
    let service = SERVICES
        .iter()
        .find(|service| service.kind == kind)
        .with_context(|| format!("{kind} is none of our processes"))?;
    let health = plan.settle_port(&format!("{name}.health"))?;
    let mut env = common(plan, kind, health);
    if service.database {
        env.insert("DATABASE_URL", plan.settings().database(kind));
    }
    env.extend((service.environment)(plan, name)?);

    let mut part = Part::new(name, plan.program(kind), plan.folder().log(name));
    part.args = service.args.iter().map(|arg| (*arg).to_owned()).collect();
    // Provision serves nothing: the others wait, red, for what it makes.
    if kind != "provision" {
        let address = env.get("LISTEN_ADDRESS").cloned();
        let address = address.unwrap_or_else(|| format!("127.0.0.1:{health}"));
        part.url = Some(format!("http://{address}"));
        part.probe = Probe::Http { port: health, path: "/readyz" };
    }
    part.env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(part)
}

fn common(plan: &Plan, kind: &str, health: u16) -> Environment {
    let seed = plan.folder().join(format!("nats/keys/{kind}.nk"));
    let mut env = BTreeMap::from([
        ("NATS_URL", plan.settings().nats()),
        ("NATS_SEED_FILE", seed.display().to_string()),
        ("HEALTH_ADDRESS", format!("127.0.0.1:{health}")),
        ("LOG_FORMAT", "json".to_owned()),
        ("STOP_SECONDS", "15".to_owned()),
    ]);
    for name in ["LOG", "OTLP_ENDPOINT", "TRACE_SAMPLE_RATIO"] {
        if let Some(value) = std::env::var_os(name) {
            env.insert(name, value.to_string_lossy().into_owned());
        }
    }
    env
}

fn gateway(plan: &Plan, name: &str) -> Result<Environment> {
    let settings = plan.settings();
    let port = plan.settle_port(name)?;
    Ok(BTreeMap::from([
        ("LISTEN_ADDRESS", format!("127.0.0.1:{port}")),
        ("ISSUER", settings.issuer()),
        ("AUDIENCE", "seasonal-api".to_owned()),
        (
            "AUTHORIZED_PARTIES",
            "seasonal-web,seasonal-mobile,seasonal-test,seasonal-short".to_owned(),
        ),
        ("DOCS_CLIENT_ID", "seasonal-web".to_owned()),
        ("ALLOWED_ORIGINS", WEB_URL.to_owned()),
        // Counted as in production, but nobody who develops or measures comes near.
        ("RATE_ADDRESS_PER_MINUTE", "60000000".to_owned()),
        ("RATE_ANONYMOUS_PER_MINUTE", "6000000".to_owned()),
        ("RATE_CALLER_PER_MINUTE", "60000000".to_owned()),
        ("RATE_CALLER_WRITES_PER_MINUTE", "6000000".to_owned()),
    ]))
}
