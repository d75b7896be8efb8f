//! Results, for people.

pub(super) mod content;
mod pretty;
mod result;
mod table;

pub(super) use pretty::pretty;
pub(super) use result::{Kind, result};
pub(super) use table::{introduction, list};

/// Text of a server without what would move the cursor or speak to the terminal: everything but line feed and tab.
pub(crate) fn plain(text: &str) -> String {
    let is_plain = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|character| {
            if is_plain(character) {
                character
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paper {
    /// A terminal; what would speak to it is taken out.
    Terminal(Ink),
    /// A file or a pipe: text as it came.
    File,
}

/// Whether there may be colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Colored,
    Plain,
}

impl Paper {
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::Terminal(_) => plain(text),
            Self::File => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        match self {
            Self::Terminal(Ink::Colored) => format!("\x1b[1m{text}\x1b[0m"),
            Self::Terminal(Ink::Plain) | Self::File => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
