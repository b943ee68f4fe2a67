//! Messages on the wire, of any shape, as tidy as prost writes them or as wild as may be.
use crate::tape::Tape;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

const DEPTH_MAX: usize = 5;

/// Draws a message. Wild ones have fields in any order and again, lists packed and not, unknown
/// fields and lengthy varints; all mean something.
pub(crate) fn message(tape: &mut Tape<'_>, shape: &MessageDescriptor, wild: bool) -> Vec<u8> {
    let mut out = Vec::new();
    Generator { tape, wild }.message(shape, 0, &mut out);
    out
}

struct Generator<'t, 'b> {
    tape: &'t mut Tape<'b>,
    wild: bool,
}

impl Generator<'_, '_> {
    fn message(&mut self, shape: &MessageDescriptor, depth: usize, out: &mut Vec<u8>) {
        let fields: Vec<FieldDescriptor> = shape.fields().collect();
        if fields.is_empty() || depth > DEPTH_MAX {
            return;
        }
        match shape.full_name() {
            "google.protobuf.Timestamp" => return self.timestamp(out),
            "google.protobuf.Duration" => return self.duration(out),
            _ => {}
        }
        if self.wild {
            for _ in 0..self.tape.below(12) {
                let field = self.tape.pick(&fields);
                self.occurrence(&field, depth, out);
                if self.tape.once_in(6) {
                    self.unknown(out);
                }
            }
            return;
        }
        let mut oneofs = Vec::new();
        for field in fields {
            let oneof = field.containing_oneof();
            if self.tape.is_over()
                || self.tape.once_in(2)
                || oneof.as_ref().is_some_and(|oneof| oneofs.contains(oneof))
            {
                continue;
            }
            oneofs.extend(oneof);
            let times = if field.is_list() || field.is_map() { self.tape.below(4) } else { 1 };
            for _ in 0..times {
                self.occurrence(&field, depth, out);
            }
        }
    }

