//! Every RPC and every field says what it is.

use super::Complaints;

pub(super) fn check(complaints: &mut Complaints<'_>) {
    let source = complaints.source;
    for method in source.methods() {
        let missing = source.comment(&method).is_empty().then(|| {
            format!("the RPC {} needs a comment: what it does, and how it fails", method.name())
        });
        complaints.about(&method, missing);
    }
    for field in source.messages().flat_map(|it| it.fields().collect::<Vec<_>>()) {
        let missing = source
            .comment(&field)
            .is_empty()
            .then(|| format!("the field {} needs a comment", field.name()));
        complaints.about(&field, missing);
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{message, service};

    #[test]
    fn a_method_and_a_field_need_a_comment() {
        service("rpc Do(Thing) returns (Thing) { option (seasonal.options.v1.access) = {services: [\"task\"]}; } <--")
            .refused(&["the RPC Do needs a comment: what it does, and how it fails"]);
        message("string a = 1; <--").refused(&["the field a needs a comment"]);
    }

    #[test]
    fn a_comment_may_stand_behind_the_field() {
        message("string a = 1; // It.").accepted();
    }
}
