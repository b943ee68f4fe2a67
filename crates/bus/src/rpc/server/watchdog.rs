//! Notices that this process stood still.
//!
//! A process that was frozen and goes on finds requests in its socket whose askers gave up long
//! ago, and nothing on them says so: their deadlines count from receipt. After it stood still, what
//! it receives for a moment may be as old as that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

const TICK: Duration = Duration::from_millis(250);
/// A tick that is so late means that the process stood still.
const STOOD_STILL: Duration = Duration::from_secs(1);
/// For how long after that what is received may be old.
const IN_DOUBT: Duration = Duration::from_millis(500);

/// Ticks, and knows when a tick was late.
#[derive(Debug)]
pub(super) struct Watchdog {
    ticks: Arc<Ticks>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Ticks {
    since: Instant,
    last_ms: AtomicU64,
    /// When it stood still, and until when that matters.
    still_ms: AtomicU64,
    in_doubt_until_ms: AtomicU64,
}

impl Watchdog {
    pub(super) fn start() -> Self {
        let ticks = Arc::new(Ticks::new(Instant::now()));
        let ticking = Arc::clone(&ticks);
        let task = tokio::spawn(async move {
            let mut interval = interval(TICK);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                interval.tick().await;
                ticking.tick(Instant::now());
            }
        });
        Self { ticks, _task: AbortOnDropHandle::new(task) }
    }

    /// Since when a message that is taken at `now` may have waited here unseen.
    pub(super) fn waited_since(&self, now: Instant) -> Instant {
        self.ticks.waited_since(now)
    }
}

impl Ticks {
    fn new(since: Instant) -> Self {
        Self {
            since,
            last_ms: AtomicU64::new(0),
            still_ms: AtomicU64::new(0),
            in_doubt_until_ms: AtomicU64::new(0),
        }
    }

    fn tick(&self, now: Instant) {
        let now_ms = self.millis(now);
        let last_ms = self.last_ms.swap(now_ms, Ordering::Relaxed);
        if Duration::from_millis(now_ms.saturating_sub(last_ms)) > STOOD_STILL {
            let stood_ms = now_ms - last_ms;
            tracing::warn!(stood_still_ms = stood_ms, "this process stood still");
            self.still_ms.store(last_ms, Ordering::Relaxed);
            self.in_doubt_until_ms.store(now_ms + millis(IN_DOUBT), Ordering::Relaxed);
        }
    }

    fn waited_since(&self, now: Instant) -> Instant {
        let now_ms = self.millis(now);
        let last_ms = self.last_ms.load(Ordering::Relaxed);
        // the late tick itself may come after the messages
        if Duration::from_millis(now_ms.saturating_sub(last_ms)) > STOOD_STILL {
            return self.since + Duration::from_millis(last_ms);
        }
        if now_ms < self.in_doubt_until_ms.load(Ordering::Relaxed) {
            return self.since + Duration::from_millis(self.still_ms.load(Ordering::Relaxed));
        }
        now
    }

    fn millis(&self, at: Instant) -> u64 {
        millis(at.saturating_duration_since(self.since))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn while_it_ticks_what_is_taken_is_new() {
        let start = Instant::now();
        let ticks = Ticks::new(start);
        for tick in 1..20 {
            ticks.tick(start + tick * TICK);
        }

        let now = start + 20 * TICK;
        assert_eq!(ticks.waited_since(now), now);
    }

    #[test]
    fn after_it_stood_still_what_is_taken_may_be_as_old() {
        let start = Instant::now();
        let ticks = Ticks::new(start);
        ticks.tick(start + SECOND);

        let wakes = start + 31 * SECOND;
        assert_eq!(ticks.waited_since(wakes), start + SECOND, "before the late tick");
        ticks.tick(wakes);
        assert_eq!(ticks.waited_since(wakes), start + SECOND, "and after it");
        let later = wakes + SECOND;
        ticks.tick(later);
        assert_eq!(ticks.waited_since(later), later, "but not for long");
    }
}
