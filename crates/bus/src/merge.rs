//! Changing only the fields that an update mask names.

use crate::validate::Violations;

/// Why a path cannot be in a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such field.
    Unknown,
    /// The server alone writes the field.
    OutputOnly,
}

/// A message whose fields can be laid over another's one by one. The generated code implements it
/// for what an `update_mask` selects from.
pub trait Merge: Default {
    /// Lays the field at `path` of `from` over this message's: `snake_case`, inside a message after
    /// a dot. Lists and maps are laid whole; a path into an absent message makes it.
    ///
    /// # Errors
    /// A path that names no field, or one that only the server writes.
    fn lay(&mut self, from: &Self, path: &str) -> Result<(), Refused>;

    /// Lays the field at `path` inside the message `from` over that inside `to`.
    ///
    /// # Errors
    /// As [`lay`](Self::lay).
    fn lay_within(to: &mut Option<Self>, from: Option<&Self>, path: &str) -> Result<(), Refused> {
        let to = to.get_or_insert_default();
        match from {
            Some(from) => to.lay(from, path),
            None => to.lay(&Self::default(), path),
        }
    }
}

/// Lays what `paths` name of `from` over `to`; adds to `violations`, at `/updateMask`, all that
/// cannot be named, and that nothing is.
pub fn merge<M: Merge>(to: &mut M, from: &M, paths: &[String], violations: &mut Violations) {
    violations.required("updateMask", !paths.is_empty());
    for path in paths {
        let (reason, message) = match to.lay(from, path) {
            Ok(()) => continue,
            Err(Refused::Unknown) => ("UNKNOWN_FIELD", format!("there is no field {path:?}")),
            Err(Refused::OutputOnly) => ("OUTPUT_ONLY", format!("{path:?} cannot be written")),
        };
        violations.push("updateMask", reason, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Point {
        x: i32,
        y: i32,
    }

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Thing {
        name: String,
        point: Option<Point>,
    }

    impl Merge for Point {
        fn lay(&mut self, from: &Self, path: &str) -> Result<(), Refused> {
            match path {
                "x" => self.x = from.x,
                "y" => self.y = from.y,
                _ => return Err(Refused::Unknown),
            }
            Ok(())
        }
    }

    impl Merge for Thing {
        fn lay(&mut self, from: &Self, path: &str) -> Result<(), Refused> {
            match path.split_once('.') {
                Some(("point", rest)) => {
                    Point::lay_within(&mut self.point, from.point.as_ref(), rest)
                }
                None if path == "name" => {
                    self.name.clone_from(&from.name);
                    Ok(())
                }
                None if path == "revision" => Err(Refused::OutputOnly),
                _ => Err(Refused::Unknown),
            }
        }
    }

    fn merged(to: Thing, from: &Thing, paths: &[&str]) -> (Thing, Vec<String>) {
        let (mut to, mut violations) = (to, Violations::new());
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        merge(&mut to, from, &paths, &mut violations);
        let found = violations.into_result().err().map(|it| it.violations().to_vec());
        let found = found.unwrap_or_default().into_iter();
        (to, found.map(|it| format!("{} {}", it.field, it.reason)).collect())
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let from = Thing { name: "new".to_owned(), point: Some(Point { x: 2, y: 3 }) };

        let (to, found) = merged(Thing::default(), &from, &["point.x"]);

        let expected = Thing { name: String::new(), point: Some(Point { x: 2, y: 0 }) };
        assert_eq!((to, found), (expected, vec![]));
    }

    #[test]
    fn what_cannot_be_named_is_told_all_at_once() {
        let from = Thing::default();

        let (_, found) = merged(Thing::default(), &from, &["colour", "revision", "point.z", "*"]);

        let unknown = "/updateMask UNKNOWN_FIELD";
        assert_eq!(found, [unknown, "/updateMask OUTPUT_ONLY", unknown, unknown]);
    }

    #[test]
    fn a_mask_that_names_nothing_is_refused() {
        let (_, found) = merged(Thing::default(), &Thing::default(), &[]);

        assert_eq!(found, ["/updateMask REQUIRED"]);
    }
}
