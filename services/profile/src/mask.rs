//! Changing only the fields that an `update_mask` names.

use bus::Violations;

use crate::error::Result;

/// `$to` with the fields of `$from` that the mask names; both are of the same type, whose fields are
/// called as in the contract. Lists and maps are changed whole, messages too or by the field after the
/// dot: a path into an absent message makes it.
///
/// # Errors
/// `INVALID_ARGUMENT` with all paths that are no fields or not the caller's to write, and when there are
/// no paths.
macro_rules! merge {
    (
        $mask:expr, $from:expr => $to:expr,
        fields: $($field:ident)+;
        messages: $($message:ident($($leaf:ident)+))*;
        output: $($output:ident)*;
    ) => {{
        let (mask, from, mut to) = ($mask.unwrap_or_default(), $from, $to);
        let mut refused = Vec::new();
        for path in &mask.paths {
            match path.as_str() {
                $(stringify!($field) => to.$field.clone_from(&from.$field),)+
                $(stringify!($message) => to.$message.clone_from(&from.$message),)*
                $($(concat!(stringify!($message), ".", stringify!($leaf)) => {
                    to.$message.get_or_insert_default().$leaf =
                        from.$message.clone().unwrap_or_default().$leaf;
                })+)*
                $(stringify!($output) => refused.push((path.as_str(), "OUTPUT_ONLY")),)*
                _ => refused.push((path.as_str(), "UNKNOWN_FIELD")),
            }
        }
        $crate::mask::check(mask.paths.is_empty(), &refused).map(|()| to)
    }};
}

pub(crate) use merge;

/// That the mask names something, and nothing that is refused.
pub(crate) fn check(is_empty: bool, refused: &[(&str, &'static str)]) -> Result<()> {
    let mut violations = Violations::new();
    violations.required("updateMask", !is_empty);
    for (path, reason) in refused {
        violations.push("updateMask", *reason, format!("{path:?} is no field that can be changed"));
    }
    Ok(violations.into_result()?)
}

#[cfg(test)]
mod tests {
    use prost_types::FieldMask;

    use super::*;
    use crate::error::Error;

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

    fn merged(paths: &[&str]) -> Result<Thing> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let to = Thing { name: "old".to_owned(), size: 1, point: None };
        let from = Thing { name: "new".to_owned(), size: 0, point: Some(Point { x: 2, y: 3 }) };
        merge!(
            Some(FieldMask { paths }), from => to,
            fields: name size;
            messages: point(x y);
            output: revision;
        )
    }

    fn reasons(paths: &[&str]) -> Vec<String> {
        let Error::Status(status) = merged(paths).unwrap_err() else { panic!("not for its paths") };
        assert!(status.violations().iter().all(|it| it.field == "/updateMask"));
        status.violations().iter().map(|it| it.reason.to_string()).collect()
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let thing = |name: &str, size, point| Thing { name: name.to_owned(), size, point };
        let (x, both) = (Some(Point { x: 2, y: 0 }), Some(Point { x: 2, y: 3 }));

        assert_eq!(merged(&["size"]).unwrap(), thing("old", 0, None));
        assert_eq!(merged(&["name", "point.x"]).unwrap(), thing("new", 1, x));
        assert_eq!(merged(&["point"]).unwrap(), thing("old", 1, both));
    }

    #[test]
    fn what_is_unknown_or_written_by_us_is_named_all_at_once() {
        let paths = ["name", "colour", "point.z", "revision", "*"];

        let unknown = "UNKNOWN_FIELD";
        assert_eq!(reasons(&paths), [unknown, unknown, "OUTPUT_ONLY", unknown]);
    }

    #[test]
    fn an_empty_mask_is_refused() {
        assert_eq!(reasons(&[]), ["REQUIRED"]);
    }
}
