//! The NATS service API: answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, so that `nats micro`
//! and the micro clients of every language can look at our services.

use std::sync::{Arc, LazyLock};

use async_nats::{Message, Subscriber};
use futures_util::{StreamExt as _, stream::select_all};
use regex::Regex;
use serde::Serialize;

use super::endpoint::Endpoint;
use crate::rpc::client::Client;

/// The expression of the service API's specification.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = "(0|[1-9][0-9]*)";
    let word = "[0-9a-zA-Z-]+";
    Regex::new(&format!(
        r"\A{number}\.{number}\.{number}(-{word}(\.{word})*)?(\+{word}(\.{word})*)?\z"
    ))
    .ok()
});

/// Whether the service API takes the version.
pub(super) fn is_version(version: &str) -> bool {
    VERSION.as_ref().is_some_and(|regex| regex.is_match(version))
}

/// What is told about the service.
pub(super) struct Micro {
    client: Client,
    service: &'static str,
    version: String,
    started: String,
    endpoints: Vec<Arc<Endpoint>>,
}

/// What is asked.
#[derive(Clone, Copy)]
enum Verb {
    Ping,
    Info,
    Stats,
}

const VERBS: [(Verb, &str); 3] =
    [(Verb::Ping, "PING"), (Verb::Info, "INFO"), (Verb::Stats, "STATS")];

#[derive(Serialize)]
struct Told<'a> {
    r#type: &'static str,
    name: &'a str,
    id: &'a str,
    version: &'a str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoints: Option<Vec<serde_json::Value>>,
}

/// Always there and empty: clients want the object.
#[derive(Serialize)]
struct Metadata {}

impl Micro {
    pub(super) fn new(
        client: &Client,
        service: &'static str,
        version: &str,
        endpoints: Vec<Arc<Endpoint>>,
    ) -> Self {
        let version = version.to_owned();
        Self { client: client.clone(), service, version, started: now(), endpoints }
    }

    /// All on which it can be asked.
    pub(super) fn subjects(&self) -> Vec<String> {
        let (name, id) = (self.service, self.client.instance());
        let ways = |(_, verb)| {
            [
                format!("$SRV.{verb}"),
                format!("$SRV.{verb}.{name}"),
                format!("$SRV.{verb}.{name}.{id}"),
            ]
        };
        VERBS.into_iter().flat_map(ways).collect()
    }

    /// Answers until the subscriptions end.
    pub(super) async fn run(self, asked: Vec<Subscriber>) {
        let mut asked = select_all(asked);
        while let Some(message) = asked.next().await {
            self.answer(message).await;
        }
    }

    async fn answer(&self, message: Message) {
        let verb = message.subject.split('.').nth(1);
        let verb = VERBS.into_iter().find(|(_, name)| Some(*name) == verb);
        let reply = message.reply.filter(|reply| reply.starts_with("_INBOX."));
        let (Some((verb, _)), Some(reply)) = (verb, reply) else { return };
        if let Ok(told) = serde_json::to_vec(&self.tell(verb)) {
            drop(self.client.nats().publish(reply, told.into()).await);
        }
    }

    fn tell(&self, verb: Verb) -> Told<'_> {
        let mut told = Told {
            r#type: "io.nats.micro.v1.ping_response",
            name: self.service,
            id: self.client.instance(),
            version: &self.version,
            metadata: Metadata {},
            description: None,
            started: None,
            endpoints: None,
        };
        match verb {
            Verb::Ping => {}
            Verb::Info => {
                told.r#type = "io.nats.micro.v1.info_response";
                told.description = Some(format!("the {} service of Seasonal", self.service));
                told.endpoints =
                    Some(self.endpoints.iter().map(|endpoint| self.info(endpoint)).collect());
            }
            Verb::Stats => {
                told.r#type = "io.nats.micro.v1.stats_response";
                told.started = Some(&self.started);
                told.endpoints =
                    Some(self.endpoints.iter().map(|endpoint| self.stats(endpoint)).collect());
            }
        }
        told
    }

    fn info(&self, endpoint: &Endpoint) -> serde_json::Value {
        serde_json::json!({
            "name": endpoint.name(),
            "subject": endpoint.subject(),
            "queue_group": self.service,
            "metadata": { "method": endpoint.method.full_name },
        })
    }

    fn stats(&self, endpoint: &Endpoint) -> serde_json::Value {
        let counts = endpoint.counts();
        serde_json::json!({
            "name": endpoint.name(),
            "subject": endpoint.subject(),
            "queue_group": self.service,
            // nats-py wants it to be there
            "data": {},
            "num_requests": counts.requests,
            "num_errors": counts.errors,
            "last_error": counts.last_error,
            "processing_time": counts.nanos,
            "average_processing_time": counts.nanos.checked_div(counts.requests).unwrap_or(0),
        })
    }
}

/// Since when it runs, which is of no consequence to anything that is served. nats-py reads exactly
/// microseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "the bus lies below the clock, and only tells this time"
)]
fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_semantic() {
        for version in ["0.1.0", "1.22.333", "1.0.0-rc.1", "1.0.0+abc"] {
            assert!(is_version(version), "{version}");
        }
        for version in ["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0 "] {
            assert!(!is_version(version), "{version}");
        }
    }
}
