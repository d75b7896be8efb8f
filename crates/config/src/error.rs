//! What is said when a configuration is refused.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}: cannot read the configuration", path.display())]
    Read {
        /// The path as given.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is larger than [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES).
    #[error("{}: the file is larger than {limit} bytes, so it is not a configuration", path.display())]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file, or the file and the command line together, say something that cannot be done.
    #[error("{}", Listing(problems))]
    Invalid {
        /// Everything found wrong, in the order of the file. Never empty.
        problems: Vec<Problem>,
    },
}

/// A place in a file, both numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing wrong with a configuration: where, what, and what would be right.
///
/// Its `Display` is several lines long and made for people. Text between quotes that is not itself the problem is
/// masked in it, because configuration files hold tokens and logs are read by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or `command line`.
    pub origin: String,
    /// Where in the file. `None` for what concerns no single place.
    pub position: Option<Position>,
    /// What is wrong, one line.
    pub message: String,
    /// What may stand there instead.
    pub allowed: Option<String>,
    /// The most likely intention, or another way on.
    pub hint: Option<String>,
    pub(crate) excerpt: Option<Excerpt>,
}

/// The line with the problem and the part to underline, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: String,
    pub(crate) skip: usize,
    pub(crate) width: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        let number = self.position.map(|at| at.line.to_string()).unwrap_or_default();
        let margin = " ".repeat(number.len());
        if let Some(Excerpt { line, skip, width }) = &self.excerpt {
            write!(
                f,
                "\n{margin} |\n{number} | {line}\n{margin} | {:skip$}{:^<width$}",
                "", ""
            )?;
        }
        for (label, text) in [("allowed", &self.allowed), ("help", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n{margin} = {label}: {text}")?;
            }
        }
        Ok(())
    }
}

struct Listing<'a>(&'a [Problem]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
