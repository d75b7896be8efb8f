//! Processes to leave behind. Their pids are printed on standard error: `offspring PID`.

use std::process::{Command, Stdio};

/// A grandchild in the same session and process group.
pub(crate) fn fork() {
    let child = Command::new("sleep")
        .arg("3600")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    match child {
        Ok(child) => eprintln!("offspring {}", child.id()),
        Err(error) => eprintln!("cannot fork: {error}"),
    }
}

/// A grandchild that holds the streams that its parent got: their other ends see no end when the parent is gone.
pub(crate) fn fork_holding() {
    match Command::new("sleep").arg("3600").spawn() {
        Ok(child) => eprintln!("offspring {}", child.id()),
        Err(error) => eprintln!("cannot fork: {error}"),
    }
}

/// A process in a session of its own whose parent has ended. `then` is what its shell does after it has said who it
/// is.
pub(crate) fn double_fork(then: &str) {
    // `setsid --fork` forks, and its parent ends at once: the orphan is adopted by whoever adopts orphans.
    let script = format!("echo \"offspring $$\" >&2; {then}");
    let status = Command::new("setsid")
        .args(["--fork", "sh", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if let Err(error) = status {
        eprintln!("cannot double-fork: {error}");
    }
}
