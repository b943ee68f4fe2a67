//! What is wrong with a contract, and where.

use std::fmt;

/// A place in a `.proto` file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The file's name as imports give it: `seasonal/ad/v1/offer_service.proto`. Empty when the
    /// contract as a whole is meant.
    pub file: String,
    /// The line, from 1; 0 when the descriptors carry no positions.
    pub line: u32,
}

/// One thing that is wrong with a contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file's name as imports give it. Empty when the contract as a whole is meant.
    pub file: String,
    /// The line, from 1; 0 when there is none.
    pub line: u32,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Complaint {
    /// A complaint about one place.
    pub(crate) fn at(place: Place, message: impl Into<String>) -> Self {
        Self { file: place.file, line: place.line, message: message.into() }
    }

    /// A complaint about the contract as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self::at(Place::default(), message)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => write!(f, "{}", self.message),
            (file, 0) => write!(f, "{file}: {}", self.message),
            (file, line) => write!(f, "{file}:{line}: {}", self.message),
        }
    }
}

impl std::error::Error for Complaint {}
