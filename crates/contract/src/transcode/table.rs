//! The tables that both directions run along.
use super::field::{Enum, Field, Kind, Label};
use super::names::Names;
use prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor};
use std::collections::HashMap;

/// Field numbers below this are looked up in an array.
const DENSE_MAX: u32 = 256;

/// One message's place in [`Shapes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(super) u32);

/// The tables of all messages of a pool.
#[derive(Debug)]
pub struct Shapes {
    messages: Vec<Shape>,
    enums: Vec<Enum>,
    ids: HashMap<String, ShapeId>,
    #[cfg(any(test, feature = "oracle"))]
    pool: DescriptorPool,
}

/// What a message looks like in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Message,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    List,
    Value,
    Empty,
    Wrapper,
}

/// One message.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) form: Form,
    /// By number, ascending: the order in which prost writes them.
    pub(super) fields: Box<[Field]>,
    /// What absent fields say, all of them in a row: `,"count":0,"tags":[]`.
    pub(super) absent: Box<[u8]>,
    pub(super) names: Names,
    /// Field number to index + 1; 0 where there is none.
    dense: Box<[u16]>,
    #[cfg(any(test, feature = "oracle"))]
    pub(super) name: String,
}

impl Shapes {
    /// Builds the tables, once per contract.
    ///
    /// # Errors
    /// A pool that is too large for its tables: more than 65,534 fields in a message.
    pub fn new(pool: &DescriptorPool) -> Result<Self, String> {
        let messages = number(pool.all_messages().map(|message| message.full_name().to_owned()));
        let enums = number(pool.all_enums().map(|kind| kind.full_name().to_owned()));
        let shapes: Result<Vec<_>, _> = pool
            .all_messages()
            .map(|message| Shape::new(&message, &Known { messages: &messages, enums: &enums }))
            .collect();
        Ok(Self {
            messages: shapes?,
            enums: pool.all_enums().map(|kind: EnumDescriptor| Enum::new(&kind)).collect(),
            ids: messages.into_iter().map(|(name, id)| (name, ShapeId(id))).collect(),
            #[cfg(any(test, feature = "oracle"))]
            pool: pool.clone(),
        })
    }

    /// The shape of a message by its full name, such as `seasonal.ad.v1.Offer`.
    #[must_use]
    pub fn id(&self, full_name: &str) -> Option<ShapeId> {
        self.ids.get(full_name).copied()
    }

    #[inline]
    pub(super) fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.messages.get(id.0 as usize)
    }

    /// The form of a message; `None` for scalars.
    #[inline]
    pub(super) fn form(&self, kind: Kind) -> Option<Form> {
        match kind {
            Kind::Message(id) => self.shape(id).map(|shape| shape.form),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn enumeration(&self, id: u32) -> Option<&Enum> {
        self.enums.get(id as usize)
    }

    #[cfg(any(test, feature = "oracle"))]
    pub(super) fn descriptor(&self, id: ShapeId) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(&self.shape(id)?.name)
    }
}

fn number(names: impl Iterator<Item = String>) -> HashMap<String, u32> {
    names.zip(0..).collect()
}

/// Where the messages and enums of the pool will stand.
pub(super) struct Known<'a> {
    pub(super) messages: &'a HashMap<String, u32>,
    pub(super) enums: &'a HashMap<String, u32>,
}

impl Shape {
    fn new(message: &MessageDescriptor, known: &Known<'_>) -> Result<Self, String> {
        let mut fields: Vec<Field> =
            message.fields().filter_map(|field| Field::new(&field, known)).collect();
        fields.sort_by_key(|field| field.number);
        if fields.len() >= usize::from(u16::MAX) {
            return Err(format!("{} has too many fields", message.full_name()));
        }
        let absent = absent(&mut fields);
        Ok(Self {
            form: form(message.full_name(), &fields),
            dense: dense(&fields),
            names: Names::new(&fields),
            fields: fields.into(),
            absent: absent.into(),
            #[cfg(any(test, feature = "oracle"))]
            name: message.full_name().to_owned(),
        })
    }

    /// A field and its index, by number.
    #[inline]
    pub(super) fn find(&self, number: u32) -> Option<(usize, &Field)> {
        let index = if (number as usize) < self.dense.len() {
            usize::from(*self.dense.get(number as usize)?).checked_sub(1)?
        } else if number < DENSE_MAX {
            return None;
        } else {
            self.fields.binary_search_by_key(&number, |field| field.number).ok()?
        };
        Some((index, self.fields.get(index)?))
    }

    /// A field and its index, by either spelling of its name.
    #[inline]
    pub(super) fn named(&self, name: &[u8]) -> Option<(usize, &Field)> {
        let index = self.names.find(name, &self.fields)?;
        Some((index, self.fields.get(index)?))
    }

    /// What the absent fields from one index up to another say.
    #[inline]
    pub(super) fn absent(&self, from: usize, to: usize) -> &[u8] {
        let at = |index: usize| self.fields.get(index).map_or(self.absent.len(), |f| f.absent_at);
        self.absent.get(at(from)..at(to)).unwrap_or_default()
    }
}

fn absent(fields: &mut [Field]) -> Vec<u8> {
    let mut all = Vec::new();
    for field in fields {
        field.absent_at = all.len();
        if field.label != Label::Explicit {
            all.extend_from_slice(&field.key);
            all.extend_from_slice(&field.default);
        }
    }
    all
}

fn dense(fields: &[Field]) -> Box<[u16]> {
    let small = fields.iter().zip(1_u16..).filter(|(field, _)| field.number < DENSE_MAX);
    let mut table = Vec::new();
    for (field, place) in small {
        table.resize(field.number as usize, 0);
        table.push(place);
    }
    table.into()
}

fn form(name: &str, fields: &[Field]) -> Form {
    let Some(name) = name.strip_prefix("google.protobuf.") else { return Form::Message };
    let first = fields.first().map(|field| (field.label, field.kind));
    match (name, first) {
        ("Empty", None) => Form::Empty,
        ("Timestamp", _) => Form::Timestamp,
        ("Duration", _) => Form::Duration,
        ("FieldMask", _) => Form::FieldMask,
        ("Value", _) => Form::Value,
        ("Struct", Some((Label::Map, _))) => Form::Struct,
        ("ListValue", Some((Label::Repeated, _))) => Form::List,
        (
            "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
            | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue",
            Some((Label::Implicit, kind)),
        ) if !matches!(kind, Kind::Message(_)) => Form::Wrapper,
        _ => Form::Message,
    }
}
