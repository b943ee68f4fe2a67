//! Keeps a service's own contract in the bucket.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Announcement,
    store::{self, Entry, Written},
};
use crate::{broker::Error, rpc::client::Client};

/// How often it is looked whether it is still there.
const LOOKED_EVERY: Duration = Duration::from_secs(5);
const RETRIED_AFTER: Duration = Duration::from_millis(250);

/// Keeps an announcement in the bucket for as long as it lives. Dropping it leaves the entry: a
/// contract stays when its service is down.
#[derive(Debug)]
pub struct Announced {
    _task: AbortOnDropHandle<()>,
}

/// Writes the announcement and keeps it there, for ever: puts it back when it is missing, and never
/// over a newer one.
#[must_use]
pub fn announce(client: &Client, announcement: Announcement) -> Announced {
    let task = tokio::spawn(keep(client.clone(), announcement));
    Announced { _task: AbortOnDropHandle::new(task) }
}

async fn keep(client: Client, announcement: Announcement) {
    let value = announcement.encode();
    let mut connections = client.connections();
    let mut told = Told::Nothing;
    loop {
        connections.mark_unchanged();
        let looked = look(&client, &announcement, &value).await;
        let pause = if looked.is_ok() { LOOKED_EVERY } else { RETRIED_AFTER };
        told = told.tell(&announcement.service, looked);
        tokio::select! {
            changed = connections.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What is in the bucket after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Ours,
    Newer,
}

async fn look(client: &Client, ours: &Announcement, value: &Bytes) -> Result<Kept, Error> {
    loop {
        let last = store::find(client, &ours.service).await?;
        if let Some(kept) = last.as_ref().and_then(|last| stays(last, ours)) {
            return Ok(kept);
        }
        let sequence = last.map_or(0, |last| last.sequence);
        if store::write(client, &ours.service, value.clone(), sequence).await? == Written::Yes {
            tracing::info!(service = ours.service, "the contract is announced");
            return Ok(Kept::Ours);
        }
    }
}

/// Whether what is there stays. Garbage and what was deleted do not; of two that were built at the
/// same time the first stays.
fn stays(last: &Entry, ours: &Announcement) -> Option<Kept> {
    let there = Announcement::decode(&ours.service, last.value.clone()?).ok()?;
    match there.built_ms {
        built if built > ours.built_ms => Some(Kept::Newer),
        built if built == ours.built_ms => Some(Kept::Ours),
        _ => None,
    }
}

/// What was logged last: a state is logged once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Kept(Kept),
    Failed,
}

impl Told {
    #[expect(clippy::cognitive_complexity, reason = "counts what the log macros expand to")]
    fn tell(self, service: &str, looked: Result<Kept, Error>) -> Self {
        match looked {
            Ok(kept) => {
                if kept == Kept::Newer && self != Self::Kept(kept) {
                    tracing::info!(service, "a newer version announced its contract: ours is not");
                }
                Self::Kept(kept)
            }
            // the connection's loss is logged where it is noticed
            Err(Error::Away) => self,
            Err(error) => {
                if self != Self::Failed {
                    tracing::warn!(service, error = %error, "the contract cannot be announced yet");
                }
                Self::Failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(built_ms: i64) -> Announcement {
        Announcement { service: "ad".to_owned(), built_ms, descriptors: Bytes::new() }
    }

    fn entry(value: Option<Bytes>) -> Entry {
        Entry { service: "ad".to_owned(), sequence: 7, value }
    }

    #[test]
    fn a_newer_contract_stays_and_an_older_does_not() {
        assert_eq!(stays(&entry(Some(built(8).encode())), &built(7)), Some(Kept::Newer));
        assert_eq!(stays(&entry(Some(built(7).encode())), &built(7)), Some(Kept::Ours));
        assert_eq!(stays(&entry(Some(built(6).encode())), &built(7)), None);
    }

    #[test]
    fn garbage_and_what_was_deleted_do_not_stay() {
        assert_eq!(stays(&entry(Some(Bytes::from_static(b"\xff"))), &built(7)), None);
        assert_eq!(stays(&entry(None), &built(7)), None);
    }
}
