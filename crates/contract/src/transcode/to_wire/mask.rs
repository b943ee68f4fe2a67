//! The mask of a PATCH: the paths of the fields that its body names.
use super::Reader;
use super::flaw::{Flaw, Sound};
use super::scan::Done;
use crate::transcode::field::Field;
use crate::transcode::violation::reason;

/// All paths together are no longer than this.
const BYTES_MAX: usize = 64 * 1024;

/// Paths in `snake_case`, and the way to where the reader is.
#[derive(Default)]
pub(super) struct Mask<'s> {
    trail: Vec<&'s str>,
    paths: Vec<String>,
    bytes: usize,
}

impl<'s> Mask<'s> {
    fn name(&mut self, last: Option<&'s str>) {
        if self.bytes > BYTES_MAX {
            return;
        }
        let names: Vec<&str> = self.trail.iter().copied().chain(last).collect();
        let path = names.join(".");
        self.bytes += path.len();
        self.paths.push(path);
    }

    pub(super) fn into_paths(self) -> Sound<Vec<String>> {
        if self.bytes > BYTES_MAX {
            return Err(Flaw::new(reason::OUT_OF_RANGE, "names too many fields for one change"));
        }
        Ok(self.paths)
    }
}

impl<'s> Reader<'s, '_, '_> {
    /// Names a field in the mask and reads it; what lies inside has no paths of its own.
    pub(super) fn whole(&mut self, field: &'s Field, read: impl FnOnce(&mut Self) -> Done) -> Done {
        self.name_path(field);
        let mask = self.mask.take();
        let done = read(self);
        self.mask = mask;
        done
    }

    /// Reads a field whose own fields have paths in the mask.
    pub(super) fn within(
        &mut self,
        field: &'s Field,
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        if let Some(mask) = &mut self.mask {
            mask.trail.push(&field.name);
        }
        let done = read(self);
        if let Some(mask) = &mut self.mask {
            mask.trail.pop();
        }
        done
    }

    /// Names a field that is read or unset as a whole.
    pub(super) fn name_path(&mut self, field: &'s Field) {
        if let Some(mask) = &mut self.mask {
            mask.name(Some(&field.name));
        }
    }

    /// An empty object names itself, but for the body as a whole.
    pub(super) fn name_whole(&mut self) {
        if let Some(mask) = self.mask.as_mut().filter(|mask| !mask.trail.is_empty()) {
            mask.name(None);
        }
    }
}
