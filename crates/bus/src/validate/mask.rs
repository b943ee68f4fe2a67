//! Which fields an `update_mask` asks for.

use super::Step;

/// The paths of a mask, in the spelling of JSON names, and where it starts.
#[derive(Debug)]
pub(super) struct Mask {
    paths: Vec<String>,
    /// How many steps of the path lie outside the masked message.
    depth: usize,
}

impl Mask {
    pub(super) fn new(paths: &[String], depth: usize) -> Self {
        Self { paths: paths.iter().map(|path| camel_case(path)).collect(), depth }
    }

    /// Whether the mask names `field`, which lies at the end of `path`, or what it lies in.
    pub(super) fn covers(&self, path: &[Step], field: &str) -> bool {
        let mut names: Vec<&str> = path
            .iter()
            .skip(self.depth)
            .filter_map(|step| match step {
                Step::Field(name) => Some(*name),
                Step::Item(_) => None,
            })
            .collect();
        names.push(field);
        self.paths.iter().any(|mask| mask == "*" || is_prefix(mask, &names))
    }
}

fn is_prefix(mask: &str, names: &[&str]) -> bool {
    let mut names = names.iter();
    mask.split('.').all(|segment| names.next() == Some(&segment))
}

/// The JSON name of each segment: `start_date` is `startDate`.
fn camel_case(path: &str) -> String {
    let mut written = String::with_capacity(path.len());
    let mut upper = false;
    for letter in path.chars() {
        match letter {
            '_' => upper = true,
            _ if upper => {
                written.extend(letter.to_uppercase());
                upper = false;
            }
            _ => written.push(letter),
        }
    }
    written
}
