//! The body of a request.

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Value, json};

use super::{
    field,
    operation::Operation,
    put,
    schema::{Schemas, Side},
};
use crate::{Body, Verb, model::path, options};

/// The request body of an operation, where it has one.
pub(super) fn of(operation: &Operation<'_>, schemas: &mut Schemas) -> Option<Value> {
    let side = if operation.route.verb == Verb::Patch { Side::Patch } else { Side::Input };
    let input = &operation.method.input;
    let bound: Vec<_> = operation.route.template.fields().collect();
    let (schema, required) = match &operation.route.body {
        Body::None => return None,
        Body::All => whole(operation, input, &bound, schemas),
        Body::Field(name) => {
            let field = input.get_field_by_name(name)?;
            (one(operation, &field, side, &bound, schemas), options::field(&field).required)
        }
    };
    let content = json!({ "application/json": { "schema": schema } });
    Some(json!({ "content": content, "required": required }))
}

/// The whole request without what the path gives: written in place, since it is this route's alone.
fn whole(
    operation: &Operation<'_>,
    input: &MessageDescriptor,
    bound: &[&str],
    schemas: &mut Schemas,
) -> (Value, bool) {
    let mut schema = schemas.object(operation.contract, input, Side::Input, bound);
    put(&mut schema, "title", input.name());
    let required = schema.get("required").is_some();
    (schema, required)
}

/// One field of the request.
fn one(
    operation: &Operation<'_>,
    it: &FieldDescriptor,
    side: Side,
    bound: &[&str],
    schemas: &mut Schemas,
) -> Value {
    let beneath = path::beneath(bound, it.name());
    match it.kind().as_message() {
        Some(message) if !beneath.is_empty() => {
            schemas.object(operation.contract, message, side, &beneath)
        }
        _ => field::schema(it, side, schemas),
    }
}
