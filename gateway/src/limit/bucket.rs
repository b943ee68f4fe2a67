//! Counts by key, in bounded memory.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::window::{Allowance, WINDOW_MS, Window};

const SHARDS: usize = 32;
/// The most keys of a shard: 32 × 4,096 of about 48 bytes are 6 MiB.
const KEYS_MAX: usize = 4_096;

/// One limit: so many a minute for each key.
///
/// When a shard is full of keys that still count, newcomers share one window: whoever comes from
/// many addresses at once limits himself and takes no memory from others.
#[derive(Debug)]
pub(super) struct Bucket {
    name: &'static str,
    quota: u32,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug)]
struct Shard {
    windows: HashMap<u128, Window>,
    newcomers: Window,
    swept_ms: i64,
}

impl Bucket {
    /// A bucket of `quota` a minute; 0 is no limit.
    pub(super) fn new(name: &'static str, quota: u32) -> Self {
        let shard = || {
            let newcomers = Window::new(0);
            Mutex::new(Shard { windows: HashMap::new(), newcomers, swept_ms: 0 })
        };
        let shards = (0..SHARDS).map(|_| shard()).collect();
        Self { name, quota, hasher: RandomState::new(), shards }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn quota(&self) -> u32 {
        self.quota
    }

    /// Counts one request of `key`. `None` where there is no limit.
    ///
    /// # Errors
    /// The quota is used up: what is left (nothing) and when there is more.
    pub(super) fn take(&self, key: u128, now_ms: i64) -> Result<Option<Allowance>, Allowance> {
        let Some(mut shard) = self.shard(key).filter(|_| self.quota > 0) else { return Ok(None) };
        let window = shard.window(key, now_ms);
        let left = window.take(self.quota, now_ms);
        let reset_seconds = window.reset_seconds(now_ms);
        let allowance = |remaining| Allowance {
            bucket: self.name,
            quota: self.quota,
            remaining,
            reset_seconds,
        };
        left.map(|left| Some(allowance(left))).ok_or_else(|| allowance(0))
    }

    /// Forgets the keys that no longer count.
    pub(super) fn sweep(&self, now_ms: i64) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).sweep(now_ms);
        }
    }

    /// How many keys are kept.
    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().windows.len()).sum()
    }

    fn shard(&self, key: u128) -> Option<MutexGuard<'_, Shard>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % (SHARDS as u64)).ok()?;
        Some(self.shards.get(hash)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    fn window(&mut self, key: u128, now_ms: i64) -> &mut Window {
        let is_full = self.windows.len() >= KEYS_MAX && !self.windows.contains_key(&key);
        if is_full && now_ms.saturating_sub(self.swept_ms) >= WINDOW_MS / 60 {
            self.sweep(now_ms);
        }
        if self.windows.len() >= KEYS_MAX && !self.windows.contains_key(&key) {
            return &mut self.newcomers;
        }
        self.windows.entry(key).or_insert_with(|| Window::new(now_ms))
    }

    fn sweep(&mut self, now_ms: i64) {
        self.windows.retain(|_, window| !window.is_over(now_ms));
        if self.windows.len() * 4 < self.windows.capacity() {
            self.windows.shrink_to_fit();
        }
        self.swept_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_count() {
        let bucket = Bucket::new("caller", 2);

        let left: Vec<_> =
            [1, 1, 2].map(|key| bucket.take(key, 0).unwrap().unwrap().remaining).into();

        assert_eq!(left, [1, 0, 1]);
        assert_eq!(bucket.take(1, 0).unwrap_err().remaining, 0);
        assert!(bucket.take(2, 0).is_ok());
    }

    #[test]
    fn a_quota_of_none_limits_nobody() {
        let bucket = Bucket::new("caller", 0);

        assert!((0..1_000).all(|_| bucket.take(1, 0) == Ok(None)));
    }

    #[test]
    fn a_million_keys_take_bounded_memory_and_do_not_reset_those_that_count() {
        let bucket = Bucket::new("address", 1);
        bucket.take(7, 0).unwrap();

        for key in 1_000..1_001_000 {
            assert!(bucket.take(key, 0).is_ok() || key > 1_000);
        }

        assert!(bucket.keys() <= SHARDS * KEYS_MAX);
        assert!(bucket.take(7, 0).is_err());
    }

    #[test]
    fn keys_that_no_longer_count_are_forgotten() {
        let bucket = Bucket::new("address", 1);
        bucket.take(7, 0).unwrap();

        bucket.sweep(2 * WINDOW_MS);

        assert_eq!(bucket.keys(), 0);
    }
}
