//! Finds a field by name, in either spelling.
use super::field::Field;

/// An open-addressed table of field indexes. The names come from the contract, so nobody can
/// make them collide; a foreign name costs at most a few comparisons.
#[derive(Debug)]
pub(super) struct Names {
    /// Index + 1; 0 where there is none. The length is a power of two.
    slots: Box<[u16]>,
}

impl Names {
    pub(super) fn new(fields: &[Field]) -> Self {
        let slots = (fields.len() * 4).next_power_of_two().max(4);
        let mut names = Self { slots: vec![0; slots].into() };
        for (field, place) in fields.iter().zip(1..) {
            names.insert(field.json.as_bytes(), place);
            if field.json != field.name {
                names.insert(field.name.as_bytes(), place);
            }
        }
        names
    }

    fn insert(&mut self, name: &[u8], place: u16) {
        let mask = self.slots.len() - 1;
        let mut at = hash(name) & mask;
        while self.slots.get(at).is_some_and(|slot| *slot != 0) {
            at = (at + 1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = place;
        }
    }

    #[inline]
    pub(super) fn find(&self, name: &[u8], fields: &[Field]) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash(name) & mask;
        loop {
            let index = usize::from(*self.slots.get(at)?).checked_sub(1)?;
            let field = fields.get(index)?;
            if field.json.as_bytes() == name || field.name.as_bytes() == name {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
    }
}

/// Length, first and last bytes tell most names apart.
#[inline]
fn hash(name: &[u8]) -> usize {
    let end = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let (head, tail) = if name.len() < 8 {
        (name.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0)
    } else {
        (end(name.first_chunk()), end(name.last_chunk()))
    };
    let mixed =
        (head ^ tail.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).unwrap_or(0)
}
