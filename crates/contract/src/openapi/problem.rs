//! Errors: RFC 9457 problem details, one answer for each status.
//!
//! Most statuses follow from the route. 410 is rare, so it comes where the RPC's comment names `GONE`.

use serde_json::{Value, json};

use super::operation::{Operation, object};
use crate::Verb;

/// A status, the name of its answer, when it comes, and whether it says when to ask again.
struct Status {
    code: u16,
    name: &'static str,
    description: &'static str,
    retry: bool,
    comes: fn(&Operation<'_>) -> bool,
}

const STATUSES: [Status; 16] = [
    always(
        400,
        "BadRequest",
        "The request is not what the contract says; `violations` names every place.",
    ),
    always(
        401,
        "Unauthenticated",
        "A valid token is needed, or the one that was given is not valid.",
    ),
    // a public method, too, may have what not everyone may ask of it
    always(403, "Forbidden", "The caller may not do this."),
    always(404, "NotFound", "There is no such thing, or the caller may not know of it."),
    with_body(408, "RequestTimeout", "The body did not arrive in time."),
    Status {
        comes: |operation| operation.route.verb != Verb::Get,
        ..always(
            409,
            "Conflict",
            "It cannot be done as things stand; `reason` and `facts` say why.",
        )
    },
    Status {
        comes: |operation| operation.says("GONE"),
        ..always(410, "Gone", "It was there, and its time is over.")
    },
    Status {
        comes: |operation| operation.takes_if_match(),
        ..always(412, "PreconditionFailed", "`If-Match` is not the current revision.")
    },
    with_body(413, "TooLarge", "The body is too large."),
    with_body(415, "UnsupportedMediaType", "The body is not `application/json`."),
    Status {
        comes: |operation| operation.takes_key(),
        ..always(422, "KeyReused", "The `Idempotency-Key` was used for another request.")
    },
    Status { retry: true, ..always(429, "TooManyRequests", "Too many requests; ask again later.") },
    always(431, "HeaderTooLarge", "Address and header fields are too large together."),
    always(500, "Internal", "Something is broken on the server's side."),
    Status { retry: true, ..always(503, "Unavailable", "The service is not there at the moment.") },
    always(504, "DeadlineExceeded", "There was no answer in time."),
];

/// A status that any operation may answer with.
const fn always(code: u16, name: &'static str, description: &'static str) -> Status {
    Status { code, name, description, retry: false, comes: |_| true }
}

/// A status that comes only where a body may.
const fn with_body(code: u16, name: &'static str, description: &'static str) -> Status {
    Status { comes: |operation| operation.has_body(), ..always(code, name, description) }
}

/// The problems that an operation may answer with.
pub(super) fn of(operation: &Operation<'_>) -> Vec<(String, Value)> {
    let reference = |name| json!({ "$ref": format!("#/components/responses/{name}") });
    let coming = STATUSES.iter().filter(|status| (status.comes)(operation));
    coming.map(|status| (status.code.to_string(), reference(status.name))).collect()
}

/// The answers that operations share.
pub(super) fn responses() -> Value {
    object(STATUSES.iter().map(|status| {
        let mut response = json!({
            "description": status.description,
            "content": {
                "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
            },
        });
        if status.retry {
            let retry = json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
            super::put(&mut response, "headers", retry);
        }
        (status.name.to_owned(), response)
    }))
}

/// The schema of a problem.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong, as RFC 9457 has it.",
        "required": ["type", "title", "status", "detail", "reason", "requestId"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "What kind of problem it is." },
            "title": { "type": "string", "description": "The kind of problem in words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What went wrong this time, in English." },
            "instance": { "type": "string", "format": "uri-reference", "description": "Where it went wrong." },
            "reason": {
                "type": "string",
                "pattern": "^[A-Z][A-Z0-9_]*$",
                "examples": ["OFFER_NOT_FOUND"],
                "description": "What went wrong, for programs.",
            },
            "requestId": { "type": "string", "description": "What to name when asking about it." },
            "violations": {
                "type": "array",
                "items": { "$ref": "#/components/schemas/Violation" },
                "description": "Every place of the request that is wrong.",
            },
            "facts": {
                "type": "object",
                "additionalProperties": { "type": "string" },
                "description": "What helps to go on, such as the state and the verbs it allows.",
            },
        },
    })
}

/// The schema of one place that is wrong.
pub(super) fn violation() -> Value {
    json!({
        "type": "object",
        "description": "One place of the request that is wrong: in the body or in a parameter.",
        "required": ["reason", "message"],
        "properties": {
            "pointer": {
                "type": "string",
                "format": "json-pointer",
                "examples": ["/pay/min/amount"],
                "description": "Where in the body; empty for the whole.",
            },
            "parameter": { "type": "string", "description": "Which path or query parameter or header." },
            "reason": { "type": "string", "examples": ["REQUIRED"], "description": "What is wrong, for programs." },
            "message": { "type": "string", "description": "What is wrong, in English." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Info, document};
    use crate::fixture::Protos;

    const TAKE: &str = r#"
        // Takes a thing. COMMENT.
        rpc TakeThing(Thing) returns (Thing) {
            option (google.api.http) = {post: "/v1/things/{id}:take" body: "*"};
            option (seasonal.options.v1.access) = {signed_in: true};
        }"#;

    fn declares(status: &str, comment: &str) -> bool {
        let contract = Protos::service_of("ad", &TAKE.replace("COMMENT", comment)).read().unwrap();
        let document = document(&[&contract], &Info::default());
        let responses = document.pointer("/paths/~1v1~1things~1{id}:take/post/responses").unwrap();
        responses.get(status).is_some()
    }

    #[test]
    fn what_may_be_over_is_gone_where_the_comment_says_so() {
        assert!(declares("410", "NOT_FOUND for another's, GONE after its end"));
        assert!(!declares("410", "NOT_FOUND once it is gone"));
        assert!(!declares("410", "NOT_GONE"));
    }
}
