//! A PATCH knows which fields it changes.

use prost_reflect::{Kind, MethodDescriptor};

use super::Complaints;
use crate::{model::Verb, options};

pub(super) fn check(complaints: &mut Complaints<'_>) {
    for method in complaints.source.methods() {
        complaints.about(&method, mask(&method));
    }
}

/// A PATCH whose body is a message has a mask.
fn mask(method: &MethodDescriptor) -> Option<String> {
    let rule = options::http(method)?;
    let is_patch = rule.patterns().iter().any(|(verb, _)| *verb == Verb::Patch);
    let input = method.input();
    let body = input.get_field_by_name(&rule.body).filter(|_| is_patch)?;
    let is_resource = matches!(body.kind(), Kind::Message(_)) && !body.is_list() && !body.is_map();
    (is_resource && !has_mask(method)).then(|| {
        let name = input.name();
        format!("the request {name} of a PATCH needs `google.protobuf.FieldMask update_mask`")
    })
}

fn has_mask(method: &MethodDescriptor) -> bool {
    let Some(field) = method.input().get_field_by_name("update_mask") else { return false };
    let kind = field.kind();
    !field.is_list()
        && kind.as_message().is_some_and(|it| it.full_name() == "google.protobuf.FieldMask")
}

#[cfg(test)]
mod tests {
    use crate::fixture::service_with;

    #[test]
    fn a_patch_without_a_mask_is_refused() {
        let masks = [
            "",
            "string update_mask = 2; // Wrong.",
            "google.protobuf.FieldMask mask = 2; // Wrong.",
        ];
        for mask in masks {
            service_with(
                r#"// Changes.
                rpc UpdateThing(Request) returns (Thing) { <--
                    option (google.api.http) = {patch: "/v1/things" body: "thing"};
                    option (seasonal.options.v1.access) = {public: true};
                }"#,
                &format!("message Request {{\n// It.\nThing thing = 1;\n{mask}\n }}"),
            )
            .refused(&[
                "the request Request of a PATCH needs `google.protobuf.FieldMask update_mask`",
            ]);
        }
    }
}
