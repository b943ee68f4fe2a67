//! The days of an offer: until when one can apply, and how they move.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::content::Content;

/// How many days after its start one may still apply to a last-minute offer.
const LAST_MINUTE_DAYS: i64 = 14;

/// An offer that lasts longer is no season.
const SEASON_MONTHS: i64 = 8;

impl Content {
    /// The latest day that `apply_by` may be: the first day of work, or the 14th after it when
    /// `last_minute` is set. None without a first day.
    #[must_use]
    pub fn apply_limit(&self) -> Option<Date> {
        let days = if self.last_minute { LAST_MINUTE_DAYS } else { 0 };
        self.start_date.map(|start| start.saturating_add(days.days()))
    }

    /// The last day on which one can apply: `apply_by`, or the latest it may be.
    #[must_use]
    pub fn apply_until(&self) -> Option<Date> {
        self.apply_by.or_else(|| self.apply_limit())
    }

    /// Whether the work lasts more than 8 months, its last day included.
    #[must_use]
    pub fn is_longer_than_a_season(&self) -> bool {
        let (Some(start), Some(end)) = (self.start_date, self.end_date) else { return false };
        end >= start.saturating_add(SEASON_MONTHS.months())
    }

    /// The last day to apply when the offer is renewed without saying until when: as many days more
    /// as there were between publication and the old one, counted from the old one or, when that has
    /// passed, from today; never beyond the latest it may be.
    #[must_use]
    pub fn renewed_apply_by(&self, published: Date, today: Date) -> Option<Date> {
        let old = self.apply_until()?;
        let days = published.duration_until(old).as_hours() / 24;
        let renewed = old.max(today).saturating_add(days.max(1).days());
        Some(renewed.min(self.apply_limit()?))
    }

    /// The same with all days moved by as many whole years as it takes for the start to lie after
    /// `today`: none when it does already. 29 February becomes 28 February in years that have none.
    #[must_use]
    pub fn moved_ahead_of(self, today: Date) -> Self {
        let Some(start) = self.start_date else { return self };
        let behind = i64::from(today.year()) - i64::from(start.year());
        let is_ahead = |years: &i64| start.saturating_add(years.years()) > today;
        let years = [0, behind, behind + 1].into_iter().filter(|years| *years >= 0).find(is_ahead);
        self.moved(years.unwrap_or(0).years())
    }

    fn moved(mut self, span: Span) -> Self {
        let by = |date: Date| date.saturating_add(span);
        self.start_date = self.start_date.map(by);
        self.end_date = self.end_date.map(by);
        // A leap day can bring the last day to apply one day too far from the start.
        let limit = self.apply_limit().unwrap_or(Date::MAX);
        self.apply_by = self.apply_by.map(|date| by(date).min(limit));
        self
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{content, day_between};

    fn lasting(start: Date, end: Date) -> Content {
        Content { start_date: Some(start), end_date: Some(end), ..content() }
    }

    fn applied_by(start: Date, apply_by: Option<Date>) -> Content {
        Content { start_date: Some(start), end_date: None, apply_by, ..content() }
    }

    #[test]
    fn eight_months_are_a_season_and_a_day_more_is_not() {
        for (start, end, longer) in [
            (date(2027, 1, 1), date(2027, 8, 31), false),
            (date(2027, 1, 1), date(2027, 9, 1), true),
            (date(2026, 6, 30), date(2027, 2, 27), false),
            (date(2026, 6, 30), date(2027, 2, 28), true),
        ] {
            assert_eq!(lasting(start, end).is_longer_than_a_season(), longer, "{start} {end}");
        }
    }

    #[test]
    fn one_can_apply_until_the_start_or_14_days_after_it_at_the_last_minute() {
        let plain = applied_by(date(2027, 2, 20), None);
        let last_minute = Content { last_minute: true, ..plain.clone() };
        let chosen = applied_by(date(2027, 2, 20), Some(date(2027, 2, 1)));

        assert_eq!(plain.apply_until(), Some(date(2027, 2, 20)));
        assert_eq!(last_minute.apply_until(), Some(date(2027, 3, 6)));
        assert_eq!(chosen.apply_until(), Some(date(2027, 2, 1)));
    }

    #[test]
    fn an_early_renewal_adds_to_the_old_day_and_a_late_one_to_today() {
        let content = applied_by(date(2027, 9, 1), Some(date(2027, 6, 21)));
        let published = date(2027, 6, 1);

        let early = content.renewed_apply_by(published, date(2027, 6, 16));
        let late = content.renewed_apply_by(published, date(2027, 7, 1));
        let limited = content.renewed_apply_by(published, date(2027, 8, 30));

        assert_eq!(early, Some(date(2027, 7, 11)));
        assert_eq!(late, Some(date(2027, 7, 21)));
        assert_eq!(limited, Some(date(2027, 9, 1)));
    }

    #[test]
    fn days_move_by_whole_years_until_the_start_lies_ahead() {
        let today = date(2026, 11, 20);
        for (start, moved) in [
            (date(2026, 11, 21), date(2026, 11, 21)),
            (date(2026, 11, 20), date(2027, 11, 20)),
            (date(2026, 2, 3), date(2027, 2, 3)),
            (date(2019, 12, 1), date(2026, 12, 1)),
            (date(2024, 2, 29), date(2027, 2, 28)),
            (date(2030, 1, 1), date(2030, 1, 1)),
        ] {
            let content = lasting(start, start.saturating_add(3.months())).moved_ahead_of(today);

            assert_eq!(content.start_date, Some(moved), "{start}");
        }
        let leap = lasting(date(2024, 2, 29), date(2024, 9, 1)).moved_ahead_of(date(2027, 6, 1));
        assert_eq!(leap.start_date, Some(date(2028, 2, 29)));
    }

    proptest! {
        #[test]
        fn moved_days_keep_their_order_and_lie_ahead(
            start in day_between(1990, 2040),
            length in 0_i64..400,
            before in 0_i64..60,
            last_minute: bool,
            today in day_between(2000, 2045),
        ) {
            let limit = start.saturating_add((if last_minute { 14 } else { 0 }).days());
            let apply_by = Some(limit.saturating_sub(before.days()));
            let end = start.saturating_add(length.days());
            let content = Content { apply_by, last_minute, ..lasting(start, end) };

            let moved = content.clone().moved_ahead_of(today);

            prop_assert!(moved.start_date > Some(today));
            prop_assert!(moved.start_date <= moved.end_date);
            prop_assert!(moved.apply_by <= moved.apply_limit());
            let years = moved.start_date.unwrap().year() - start.year();
            prop_assert!(years == 0 || start.saturating_add((years - 1).years()) <= today);
            prop_assert_eq!(moved.start_date, Some(start.saturating_add(years.years())));
        }

        #[test]
        fn a_renewal_never_goes_back_and_never_beyond_the_limit(
            start in day_between(2026, 2030),
            before in 0_i64..200,
            published in day_between(2025, 2030),
            today in day_between(2025, 2031),
        ) {
            let content = applied_by(start, Some(start.saturating_sub(before.days())));

            let renewed = content.renewed_apply_by(published, today);

            prop_assert!(renewed >= content.apply_by);
            prop_assert!(renewed <= content.apply_limit());
            prop_assert!(renewed > Some(today) || content.apply_limit() <= Some(today));
        }
    }
}
