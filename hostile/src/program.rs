//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a binary to use instead of building one.
const VARIABLE: &str = "PONTOON_BIN";

/// `PONTOON_BIN`, or built once into the target directory of this test.
///
/// # Panics
/// If it cannot be built.
pub fn pontoon() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| given().unwrap_or_else(build))
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests may name a binary")]
fn given() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

/// It is put next to `pontoon-test-child`, which is built the same way.
fn build() -> PathBuf {
    let directory = pontoon_testkit::test_child()
        .parent()
        .expect("a program is in a directory");
    let target = directory
        .parent()
        .expect("a profile's directory is in the target directory");
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--offline",
            "--package",
            "pontoon",
            "--bin",
            "pontoon",
        ])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "pontoon does not build"
    );
    directory.join("pontoon")
}
