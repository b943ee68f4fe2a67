//! Protobuf's wire format, read within its bounds.
//!
//! Every reader takes the rest of the input and moves it forward.

/// A varint follows.
pub(super) const VARINT: u8 = 0;
/// Eight bytes follow.
pub(super) const FIXED64: u8 = 1;
/// A length and as many bytes follow.
pub(super) const LEN: u8 = 2;
/// A group begins: proto2 only, skipped as unknown.
const GROUP: u8 = 3;
/// A group ends.
const GROUP_END: u8 = 4;
/// Four bytes follow.
pub(super) const FIXED32: u8 = 5;

/// How deep messages may lie in each other: prost reads no deeper either.
pub(super) const DEPTH_MAX: u32 = 100;

/// Why a pass over the wire ended early.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// The fields do not come in ascending order, or come again: take the careful way.
    Unordered,
    /// The bytes are no message: where, as an address, and what is wrong.
    Wrong { at: usize, what: &'static str },
}

pub(super) type Step<T = ()> = Result<T, Stop>;

/// Something is wrong where `rest` begins.
#[cold]
pub(super) fn wrong(rest: &[u8], what: &'static str) -> Stop {
    Stop::Wrong { at: rest.as_ptr().addr(), what }
}

#[inline]
pub(super) fn varint(input: &mut &[u8]) -> Step<u64> {
    match *input {
        [byte, rest @ ..] if *byte < 0x80 => {
            *input = rest;
            Ok(u64::from(*byte))
        }
        [low, high, rest @ ..] if *high < 0x80 => {
            *input = rest;
            Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
        }
        _ => long_varint(input),
    }
}

fn long_varint(input: &mut &[u8]) -> Step<u64> {
    let mut value = 0_u64;
    for (index, byte) in input.iter().enumerate().take(10) {
        if index == 9 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            *input = input.get(index + 1..).unwrap_or_default();
            return Ok(value);
        }
    }
    Err(wrong(input, "a varint that does not end"))
}

/// Protobuf keeps the low bits of a varint that is too large for its type.
#[inline]
pub(super) fn low(value: u64) -> u32 {
    (value & 0xffff_ffff) as u32
}

/// The low bits as a signed number.
#[inline]
pub(super) fn low_signed(value: u64) -> i32 {
    low(value).cast_signed()
}

/// A field's number and wire type.
#[inline]
pub(super) fn tag(input: &mut &[u8]) -> Step<(u32, u8)> {
    let start = *input;
    let key = varint(input)?;
    match u32::try_from(key) {
        Ok(key) if key >= 8 => Ok((key >> 3, (key & 7) as u8)),
        _ => Err(wrong(start, "a field number that cannot be")),
    }
}

/// A length and its bytes.
#[inline]
pub(super) fn bytes<'a>(input: &mut &'a [u8]) -> Step<&'a [u8]> {
    let start = *input;
    let length = usize::try_from(varint(input)?).unwrap_or(usize::MAX);
    let Some((bytes, rest)) = input.split_at_checked(length) else {
        return Err(wrong(start, "a length past the end"));
    };
    *input = rest;
    Ok(bytes)
}

#[inline]
pub(super) fn fixed32(input: &mut &[u8]) -> Step<u32> {
    let Some((bytes, rest)) = input.split_first_chunk() else {
        return Err(wrong(input, "a number that is cut off"));
    };
    *input = rest;
    Ok(u32::from_le_bytes(*bytes))
}

#[inline]
pub(super) fn fixed64(input: &mut &[u8]) -> Step<u64> {
    let Some((bytes, rest)) = input.split_first_chunk() else {
        return Err(wrong(input, "a number that is cut off"));
    };
    *input = rest;
    Ok(u64::from_le_bytes(*bytes))
}

/// Refuses a field that comes with another wire type than its own.
#[inline]
pub(super) fn expect(wire: u8, wanted: u8, input: &[u8]) -> Step {
    if wire == wanted { Ok(()) } else { Err(wrong(input, "another wire type than the field's")) }
}

/// Passes over the value of a field whose tag was just read.
pub(super) fn skip(number: u32, wire: u8, input: &mut &[u8]) -> Step {
    match wire {
        VARINT => varint(input).map(drop),
        FIXED64 => fixed64(input).map(drop),
        LEN => bytes(input).map(drop),
        FIXED32 => fixed32(input).map(drop),
        GROUP => skip_group(number, input),
        _ => Err(wrong(input, "a wire type that cannot be")),
    }
}

/// Groups hold fields and groups until their own end; a stack of numbers stands for recursion.
fn skip_group(number: u32, input: &mut &[u8]) -> Step {
    let mut open = vec![number];
    while let Some(innermost) = open.last() {
        let start = *input;
        match tag(input)? {
            (number, GROUP) if open.len() < DEPTH_MAX as usize => open.push(number),
            (_, GROUP) => return Err(wrong(start, "nested too deep")),
            (number, GROUP_END) if number == *innermost => drop(open.pop()),
            (_, GROUP_END) => return Err(wrong(start, "the end of another group")),
            (number, wire) => skip(number, wire, input)?,
        }
    }
    Ok(())
}
