//! Parameters in path, query and headers.

use prost_reflect::MessageDescriptor;
use serde_json::{Value, json};

use super::{field, name, operation::Operation, put, put_text, schema::Schemas};
use crate::{
    Contract, Verb,
    model::{path, query},
};

/// A field that the path gives, by its dotted path.
pub(super) fn in_path(
    contract: &Contract,
    input: &MessageDescriptor,
    path: &str,
    schemas: &mut Schemas,
) -> Option<Value> {
    let field = path::field(input, path)?;
    let schema = field::text_schema(&field, schemas);
    let mut parameter = json!({
        "name": name::json_path(input, path), "in": "path", "required": true, "schema": schema,
    });
    put_text(&mut parameter, "description", contract.comment(&field));
    Some(parameter)
}

/// A field that the query gives.
pub(super) fn in_query(
    contract: &Contract,
    parameter: &query::Parameter,
    schemas: &mut Schemas,
) -> Value {
    let schema = field::text_schema(&parameter.field, schemas);
    let mut written = json!({ "name": parameter.name, "in": "query", "schema": schema });
    put_text(&mut written, "description", contract.comment(&parameter.field));
    if parameter.required {
        put(&mut written, "required", true);
    }
    written
}

/// The headers that the operation looks at.
pub(super) fn in_headers(operation: &Operation<'_>) -> Vec<Value> {
    let all = [
        ("IdempotencyKey", operation.takes_key()),
        ("IfMatch", operation.takes_if_match()),
        ("IfNoneMatch", operation.route.verb == Verb::Get),
    ];
    let taken = all.into_iter().filter(|(_, taken)| *taken);
    taken.map(|(name, _)| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

/// The parameters that operations share.
///
/// The patterns say what the gateway takes, length included. That of `If-Match` is wider than an
/// `ETag`: what is none is not the current one either, which is 412.
pub(super) fn shared() -> Value {
    let tag = "^[ -~]{1,512}$";
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A key of the caller's choice, such as a UUID. The same request with the \
                same key is done once and answered the same for 24 hours; another request with \
                the same key is refused with 422.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` of the resource as the caller knows it. When its revision is \
                no longer the current one the request is refused with 412. `*` is any revision.",
            "schema": { "type": "string", "pattern": tag, "examples": ["*"] },
        },
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of an answer that the caller holds; when it is still the same, \
                the answer is an empty 304.",
            "schema": { "type": "string", "pattern": tag },
        },
    })
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::shared;

    fn pattern(name: &str) -> Regex {
        let parameters = shared();
        let pattern = parameters.pointer(&format!("/{name}/schema/pattern")).unwrap();
        Regex::new(pattern.as_str().unwrap()).unwrap()
    }

    #[test]
    fn a_header_may_be_what_the_gateway_takes() {
        let (key, tag) = (pattern("IdempotencyKey"), pattern("IfMatch"));

        assert!(key.is_match(&"k".repeat(255)));
        for good in ["*", "\"7\"", "W/\"7-0a\"", "\"7\", \"8\""] {
            assert!(tag.is_match(good), "{good}");
        }
        assert!(!key.is_match(&"k".repeat(256)) && !key.is_match("two words"));
        assert!(!tag.is_match("") && !tag.is_match(&"7".repeat(513)) && !tag.is_match("\"é\""));
    }
}
