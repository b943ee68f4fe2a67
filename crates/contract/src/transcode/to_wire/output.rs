//! Wire bytes whose lengths are known only afterwards.

/// Writes messages front to back. Each length gets one byte at first; those that need more are
/// remembered, and [`Output::finish`] makes room for all of them in one sweep from the back, so
/// that each byte moves at most once however deep the messages lie.
pub(crate) struct Output<'o> {
    pub(super) bytes: &'o mut Vec<u8>,
    holes: Vec<Hole>,
    /// How many bytes the holes need beyond the one each has.
    extra: usize,
}

/// A length that did not fit into its one byte.
struct Hole {
    at: usize,
    length: u64,
}

/// Where a length-delimited value began.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    at: usize,
    extra: usize,
}

impl<'o> Output<'o> {
    pub(crate) fn new(bytes: &'o mut Vec<u8>) -> Self {
        Self { bytes, holes: Vec::new(), extra: 0 }
    }

    #[inline]
    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push((value & 0x7f) as u8);
    }

    #[inline]
    pub(crate) fn tag(&mut self, number: u32, wire: u8) {
        self.varint(u64::from(number) << 3 | u64::from(wire));
    }

    /// A length and its bytes, both known.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// What is written from here to [`Output::end`] gets its length in front.
    #[inline]
    pub(crate) fn begin(&mut self) -> Mark {
        let mark = Mark { at: self.bytes.len(), extra: self.extra };
        self.bytes.push(0);
        mark
    }

    #[inline]
    pub(crate) fn end(&mut self, mark: Mark) {
        let length = (self.bytes.len() - mark.at - 1 + self.extra - mark.extra) as u64;
        if length >= 0x80 {
            self.holes.push(Hole { at: mark.at, length });
            self.extra += varint_length(length) - 1;
        } else if let Some(byte) = self.bytes.get_mut(mark.at) {
            *byte = (length & 0x7f) as u8;
        }
    }

    /// Whether nothing was written since the mark.
    pub(crate) fn is_empty_since(&self, mark: Mark) -> bool {
        self.bytes.len() == mark.at + 1
    }

    /// Makes room for the long lengths and writes them.
    pub(crate) fn finish(mut self) {
        self.holes.sort_unstable_by_key(|hole| hole.at);
        let mut from = self.bytes.len();
        self.bytes.resize(from + self.extra, 0);
        let mut to = self.bytes.len();
        for hole in self.holes.iter().rev() {
            to -= from - hole.at - 1;
            self.bytes.copy_within(hole.at + 1..from, to);
            to -= varint_length(hole.length);
            from = hole.at;
            let mut rest = hole.length;
            for byte in self.bytes.iter_mut().skip(to).take(varint_length(hole.length)) {
                *byte = (rest & 0x7f) as u8 | 0x80;
                rest >>= 7;
                if rest == 0 {
                    *byte &= 0x7f;
                }
            }
        }
    }
}

fn varint_length(value: u64) -> usize {
    (value | 1).ilog2() as usize / 7 + 1
}