    fn occurrence(&mut self, field: &FieldDescriptor, depth: usize, out: &mut Vec<u8>) {
        let kind = field.kind();
        let packable = !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_));
        let packs = if self.wild { self.tape.once_in(2) } else { field.is_packed() };
        if field.is_list() && packable && packs {
            let mut packed = Vec::new();
            for _ in 0..self.tape.below(5) {
                self.value(field, &mut packed);
            }
            return self.blob(field.number(), &packed, out);
        }
        if let Kind::Message(message) = kind {
            let mut inner = Vec::new();
            self.message(&message, depth + 1, &mut inner);
            self.blob(field.number(), &inner, out);
        } else {
            encode_key(field.number(), kind.wire_type(), out);
            self.value(field, out);
        }
    }

    fn blob(&mut self, number: u32, bytes: &[u8], out: &mut Vec<u8>) {
        encode_key(number, WireType::LengthDelimited, out);
        self.varint(bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    }

    /// A varint, at times longer than it must be.
    fn varint(&mut self, value: u64, out: &mut Vec<u8>) {
        encode_varint(value, out);
        if self.wild && value < 1 << 40 && self.tape.once_in(8) {
            if let Some(last) = out.last_mut() {
                *last |= 0x80;
            }
            out.extend_from_slice(&[0x80, 0]);
        }
    }

    fn value(&mut self, field: &FieldDescriptor, out: &mut Vec<u8>) {
        let wrapped = field.parent_message().full_name().starts_with("google.protobuf.");
        match field.kind() {
            Kind::Double => out.extend_from_slice(&self.double(wrapped).to_le_bytes()),
            Kind::Float => {
                let value = self.float();
                let value = if wrapped && !value.is_finite() { 1.5 } else { value };
                out.extend_from_slice(&value.to_le_bytes());
            }
            Kind::Fixed32 | Kind::Sfixed32 => {
                out.extend_from_slice(&self.tape.bits().to_le_bytes()[..4]);
            }
            Kind::Fixed64 | Kind::Sfixed64 => {
                out.extend_from_slice(&self.tape.bits().to_le_bytes());
            }
            Kind::String if field.parent_message().full_name().ends_with(".FieldMask") => {
                let path =
                    self.tape.pick(&["title", "start_date", "pay.per_hour_amount", "a.b_c.d"]);
                self.bare(path.as_bytes(), out);
            }
            Kind::String => {
                let text = self.tape.text();
                self.bare(text.as_bytes(), out);
            }
            Kind::Bytes => {
                let bytes: Vec<u8> = (0..self.tape.below(7)).map(|_| self.tape.byte()).collect();
                self.bare(&bytes, out);
            }
            Kind::Enum(_) if self.tape.once_in(2) => {
                let value = self.tape.pick(&[0, 1, 2, 3, 1000, -7_i64]);
                self.varint(value.cast_unsigned(), out);
            }
            _ => {
                let bits = self.tape.bits();
                self.varint(bits, out);
            }
        }
    }

    fn bare(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.varint(bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    }

    fn float(&mut self) -> f32 {
        match self.tape.below(3) {
            0 => f32::from(self.tape.byte()) / 4.0,
            1 => self.tape.pick(&[f32::NAN, f32::INFINITY, 1e38, 0.1, 16_777_216.0, 1e-45, -0.0]),
            _ => f32::from_le_bytes(std::array::from_fn(|_| self.tape.byte())),
        }
    }

    fn double(&mut self, finite: bool) -> f64 {
        let value = match self.tape.below(4) {
            0 => f64::from(self.tape.byte()) / 4.0,
            1 => self.tape.pick(&[
                0.0,
                1e300,
                -1e-300,
                0.1,
                1e21,
                123_456_789.125,
                f64::MIN_POSITIVE,
            ]),
            2 => self.tape.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39]),
            _ => f64::from_bits(self.tape.bits()),
        };
        if finite && !value.is_finite() { 2.5 } else { value }
    }

    /// Within the years 1 to 9999; beyond them there are cases of their own.
    fn timestamp(&mut self, out: &mut Vec<u8>) {
        let seconds = (self.tape.bits().cast_signed()).rem_euclid(315_537_897_600) - 62_135_596_800;
        self.moment(seconds, 1, out);
    }

    /// Wild ones may merge, and parts of different sign have no meaning that all agree on.
    fn duration(&mut self, out: &mut Vec<u8>) {
        let seconds = self.tape.bits().cast_signed() % 315_576_000_000;
        let seconds = if self.wild { seconds.abs() } else { seconds };
        let sign =
            if seconds == 0 && !self.wild { self.tape.pick(&[1, -1]) } else { seconds.signum() };
        let sign = if self.wild { 1 } else { sign };
        self.moment(seconds, sign, out);
    }

    fn moment(&mut self, seconds: i64, sign: i64, out: &mut Vec<u8>) {
        let unit = self.tape.pick(&[1, 1_000, 1_000_000, 1_000_000_000]);
        let nanos = (self.tape.bits() % 1_000_000_000 / unit * unit).cast_signed() * sign;
        let mut parts = [(1, seconds), (2, nanos)];
        if self.wild && self.tape.once_in(3) {
            parts.reverse();
        }
        for (number, value) in parts {
            if value != 0 || self.tape.once_in(4) {
                encode_key(number, WireType::Varint, out);
                encode_varint(value.cast_unsigned(), out);
            }
        }
    }

    /// A field that no message has: of each wire type, groups within groups among them.
    fn unknown(&mut self, out: &mut Vec<u8>) {
        let number = self.tape.pick(&[1_000_u32, 77_777, 536_870_910]);
        match self.tape.below(5) {
            0 => {
                encode_key(number, WireType::Varint, out);
                encode_varint(self.tape.bits(), out);
            }
            1 => {
                encode_key(number, WireType::SixtyFourBit, out);
                out.extend_from_slice(&[0xff; 8]);
            }
            2 => {
                encode_key(number, WireType::ThirtyTwoBit, out);
                out.extend_from_slice(&[0xff; 4]);
            }
            3 => self.blob(number, &[0xff, 0x00, 0x80], out),
            _ => {
                encode_key(number, WireType::StartGroup, out);
                encode_key(3, WireType::StartGroup, out);
                encode_key(1, WireType::Varint, out);
                encode_varint(self.tape.bits(), out);
                encode_key(3, WireType::EndGroup, out);
                encode_key(number, WireType::EndGroup, out);
            }
        }
    }
}
