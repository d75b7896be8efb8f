//! Why a child could not be started, and what to do about it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::environment::Environment;
use crate::spec::CommandSpec;

/// Why a child could not be started. The text says what to do; it names paths, so it is for administrators.
#[derive(Debug, Error)]
pub enum SpawnError {
    /// No such program.
    #[error("{program:?} was not found in PATH ({path:?}); install it or give its full path")]
    NotFound {
        /// As configured.
        program: OsString,
        /// The child's `PATH`.
        path: OsString,
    },
    /// The path names no file.
    #[error("{program:?} does not exist")]
    NoSuchFile {
        /// As configured.
        program: PathBuf,
    },
    /// The file is there but what should run it is not.
    #[error("{program:?} exists but its interpreter does not: check its `#!` line or its architecture")]
    NoInterpreter {
        /// The file.
        program: PathBuf,
    },
    /// The file may not be executed.
    #[error(
        "{program:?} may not be executed: check its mode (`chmod +x`) and that of the directories above it"
    )]
    NotExecutable {
        /// As configured.
        program: OsString,
    },
    /// The file is no program.
    #[error("{program:?} is not a program for this machine")]
    NotAProgram {
        /// As configured.
        program: OsString,
    },
    /// The working directory cannot be entered.
    #[error("the working directory {directory:?} cannot be entered: {error}")]
    Directory {
        /// As configured.
        directory: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// A limit on processes, descriptors or memory.
    #[error("a limit of the system was reached ({0}): raise `ulimit -u`/`ulimit -n` or run fewer processes")]
    ResourceLimit(io::Error),
    /// Arguments and environment are too long.
    #[error("the arguments and variables of {program:?} are too long for the system")]
    TooLong {
        /// As configured.
        program: OsString,
    },
    /// A NUL byte in the program, an argument, a variable or the directory.
    #[error("the command of {program:?} contains a NUL byte")]
    NulByte {
        /// As configured.
        program: OsString,
    },
    /// Anything else.
    #[error("{program:?} could not be started: {error}")]
    Other {
        /// As configured.
        program: OsString,
        /// What the system says.
        error: io::Error,
    },
}

impl SpawnError {
    /// Finds out what the system's terse answer means. Looks at files; only ever called after a failure.
    pub(crate) fn diagnose(error: io::Error, spec: &CommandSpec, environment: &Environment) -> Self {
        let program = spec.program().to_owned();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => Self::ResourceLimit(error),
            Some(libc::E2BIG) => Self::TooLong { program },
            Some(libc::ENOEXEC) => Self::NotAProgram { program },
            Some(libc::ENOENT | libc::EACCES | libc::ENOTDIR | libc::ELOOP) => {
                directory_fault(spec).unwrap_or_else(|| program_fault(spec, environment))
            }
            None if error.kind() == io::ErrorKind::InvalidInput => Self::NulByte { program },
            _ => Self::Other { program, error },
        }
    }
}

/// The directory is entered before the program is executed: look at it first.
fn directory_fault(spec: &CommandSpec) -> Option<SpawnError> {
    let directory = spec.directory()?;
    // The dot makes this ask for the right to enter.
    let error = std::fs::metadata(directory.join(".")).err()?;
    Some(SpawnError::Directory {
        directory: directory.to_owned(),
        error,
    })
}

fn program_fault(spec: &CommandSpec, environment: &Environment) -> SpawnError {
    let program = spec.program().to_owned();
    let path = environment.get("PATH").unwrap_or_default().to_owned();
    let candidates = candidates(&program, &path, spec.directory());
    let mut files = candidates.iter().filter(|file| file.is_file());
    match files.next() {
        Some(file) if is_executable(file) => SpawnError::NoInterpreter {
            program: file.clone(),
        },
        Some(_) => SpawnError::NotExecutable { program },
        None if candidates.iter().any(|file| file.exists()) => SpawnError::NotAProgram { program },
        None if has_slash(&program) => SpawnError::NoSuchFile {
            program: program.into(),
        },
        None => SpawnError::NotFound { program, path },
    }
}

/// The files the system may have tried: a name with `/` as it is, any other in each directory of `PATH`.
fn candidates(program: &OsStr, path: &OsStr, directory: Option<&Path>) -> Vec<PathBuf> {
    let base = directory.unwrap_or(Path::new("."));
    if has_slash(program) {
        return vec![base.join(program)];
    }
    std::env::split_paths(path)
        .map(|entry| base.join(entry).join(program))
        .collect()
}

fn has_slash(program: &OsStr) -> bool {
    program.as_encoded_bytes().contains(&b'/')
}

fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}
