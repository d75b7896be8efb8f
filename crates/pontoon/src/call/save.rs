//! Content that is no text, saved in files.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::trouble::Trouble;

/// Numbers that are tried before there is surely something wrong.
const MAX_FILES: u32 = 100_000;

/// Where content is saved: in files with the next free number as their name. Nothing is ever written over, and no
/// server chooses a name.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    next: u32,
}

impl Folder {
    pub(super) fn at(path: &Path) -> Result<Self, Trouble> {
        fs::create_dir_all(path)
            .map_err(|error| Trouble::Output(format!("cannot create {}: {error}", path.display())))?;
        Ok(Self {
            path: path.to_owned(),
            next: 1,
        })
    }

    /// Saves it and says where.
    pub(super) fn save(&mut self, kind: &str, bytes: &[u8]) -> Result<PathBuf, Trouble> {
        while self.next < MAX_FILES {
            let path = self.path.join(format!("{}.{}", self.next, extension(kind)));
            self.next += 1;
            let file = OpenOptions::new().write(true).create_new(true).open(&path);
            let written = file.and_then(|mut file| file.write_all(bytes));
            match written {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(Trouble::Output(format!(
                        "cannot write {}: {error}",
                        path.display()
                    )));
                }
            }
        }
        let path = self.path.display();
        Err(Trouble::Output(format!("{path} is full of files already")))
    }
}

/// By the media types that servers use; others get none that could start something.
fn extension(kind: &str) -> &'static str {
    match kind.split(';').next().unwrap_or_default().trim() {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/json" => "json",
        _ => "bin",
    }
}
