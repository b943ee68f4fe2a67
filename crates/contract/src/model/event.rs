//! A message that is an event.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::Source;
use crate::options;

/// A message that is published as an event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name: `ApplicationSubmitted`.
    pub name: String,
    /// Its subject up to the id: `event.ad.v1.ApplicationSubmitted`.
    pub subject: String,
    /// The field that holds the id of what the event is about, the last token of the subject.
    pub id: FieldDescriptor,
    /// Its comment.
    pub comment: String,
    /// The message.
    pub message: MessageDescriptor,
}

impl Event {
    /// Reads the event that a message is; `None` where it is none.
    pub(super) fn read(source: &Source, message: &MessageDescriptor) -> Option<Self> {
        let option = options::event(message)?;
        Some(Self {
            name: message.name().to_owned(),
            subject: format!("event.{}", Source::local(message.full_name())),
            id: message.get_field_by_name(&option.subject)?,
            comment: source.comment(message).to_owned(),
            message: message.clone(),
        })
    }
}
