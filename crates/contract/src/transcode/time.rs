//! Times and durations as proto3 JSON writes them.

/// 0001-01-01T00:00:00Z.
const SECONDS_MIN: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const SECONDS_MAX: i64 = 253_402_300_799;
/// About 10,000 years, either way.
const DURATION_SECONDS_MAX: i64 = 315_576_000_000;
const NANOS: i32 = 1_000_000_000;
const DAY: i64 = 86_400;

/// Why a text is no time or duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Format,
    Range,
}

/// Writes RFC 3339 with `Z` and 0, 3, 6 or 9 digits of a second, in quotes. `None`: beyond the
/// years 1 to 9999, or nanoseconds that are no part of a second.
pub(super) fn write_timestamp(seconds: i64, nanos: i32, out: &mut Vec<u8>) -> Option<()> {
    if !(SECONDS_MIN..=SECONDS_MAX).contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return None;
    }
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let [century, year] = [two(year / 100), two(year % 100)];
    let ([m0, m1], [d0, d1]) = (two(month), two(day));
    let ([h0, h1], [i0, i1], [s0, s1]) =
        (two(second / 3600), two(second / 60 % 60), two(second % 60));
    let ([c0, c1], [y0, y1]) = (century, year);
    out.extend_from_slice(&[
        b'"', c0, c1, y0, y1, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1,
    ]);
    write_fraction(nanos, out);
    out.extend_from_slice(b"Z\"");
    Some(())
}

/// Writes seconds with 0, 3, 6 or 9 decimals and `s`, in quotes. `None`: beyond its limits, or
/// the two parts differ in sign.
pub(super) fn write_duration(seconds: i64, nanos: i32, out: &mut Vec<u8>) -> Option<()> {
    let in_range = seconds.abs_diff(0) <= DURATION_SECONDS_MAX.abs_diff(0)
        && nanos.abs_diff(0) < NANOS.abs_diff(0);
    if !in_range || seconds.signum() * i64::from(nanos.signum()) < 0 {
        return None;
    }
    out.push(b'"');
    if seconds < 0 || nanos < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(seconds.abs()).as_bytes());
    write_fraction(nanos.abs(), out);
    out.extend_from_slice(b"s\"");
    Some(())
}

fn write_fraction(nanos: i32, out: &mut Vec<u8>) {
    let (digits, mut value) = match nanos {
        0 => return,
        _ if nanos % 1_000_000 == 0 => (3, nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => (6, nanos / 1_000),
        _ => (9, nanos),
    };
    let start = out.len();
    out.resize(start + 1 + digits, b'.');
    for digit in out.iter_mut().rev().take(digits) {
        *digit = decimal(i64::from(value % 10));
        value /= 10;
    }
}

/// One digit as text.
fn decimal(value: i64) -> u8 {
    u8::try_from(value).map_or(b'0', |digit| b'0' + digit)
}

fn two(value: i64) -> [u8; 2] {
    [decimal(value / 10), decimal(value % 10)]
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Reads RFC 3339: capital `T` and `Z`, any offset, up to nine digits of a second.
pub(super) fn parse_timestamp(text: &str) -> Result<(i64, i32), Wrong> {
    let mut text = text.as_bytes();
    let text = &mut text;
    let day = date(text)?;
    expect(text, b'T')?;
    let [hour, minute, second] = clock(text)?;
    let nanos = fraction(text)?;
    let offset = offset(text)?;
    if !text.is_empty() || hour > 23 || minute > 59 || second > 60 {
        return Err(Wrong::Format);
    }
    // A leap second is the second before it: Unix time has no other place for it.
    let seconds = day * DAY + hour * 3600 + minute * 60 + second.min(59) - offset;
    if !(SECONDS_MIN..=SECONDS_MAX).contains(&seconds) {
        return Err(Wrong::Range);
    }
    Ok((seconds, nanos))
}

/// Reads decimal seconds with an `s`.
pub(super) fn parse_duration(text: &str) -> Result<(i64, i32), Wrong> {
    let mut text = text.as_bytes();
    let text = &mut text;
    let sign = if expect(text, b'-').is_ok() { -1 } else { 1 };
    let mut seconds = i64::from(digit(text)?);
    while let Ok(digit) = digit(text) {
        seconds = (seconds * 10 + i64::from(digit)).min(DURATION_SECONDS_MAX + 1);
    }
    let nanos = fraction(text)?;
    expect(text, b's')?;
    if !text.is_empty() {
        return Err(Wrong::Format);
    }
    if seconds > DURATION_SECONDS_MAX {
        return Err(Wrong::Range);
    }
    Ok((i64::from(sign) * seconds, sign * nanos))
}

fn date(text: &mut &[u8]) -> Result<i64, Wrong> {
    let year = number(text, 4)?;
    expect(text, b'-')?;
    let month = number(text, 2)?;
    expect(text, b'-')?;
    let day = number(text, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if (1..=last).contains(&day) { Ok(days(year, month, day)) } else { Err(Wrong::Format) }
}

fn clock(text: &mut &[u8]) -> Result<[i64; 3], Wrong> {
    let hour = number(text, 2)?;
    expect(text, b':')?;
    let minute = number(text, 2)?;
    expect(text, b':')?;
    Ok([hour, minute, number(text, 2)?])
}

/// Seconds east of Greenwich.
fn offset(text: &mut &[u8]) -> Result<i64, Wrong> {
    if expect(text, b'Z').is_ok() {
        return Ok(0);
    }
    let sign = if expect(text, b'-').is_ok() { -1 } else { expect(text, b'+').map(|()| 1)? };
    let hour = number(text, 2)?;
    expect(text, b':')?;
    let minute = number(text, 2)?;
    if hour > 23 || minute > 59 {
        Err(Wrong::Format)
    } else {
        Ok(sign * (hour * 3600 + minute * 60))
    }
}

/// A point and one to nine digits, or nothing.
fn fraction(text: &mut &[u8]) -> Result<i32, Wrong> {
    if expect(text, b'.').is_err() {
        return Ok(0);
    }
    let (mut nanos, mut unit) = (0, NANOS / 10);
    nanos += i32::from(digit(text)?) * unit;
    while let Ok(digit) = digit(text) {
        unit /= 10;
        if unit == 0 {
            return Err(Wrong::Format);
        }
        nanos += i32::from(digit) * unit;
    }
    Ok(nanos)
}

fn number(text: &mut &[u8], digits: usize) -> Result<i64, Wrong> {
    (0..digits).try_fold(0, |value, _| Ok(value * 10 + i64::from(digit(text)?)))
}

fn digit(text: &mut &[u8]) -> Result<u8, Wrong> {
    match *text {
        [byte @ b'0'..=b'9', rest @ ..] => {
            *text = rest;
            Ok(byte - b'0')
        }
        _ => Err(Wrong::Format),
    }
}

fn expect(text: &mut &[u8], wanted: u8) -> Result<(), Wrong> {
    match *text {
        [byte, rest @ ..] if *byte == wanted => {
            *text = rest;
            Ok(())
        }
        _ => Err(Wrong::Format),
    }
}
