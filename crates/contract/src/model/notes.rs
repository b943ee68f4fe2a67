//! Positions and comments, by file and path.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::source_code_info::Location;

use super::Place;

/// The positions and comments that the descriptors carry.
pub(crate) struct Notes {
    files: HashMap<String, HashMap<Vec<i32>, Note>>,
}

/// What is known of one element.
struct Note {
    line: u32,
    comment: String,
}

impl Notes {
    /// Collects them from all files of a pool.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let files = pool.files().map(|file| (file.name().to_owned(), of_file(&file))).collect();
        Self { files }
    }

    /// The line of an element, or 0.
    pub(crate) fn line(&self, file: &str, path: &[i32]) -> u32 {
        self.get(file, path).map_or(0, |note| note.line)
    }

    /// Where an element stands.
    pub(crate) fn place(&self, file: &str, path: &[i32]) -> Place {
        Place { file: file.to_owned(), line: self.line(file, path) }
    }

    /// The comment on an element, or nothing.
    pub(crate) fn comment(&self, file: &str, path: &[i32]) -> &str {
        self.get(file, path).map_or("", |note| &note.comment)
    }

    fn get(&self, file: &str, path: &[i32]) -> Option<&Note> {
        self.files.get(file)?.get(path)
    }
}

fn of_file(file: &FileDescriptor) -> HashMap<Vec<i32>, Note> {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let locations = info.map_or(&[][..], |info| &info.location);
    locations.iter().map(|location| (location.path.clone(), note(location))).collect()
}

fn note(location: &Location) -> Note {
    let line = location.span.first().map_or(0, |line| u32::try_from(*line).unwrap_or(0) + 1);
    let leading = location.leading_comments();
    let comment = if leading.trim().is_empty() { location.trailing_comments() } else { leading };
    Note { line, comment: tidy(comment) }
}

/// A comment without the space that follows `//` on each line.
fn tidy(comment: &str) -> String {
    let lines: Vec<_> =
        comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}
