//! Values given as texts: JSON strings for what is no string, map keys, path and query.
use super::Reader;
use super::flaw::{Flaw, Sound};
use super::number::quoted;
use super::output::Output;
use crate::transcode::field::{Field, Kind, Label};
use crate::transcode::table::{Form, Shape};
use crate::transcode::violation::reason;
use crate::transcode::wire::{FIXED32, FIXED64, LEN, VARINT, low};
use crate::transcode::{Shapes, mask, time};
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl Output<'_> {
    /// A number by its bits; left out when it is zero and need not be told from an absent one.
    #[inline]
    pub(super) fn bits(&mut self, kind: Kind, number: Option<u32>, explicit: bool, bits: u64) {
        if bits == 0 && !explicit {
            return;
        }
        if let Some(number) = number {
            self.tag(number, kind.wire());
        }
        match kind.wire() {
            FIXED32 => self.bytes.extend_from_slice(&low(bits).to_le_bytes()),
            FIXED64 => self.bytes.extend_from_slice(&bits.to_le_bytes()),
            _ => self.varint(bits),
        }
    }

    /// Bytes or a string with its tag.
    fn blob(&mut self, (number, explicit): (Option<u32>, bool), bytes: &[u8]) {
        if bytes.is_empty() && !explicit {
            return;
        }
        if let Some(number) = number {
            self.tag(number, LEN);
        }
        self.bytes(bytes);
    }
}

/// Writes a scalar that is no string from the text in JSON's quotes.
pub(super) fn scalar_text(
    shapes: &Shapes,
    kind: Kind,
    text: &[u8],
    (number, explicit): (Option<u32>, bool),
    output: &mut Output<'_>,
) -> Sound<()> {
    let bits = match kind {
        Kind::String | Kind::Bytes => {
            let bytes = if kind == Kind::String { text.to_vec() } else { base64(text)? };
            output.blob((number, explicit), &bytes);
            return Ok(());
        }
        Kind::Enum(id) => {
            let name = std::str::from_utf8(text).ok();
            let value = name.and_then(|name| shapes.enumeration(id)?.number(name));
            i64::from(value.ok_or_else(unknown_enum)?).cast_unsigned()
        }
        Kind::Null if text == b"NULL_VALUE" => 0,
        Kind::Null => return Err(Flaw::wrong_type("must be null")),
        _ => quoted(kind, text)?,
    };
    output.bits(kind, number, explicit, bits);
    Ok(())
}

fn unknown_enum() -> Flaw {
    Flaw::new(reason::UNKNOWN_ENUM, "the enum has no value of this name")
}

fn base64(text: &[u8]) -> Sound<Vec<u8>> {
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let decoded = if url_safe { URL_SAFE.decode(text) } else { STANDARD.decode(text) };
    decoded.map_err(|_| Flaw::format("must be base64"))
}

impl Reader<'_, '_, '_> {
    /// Writes a map's key. It is left out where it is the default.
    pub(super) fn key(&mut self, key: &Field, text: &[u8]) -> Sound<()> {
        match (key.kind, text) {
            (Kind::String, _) => {
                self.output.blob((Some(key.number), false), text);
                Ok(())
            }
            (kind, _) => match boolean(kind, text)? {
                Some(bit) => {
                    self.output.bits(kind, Some(key.number), false, bit);
                    Ok(())
                }
                None => {
                    scalar_text(self.shapes, kind, text, (Some(key.number), false), self.output)
                }
            },
        }
    }
}

/// A bool by its two names; `None` for other kinds.
fn boolean(kind: Kind, text: &[u8]) -> Sound<Option<u64>> {
    match (kind, text) {
        (Kind::Bool, b"true") => Ok(Some(1)),
        (Kind::Bool, b"false") => Ok(Some(0)),
        (Kind::Bool, _) => Err(Flaw::wrong_type("must be true or false")),
        _ => Ok(None),
    }
}

/// Whether path and query can hold values of this kind.
pub(in crate::transcode) fn is_textual(shapes: &Shapes, kind: Kind) -> bool {
    match kind {
        Kind::Message(id) => shapes.shape(id).is_some_and(|shape| {
            matches!(shape.form, Form::Timestamp | Form::Duration | Form::FieldMask | Form::Wrapper)
        }),
        Kind::Null => false,
        _ => true,
    }
}

/// Writes a field from a path segment or query parameter, with its tag.
pub(in crate::transcode) fn field_text(
    shapes: &Shapes,
    field: &Field,
    text: &str,
    output: &mut Output<'_>,
) -> Sound<()> {
    if text.contains('\0') {
        return Err(Flaw::nul());
    }
    if let Kind::Message(id) = field.kind {
        let Some(shape) = shapes.shape(id) else {
            return Err(Flaw::wrong_type("must not be a parameter"));
        };
        output.tag(field.number, LEN);
        let mark = output.begin();
        message_text(shapes, shape, text, output)?;
        output.end(mark);
        return Ok(());
    }
    let explicit = field.label != Label::Implicit;
    plain_text(shapes, field.kind, text, (field.number, explicit), output)
}

/// A scalar as people write it in an address: enums by name or number, bools by name.
fn plain_text(
    shapes: &Shapes,
    kind: Kind,
    text: &str,
    (number, explicit): (u32, bool),
    output: &mut Output<'_>,
) -> Sound<()> {
    let bits = match kind {
        Kind::Bool => boolean(kind, text.as_bytes())?,
        Kind::Enum(_) => text.parse::<i32>().ok().map(|value| i64::from(value).cast_unsigned()),
        _ => None,
    };
    match bits {
        Some(bits) => output.bits(kind, Some(number), explicit, bits),
        None => scalar_text(shapes, kind, text.as_bytes(), (Some(number), explicit), output)?,
    }
    Ok(())
}

/// The fields of a well-known type that is a string in JSON, or of a wrapper.
pub(super) fn message_text(
    shapes: &Shapes,
    shape: &Shape,
    text: &str,
    output: &mut Output<'_>,
) -> Sound<()> {
    let moment = match shape.form {
        Form::Timestamp => time::parse_timestamp(text).map_err(|wrong| match wrong {
            time::Wrong::Format => Flaw::format("must be a time such as 2026-12-01T08:00:00Z"),
            time::Wrong::Range => Flaw::range("the time is beyond the years 1 to 9999"),
        })?,
        Form::Duration => time::parse_duration(text).map_err(|wrong| match wrong {
            time::Wrong::Format => Flaw::format("must be seconds such as 1.5s"),
            time::Wrong::Range => Flaw::range("the duration is beyond 10,000 years"),
        })?,
        Form::FieldMask => return field_mask(text, output),
        _ => {
            let field = shape.fields.first().filter(|_| shape.form == Form::Wrapper);
            let field = field.ok_or_else(|| Flaw::wrong_type("must not be a parameter"))?;
            return plain_text(shapes, field.kind, text, (field.number, false), output);
        }
    };
    let (seconds, nanos) = moment;
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            output.tag(number, VARINT);
            output.varint(value.cast_unsigned());
        }
    }
    Ok(())
}

fn field_mask(text: &str, output: &mut Output<'_>) -> Sound<()> {
    for path in text.split(',').filter(|path| !path.is_empty()) {
        output.tag(1, LEN);
        let mark = output.begin();
        mask::snake(path, output.bytes)
            .ok_or_else(|| Flaw::format("must be camelCase paths with commas between them"))?;
        output.end(mark);
    }
    Ok(())
}
