//! Choices drawn from bytes, so that proptest can make a failing case smaller.

/// Bytes to choose by; zeros when they are used up.
pub(crate) struct Tape<'a>(std::slice::Iter<'a, u8>);

impl<'a> Tape<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.len() == 0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// Any number, small ones and those at the edges more often.
    pub(crate) fn bits(&mut self) -> u64 {
        match self.below(6) {
            0 => u64::from(self.byte()),
            1 => self.pick(&[
                0,
                1,
                u64::MAX,
                1 << 63,
                (1 << 63) - 1,
                1 << 31,
                (1 << 31) - 1,
                1 << 32,
            ]),
            2 => u64::from(self.byte()).cast_signed().wrapping_neg().cast_unsigned(),
            _ => u64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    /// Some text, with what needs escapes, and what is not ASCII.
    pub(crate) fn text(&mut self) -> String {
        const PARTS: [&str; 16] = [
            "a",
            "Weinlese",
            "\"",
            "\\",
            "/",
            "\n",
            "\u{1}",
            "é",
            "日本",
            "🍇",
            "~",
            "\u{7f}",
            " ",
            "\u{2028}",
            "0123456789abcdef",
            "\t\r",
        ];
        let parts = self.below(6);
        (0..parts).map(|_| self.pick(&PARTS)).collect()
    }
}
