//! The environment Pontoon was started in, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::expand::{ExpandError, expand};

/// A snapshot of the environment variables. Everything that depends on them is handed this snapshot.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

/// Whether human output may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal yes, elsewhere no.
    Auto,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>), or the terminal is `dumb`.
    Never,
}

impl Environment {
    /// The environment of this process.
    pub fn current() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
        }
    }

    /// An environment made of the given variables alone.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self {
            variables: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    /// Every variable, for the room that starts children and picks what they may see.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// `PONTOON_LOG`: what to log, in the syntax of `--log`.
    pub fn log_filter(&self) -> Option<&str> {
        self.os("PONTOON_LOG")?
            .to_str()
            .filter(|filter| !filter.is_empty())
    }

    /// What `NO_COLOR` and `TERM` say about colours.
    pub fn color(&self) -> Color {
        let is_set = |name| self.os(name).is_some_and(|value| !value.is_empty());
        if is_set("NO_COLOR") || self.os("TERM") == Some(OsStr::new("dumb")) {
            Color::Never
        } else {
            Color::Auto
        }
    }

    /// `text` with `${NAME}` replaced, as in the texts of a file.
    ///
    /// # Errors
    ///
    /// A variable is not set, or what stands there names none.
    pub fn expand(&self, text: &str) -> Result<String, ExpandError> {
        expand(text, self)
    }

    pub(crate) fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
