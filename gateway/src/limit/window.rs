//! How many in a minute: a window that slides.

/// How long a window is.
pub(super) const WINDOW_MS: i64 = 60_000;

/// The count of one key.
///
/// A window starts with the first request, so that the one beyond the quota within a minute is
/// always refused. What the window before counted is weighed by how much of it the last minute
/// still covers, so that two bursts around a border do not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    start_ms: i64,
    before: u32,
    count: u32,
}

/// What a key may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Which bucket says so.
    pub(crate) bucket: &'static str,
    /// How many in a minute.
    pub(crate) quota: u32,
    /// How many are left.
    pub(crate) remaining: u32,
    /// In how many seconds there are more again.
    pub(crate) reset_seconds: u32,
}

impl Window {
    pub(super) fn new(now_ms: i64) -> Self {
        Self { start_ms: now_ms, before: 0, count: 0 }
    }

    /// Whether what it counted no longer weighs anything.
    pub(super) fn is_over(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.start_ms) >= 2 * WINDOW_MS
    }

    /// Counts one, where the quota has room, and says how many more fit; `None` where it has not.
    pub(super) fn take(&mut self, quota: u32, now_ms: i64) -> Option<u32> {
        self.slide(now_ms);
        let used = self.used(now_ms);
        if used >= quota {
            return None;
        }
        self.count += 1;
        Some(quota - used - 1)
    }

    /// In how many seconds there is room again, at least one.
    pub(super) fn reset_seconds(&self, now_ms: i64) -> u32 {
        let left = (self.start_ms + WINDOW_MS).saturating_sub(now_ms).clamp(1, WINDOW_MS);
        u32::try_from((left + 999) / 1_000).unwrap_or(60)
    }

    fn slide(&mut self, now_ms: i64) {
        let passed = now_ms.saturating_sub(self.start_ms);
        if !(0..2 * WINDOW_MS).contains(&passed) {
            *self = Self::new(now_ms);
        } else if passed >= WINDOW_MS {
            *self = Self { start_ms: self.start_ms + WINDOW_MS, before: self.count, count: 0 };
        }
    }

    /// What the last minute counted.
    fn used(&self, now_ms: i64) -> u32 {
        let covered = (self.start_ms + WINDOW_MS).saturating_sub(now_ms).clamp(0, WINDOW_MS);
        let before = i64::from(self.before) * covered / WINDOW_MS;
        self.count.saturating_add(u32::try_from(before).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(window: &mut Window, quota: u32, now_ms: i64, tries: u32) -> usize {
        (0..tries).filter(|_| window.take(quota, now_ms).is_some()).count()
    }

    #[test]
    fn the_61st_within_a_minute_is_refused_however_they_are_spread() {
        for step in [0, 10, 500, 990] {
            let mut window = Window::new(5);
            let allowed = (0..61).filter(|n| window.take(60, 5 + n * step).is_some()).count();
            assert_eq!(allowed, 60, "one each {step} ms");
        }
    }

    #[test]
    fn a_burst_before_the_border_leaves_less_room_after_it() {
        let mut window = Window::new(0);

        assert_eq!(taken(&mut window, 60, 59_000, 60), 60);
        assert_eq!(taken(&mut window, 60, 61_000, 60), 1);
        assert_eq!(taken(&mut window, 60, 90_000, 60), 29);
        assert_eq!(taken(&mut window, 60, 240_000, 61), 60);
    }

    #[test]
    fn a_refused_one_learns_when_there_is_room_again() {
        let mut window = Window::new(0);
        taken(&mut window, 1, 0, 1);

        assert_eq!(window.take(1, 20_500), None);
        assert_eq!(window.reset_seconds(20_500), 40);
        assert_eq!(window.reset_seconds(59_999), 1);
    }

    #[test]
    fn a_clock_that_jumps_back_starts_anew() {
        let mut window = Window::new(1_000_000);
        taken(&mut window, 1, 1_000_000, 1);

        assert_eq!(window.take(1, 10), Some(0));
    }
}
