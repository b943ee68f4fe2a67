//! Whether a request's fields are what the contract says, all violations at once.
//!
//! The generated code implements [`Validate`] for every request message and for what it contains,
//! as a table of calls on [`Violations`]. An empty string is held only against `required`: the
//! other limits say what a value must be where there is one.

mod format;
mod mask;

use std::{borrow::Cow, fmt::Write as _, sync::OnceLock};

use regex::Regex;

pub use format::Format;
use mask::Mask;

use crate::status::{Result, Status, Violation};

/// How many violations are told at most: an answer has to fit into a message.
const TOLD_MAX: usize = 100;

/// What can say what is wrong with its fields.
pub trait Validate {
    /// Adds what is wrong to `violations`.
    fn validate(&self, violations: &mut Violations);
}

impl Validate for () {
    fn validate(&self, _: &mut Violations) {}
}

/// What is wrong so far, and where we are.
#[derive(Debug, Default)]
pub struct Violations {
    path: Vec<Step>,
    mask: Option<Mask>,
    found: Vec<Violation>,
}

/// One step of the path into the request.
#[derive(Debug)]
enum Step {
    Field(&'static str),
    Item(Key),
}

/// Which item of a list or a map.
#[derive(Clone, Debug)]
pub enum Key {
    /// The index in a list.
    Index(usize),
    /// The key of a map.
    Name(String),
}

impl From<usize> for Key {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<&String> for Key {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

/// Keys of maps that are numbers or booleans are written as protobuf's JSON writes them.
macro_rules! key_as_written {
    ($($number:ty),+) => {$(
        impl From<&$number> for Key {
            fn from(key: &$number) -> Self {
                Self::Name(key.to_string())
            }
        }
    )+};
}
key_as_written!(i32, i64, u32, u64, bool);

/// A regular expression of the contract, compiled when it is first used.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The pattern, which the whole string has to match. The contract's check holds it valid; one
    /// that is not matches nothing.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// Whether the whole of `value` matches.
    pub fn is_match(&self, value: &str) -> bool {
        self.compiled
            .get_or_init(|| Regex::new(&format!(r"\A(?:{})\z", self.source)).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(value))
    }
}

impl Violations {
    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that `message` has wrong, as the failure of a request.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` with all violations.
    pub fn check(message: &impl Validate) -> Result<()> {
        let mut violations = Self::new();
        message.validate(&mut violations);
        violations.into_result()
    }

    /// The failure of the request, where anything is wrong.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` with all violations.
    pub fn into_result(self) -> Result<()> {
        if self.found.is_empty() { Ok(()) } else { Err(Status::invalid(self.found)) }
    }

    /// `field` (its JSON name) is wrong.
    pub fn push(
        &mut self,
        field: &'static str,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) {
        if self.found.len() < TOLD_MAX {
            let field = self.pointer(field);
            self.found.push(Violation { field, reason: reason.into(), message: message.into() });
        }
    }

    /// Looks into the message in `field`.
    pub fn within(&mut self, field: &'static str, look: impl FnOnce(&mut Self)) {
        self.path.push(Step::Field(field));
        look(self);
        self.path.pop();
    }

    /// Looks into one item of the list or map in `field`.
    pub fn item(&mut self, field: &'static str, key: impl Into<Key>, look: impl FnOnce(&mut Self)) {
        self.path.push(Step::Field(field));
        self.path.push(Step::Item(key.into()));
        look(self);
        self.path.truncate(self.path.len().saturating_sub(2));
    }

    /// Looks into the message in `field` that a mask (the paths of `update_mask`) selects from:
    /// inside, [`required`](Self::required) counts only where the mask names the field or what it
    /// lies in. Without a mask, and for the mask `*`, everything counts.
    pub fn masked(
        &mut self,
        field: &'static str,
        mask: Option<&[String]>,
        look: impl FnOnce(&mut Self),
    ) {
        let outer = self.mask.take();
        self.mask = mask.map(|paths| Mask::new(paths, self.path.len() + 1));
        self.within(field, look);
        self.mask = outer;
    }

    /// `field` must be given.
    pub fn required(&mut self, field: &'static str, given: bool) {
        if !given && self.is_asked_for(field) {
            self.push(field, "REQUIRED", "must be given");
        }
    }

    /// A text of `min` to `max` characters; a `max` of 0 is none.
    pub fn length(&mut self, field: &'static str, value: &str, min: u32, max: u32) {
        if value.is_empty() {
            return;
        }
        let length = value.chars().count();
        if length < min as usize {
            self.push(field, "TOO_SHORT", format!("must have at least {min} characters"));
        } else if max > 0 && length > max as usize {
            self.push(field, "TOO_LONG", format!("must have at most {max} characters"));
        }
    }

    /// A text that matches `pattern` as a whole.
    pub fn pattern(&mut self, field: &'static str, value: &str, pattern: &'static Pattern) {
        if !value.is_empty() && !pattern.is_match(value) {
            self.push(field, "PATTERN_MISMATCH", format!("must match {}", pattern.source));
        }
    }

    /// A text of a known format.
    pub fn format(&mut self, field: &'static str, value: &str, format: Format) {
        if !value.is_empty() && !format.is_match(value) {
            self.push(field, "BAD_FORMAT", format!("must be {}", format.description()));
        }
    }

    /// A number of `min` to `max`.
    pub fn range(&mut self, field: &'static str, value: f64, min: Option<f64>, max: Option<f64>) {
        let below = min.is_some_and(|min| value < min) || value.is_nan();
        if below || max.is_some_and(|max| value > max) {
            let message = match (min, max) {
                (Some(min), Some(max)) => format!("must be {min} to {max}"),
                (Some(min), None) => format!("must be at least {min}"),
                (None, Some(max)) => format!("must be at most {max}"),
                (None, None) => "must be a number".to_owned(),
            };
            self.push(field, "OUT_OF_RANGE", message);
        }
    }

    /// A list or map of `min` to `max` items; a `max` of 0 is none. An empty one is held against
    /// `min` only where the mask asks for it.
    pub fn count(&mut self, field: &'static str, count: usize, min: u32, max: u32) {
        if count < min as usize && (count > 0 || self.is_asked_for(field)) {
            self.push(field, "TOO_FEW", format!("must have at least {min} items"));
        } else if max > 0 && count > max as usize {
            self.push(field, "TOO_MANY", format!("must have at most {max} items"));
        }
    }

    /// A number that the enum declares, as `declared` says.
    pub fn known(&mut self, field: &'static str, declared: bool) {
        if !declared {
            self.push(field, "UNKNOWN_ENUM", "must be a value that is declared");
        }
    }

    fn is_asked_for(&self, field: &'static str) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask.covers(&self.path, field))
    }

    fn pointer(&self, field: &str) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            step.write(&mut pointer);
        }
        if !field.is_empty() {
            pointer.push('/');
            pointer.push_str(field);
        }
        pointer
    }
}

impl Step {
    fn write(&self, pointer: &mut String) {
        pointer.push('/');
        match self {
            Self::Field(name) => pointer.push_str(name),
            Self::Item(Key::Index(index)) => drop(write!(pointer, "{index}")),
            Self::Item(Key::Name(name)) => {
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
