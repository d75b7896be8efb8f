//! Colours.

use std::fmt::{self, Display};

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Ansi,
}

impl Paint {
    pub(crate) fn strong<T: Display>(self, text: T) -> Painted<T> {
        Painted {
            paint: self,
            code: "1",
            text,
        }
    }

    pub(crate) fn address<T: Display>(self, text: T) -> Painted<T> {
        Painted {
            paint: self,
            code: "36",
            text,
        }
    }

    pub(crate) fn alarming<T: Display>(self, text: T) -> Painted<T> {
        Painted {
            paint: self,
            code: "33",
            text,
        }
    }

    pub(crate) fn faint<T: Display>(self, text: T) -> Painted<T> {
        Painted {
            paint: self,
            code: "2",
            text,
        }
    }
}

/// Text with a Select Graphic Rendition code (ECMA-48, 8.3.117) around it.
pub(crate) struct Painted<T> {
    paint: Paint,
    code: &'static str,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.paint {
            Paint::Plain => self.text.fmt(f),
            Paint::Ansi => {
                write!(f, "\x1b[{}m", self.code)?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
        }
    }
}
