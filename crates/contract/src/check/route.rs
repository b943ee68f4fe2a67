//! Routes that the gateway can serve: the path, the body and the query make the request.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use super::Complaints;
use crate::{
    model::{Body, Route, Segment, Template, Verb, path, query},
    options,
};

/// The paths that the gateway answers itself, with all beneath them.
const RESERVED: [&str; 9] = [
    "/auth",
    "/docs",
    "/openapi.json",
    "/v1/live",
    "/livez",
    "/readyz",
    "/healthz",
    "/startupz",
    "/metrics",
];

pub(super) fn check(complaints: &mut Complaints<'_>) {
    for method in complaints.source.methods() {
        complaints.about(&method, unknown(&method));
        let Some(rule) = options::http(&method) else { continue };
        match Route::read(&rule) {
            Err(message) => complaints.about(&method, [message]),
            Ok(route) => {
                let input = method.input();
                complaints.about(&method, reserved(&route.template));
                complaints.about(&method, path_fields(&route.template, &input));
                complaints.about(&method, body(&route, &input));
                complaints.about(&method, query(&route, &input));
            }
        }
    }
}

/// The parts of `google.api.HttpRule` that are known here.
fn unknown(method: &MethodDescriptor) -> Vec<String> {
    let parts = options::http_parts(method).into_iter();
    let known = ["get", "put", "post", "delete", "patch", "body"];
    parts
        .filter(|part| !known.contains(&part.as_str()))
        .map(|part| format!("the route says `{part}`, which is not known here"))
        .collect()
}

/// A route leaves the gateway's own paths alone, also where a field could take their value.
fn reserved(template: &Template) -> Option<String> {
    let taken = RESERVED.into_iter().find(|path| {
        let path: Vec<_> = path.split('/').skip(1).collect();
        let starts = path.iter().zip(&template.segments).all(|(text, segment)| match segment {
            Segment::Literal(literal) => literal == text,
            Segment::Field(_) => true,
        });
        starts && template.segments.len() >= path.len()
    })?;
    Some(format!("the route {template} may match {taken}, which is the gateway's own"))
}

/// Every field in the path is one value.
fn path_fields(template: &Template, input: &MessageDescriptor) -> Vec<String> {
    template.fields().filter_map(|path| path_field(path, input).err()).collect()
}

fn path_field(path: &str, input: &MessageDescriptor) -> Result<(), String> {
    let missing = || format!("the request {} has no field `{path}`", input.name());
    let field = path::field(input, path).ok_or_else(missing)?;
    let one = !field.is_list() && !matches!(field.kind(), Kind::Message(_));
    if !one {
        return Err(format!("the path field `{path}` is not a single scalar or enum"));
    }
    if options::is_output_only(&field) {
        return Err(format!("the path field `{path}` is output only"));
    }
    Ok(())
}

/// The body is there where the verb carries one, and is a field of the request.
fn body(route: &Route, input: &MessageDescriptor) -> Option<String> {
    let (verb, template) = (route.verb, &route.template);
    if verb == Verb::Get && route.body != Body::None {
        return Some(format!("the route {verb} {template} has a body"));
    }
    let Body::Field(name) = &route.body else { return None };
    let missing = format!("the request {} has no field `{name}` to be the body", input.name());
    let Some(field) = input.get_field_by_name(name) else { return Some(missing) };
    options::is_output_only(&field).then(|| format!("the body field `{name}` is output only"))
}

/// Every other field can be a query parameter.
fn query(route: &Route, input: &MessageDescriptor) -> Vec<String> {
    let problems = query::parameters(route, input).err().unwrap_or_default();
    let say = |(field, what): (FieldDescriptor, &str)| {
        format!("the field {} is {what}, which no query parameter can be", field.full_name())
    };
    problems.into_iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use crate::fixture::service_with;

    /// An RPC with this HTTP rule over a request with every sort of field.
    fn refused(rule: &str, messages: &[&str]) {
        service_with(
            &format!(
                "// Does.
                rpc Do(Request) returns (Thing) {{ <--
                    option (google.api.http) = {{{rule}}};
                    option (seasonal.options.v1.access) = {{public: true}};
                }}"
            ),
            "message Request {
                // One.
                string id = 1;
                // Many.
                repeated string tags = 2;
                // A message.
                Thing thing = 3;
                // Not the client's.
                string state = 4 [(google.api.field_behavior) = OUTPUT_ONLY];
            }",
        )
        .refused(messages);
    }

    #[test]
    fn a_path_field_is_one_scalar_of_the_request() {
        refused(r#"get: "/v1/things/{what}""#, &["the request Request has no field `what`"]);
        refused(r#"get: "/v1/things/{thing.what}""#, &["has no field `thing.what`"]);
        refused(r#"get: "/v1/things/{id.x}""#, &["has no field `id.x`"]);
        refused(r#"get: "/v1/things/{tags}""#, &["`tags` is not a single scalar or enum"]);
        refused(r#"get: "/v1/things/{thing}""#, &["`thing` is not a single scalar or enum"]);
        refused(r#"get: "/v1/things/{state}""#, &["the path field `state` is output only"]);
    }

    #[test]
    fn a_bad_template_is_refused() {
        refused(r#"get: "v1/things""#, &["the path `v1/things` does not start with a slash"]);
        refused(r#"body: "*""#, &["the route names no HTTP method"]);
    }

    #[test]
    fn a_body_is_a_field_of_the_request_and_not_on_get() {
        refused(r#"post: "/v1/things" body: "what""#, &["has no field `what` to be the body"]);
        refused(r#"post: "/v1/things" body: "state""#, &["the body field `state` is output only"]);
        refused(r#"get: "/v1/things" body: "*""#, &["the route GET /v1/things has a body"]);
    }

    #[test]
    fn the_gateways_own_paths_are_reserved() {
        let paths = "/auth /auth/login /docs /docs/{id} /openapi.json /v1/live /v1/live/{id}
            /livez /readyz /healthz /startupz /metrics /{id} /v1/{id} /v1/{id}/more /{id}:run";
        for path in paths.split_whitespace() {
            refused(&format!("get: \"{path}\""), &["which is the gateway's own"]);
        }
    }

    #[test]
    fn a_field_that_no_query_can_carry_is_refused() {
        service_with(
            r#"// Does.
            rpc Do(Request) returns (Thing) { <--
                option (google.api.http) = {get: "/v1/things"};
                option (seasonal.options.v1.access) = {public: true};
            }"#,
            "message Request {
                // Its own kind.
                Request again = 1;
                // A map.
                map<string, string> names = 2;
                // Messages.
                repeated Thing things = 3;
                // Anything.
                google.protobuf.Struct more = 4;
                // When.
                google.protobuf.Timestamp time = 5;
            }",
        )
        .refused(&[
            "Request.again is a message within itself",
            "Request.more is free JSON",
            "Request.names is a map",
            "Request.things is a list of messages",
        ]);
    }
}
