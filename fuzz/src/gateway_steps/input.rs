//! The input, taken from its front.

/// What is left of the input.
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte as a number; 0 at the end.
    pub(super) fn number(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first)
    }

    /// As many bytes as the next one says, or two for longer texts.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let length = match self.number() {
            length @ 0..240 => length,
            high => (high - 240) * 256 + self.number(),
        };
        let (text, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        text
    }
}
