//! One RPC: its route, who may call it, and how it is asked.

use std::time::Duration;

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};
use prost_types::method_options::IdempotencyLevel;

use super::{Complaint, Place, Route, Source};
use crate::{
    options,
    transcode::{Binding, ShapeId, Shapes},
};

/// One RPC of a contract.
#[derive(Debug)]
pub struct Method {
    /// The full name of its proto service: `seasonal.ad.v1.OfferService`.
    pub service: String,
    /// Its name: `PublishOffer`.
    pub name: String,
    /// What follows `rpc.<asker>.` in its subject: `ad.v1.OfferService.PublishOffer`.
    pub subject: String,
    /// Its HTTP route; `None` when only services may ask.
    pub route: Option<Route>,
    /// Who may call it over HTTP.
    pub access: Access,
    /// The services that may ask it over NATS, by name.
    pub askers: Vec<String>,
    /// Whether it may be asked again.
    pub safety: Safety,
    /// How long the caller waits.
    pub deadline: Duration,
    /// The first sentence of its comment.
    pub summary: String,
    /// The rest of its comment.
    pub description: String,
    /// The request message.
    pub input: MessageDescriptor,
    /// The answer message.
    pub output: MessageDescriptor,
    /// How path, query and body make the request; there exactly when there is a route.
    pub binding: Option<Binding>,
    /// The shape of the answer.
    pub answer: ShapeId,
    /// The number of the answer's own field `int64 revision`, for the `ETag`.
    pub revision: Option<u32>,
    /// Where it is declared.
    pub place: Place,
}

/// Who may call a method over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anyone, signed in or not.
    Public,
    /// Anyone with a valid token.
    SignedIn,
    /// Anyone with at least one of these roles.
    Roles(Vec<String>),
    /// Nobody: the method has no route, and only services ask it.
    Internal,
}

/// Whether a method may be asked again when it is not known if it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It changes nothing: `NO_SIDE_EFFECTS`.
    Safe,
    /// Twice is as good as once: `IDEMPOTENT`.
    Idempotent,
    /// Twice may do it twice, unless an idempotency key holds it.
    Unknown,
}

impl Method {
    /// Its full name, as spans and metrics call it: `seasonal.ad.v1.OfferService/PublishOffer`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.service, self.name)
    }

    /// Reads one method of a contract that was checked.
    pub(super) fn read(
        source: &Source,
        shapes: &Shapes,
        method: &MethodDescriptor,
    ) -> Result<Self, Complaint> {
        let place = source.place(method);
        let complain = |message: String| Complaint::at(place.clone(), message);
        let route = match options::http(method) {
            Some(rule) => Some(Route::read(&rule).map_err(complain)?),
            None => None,
        };
        let (input, output) = (method.input(), method.output());
        let binding = match &route {
            Some(route) => Some(Binding::new(shapes, route, &input).map_err(complain)?),
            None => None,
        };
        let answer = shapes
            .id(output.full_name())
            .ok_or_else(|| complain(format!("no shape of the answer {}", output.full_name())))?;
        let access = options::access(method).unwrap_or_default();
        let (summary, description) = split(source.comment(method));
        let service = method.parent_service().full_name().to_owned();
        Ok(Self {
            subject: format!("{}.{}", Source::local(&service), method.name()),
            service,
            name: method.name().to_owned(),
            route,
            access: Access::read(&access),
            askers: access.services,
            safety: Safety::read(method),
            deadline: options::deadline(method),
            summary,
            description,
            revision: revision(&output),
            input,
            output,
            binding,
            answer,
            place,
        })
    }
}

impl Access {
    fn read(access: &options::Access) -> Self {
        if access.public {
            Self::Public
        } else if access.signed_in {
            Self::SignedIn
        } else if access.roles.is_empty() {
            Self::Internal
        } else {
            Self::Roles(access.roles.clone())
        }
    }
}

impl Safety {
    fn read(method: &MethodDescriptor) -> Self {
        let options = method.method_descriptor_proto().options.as_ref();
        match options.map(prost_types::MethodOptions::idempotency_level) {
            Some(IdempotencyLevel::NoSideEffects) => Self::Safe,
            Some(IdempotencyLevel::Idempotent) => Self::Idempotent,
            _ => Self::Unknown,
        }
    }
}

/// The number of the field `int64 revision` of an answer.
fn revision(output: &MessageDescriptor) -> Option<u32> {
    let field = output.get_field_by_name("revision")?;
    (field.kind() == Kind::Int64 && !field.is_list()).then(|| field.number())
}

/// Splits a comment into its first sentence and the rest.
fn split(comment: &str) -> (String, String) {
    let end = sentence_end(comment).unwrap_or(comment.len());
    let (summary, rest) = comment.split_at(end);
    (summary.split_whitespace().collect::<Vec<_>>().join(" "), rest.trim().to_owned())
}

/// Where the first sentence ends: after a full stop before a new sentence, or at the end of the
/// first paragraph.
fn sentence_end(comment: &str) -> Option<usize> {
    let stop =
        comment.match_indices(". ").chain(comment.match_indices(".\n")).find_map(|(at, _)| {
            let rest = comment.get(at + 1..)?.trim_start();
            (!rest.starts_with(|c: char| c.is_lowercase())).then_some(at + 1)
        });
    let paragraph = comment.find("\n\n");
    match (stop, paragraph) {
        (Some(stop), Some(paragraph)) => Some(stop.min(paragraph)),
        (stop, paragraph) => stop.or(paragraph),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_comment_is_the_summary() {
        let cases = [
            (
                "Publishes a draft. Fails when it is closed.",
                "Publishes a draft.",
                "Fails when it is closed.",
            ),
            ("Publishes\na draft.\nFails.", "Publishes a draft.", "Fails."),
            ("Takes codes (e.g. of jobs) too.", "Takes codes (e.g. of jobs) too.", ""),
            ("A title\n\nThe text.", "A title", "The text."),
            ("", "", ""),
        ];
        for (comment, summary, description) in cases {
            assert_eq!(split(comment), (summary.to_owned(), description.to_owned()), "{comment}");
        }
    }
}
