//! What must hold before a request is looked at.
//!
//! A process that was taken over can make the broker deliver messages of its choosing here: by a
//! pull request with our subject for its reply, by a stream that republishes, by one that captures.
//! None of these has a subject that is ours, a reply to the asker's own inbox, and no trace of a
//! stream.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_nats::Message;
use metrics::Counter;
use tokio::time::Instant;

use crate::{header, subject};

const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// Why a message is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drop {
    /// The subject is not one of a request to us.
    Subject,
    /// The reply does not lie in the asker's inbox for us.
    Reply,
    /// A stream delivered it.
    Stream,
    /// Nobody waits for the answer any more.
    Expired,
}

const DROPS: [(Drop, &str); 4] = [
    (Drop::Subject, "subject"),
    (Drop::Reply, "reply"),
    (Drop::Stream, "stream"),
    (Drop::Expired, "expired"),
];

/// Counts what is dropped, and logs it once in a while.
#[derive(Debug)]
pub(super) struct Gate {
    service: &'static str,
    since: Instant,
    dropped: [Dropped; 4],
}

#[derive(Debug)]
struct Dropped {
    counter: Counter,
    count: AtomicU64,
    logged_at_ms: AtomicU64,
}

impl Gate {
    pub(super) fn new(service: &'static str) -> Self {
        let dropped = DROPS.map(|(_, kind)| Dropped {
            counter: metrics::counter!("bus_requests_dropped_total", "kind" => kind),
            count: AtomicU64::new(0),
            logged_at_ms: AtomicU64::new(0),
        });
        Self { service, since: Instant::now(), dropped }
    }

    /// The request's subject and reply, where the message is a request.
    pub(super) fn check<'m>(
        &self,
        message: &'m Message,
        instance: &str,
    ) -> Result<(subject::Parsed<'m>, &'m async_nats::Subject), Drop> {
        let headers = message.headers.iter().flat_map(async_nats::HeaderMap::iter);
        for (name, _) in headers {
            let name: &str = name.as_ref();
            if name.eq_ignore_ascii_case(header::NATS_STREAM) {
                return Err(Drop::Stream);
            }
        }
        let parsed = subject::parse(&message.subject).ok_or(Drop::Subject)?;
        if parsed.service != self.service || parsed.instance.is_some_and(|at| at != instance) {
            return Err(Drop::Subject);
        }
        let reply = message.reply.as_ref().ok_or(Drop::Reply)?;
        if !subject::is_reply(reply, parsed.asker, self.service) {
            return Err(Drop::Reply);
        }
        Ok((parsed, reply))
    }

    /// Counts a dropped message; logs the first of its kind in ten seconds.
    pub(super) fn drop(&self, kind: Drop) {
        let Some(((_, name), dropped)) =
            DROPS.iter().zip(&self.dropped).find(|((known, _), _)| *known == kind)
        else {
            return;
        };
        dropped.counter.increment(1);
        let count = dropped.count.fetch_add(1, Ordering::Relaxed) + 1;
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let logged = dropped.logged_at_ms.load(Ordering::Relaxed);
        let due = logged == 0 || u128::from(now - logged.min(now)) >= LOGGED_EVERY.as_millis();
        let first = || {
            let swap = |at: &AtomicU64| {
                at.compare_exchange(logged, now, Ordering::Relaxed, Ordering::Relaxed)
            };
            swap(&dropped.logged_at_ms).is_ok()
        };
        if due && first() {
            tracing::warn!(
                drop.kind = name,
                drop.count = count,
                "a message was dropped unanswered"
            );
        }
    }

    /// How many of this kind were dropped.
    #[cfg(test)]
    fn count(&self, kind: Drop) -> u64 {
        let found = DROPS.iter().zip(&self.dropped).find(|((known, _), _)| *known == kind);
        found.map_or(0, |(_, dropped)| dropped.count.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, reply: Option<&str>, headers: &[(&str, &str)]) -> Message {
        let map = headers.iter().fold(async_nats::HeaderMap::new(), |mut map, (name, value)| {
            map.insert(*name, *value);
            map
        });
        Message {
            subject: subject.into(),
            reply: reply.map(Into::into),
            payload: bytes::Bytes::new(),
            headers: (!map.is_empty()).then_some(map),
            status: None,
            description: None,
            length: 0,
        }
    }

    fn check(subject: &str, reply: Option<&str>, headers: &[(&str, &str)]) -> Result<(), Drop> {
        Gate::new("ad").check(&message(subject, reply, headers), "me").map(drop)
    }

    const ASKED: &str = "rpc.gateway.ad.v1.OfferService.GetOffer";
    const REPLY: Option<&str> = Some("_INBOX.gateway.ad.abc.7");

    #[test]
    fn a_request_passes() {
        assert_eq!(check(ASKED, REPLY, &[("Seasonal-Deadline-Ms", "5000")]), Ok(()));
        assert_eq!(check("rpc.gateway.ad.@me.v1.OfferService.GetOffer", REPLY, &[]), Ok(()));
    }

    #[test]
    fn a_subject_that_is_not_ours_is_dropped() {
        for subject in [
            "rpc.gateway.profile.v1.WorkerService.GetWorker",
            "rpc.gateway.ad.@other.v1.OfferService.GetOffer",
            "event.ad.v1.OfferPublished.7",
        ] {
            assert_eq!(check(subject, REPLY, &[]), Err(Drop::Subject), "{subject}");
        }
    }

    #[test]
    fn a_reply_outside_the_askers_inbox_for_us_is_dropped() {
        for reply in [
            None,
            Some("_INBOX.profile.ad.abc.7"),
            Some("_INBOX.gateway.profile.abc.7"),
            Some("_INBOX.gateway.ad."),
            Some("_INBOX.gateway.ad.>"),
            Some("_INBOX.gateway.ad.abc..7"),
            Some("rpc.ad.profile.v1.WorkerService.GetWorker"),
            Some("$JS.ACK.EVENT_AD.x.1.1.1.1.0"),
        ] {
            assert_eq!(check(ASKED, reply, &[]), Err(Drop::Reply), "{reply:?}");
        }
    }

    #[test]
    fn what_a_stream_delivers_is_dropped() {
        for name in ["Nats-Stream", "nats-stream"] {
            assert_eq!(check(ASKED, REPLY, &[(name, "EVENT_AD")]), Err(Drop::Stream));
        }
    }

    #[test]
    fn what_is_dropped_is_counted_by_its_kind() {
        let gate = Gate::new("ad");

        gate.drop(Drop::Reply);
        gate.drop(Drop::Reply);

        assert_eq!((gate.count(Drop::Reply), gate.count(Drop::Stream)), (2, 0));
    }
}
