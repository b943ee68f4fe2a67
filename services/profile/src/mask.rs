//! `update_mask`: which fields of a resource a request changes.

use bus::{Status, Violation};

use crate::error::{Error, Result};

/// Takes over into `$target` the fields of `$source` that the mask names; both are of the same type,
/// whose fields are called as in the contract. Without a mask, as with an empty one, nothing is named;
/// `*` names everything. A path into an absent message makes it.
///
/// Gives [`Error::Invalid`] for the paths that are no fields, or none that a request can change.
macro_rules! merge {
    (
        $mask:expr, $source:expr => $target:expr,
        { $($field:ident),+ $(,)? } $({ $($message:ident . $leaf:ident),+ $(,)? })?
    ) => {{
        let (mask, source, mut target) = ($mask.unwrap_or_default(), $source, $target);
        let mut unknown = Vec::new();
        for path in &mask.paths {
            match path.as_str() {
                $(stringify!($field) => target.$field.clone_from(&source.$field),)+
                $($(concat!(stringify!($message), ".", stringify!($leaf)) => {
                    target.$message.get_or_insert_default().$leaf =
                        source.$message.clone().unwrap_or_default().$leaf;
                })+)?
                "*" => { $(target.$field.clone_from(&source.$field);)+ }
                _ => unknown.push(path.as_str()),
            }
        }
        $crate::mask::known(&unknown).map(|()| target)
    }};
}

pub(crate) use merge;

/// That there are no unknown paths.
pub(crate) fn known(unknown: &[&str]) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let violations = unknown.iter().map(|path| Violation {
        field: "/updateMask".to_owned(),
        reason: "UNKNOWN_FIELD".into(),
        message: format!("{path} is no field that can be changed"),
    });
    Err(Error::Invalid(Status::invalid(violations.collect())))
}

#[cfg(test)]
mod tests {
    use prost_types::FieldMask;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Point {
        x: i32,
        y: i32,
    }

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Thing {
        name: String,
        size: i32,
        point: Option<Point>,
    }

    fn changed(paths: &[&str]) -> Result<Thing> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let old = Thing { name: "old".to_owned(), size: 1, point: None };
        let new = Thing { name: "new".to_owned(), size: 0, point: Some(Point { x: 2, y: 3 }) };
        merge!(Some(FieldMask { paths }), new => old, { name, size, point } { point.x, point.y })
    }

    #[test]
    fn only_what_is_named_changes() {
        let thing = |name: &str, size, point| Thing { name: name.to_owned(), size, point };
        let (x, both) = (Some(Point { x: 2, y: 0 }), Some(Point { x: 2, y: 3 }));

        assert_eq!(changed(&[]).unwrap(), thing("old", 1, None));
        assert_eq!(changed(&["size"]).unwrap(), thing("old", 0, None));
        assert_eq!(changed(&["name", "point.x"]).unwrap(), thing("new", 1, x));
        assert_eq!(changed(&["point"]).unwrap(), thing("old", 1, both.clone()));
        assert_eq!(changed(&["*"]).unwrap(), thing("new", 0, both));
    }

    #[test]
    fn every_path_that_is_no_field_is_said() {
        let Error::Invalid(status) = changed(&["name", "colour", "point.z"]).unwrap_err() else {
            panic!("not refused for its fields");
        };

        let messages: Vec<_> = status.violations().iter().map(|it| it.message.as_str()).collect();
        let expected =
            ["colour is no field that can be changed", "point.z is no field that can be changed"];
        assert_eq!(messages, expected);
    }
}
