//! How many messages a subscription saw, and how many more it takes when it leaves.

use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const MARGIN_MIN: u64 = 32;

/// Counts messages by the second.
#[derive(Debug)]
pub(super) struct Pace {
    seen: u64,
    second: Instant,
    before: u64,
    now: u64,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { seen: 0, second: now, before: 0, now: 0 }
    }

    /// So many messages came.
    pub(super) fn saw(&mut self, count: u64, now: Instant) {
        self.turn(now);
        self.seen += count;
        self.now += count;
    }

    /// After how many messages in all to leave, so that the broker delivers what it has already
    /// routed here: unsubscribing at once loses that. A fixed number would keep a process with
    /// little to do in rotation, a small one loses under load.
    pub(super) fn leave_after(&mut self, now: Instant) -> u64 {
        self.turn(now);
        self.seen + MARGIN_MIN.max(self.before.max(self.now) / 4)
    }

    fn turn(&mut self, now: Instant) {
        let past = now.saturating_duration_since(self.second);
        if past >= SECOND {
            self.before = if past < 2 * SECOND { self.now } else { 0 };
            self.now = 0;
            self.second = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_with_little_to_do_takes_thirty_two_more() {
        let start = Instant::now();
        let mut pace = Pace::new(start);

        pace.saw(10, start);

        assert_eq!(pace.leave_after(start), 42);
    }

    #[test]
    fn one_under_load_takes_a_quarter_of_a_second_more() {
        let start = Instant::now();
        let mut pace = Pace::new(start);

        pace.saw(6_000, start);
        pace.saw(100, start + SECOND);

        assert_eq!(pace.leave_after(start + SECOND), 6_100 + 1_500);
    }

    #[test]
    fn load_of_long_ago_does_not_count() {
        let start = Instant::now();
        let mut pace = Pace::new(start);

        pace.saw(6_000, start);

        assert_eq!(pace.leave_after(start + 5 * SECOND), 6_032);
    }
}
