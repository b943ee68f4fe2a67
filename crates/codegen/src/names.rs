//! How names of the contract are spelled in Rust: as prost spells them.

use prost_reflect::{EnumDescriptor, MessageDescriptor};

/// `PublishOffer` → `publish_offer`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() {
            if index > 0 {
                out.push('_');
            }
            out.push(letter.to_ascii_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

/// `OfferService` → `OFFER_SERVICE`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A field as an identifier: `type` → `r#type`.
pub(crate) fn field(name: &str) -> String {
    const KEYWORDS: [&str; 37] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "final", "fn", "for", "gen", "if", "impl", "in", "let",
        "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct", "trait",
        "try", "type", "use", "where",
    ];
    if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// A message's path inside its package's module: nested ones lie in a module of their parent's name.
pub(crate) fn message(message: &MessageDescriptor) -> String {
    match message.parent_message() {
        Some(parent) => format!("{}::{}", inside(&parent), message.name()),
        None => message.name().to_owned(),
    }
}

/// An enum's path from the module of the package `from`.
pub(crate) fn enumeration(declared: &EnumDescriptor, from: &str) -> String {
    let name = match declared.parent_message() {
        Some(parent) => format!("{}::{}", inside(&parent), declared.name()),
        None => declared.name().to_owned(),
    };
    if declared.package_name() == from {
        return name;
    }
    // The modules mirror the packages less `seasonal`, so the way goes through the crate's root.
    let package = declared.package_name().trim_start_matches("seasonal.").replace('.', "::");
    format!("crate::{package}::{name}")
}

fn inside(parent: &MessageDescriptor) -> String {
    let own = snake(parent.name());
    match parent.parent_message() {
        Some(grandparent) => format!("{}::{own}", inside(&grandparent)),
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_prost_spells_them() {
        assert_eq!(snake("PublishOffer"), "publish_offer");
        assert_eq!(screaming("OfferService"), "OFFER_SERVICE");
        assert_eq!(field("type"), "r#type");
        assert_eq!(field("offer_id"), "offer_id");
    }
}
