//! Watches the bucket without a consumer.
//!
//! A write to a key is a plain publish on `$KV.contracts.<service>`, which a core subscription sees.
//! It says only that something may have changed there: what is so is read from the stream. All keys
//! are read at the start, after each connection, and once in a while.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use async_nats::Subscriber;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    Announcement, Change,
    store::{self, Entry},
};
use crate::{broker::Error, rpc::client::Client, subject};

/// How often all is read where nothing is heard.
const READ_EVERY: Duration = Duration::from_secs(15);
const RETRIED_AFTER: Duration = Duration::from_millis(250);
/// The signal of a write may come before the stream has it: it is looked for again after these.
const LOOKED_FOR: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
];

/// All contracts that are there, then every change, for ever. Where the connection is lost or the
/// bucket wiped, nothing changes until it is there again.
pub fn watch(client: &Client) -> impl Stream<Item = Change> + Send + 'static {
    stream::unfold(Watch::new(client), |mut watch| async move {
        let change = watch.next().await;
        Some((change, watch))
    })
}

struct Watch {
    client: Client,
    connections: watch::Receiver<u64>,
    signals: Option<Subscriber>,
    /// What is known of each service: the sequence, and a hash of the value.
    known: HashMap<String, (u64, u64)>,
    changes: VecDeque<Change>,
    read_at: Instant,
    failed: bool,
}

/// Why it is looked.
enum Due {
    All,
    One(String),
}

impl Watch {
    fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            connections: client.connections(),
            signals: None,
            known: HashMap::new(),
            changes: VecDeque::new(),
            read_at: Instant::now(),
            failed: false,
        }
    }

    async fn next(&mut self) -> Change {
        loop {
            if let Some(change) = self.changes.pop_front() {
                return change;
            }
            let due = self.due().await;
            let looked = match &due {
                Due::All => self.look_at_all().await,
                Due::One(service) => self.look_at(service).await,
            };
            match (due, looked.is_ok()) {
                (_, false) => self.read_at = Instant::now() + RETRIED_AFTER,
                (Due::All, true) => self.read_at = Instant::now() + READ_EVERY,
                (Due::One(_), true) => {}
            }
            self.tell(looked);
        }
    }

    async fn due(&mut self) -> Due {
        let Some(signals) = &mut self.signals else {
            let subscribed = self.client.nats().subscribe(store::subject("*")).await;
            self.signals = subscribed.ok();
            return Due::All;
        };
        tokio::select! {
            changed = self.connections.changed() => match changed {
                Ok(()) => Due::All,
                Err(_) => std::future::pending().await,
            },
            signal = signals.next() => match signal {
                Some(signal) => one(&signal.subject),
                None => std::future::pending().await,
            },
            () = sleep_until(self.read_at) => Due::All,
        }
    }

    async fn look_at_all(&mut self) -> Result<(), Error> {
        self.connections.mark_unchanged();
        for entry in store::list(&self.client).await? {
            self.note(entry);
        }
        Ok(())
    }

    async fn look_at(&mut self, service: &str) -> Result<(), Error> {
        for pause in LOOKED_FOR {
            tokio::time::sleep(pause).await;
            if let Some(entry) = store::find(&self.client, service).await?
                && self.note(entry)
            {
                break;
            }
        }
        Ok(())
    }

    /// Whether it was written since it was last seen; a change of the value is told.
    fn note(&mut self, entry: Entry) -> bool {
        let mut hasher = DefaultHasher::new();
        entry.value.hash(&mut hasher);
        let now = (entry.sequence, hasher.finish());
        let before = self.known.insert(entry.service.clone(), now);
        if before.map(|(_, hash)| hash) != Some(now.1) {
            let Entry { service, value, .. } = entry;
            let announcement = value.map(|value| Announcement::decode(&service, value)).transpose();
            self.changes.push_back(Change { service, announcement });
        }
        before != Some(now)
    }

    fn tell(&mut self, looked: Result<(), Error>) {
        match looked {
            Ok(()) => self.failed = false,
            Err(Error::Away) => {}
            Err(error) if !self.failed => {
                self.failed = true;
                tracing::warn!(error = %error, "the contracts cannot be read now");
            }
            Err(_) => {}
        }
    }
}

fn one(key: &str) -> Due {
    match store::service_of(key) {
        Some(service) if subject::is_token(service) => Due::One(service.to_owned()),
        _ => Due::All,
    }
}
