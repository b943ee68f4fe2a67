//! Numbers: from JSON's decimal text to the bits on the wire, exactly.
use super::flaw::{Flaw, Sound};
use crate::transcode::field::Kind;

const NO_NUMBER: &str = "must be a number";
const NO_INTEGER: &str = "must be a whole number";
const BEYOND: &str = "the number is beyond the limits of its type";

/// The length of the JSON number that a text begins with.
pub(super) fn token(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
    };
    let whole = usize::from(text.first() == Some(&b'-'));
    let mut end = digits(whole);
    if end == whole || (end > whole + 1 && text.get(whole) == Some(&b'0')) {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        let start = end + 1;
        end = digits(start);
        if end == start {
            return None;
        }
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let start = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits(start);
        if end == start {
            return None;
        }
    }
    Some(end)
}

/// The bits of a number given as a text: JSON's numbers, and the three names that floats have.
pub(crate) fn quoted(kind: Kind, text: &[u8]) -> Sound<u64> {
    match (kind, text) {
        (Kind::Double, b"NaN") => Ok(f64::NAN.to_bits()),
        (Kind::Double, b"Infinity") => Ok(f64::INFINITY.to_bits()),
        (Kind::Double, b"-Infinity") => Ok(f64::NEG_INFINITY.to_bits()),
        (Kind::Float, b"NaN") => Ok(u64::from(f32::NAN.to_bits())),
        (Kind::Float, b"Infinity") => Ok(u64::from(f32::INFINITY.to_bits())),
        (Kind::Float, b"-Infinity") => Ok(u64::from(f32::NEG_INFINITY.to_bits())),
        _ if token(text) == Some(text.len()) => bits(kind, text),
        _ => Err(Flaw::wrong_type(NO_NUMBER)),
    }
}

/// The bits of a JSON number: what follows the tag, as a varint or in four or eight bytes.
pub(super) fn bits(kind: Kind, token: &[u8]) -> Sound<u64> {
    match kind {
        Kind::Double => Ok(double(token)?.to_bits()),
        Kind::Float => Ok(u64::from(float(token)?.to_bits())),
        Kind::Int32 | Kind::Enum(_) => {
            within::<i32>(token).map(|value| i64::from(value).cast_unsigned())
        }
        Kind::Uint32 | Kind::Fixed32 => within::<u32>(token).map(u64::from),
        Kind::Uint64 | Kind::Fixed64 => within::<u64>(token),
        Kind::Sint32 => {
            within::<i32>(token).map(|value| u64::from((value << 1 ^ value >> 31).cast_unsigned()))
        }
        Kind::Sint64 => {
            within::<i64>(token).map(|value| (value << 1 ^ value >> 63).cast_unsigned())
        }
        Kind::Sfixed32 => within::<i32>(token).map(|value| u64::from(value.cast_unsigned())),
        Kind::Int64 | Kind::Sfixed64 => within::<i64>(token).map(i64::cast_unsigned),
        _ => Err(Flaw::wrong_type("must not be a number")),
    }
}

pub(super) fn double(token: &[u8]) -> Sound<f64> {
    let text = std::str::from_utf8(token).map_err(|_| Flaw::wrong_type(NO_NUMBER))?;
    let value: f64 = text.parse().map_err(|_| Flaw::wrong_type(NO_NUMBER))?;
    if value.is_finite() { Ok(value) } else { Err(Flaw::range(BEYOND)) }
}

fn float(token: &[u8]) -> Sound<f32> {
    let text = std::str::from_utf8(token).map_err(|_| Flaw::wrong_type(NO_NUMBER))?;
    let value: f32 = text.parse().map_err(|_| Flaw::wrong_type(NO_NUMBER))?;
    if value.is_finite() { Ok(value) } else { Err(Flaw::range(BEYOND)) }
}

fn within<T: TryFrom<i128>>(token: &[u8]) -> Sound<T> {
    T::try_from(integer(token)?).map_err(|_| Flaw::range(BEYOND))
}

/// The exact value of a JSON number that is whole, `1.0` and `1e2` included.
fn integer(token: &[u8]) -> Sound<i128> {
    let (negative, digits) = match token {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let size = match plain(digits) {
        Some(size) => i128::from(size),
        None => decimal(digits)?,
    };
    Ok(if negative { -size } else { size })
}

/// Up to 18 digits and nothing else.
#[inline]
fn plain(digits: &[u8]) -> Option<u64> {
    if digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'))
    })
}

/// Digits with a point and an exponent: whole when all digits behind the moved point are zeros.
fn decimal(text: &[u8]) -> Sound<i128> {
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => text.split_at(at),
        None => (text, &[][..]),
    };
    let point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
    let digits = || mantissa.iter().filter(|byte| **byte != b'.');
    let Some(zeros) = digits().position(|digit| *digit != b'0') else { return Ok(0) };
    let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let places = signed(point).saturating_add(power(exponent)).saturating_sub(signed(zeros));
    let fraction = usize::try_from(places.max(0)).unwrap_or(usize::MAX);
    if digits().skip(zeros).skip(fraction).any(|digit| *digit != b'0') {
        return Err(Flaw::wrong_type(NO_INTEGER));
    }
    if places > 20 {
        return Err(Flaw::range(BEYOND));
    }
    let filled = digits().skip(zeros).copied().chain(std::iter::repeat(b'0')).take(fraction);
    Ok(filled.fold(0, |value, digit| value * 10 + i128::from(digit - b'0')))
}

/// The number behind `e`, held within what can matter for texts of any length.
fn power(text: &[u8]) -> i64 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let size = digits.fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    if text.get(1) == Some(&b'-') { -size } else { size }
}
