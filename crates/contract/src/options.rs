//! The options of the contract, read from descriptors.
//!
//! The structs are wire-compatible with the messages of `proto/seasonal/options/v1` and of
//! `google.api.http`; the comments there say what each field means. They are written by hand
//! because the crate that carries the generated ones is built with this one.

use std::time::Duration;

use prost_reflect::{
    DynamicMessage, FieldDescriptor, MessageDescriptor, MethodDescriptor, ReflectMessage, Value,
};

use crate::model::Verb;

/// How long a caller waits when the contract does not say.
const DEADLINE_MS_DEFAULT: u32 = 5_000;
/// `google.api.FieldBehavior.OUTPUT_ONLY`.
const OUTPUT_ONLY: i32 = 3;

/// `google.api.HttpRule`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HttpRule {
    /// The path of a GET.
    #[prost(string, optional, tag = "2")]
    pub get: Option<String>,
    /// The path of a PUT.
    #[prost(string, optional, tag = "3")]
    pub put: Option<String>,
    /// The path of a POST.
    #[prost(string, optional, tag = "4")]
    pub post: Option<String>,
    /// The path of a DELETE.
    #[prost(string, optional, tag = "5")]
    pub delete: Option<String>,
    /// The path of a PATCH.
    #[prost(string, optional, tag = "6")]
    pub patch: Option<String>,
    /// The request field that is the body, or `*`, or nothing.
    #[prost(string, tag = "7")]
    pub body: String,
}

impl HttpRule {
    /// The HTTP methods it names, with their paths.
    pub(crate) fn patterns(&self) -> Vec<(Verb, &str)> {
        let all = [
            (Verb::Get, &self.get),
            (Verb::Put, &self.put),
            (Verb::Post, &self.post),
            (Verb::Delete, &self.delete),
            (Verb::Patch, &self.patch),
        ];
        all.into_iter().filter_map(|(verb, path)| Some((verb, path.as_deref()?))).collect()
    }
}

/// `seasonal.options.v1.Access`: who may call an RPC.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Access {
    /// Anyone, signed in or not.
    #[prost(bool, tag = "1")]
    pub public: bool,
    /// Anyone with a valid token.
    #[prost(bool, tag = "2")]
    pub signed_in: bool,
    /// Anyone with at least one of these roles.
    #[prost(string, repeated, tag = "3")]
    pub roles: Vec<String>,
    /// The services that may ask over NATS.
    #[prost(string, repeated, tag = "4")]
    pub services: Vec<String>,
}

/// `seasonal.options.v1.Field`: the limits of a field.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Field {
    /// Must be given: not empty, not zero, not unset.
    #[prost(bool, tag = "1")]
    pub required: bool,
    /// The least number of characters, where the string is not empty.
    #[prost(uint32, tag = "2")]
    pub min_length: u32,
    /// The greatest number of characters; 0 is no limit.
    #[prost(uint32, tag = "3")]
    pub max_length: u32,
    /// A regular expression that the whole string matches, where it is not empty.
    #[prost(string, tag = "4")]
    pub pattern: String,
    /// What the string is, where it is not empty.
    #[prost(enumeration = "Format", tag = "5")]
    pub format: i32,
    /// The least number.
    #[prost(double, optional, tag = "6")]
    pub min: Option<f64>,
    /// The greatest number.
    #[prost(double, optional, tag = "7")]
    pub max: Option<f64>,
    /// The least number of items.
    #[prost(uint32, tag = "8")]
    pub min_items: u32,
    /// The greatest number of items; 0 is no limit.
    #[prost(uint32, tag = "9")]
    pub max_items: u32,
    /// The number must be one that the enum declares.
    #[prost(bool, tag = "10")]
    pub known: bool,
}

/// `seasonal.options.v1.Format`: what a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Format {
    /// Any text.
    Unspecified = 0,
    /// A calendar day: `2026-12-01`.
    Date = 1,
    /// A UUID in its hyphenated form.
    Uuid = 2,
    /// An e-mail address.
    Email = 3,
    /// An absolute http or https address.
    Uri = 4,
    /// A BCP 47 language tag.
    Language = 5,
    /// An ISO 3166-1 alpha-2 country code in capitals.
    Country = 6,
    /// An ISO 4217 currency code in capitals.
    Currency = 7,
    /// An amount as a decimal string, not negative, at most two decimals.
    Amount = 8,
    /// An IANA time zone.
    TimeZone = 9,
    /// A telephone number in E.164.
    Phone = 10,
}

/// `seasonal.options.v1.Event`: what makes a message an event.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// The field with the id of the resource that the event is about.
    #[prost(string, tag = "1")]
    pub subject: String,
}

/// The HTTP rule of a method.
#[must_use]
pub fn http(method: &MethodDescriptor) -> Option<HttpRule> {
    message(&method.options(), "google.api.http")
}

/// The names of the parts that a method's HTTP rule gives, those included that are not known here.
pub(crate) fn http_parts(method: &MethodDescriptor) -> Vec<String> {
    let rule = value(&method.options(), "google.api.http");
    let rule = rule.as_ref().and_then(Value::as_message);
    let parts = rule.map(|rule| rule.fields().map(|(field, _)| field.name().to_owned()).collect());
    parts.unwrap_or_default()
}

/// Who may call a method.
#[must_use]
pub fn access(method: &MethodDescriptor) -> Option<Access> {
    message(&method.options(), "seasonal.options.v1.access")
}

/// How long a caller of a method waits.
#[must_use]
pub fn deadline(method: &MethodDescriptor) -> Duration {
    let given =
        value(&method.options(), "seasonal.options.v1.deadline_ms").and_then(|it| it.as_u32());
    let ms = given.filter(|ms| *ms > 0).unwrap_or(DEADLINE_MS_DEFAULT);
    Duration::from_millis(ms.into())
}

/// The limits of a field; without any where none are said.
#[must_use]
pub fn field(field: &FieldDescriptor) -> Field {
    message(&field.options(), "seasonal.options.v1.field").unwrap_or_default()
}

/// What makes a message an event.
#[must_use]
pub fn event(descriptor: &MessageDescriptor) -> Option<Event> {
    message(&descriptor.options(), "seasonal.options.v1.event")
}

/// Whether the server alone writes a field.
#[must_use]
pub fn is_output_only(field: &FieldDescriptor) -> bool {
    let behavior = value(&field.options(), "google.api.field_behavior");
    let Some(Value::List(behaviors)) = behavior else { return false };
    behaviors.iter().any(|it| it.as_enum_number() == Some(OUTPUT_ONLY))
}

/// The value of an option, by the full name of its extension.
fn value(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = options.descriptor().parent_pool().get_extension_by_name(name)?;
    let of_these = extension.containing_message() == options.descriptor();
    (of_these && options.has_extension(&extension))
        .then(|| options.get_extension(&extension).into_owned())
}

/// The value of an option that is a message.
fn message<T: prost::Message + Default>(options: &DynamicMessage, name: &str) -> Option<T> {
    value(options, name)?.as_message()?.transcode_to().ok()
}
