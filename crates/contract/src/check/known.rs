//! The well-known types are Google's: the transcoder treats them by name.

use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::Complaints;

pub(super) fn check(complaints: &mut Complaints<'_>) {
    let google = DescriptorPool::global();
    for message in complaints.source.pool().all_messages() {
        if message.package_name() == "google.protobuf" {
            complaints.about(&message, counterfeit(&google, &message));
        }
    }
}

/// A message of `google.protobuf` has the fields that Google gave it.
fn counterfeit(google: &DescriptorPool, message: &MessageDescriptor) -> Option<String> {
    let name = message.full_name();
    let original = google.get_message_by_name(name);
    let differs = original.is_none_or(|it| fields(&it) != fields(message));
    differs.then(|| format!("`{name}` is not the well-known type of this name"))
}

fn fields(message: &MessageDescriptor) -> Vec<(u32, String, String)> {
    let fields = message.fields();
    let mut all: Vec<_> = fields
        .map(|field| {
            let what = format!("{:?} {:?}", field.cardinality(), field.kind());
            (field.number(), field.name().to_owned(), what)
        })
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use crate::fixture::Protos;

    #[test]
    fn a_counterfeit_of_a_well_known_type_is_refused() {
        let protos = Protos::of(&[
            ("ad.proto", "syntax = \"proto3\"; package seasonal.ad.v1;"),
            (
                "t.proto",
                "syntax = \"proto3\";
                package google.protobuf;
                message Timestamp { string seconds = 1; }",
            ),
        ]);

        assert_eq!(
            protos.complaints(),
            ["t.proto:3: `google.protobuf.Timestamp` is not the well-known type of this name"]
        );
    }
}
