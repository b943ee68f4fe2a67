//! The answers of an operation.

use serde_json::{Value, json};

use super::{
    operation::{Operation, object},
    problem, put,
    schema::{Schemas, Side},
};
use crate::Verb;

/// All answers that can come, by status.
pub(super) fn all(operation: &Operation<'_>, schemas: &mut Schemas) -> Value {
    let mut all = vec![("200".to_owned(), success(operation, schemas))];
    if operation.route.verb == Verb::Get {
        all.push(("304".to_owned(), unchanged()));
    }
    all.extend(problem::of(operation));
    object(all)
}

fn success(operation: &Operation<'_>, schemas: &mut Schemas) -> Value {
    let schema = schemas.message(&operation.method.output, Side::Answer);
    let mut success = json!({
        "description": "Done.",
        "content": { "application/json": { "schema": schema } },
    });
    if operation.method.revision.is_some() || operation.route.verb == Verb::Get {
        put(&mut success, "headers", etag());
    }
    success
}

fn unchanged() -> Value {
    json!({ "description": "The answer is the one of `If-None-Match`.", "headers": etag() })
}

fn etag() -> Value {
    json!({ "ETag": { "$ref": "#/components/headers/ETag" } })
}

/// The headers that answers share.
pub(super) fn headers() -> Value {
    json!({
        "ETag": {
            "description": "The version of this answer, for `If-None-Match` and `If-Match`.",
            "schema": { "type": "string" },
        },
        "RetryAfter": {
            "description": "After how many seconds to ask again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}
