//! The house rules as code. Fails on what is a rule; sizes are only shown, as a mirror.

mod code;
mod floors;
mod imports;
mod licences;
mod links;
mod mirror;
mod source;
mod text;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use source::Source;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    path: PathBuf,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what } = self;
        match line {
            0 => write!(f, "{}: {what}", path.display()),
            line => write!(f, "{}:{line}: {what}", path.display()),
        }
    }
}

impl Breach {
    /// For what concerns a file, or a manifest, as a whole.
    fn of(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: 0,
            what: what.into(),
        }
    }
}

/// Checks every rule, then shows the mirror.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let sources = Source::all(workspace)?;
    let mut breaches = floors::check(workspace);
    breaches.extend(licences::check(workspace));
    breaches.extend(text::check(workspace)?);
    breaches.extend(links::check(workspace)?);
    breaches.extend(sources.iter().flat_map(code::check));
    breaches.sort();
    mirror::show(&sources);
    if breaches.is_empty() {
        println!("\ntidy: the house is in order");
        return Ok(());
    }
    for breach in &breaches {
        eprintln!("{breach}");
    }
    bail!("tidy: {} breaches of the house rules", breaches.len());
}
