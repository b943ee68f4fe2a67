//! Messages, enums and methods have shapes that the gateway can carry.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MethodDescriptor};

use super::Complaints;
use crate::model::query::is_wrapper;

pub(super) fn check(complaints: &mut Complaints<'_>) {
    let source = complaints.source;
    for it in source.enums() {
        complaints.about(&it, unspecified(&it));
    }
    for message in source.messages() {
        for field in message.fields() {
            complaints.about(&field, known(&field));
        }
    }
    for method in source.methods() {
        complaints.about(&method, streaming(&method));
    }
}

/// The zero of an enum means that nothing was said.
fn unspecified(it: &EnumDescriptor) -> Option<String> {
    let zero = it.get_value(0).is_some_and(|zero| zero.name().ends_with("_UNSPECIFIED"));
    let name = it.name();
    (!zero).then(|| format!("the enum {name} needs a value `…_UNSPECIFIED = 0`"))
}

/// Only those well-known types are used that the transcoder knows.
fn known(field: &FieldDescriptor) -> Option<String> {
    let value = if field.is_map() { map_value(field)? } else { field.kind() };
    let name = match &value {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(it) => it.full_name().to_owned(),
        _ => return None,
    };
    let short = name.strip_prefix("google.protobuf.")?;
    (!is_transcoded(short)).then(|| {
        format!(
            "the field {} uses {name}, which has no JSON here: use a message of your own",
            field.name()
        )
    })
}

fn map_value(field: &FieldDescriptor) -> Option<Kind> {
    field.kind().as_message().map(|entry| entry.map_entry_value_field().kind())
}

fn is_transcoded(name: &str) -> bool {
    let plain = ["Timestamp", "Duration", "FieldMask", "Empty"];
    let free = ["Struct", "Value", "ListValue", "NullValue"];
    plain.contains(&name) || free.contains(&name) || is_wrapper(name)
}

/// An RPC is one request and one answer.
fn streaming(method: &MethodDescriptor) -> Option<String> {
    (method.is_client_streaming() || method.is_server_streaming()).then(|| {
        format!("the RPC {} streams; only one request and one answer go here", method.name())
    })
}

#[cfg(test)]
mod tests {
    use crate::fixture::{message, service};

    #[test]
    fn the_zero_of_an_enum_is_unspecified() {
        message(
            "// A state.
            A a = 1;
            enum A { <--
                A_OPEN = 0;
            }",
        )
        .refused(&["the enum A needs a value `…_UNSPECIFIED = 0`"]);
    }

    #[test]
    fn a_streaming_rpc_is_refused() {
        for (input, output) in [("stream Thing", "Thing"), ("Thing", "stream Thing")] {
            service(&format!(
                "// Flows.
                rpc Flow({input}) returns ({output}) {{ <--
                    option (seasonal.options.v1.access) = {{services: [\"task\"]}};
                }}"
            ))
            .refused(&["the RPC Flow streams"]);
        }
    }

    #[test]
    fn a_well_known_type_that_is_not_transcoded_is_refused() {
        for of in [
            "google.protobuf.Any a",
            "repeated google.protobuf.Any a",
            "map<string, google.protobuf.Any> a",
        ] {
            message(&format!("// Anything.\n{of} = 1; <--"))
                .refused(&["the field a uses google.protobuf.Any, which has no JSON here"]);
        }
    }

    #[test]
    fn well_known_types_that_are_transcoded_are_welcome() {
        let names = "Timestamp Duration FieldMask Empty Struct Value ListValue NullValue BoolValue
            BytesValue DoubleValue FloatValue Int32Value Int64Value StringValue UInt32Value UInt64Value";
        for name in names.split_whitespace() {
            message(&format!("// One.\ngoogle.protobuf.{name} a = 1;")).accepted();
        }
    }
}
