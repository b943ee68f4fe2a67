//! Reading and writing the bucket with no more than the allow lists give.

use std::time::Duration;

use async_nats::{
    HeaderMap, Message,
    header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_EXPECTED_STREAM},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::STREAM;
use crate::{
    broker::{Error, read},
    rpc::client::Client,
};

const KEYS: &str = "$KV.contracts.";
const PATIENCE: Duration = Duration::from_secs(5);
/// JetStream's number for "another wrote in between".
const WRONG_LAST_SEQUENCE: u64 = 10_071;

/// One key of the bucket as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) service: String,
    pub(super) sequence: u64,
    /// `None` where it was deleted.
    pub(super) value: Option<Bytes>,
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// Another wrote in between.
    Overtaken,
}

/// The subject of a key.
pub(super) fn subject(service: &str) -> String {
    [KEYS, service].concat()
}

/// The key of a subject.
pub(super) fn service_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(KEYS)
}

/// The last entry of the key, if there is one.
pub(super) async fn find(client: &Client, service: &str) -> Result<Option<Entry>, Error> {
    let asked = format!("$JS.API.DIRECT.GET.{STREAM}.{}", subject(service));
    let message = client.ask_broker(asked, None, Bytes::new()).await?;
    if message.status.is_some_and(|status| status.as_u16() == 404) {
        return Ok(None);
    }
    entry(&message).map(Some).ok_or(Error::Unreadable)
}

/// The last entries of all keys.
pub(super) async fn list(client: &Client) -> Result<Vec<Entry>, Error> {
    let asked = format!("$JS.API.DIRECT.GET.{STREAM}");
    let inbox = client.nats().new_inbox();
    let mut answers = client.nats().subscribe(inbox.clone()).await.map_err(|_| Error::Away)?;
    let request = format!(r#"{{"multi_last":["{KEYS}*"]}}"#);
    let sent = client.nats().publish_with_reply(asked.clone(), inbox, request.into()).await;
    sent.map_err(|_| Error::Away)?;
    let mut entries = Vec::new();
    loop {
        let next = timeout(PATIENCE, answers.next()).await;
        let message = next.map_err(|_| Error::Silent(asked.clone()))?.ok_or(Error::Away)?;
        match message.status.map(|status| status.as_u16()) {
            // the end, or nothing at all
            Some(204 | 404) => return Ok(entries),
            Some(503) => return Err(Error::Nobody(asked)),
            Some(_) => return Err(Error::Unreadable),
            None => entries.extend(entry(&message)),
        }
    }
}

/// Writes the key, if its last entry still is the one of `sequence` (0 for none).
pub(super) async fn write(
    client: &Client,
    service: &str,
    value: Bytes,
    sequence: u64,
) -> Result<Written, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_EXPECTED_STREAM, STREAM);
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, sequence.to_string());
    let answer = client.ask_broker(subject(service), Some(headers), value).await?;
    match read(&answer.payload) {
        Ok(_) => Ok(Written::Yes),
        Err(Error::Refused { code: WRONG_LAST_SEQUENCE, .. }) => Ok(Written::Overtaken),
        Err(error) => Err(error),
    }
}

fn entry(message: &Message) -> Option<Entry> {
    let headers = message.headers.as_ref()?;
    let service = service_of(headers.get("Nats-Subject")?.as_str())?.to_owned();
    let sequence = headers.get("Nats-Sequence")?.as_str().parse().ok()?;
    let is_deleted = headers.get("KV-Operation").is_some();
    let value = (!is_deleted).then(|| message.payload.clone());
    Some(Entry { service, sequence, value })
}
