//! What an answer says.

use async_nats::{Message, StatusCode};

use super::Reply;
use crate::{
    header,
    status::{DRAINING, NOT_HERE, OVERLOADED, Status},
};

/// What became of one ask.
pub(super) enum Answer {
    /// It was served, well or not: this is final.
    Served(Reply),
    /// It was served and failed.
    Failed(Status, Option<String>),
    /// The process is stopping and did not begin it: another may be asked at once.
    Draining,
    /// The process has too much to do and did not begin it.
    Overloaded(Status),
    /// Nobody serves it there.
    Nobody,
}

/// Reads an answer.
pub(super) fn read(message: Message) -> Answer {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        return Answer::Nobody;
    }
    let mut instance = None;
    let mut failed = false;
    for (name, values) in message.headers.iter().flat_map(async_nats::HeaderMap::iter) {
        let name: &str = name.as_ref();
        if name == header::INSTANCE {
            instance = values.first().map(ToString::to_string);
        } else if name == header::ERROR_CODE {
            failed = true;
        }
    }
    if !failed {
        return Answer::Served(Reply { payload: message.payload, instance });
    }
    let status = Status::decode(&message.payload);
    match status.reason() {
        DRAINING => Answer::Draining,
        NOT_HERE => Answer::Nobody,
        OVERLOADED => Answer::Overloaded(status),
        _ => Answer::Failed(status, instance),
    }
}
