//! What tests of several rooms share: a scripted MCP server to run as a child process.
//!
//! The program is `pontoon-test-child`; its flags are in `src/child/flags.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const BINARY: &str = "pontoon-test-child";

/// The path of `pontoon-test-child`, built on first use with the profile and target directory of the test that
/// asks: cargo builds the binaries of the package under test only.
///
/// # Panics
/// If it cannot be built.
pub fn test_child() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build)
}

/// `<target>/<profile>/deps/<test>` tells where we are and how we were built.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let mut directory = test.parent().expect("an executable is in a directory");
    if directory.ends_with("deps") || directory.ends_with("examples") {
        directory = directory.parent().expect("deps is in a profile's directory");
    }
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let target = directory
        .parent()
        .expect("a profile's directory is in the target directory");
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--offline",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--bin",
            BINARY,
        ])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{BINARY} does not build"
    );
    directory.join(BINARY)
}

/// Whether a process exists and is no zombie.
pub fn is_running(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim_start().chars().next());
    !matches!(state, Some('Z' | 'X') | None)
}

/// Whether a process is a zombie.
pub fn is_zombie(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Looks every few milliseconds until `condition` holds; false if it does not within `limit`. Blocks the thread: for
/// use outside of a runtime, or in `spawn_blocking`.
pub fn eventually(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
