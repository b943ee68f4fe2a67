//! Times and days, as the contract writes them. A day has no zone; where a rule says "today" it is the
//! day in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A moment on the wire, where fractions count forward also before 1970.
#[must_use]
pub fn moment(time: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
    if nanos < 0 {
        return prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 };
    }
    prost_types::Timestamp { seconds, nanos }
}

/// The day of a moment, in UTC.
#[must_use]
pub fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The day that a text names; none where it is empty. The contract's limits refuse other texts before a
/// handler sees them.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// The text of a day; empty where there is none.
#[must_use]
pub fn date_text(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn fractions_of_a_second_count_forward_on_both_sides_of_1970() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:01.000002Z", 1, 2_000),
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1969-12-31T23:59:59.75Z", -1, 750_000_000),
            ("1969-12-31T23:59:59Z", -1, 0),
        ] {
            assert_eq!(moment(time(text)), prost_types::Timestamp { seconds, nanos }, "{text}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        for (time, day_of_month) in [
            ("2026-11-20T23:59:59.999999Z", 20),
            ("2026-11-21T00:59:59+01:00", 20),
            ("2026-11-21T00:00:00Z", 21),
        ] {
            assert_eq!(day(self::time(time)), Date::constant(2026, 11, day_of_month));
        }
    }

    #[test]
    fn a_day_is_read_as_it_is_written_and_none_is_empty() {
        for day in [Some(Date::constant(2027, 2, 28)), None] {
            assert_eq!(date(&date_text(day)), day);
        }
        assert_eq!(date_text(None), "");
    }
}
