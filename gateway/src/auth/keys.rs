//! The realm's keys as this process knows them, and when they are fetched again.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::discovery::Discovery;
use super::jwks::KeySet;

/// How often keys are fetched when nothing is wrong.
const PERIOD: Duration = Duration::from_mins(5);
/// How often at most, however many tokens of unknown keys come.
const PAUSE: Duration = Duration::from_secs(10);
/// How long before a failed first fetch is tried again.
const RETRY: Duration = Duration::from_secs(1);

type Fetch = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Bytes>> + Send + Sync>;

/// The keys. When the identity provider is away, the last ones stay.
pub struct Keys {
    set: ArcSwap<KeySet>,
    fetch: Fetch,
    /// When the last fetch ended; held while one is under way, so that there is one at a time.
    fetched: Mutex<Option<Instant>>,
}

impl Keys {
    pub(crate) fn of(discovery: Discovery) -> Self {
        let discovery = Arc::new(discovery);
        Self::new(move || {
            let discovery = discovery.clone();
            async move { discovery.keys().await }.boxed()
        })
    }

    /// Keys that never change and are not fetched, from a JWKS document.
    #[cfg(any(test, feature = "fixture"))]
    #[must_use]
    pub fn fixed(jwks: &str) -> Self {
        let keys = Self::new(|| async { anyhow::bail!("these keys are fixed") }.boxed());
        let set = KeySet::read(jwks.as_bytes(), &KeySet::default()).unwrap_or_default();
        keys.set.store(Arc::new(set));
        keys
    }

    fn new(
        fetch: impl Fn() -> BoxFuture<'static, anyhow::Result<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self { set: ArcSwap::default(), fetch: Box::new(fetch), fetched: Mutex::new(None) }
    }

    /// Whether there is anything to verify tokens with.
    pub(crate) fn are_known(&self) -> bool {
        !self.set.load().is_empty()
    }

    pub(super) fn set(&self) -> Arc<KeySet> {
        self.set.load_full()
    }

    /// Looks for a key; where it is unknown, fetches once more, at most every ten seconds. Those
    /// who ask meanwhile wait for the same fetch.
    pub(super) async fn look_again<T>(&self, find: impl Fn(&KeySet) -> Option<T>) -> Option<T> {
        let mut fetched = self.fetched.lock().await;
        let found = find(&self.set.load());
        let is_fresh = fetched.is_some_and(|at| at.elapsed() < PAUSE);
        if found.is_some() || is_fresh {
            return found;
        }
        self.fetch_into(&mut fetched).await;
        find(&self.set.load())
    }

    /// Fetches now and every five minutes, for ever.
    pub(crate) async fn keep(self: Arc<Self>) {
        loop {
            self.fetch_into(&mut *self.fetched.lock().await).await;
            sleep(if self.are_known() { PERIOD } else { RETRY }).await;
        }
    }

    async fn fetch_into(&self, fetched: &mut Option<Instant>) {
        let before = self.set.load_full();
        let outcome = match (self.fetch)().await {
            Ok(json) => KeySet::read(&json, &before).map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        let result = if outcome.is_ok() { "ok" } else { "failed" };
        metrics::counter!("gateway_keys_fetched_total", "result" => result).increment(1);
        match outcome {
            Ok(next) => self.replace(&before, next),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, keys = before.len(), "the realm's keys could not be fetched");
            }
        }
        *fetched = Some(Instant::now());
    }

    fn replace(&self, before: &KeySet, next: KeySet) {
        if next.len() != before.len() {
            tracing::info!(keys = next.len(), "the realm's keys are known");
        }
        let next = Arc::new(next);
        self.set.store(next.clone());
        before.retire(&next);
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("set", &self.set).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::super::jwks::Key;
    use super::*;
    use crate::fixture::Signer;

    fn by_id(set: &KeySet, kid: &str) -> Option<Arc<Key>> {
        set.get(kid).cloned()
    }

    /// Keys whose provider answers these documents in turn, the last one for ever, and how often it
    /// was asked.
    fn keys(documents: Vec<Option<String>>) -> (Keys, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let asked = count.clone();
        let keys = Keys::new(move || {
            let nth = asked.fetch_add(1, Ordering::SeqCst);
            let document = documents.get(nth).or(documents.last()).cloned().flatten();
            async move {
                sleep(Duration::from_millis(50)).await;
                document.map(Bytes::from).ok_or_else(|| anyhow::anyhow!("away"))
            }
            .boxed()
        });
        (keys, count)
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_unknown_ids_fetch_once_in_ten_seconds() {
        let (keys, count) = keys(vec![Some(Signer::ec("k").jwks())]);
        let storm = || join_all((0..10_000).map(|_| keys.look_again(|set| by_id(set, "unknown"))));

        assert!(storm().await.iter().all(Option::is_none));
        assert_eq!(count.load(Ordering::SeqCst), 1);

        tokio::time::advance(PAUSE).await;
        storm().await;
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_for_a_new_key_get_it_from_one_fetch() {
        let (keys, count) = keys(vec![Some(Signer::ec("new").jwks())]);

        let found = join_all((0..100).map(|_| keys.look_again(|set| by_id(set, "new")))).await;

        assert!(found.iter().all(Option::is_some));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_stay_when_the_provider_is_away_or_answers_rubbish() {
        let good = Signer::ec("k").jwks();
        let (keys, _) = keys(vec![Some(good), None, Some("rubbish".to_owned()), None]);
        let keys = Arc::new(keys);
        let task = tokio::spawn(keys.clone().keep());

        sleep(PERIOD * 3).await;

        assert!(by_id(&keys.set(), "k").unwrap().is_current());
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_disabled_key_is_gone_within_five_minutes() {
        let (keys, _) = keys(vec![Some(Signer::ec("old").jwks()), Some(Signer::ec("new").jwks())]);
        let keys = Arc::new(keys);
        let task = tokio::spawn(keys.clone().keep());
        sleep(Duration::from_secs(1)).await;
        let old = by_id(&keys.set(), "old").unwrap();

        sleep(PERIOD).await;

        assert!(!old.is_current());
        assert!(by_id(&keys.set(), "old").is_none());
        task.abort();
    }
}
