//! Text that grows, or is set anew.

use std::collections::VecDeque;

use crate::Piece;

/// Most bytes of a message that are held to compare it with what it is set to.
pub const MAX_HELD: usize = 1 << 20;

/// Texts of a message that are held at once; the oldest goes first.
pub const MAX_TEXTS: usize = 8;

/// The texts of a message, by where they are.
#[derive(Debug, Default)]
pub(crate) struct Texts(VecDeque<(String, Grown)>);

impl Texts {
    /// The text there, which is empty if nothing is known of it.
    pub(crate) fn at(&mut self, path: &str) -> &mut Grown {
        if !self.0.iter().any(|(known, _)| known == path) {
            if self.0.len() == MAX_TEXTS {
                self.0.pop_front();
            }
            self.0.push_back((path.to_owned(), Grown::default()));
        }
        let found = self.0.iter_mut().find(|(known, _)| known == path);
        &mut found.expect("it is there, or was just added").1
    }

    /// Another message begins.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A text as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Grown {
    text: String,
    /// It was longer than what is held: what it is set to cannot be compared with it.
    overflowed: bool,
}

impl Grown {
    /// It goes on.
    pub(crate) fn append(&mut self, more: &str) -> Option<Piece> {
        if self.overflowed || self.text.len() + more.len() > MAX_HELD {
            self.text = String::new();
            self.overflowed = true;
        } else {
            self.text.push_str(more);
        }
        (!more.is_empty()).then(|| Piece::Text(more.to_owned()))
    }

    /// From now on it is this. Most often that is what it was, and more.
    pub(crate) fn set(&mut self, whole: &str) -> Option<Piece> {
        let goes_on = (!self.overflowed)
            .then(|| whole.strip_prefix(self.text.as_str()))
            .flatten();
        match goes_on.map(str::to_owned) {
            Some(more) => self.append(&more),
            None => {
                *self = Self::default();
                self.append(whole);
                Some(Piece::Rewritten(whole.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Piece> {
        Some(Piece::Text(text.to_owned()))
    }

    #[test]
    fn what_is_set_goes_on_or_is_told_anew() {
        let mut grown = Grown::default();
        assert_eq!(grown.append(""), None);
        assert_eq!(grown.append("Hel"), text("Hel"));
        assert_eq!(grown.set("Hello"), text("lo"));
        assert_eq!(grown.set("Hello"), None);
        assert_eq!(grown.set("Help"), Some(Piece::Rewritten("Help".to_owned())));
        assert_eq!(grown.append("!"), text("!"));
    }

    #[test]
    fn the_oldest_text_goes_first() {
        let mut texts = Texts::default();
        for index in 0..=MAX_TEXTS {
            texts.at(&index.to_string()).append("x");
        }
        assert_eq!(texts.0.len(), MAX_TEXTS);
        assert_eq!(texts.at("1").set("xy"), text("y"));
        assert_eq!(texts.at("0").set("xy"), text("xy"));
    }

    #[test]
    fn what_is_too_long_is_not_held() {
        let mut grown = Grown::default();
        let long = "x".repeat(MAX_HELD);
        assert!(grown.append(&long).is_some());
        assert_eq!(grown.append("y"), text("y"));
        assert_eq!(grown.text.capacity(), 0);
        assert!(matches!(grown.set("xy"), Some(Piece::Rewritten(_))));
        assert_eq!(grown.set("xyz"), text("z"));
    }
}
