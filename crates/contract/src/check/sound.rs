//! Descriptors are such as a compiler writes, so that all that follows may rely on it.

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::model::Complaint;

/// What no compiler would have written. Nothing else can be judged where there is any.
pub(crate) fn sound(pool: &DescriptorPool) -> Result<(), Vec<Complaint>> {
    let entries = pool.all_messages().filter_map(|it| bad_entry(&it));
    let complaints: Vec<_> = entries.map(Complaint::whole).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// The entry of a map is a key and a value.
fn bad_entry(message: &MessageDescriptor) -> Option<String> {
    let single = |number: u32, name: &str| {
        let field = message.get_field(number);
        field
            .is_some_and(|it| it.name() == name && !it.is_list() && it.containing_oneof().is_none())
    };
    let bad = message.is_map_entry()
        && !(single(1, "key") && single(2, "value") && message.fields().len() == 2);
    bad.then(|| format!("`{}` is no entry of a map", message.full_name()))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::{FileDescriptorProto, FileDescriptorSet};

    use crate::{Contract, fixture::Protos};

    /// A contract that was changed behind the compiler's back.
    fn refused(forge: fn(&mut FileDescriptorProto), message: &str) {
        let text = "syntax = \"proto3\";
            package seasonal.ad.v1;
            message Test { map<string, string> names = 1; }";
        let compiled = Protos::of(&[("ad.proto", text)]).compile();
        let mut set = FileDescriptorSet::decode(compiled.as_slice()).unwrap();
        forge(&mut set.file[0]);

        let complaints = Contract::read("ad", &set.encode_to_vec()).err().unwrap();

        assert!(complaints[0].message.contains(message), "{complaints:?}");
    }

    #[test]
    fn a_map_entry_that_is_none_is_refused() {
        let message = "`seasonal.ad.v1.Test.NamesEntry` is no entry of a map";

        refused(|file| file.message_type[0].nested_type[0].field.clear(), message);
        refused(|file| file.message_type[0].nested_type[0].field.truncate(1), message);
        refused(
            |file| file.message_type[0].nested_type[0].field[1].set_label(3.try_into().unwrap()),
            message,
        );
    }
}
