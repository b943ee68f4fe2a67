//! Questions to the broker itself: JetStream's API, on our own inbox.
//!
//! async-nats' ready-made calls leak an entry for each question that is never answered, and create
//! consumers, which no process of ours may.

use std::time::Duration;

use async_nats::{
    HeaderMap, Message, StatusCode, client::traits::Publisher as _, message::OutboundMessage,
};
use bytes::Bytes;
use tokio::time::timeout;

use crate::rpc::client::Client;

/// Who answers, as it stands in the reply subject. No service can have this name.
const BROKER: &str = "$JS";
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the broker did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection is away.
    #[error("the broker cannot be reached now")]
    Away,
    /// No answer in time: it is busy, or this process may not ask that.
    #[error("the broker did not answer {0}")]
    Silent(String),
    /// Nobody serves the subject: JetStream is off, or there is no such stream.
    #[error("nobody answers {0}: there is no such stream")]
    Nobody(String),
    /// It refused.
    #[error("the broker refused: {description} ({code})")]
    Refused {
        /// JetStream's own number.
        code: u64,
        /// Its sentence.
        description: String,
    },
    /// What it said cannot be understood.
    #[error("the broker's answer cannot be read")]
    Unreadable,
}

impl Client {
    /// Asks the broker: `subject` is one of `$JS.API`, or of a stream that acknowledges.
    ///
    /// # Errors
    /// As [`Error`] says; a refusal inside the answer is not looked at.
    pub async fn ask_broker(
        &self,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<Message, Error> {
        if !self.is_connected() {
            return Err(Error::Away);
        }
        let (answer, reply) = self.expect_answer(BROKER);
        let message = OutboundMessage {
            subject: subject.as_str().into(),
            reply: Some(reply.into()),
            payload,
            headers,
        };
        let asked = async {
            self.nats().publish_message(message).await.map_err(|_| Error::Away)?;
            answer.await.ok_or(Error::Away)
        };
        let message =
            timeout(PATIENCE, asked).await.map_err(|_| Error::Silent(subject.clone()))??;
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            return Err(Error::Nobody(subject));
        }
        Ok(message)
    }

    /// Asks JetStream's API and reads the JSON that it answers.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn ask_jetstream(
        &self,
        verb: &str,
        request: &serde_json::Value,
    ) -> Result<serde_json::Value, Error> {
        let payload = if request.is_null() { Bytes::new() } else { request.to_string().into() };
        let message = self.ask_broker(format!("$JS.API.{verb}"), None, payload).await?;
        read(&message.payload)
    }
}

/// The JSON of an answer, where it is not a refusal.
pub(crate) fn read(payload: &[u8]) -> Result<serde_json::Value, Error> {
    let answer: serde_json::Value =
        serde_json::from_slice(payload).map_err(|_| Error::Unreadable)?;
    let Some(error) = answer.get("error") else { return Ok(answer) };
    Err(Error::Refused {
        code: error.get("err_code").and_then(serde_json::Value::as_u64).unwrap_or_default(),
        description: error
            .get("description")
            .and_then(serde_json::Value::as_str)
            .unwrap_or("no reason given")
            .to_owned(),
    })
}
