//! The generated parts of the documentation.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

const FILE: &str = "docs/configuration.md";
const BEGIN: &str = "<!-- written by `cargo xtask docs` -->\n";
const END: &str = "<!-- end of what is written -->\n";

/// Puts the reference of every key into `docs/configuration.md`. A test of `pontoon-config` notices when it is old.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join(FILE);
    let old = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
    let (before, rest) = old
        .split_once(BEGIN)
        .with_context(|| format!("{FILE} lacks the line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{FILE} lacks the line {END}"))?;
    let reference = pontoon_config::reference_markdown();
    fs::write(&path, format!("{before}{BEGIN}\n{reference}{END}{after}"))?;
    Ok(())
}
