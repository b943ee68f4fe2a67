//! One field's and one enum's part of the tables.
use super::table::{Known, ShapeId};
use super::wire;
use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind as Described, Value};
use std::collections::HashMap;

/// `google.api.field_behavior`, and its value for what only the server writes.
const FIELD_BEHAVIOR: &str = "google.api.field_behavior";
const OUTPUT_ONLY: i32 = 3;

/// What a field holds, or each item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(u32),
    /// `google.protobuf.NullValue`.
    Null,
    Message(ShapeId),
}

/// How often a field may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Once; absent is its default value.
    Implicit,
    /// Once or not at all: messages, `optional`, members of a oneof.
    Explicit,
    Repeated,
    /// The kind is the entry's shape.
    Map,
}

/// One field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) label: Label,
    pub(super) packed: bool,
    pub(super) oneof: Option<u16>,
    pub(super) output_only: bool,
    /// Where `Shape::absent` stands at this field.
    pub(super) absent_at: usize,
    /// `,"camelName":`, escaped.
    pub(super) key: Box<[u8]>,
    /// The default value in JSON.
    pub(super) default: Box<[u8]>,
    /// In `snake_case`, as the proto says.
    pub(super) name: Box<str>,
    /// In `camelCase`.
    pub(super) json: Box<str>,
}

impl Field {
    /// `None` for a group, which proto3 has not: it is skipped as unknown.
    pub(super) fn new(field: &FieldDescriptor, known: &Known<'_>) -> Option<Self> {
        if field.is_group() {
            return None;
        }
        let kind = kind(&field.kind(), known)?;
        let label = label(field);
        let name = serde_json::to_string(field.json_name()).ok()?;
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        Some(Self {
            number: field.number(),
            kind,
            label,
            packed: field.is_packed(),
            oneof: oneof.and_then(|oneof| u16::try_from(*oneof.path().last()?).ok()),
            output_only: is_output_only(field),
            absent_at: 0,
            key: format!(",{name}:").into_bytes().into(),
            default: default(&field.kind(), label).into_bytes().into(),
            name: field.name().into(),
            json: field.json_name().into(),
        })
    }

    /// The wire type of one value.
    #[inline]
    pub(super) fn wire(&self) -> u8 {
        self.kind.wire()
    }
}

impl Kind {
    #[inline]
    pub(super) fn wire(self) -> u8 {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => wire::FIXED64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => wire::FIXED32,
            Self::String | Self::Bytes | Self::Message(_) => wire::LEN,
            _ => wire::VARINT,
        }
    }

    /// Whether many may stand in one length-delimited field.
    #[inline]
    pub(super) fn is_packable(self) -> bool {
        self.wire() != wire::LEN
    }

    /// Whether JSON has it in quotes already.
    pub(super) fn is_quoted(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::Int64
                | Self::Uint64
                | Self::Sint64
                | Self::Fixed64
                | Self::Sfixed64
        )
    }
}

fn kind(kind: &Described, known: &Known<'_>) -> Option<Kind> {
    Some(match kind {
        Described::Double => Kind::Double,
        Described::Float => Kind::Float,
        Described::Int32 => Kind::Int32,
        Described::Int64 => Kind::Int64,
        Described::Uint32 => Kind::Uint32,
        Described::Uint64 => Kind::Uint64,
        Described::Sint32 => Kind::Sint32,
        Described::Sint64 => Kind::Sint64,
        Described::Fixed32 => Kind::Fixed32,
        Described::Fixed64 => Kind::Fixed64,
        Described::Sfixed32 => Kind::Sfixed32,
        Described::Sfixed64 => Kind::Sfixed64,
        Described::Bool => Kind::Bool,
        Described::String => Kind::String,
        Described::Bytes => Kind::Bytes,
        Described::Enum(kind) if kind.full_name() == "google.protobuf.NullValue" => Kind::Null,
        Described::Enum(kind) => Kind::Enum(*known.enums.get(kind.full_name())?),
        Described::Message(message) => {
            Kind::Message(ShapeId(*known.messages.get(message.full_name())?))
        }
    })
}

fn label(field: &FieldDescriptor) -> Label {
    if field.is_map() {
        Label::Map
    } else if field.cardinality() == Cardinality::Repeated {
        Label::Repeated
    } else if field.supports_presence() {
        Label::Explicit
    } else {
        Label::Implicit
    }
}

/// The default value in JSON; for a map's value of a message kind it is asked of its shape.
fn default(kind: &Described, label: Label) -> String {
    match (label, kind) {
        (Label::Repeated, _) => "[]".to_owned(),
        (Label::Map, _) => "{}".to_owned(),
        (_, Described::Double | Described::Float) => "0.0".to_owned(),
        (_, Described::Bool) => "false".to_owned(),
        (_, Described::String | Described::Bytes) => "\"\"".to_owned(),
        (
            _,
            Described::Int64
            | Described::Uint64
            | Described::Sint64
            | Described::Fixed64
            | Described::Sfixed64,
        ) => "\"0\"".to_owned(),
        (_, Described::Enum(kind)) if kind.full_name() == "google.protobuf.NullValue" => {
            "null".to_owned()
        }
        (_, Described::Enum(kind)) => format!("\"{}\"", kind.default_value().name()),
        _ => "0".to_owned(),
    }
}

fn is_output_only(field: &FieldDescriptor) -> bool {
    let pool = field.parent_pool();
    let Some(extension) = pool.get_extension_by_name(FIELD_BEHAVIOR) else { return false };
    let options = field.options();
    let said = options.get_extension(&extension);
    matches!(said.as_ref(), Value::List(list) if list.contains(&Value::EnumNumber(OUTPUT_ONLY)))
}

/// One enum.
#[derive(Debug)]
pub(super) struct Enum {
    /// By number, ascending; the name in quotes.
    names: Vec<(i32, Box<[u8]>)>,
    numbers: HashMap<Box<str>, i32>,
}

impl Enum {
    pub(super) fn new(kind: &EnumDescriptor) -> Self {
        let mut names: Vec<(i32, Box<[u8]>)> = kind
            .values()
            .map(|value| (value.number(), format!("\"{}\"", value.name()).into_bytes().into()))
            .collect();
        names.sort_by_key(|(number, _)| *number); // stable: of aliases the first one stands
        names.dedup_by_key(|(number, _)| *number);
        let numbers = kind.values().map(|value| (value.name().into(), value.number())).collect();
        Self { names, numbers }
    }

    /// The name of a number, in quotes.
    #[inline]
    pub(super) fn name(&self, number: i32) -> Option<&[u8]> {
        let direct = usize::try_from(number).ok().and_then(|index| self.names.get(index));
        if let Some((known, name)) = direct
            && *known == number
        {
            return Some(name);
        }
        let index = self.names.binary_search_by_key(&number, |(known, _)| *known).ok()?;
        self.names.get(index).map(|(_, name)| &**name)
    }

    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.numbers.get(name).copied()
    }
}
