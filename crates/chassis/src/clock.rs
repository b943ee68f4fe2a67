//! The time, as a parameter: the system's, or one that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Tells the time in microseconds, the precision that PostgreSQL keeps, so that a resource reads the
/// same before and after it was stored. Clones of a fixed clock move together.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The time of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until it is moved.
    #[must_use]
    pub fn fixed(now: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(now.as_microsecond()))))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let microsecond = match &self.0 {
            Source::System => system_now().as_microsecond(),
            Source::Fixed(now) => now.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MAX)
    }

    /// Moves a fixed clock, and all its clones, on by `step`. The system's clock is not moved.
    pub fn advance(&self, step: Duration) {
        if let Source::Fixed(now) = &self.0 {
            let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
            now.fetch_add(step, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_moved() {
        let start = "2026-11-20T08:00:00Z".parse::<Timestamp>().unwrap();
        let clock = Clock::fixed(start);
        let clone = clock.clone();

        clock.advance(Duration::from_secs(90));

        assert_eq!(clone.now(), "2026-11-20T08:01:30Z".parse::<Timestamp>().unwrap());
    }

    #[test]
    fn the_time_has_no_more_digits_than_the_database_keeps() {
        let now = Clock::system().now();

        assert_eq!(now.as_nanosecond() % 1_000, 0);
    }
}
