//! `Merge` for the messages that an `update_mask` selects from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::{Contract, options};
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use crate::names;
use crate::reach::{inner, is_ours};

/// The implementations: package and code.
pub(crate) fn generate<'a>(
    contracts: impl IntoIterator<Item = &'a Contract>,
) -> Vec<(String, String)> {
    let mut messages = BTreeMap::new();
    let inputs = contracts.into_iter().flat_map(Contract::methods).map(|method| &method.input);
    for input in inputs.filter(|it| it.get_field_by_name("update_mask").is_some()) {
        reach(input, &mut messages);
    }
    messages.values().map(|it| (it.package_name().to_owned(), implementation(it))).collect()
}

/// Everything that a path can lead through: singular messages.
fn reach(message: &MessageDescriptor, found: &mut BTreeMap<String, MessageDescriptor>) {
    for inside in message.fields().filter_map(|field| singular(&field)) {
        if found.insert(inside.full_name().to_owned(), inside.clone()).is_none() {
            reach(&inside, found);
        }
    }
}

fn singular(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let is_one = !field.is_list() && !field.is_map();
    inner(field).filter(|message| is_one && is_ours(message))
}

fn implementation(message: &MessageDescriptor) -> String {
    let (mut whole, mut inside) = (String::new(), String::new());
    for field in message.fields() {
        let (name, rust) = (field.name(), names::field(field.name()));
        // Writing into a String cannot fail.
        let _ = if options::is_output_only(&field) {
            writeln!(
                whole,
                "            {name:?} => return Err(::bus::merge::Refused::OutputOnly),"
            )
        } else {
            writeln!(whole, "            {name:?} => self.{rust}.clone_from(&from.{rust}),")
        };
        if singular(&field).is_some() {
            let _ = writeln!(
                inside,
                "                Some(({name:?}, rest)) => return ::bus::merge::Merge::lay_within(&mut self.{rust}, from.{rust}.as_ref(), rest),"
            );
        }
    }
    format!(
        "impl ::bus::merge::Merge for {} {{
    fn lay(&mut self, from: &Self, path: &str) -> ::std::result::Result<(), ::bus::merge::Refused> {{
        match path {{
{whole}            _ => match path.split_once('.') {{
{inside}                _ => return Err(::bus::merge::Refused::Unknown),
            }},
        }}
        Ok(())
    }}
}}\n",
        names::message(message),
    )
}
