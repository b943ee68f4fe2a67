//! Times and days as the contract writes them.

use jiff::Timestamp;
use jiff::civil::Date;

/// A moment.
pub(crate) fn moment(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}

/// A day that the contract's limits have found to be one; none where the text is empty.
pub(crate) fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// The text of a day; empty where there is none.
pub(crate) fn day_text(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}
