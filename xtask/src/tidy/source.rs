//! The Rust files of the workspace, parsed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::floors::floor_of;
use crate::workspace::Workspace;

/// One file.
pub(crate) struct Source {
    /// Relative to the workspace.
    pub(crate) path: PathBuf,
    pub(crate) place: Place,
    /// The whole file is test code: it is under `tests/`, or called so.
    pub(crate) is_test: bool,
    pub(crate) lines: usize,
    pub(crate) ast: syn::File,
    /// Tests in it run on virtual time.
    pub(crate) has_paused_time: bool,
}

/// Where in the architecture a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a room on this floor.
    Floor(u8),
    /// `testkit`, `bench`, `xtask` and the like.
    Beside,
}

impl Source {
    /// All Rust files that belong to a package of the workspace.
    pub(crate) fn all(workspace: &Workspace) -> Result<Vec<Self>> {
        let mut sources = Vec::new();
        for path in workspace.files()? {
            if path.extension() != Some(OsStr::new("rs")) {
                continue;
            }
            let Some(package) = workspace.owner(&path) else {
                continue;
            };
            let place = match floor_of(&package.name) {
                Some(floor) if !is_example(&path) => Place::Floor(floor),
                _ => Place::Beside,
            };
            let text = fs::read_to_string(workspace.root.join(&path))?;
            sources.push(Self::parse(path, place, &text)?);
        }
        Ok(sources)
    }

    pub(crate) fn parse(path: PathBuf, place: Place, text: &str) -> Result<Self> {
        let ast = syn::parse_file(text).with_context(|| format!("{} cannot be parsed", path.display()))?;
        Ok(Self {
            is_test: is_test_path(&path),
            lines: text.lines().count(),
            has_paused_time: text.contains("start_paused") || text.contains("time::pause("),
            path,
            place,
            ast,
        })
    }
}

/// A program that uses a room from outside, with whatever a program has.
fn is_example(path: &Path) -> bool {
    path.iter().any(|part| part == "examples")
}

fn is_test_path(path: &Path) -> bool {
    path.file_stem() == Some(OsStr::new("tests"))
        || path.iter().any(|part| part == "tests" || part == "benches")
}
