//! One scalar from the wire.
use super::text;
use crate::transcode::Shapes;
use crate::transcode::field::Kind;
use crate::transcode::wire::{self, Step, expect, wrong};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Writes one scalar whose tag said `wire`.
#[inline]
pub(super) fn scalar(
    shapes: &Shapes,
    kind: Kind,
    wire: u8,
    input: &mut &[u8],
    out: &mut Vec<u8>,
) -> Step {
    expect(wire, kind.wire(), input)?;
    match kind {
        Kind::String => {
            let bytes = wire::bytes(input)?;
            text::write(bytes, out)
        }
        Kind::Bytes => {
            let bytes = wire::bytes(input)?;
            base64(bytes, out)
        }
        Kind::Enum(id) => {
            let number = wire::low_signed(wire::varint(input)?);
            match shapes.enumeration(id).and_then(|names| names.name(number)) {
                Some(name) => out.extend_from_slice(name),
                None => integer(number, out),
            }
            Ok(())
        }
        Kind::Null => {
            wire::varint(input)?;
            out.extend_from_slice(b"null");
            Ok(())
        }
        Kind::Bool => {
            let said: &[u8] = if wire::varint(input)? == 0 { b"false" } else { b"true" };
            out.extend_from_slice(said);
            Ok(())
        }
        _ => number(kind, input, out),
    }
}

#[inline]
fn number(kind: Kind, input: &mut &[u8], out: &mut Vec<u8>) -> Step {
    match kind {
        Kind::Int32 => integer(wire::low_signed(wire::varint(input)?), out),
        Kind::Uint32 => integer(wire::low(wire::varint(input)?), out),
        Kind::Sint32 => integer(zigzag32(wire::low(wire::varint(input)?)), out),
        Kind::Int64 => quoted(wire::varint(input)?.cast_signed(), out),
        Kind::Uint64 => quoted(wire::varint(input)?, out),
        Kind::Sint64 => quoted(zigzag64(wire::varint(input)?), out),
        Kind::Fixed32 => integer(wire::fixed32(input)?, out),
        Kind::Sfixed32 => integer(wire::fixed32(input)?.cast_signed(), out),
        Kind::Fixed64 => quoted(wire::fixed64(input)?, out),
        Kind::Sfixed64 => quoted(wire::fixed64(input)?.cast_signed(), out),
        Kind::Float => float(f32::from_bits(wire::fixed32(input)?), out),
        Kind::Double => float(f64::from_bits(wire::fixed64(input)?), out),
        _ => return Err(wrong(input, "no scalar")),
    }
    Ok(())
}

#[inline]
pub(super) fn integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
fn quoted(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.push(b'"');
    integer(value, out);
    out.push(b'"');
}

fn float(value: impl zmij::Float + Into<f64> + Copy, out: &mut Vec<u8>) {
    let wide: f64 = value.into();
    if wide.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if wide.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else {
        out.extend_from_slice(if wide > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    }
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) -> Step {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    BASE64_STANDARD.encode_slice(bytes, room).map_err(|_| wrong(bytes, "too many bytes"))?;
    out.push(b'"');
    Ok(())
}

pub(super) fn zigzag32(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

pub(super) fn zigzag64(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
