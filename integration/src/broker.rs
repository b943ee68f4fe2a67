//! The broker, as one of the platform's own processes or as somebody who looks at it sees it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, HeaderMap, Message, Request};
use serde_json::Value;

use crate::wait::eventually;
use crate::world::World;

/// How long an answer of the broker may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection with the rights of a process kind: what somebody has who took that process over.
#[derive(Clone)]
pub struct Broker {
    kind: String,
    client: Client,
    refused: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// Connects to the broker with the key of a process kind: `ad`, `gateway`, `provision`. Waits
    /// until it is let in.
    pub async fn broker(&self, kind: &str) -> Broker {
        let connection = Mutex::new(None);
        eventually(&format!("the broker lets {kind} in"), async || {
            let connected = connect(self, kind).await;
            let is_in = connected.is_ok();
            *connection.lock().expect("the connection") = connected.ok();
            is_in
        })
        .await;
        connection.into_inner().expect("the connection").expect("a connection")
    }
}

async fn connect(world: &World, kind: &str) -> Result<Broker, async_nats::ConnectError> {
    let file = world.stack().folder().join(format!("nats/keys/{kind}.nk"));
    let seed = std::fs::read_to_string(file).expect("the key of a process kind");
    let refused = Arc::new(Mutex::new(Vec::new()));
    let heard = refused.clone();
    let client = ConnectOptions::with_nkey(seed.trim().to_owned())
        .name(format!("a test, as {kind}"))
        .custom_inbox_prefix(format!("_INBOX.{kind}.test"))
        .event_callback(move |event| {
            if let Event::ServerError(error) = event {
                heard.lock().expect("the refusals").push(error.to_string());
            }
            std::future::ready(())
        })
        .connect(world.stack().settings().nats())
        .await?;
    Ok(Broker { kind: kind.to_owned(), client, refused })
}

impl Broker {
    /// Its process kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The connection.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asks, and takes the answer on its own inbox; `None` when none comes.
    pub async fn ask(&self, subject: &str, payload: Vec<u8>) -> Option<Message> {
        let inbox = format!("_INBOX.{}.$JS.test.{}", self.kind, uuid::Uuid::new_v4().simple());
        let request = Request::new().payload(payload.into()).inbox(inbox).timeout(Some(PATIENCE));
        self.client.send_request(subject.to_owned(), request).await.ok()
    }

    /// Asks JetStream and reads the JSON that it answers; null when none comes.
    pub async fn jetstream(&self, verb: &str, request: &Value) -> Value {
        let payload = if request.is_null() { Vec::new() } else { request.to_string().into_bytes() };
        let answer = self.ask(&format!("$JS.API.{verb}"), payload).await;
        answer.and_then(|it| serde_json::from_slice(&it.payload).ok()).unwrap_or_default()
    }

    /// Publishes with headers and a reply.
    pub async fn publish(&self, subject: &str, reply: &str, headers: HeaderMap, payload: Vec<u8>) {
        let (subject, reply) = (subject.to_owned(), reply.to_owned());
        let sent =
            self.client.publish_with_reply_and_headers(subject, reply, headers, payload.into());
        sent.await.expect("it is sent");
        self.client.flush().await.expect("the broker has it");
    }

    /// Whether the broker refused it something about this subject.
    #[must_use]
    pub fn was_refused(&self, subject: &str) -> bool {
        let named = format!("\"{subject}\"");
        self.refused.lock().expect("the refusals").iter().any(|refusal| refusal.contains(&named))
    }

    /// Waits until the broker has refused it something about this subject.
    pub async fn is_refused(&self, subject: &str) {
        eventually(&format!("{} is refused {subject}", self.kind), async || {
            self.was_refused(subject)
        })
        .await;
    }
}
