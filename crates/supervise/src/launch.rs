//! From a command to a running child.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal, setsid};

use crate::descriptors;
use crate::environment::Environment;
use crate::mark::{ChildToken, MARK_VARIABLE};
use crate::spec::CommandSpec;

/// Forks and executes. Blocks until the program runs or has failed to. For the keeper's thread only.
pub(crate) fn launch(spec: &CommandSpec, environment: &Environment, token: ChildToken) -> io::Result<Child> {
    let mut command = Command::new(spec.program());
    command
        .args(spec.arguments())
        .env_clear()
        .envs(environment.iter())
        .env(MARK_VARIABLE, token.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = spec.directory() {
        command.current_dir(directory);
    }
    let parent = getpid();
    // SAFETY: the closure runs in the forked child, where other threads' locks may be held for ever. It only
    // makes system calls: it allocates nothing and takes no lock.
    unsafe { command.pre_exec(move || prepare(parent)) };
    command.spawn()
}

/// The child's last steps before it becomes the program.
fn prepare(parent: Pid) -> io::Result<()> {
    // A session, not only a process group: it is a new group too, it keeps the groups that a shell makes for its
    // jobs recognisable by one number, and without a terminal a program that wants to ask for a password
    // fails at once instead of being stopped by SIGTTIN for ever.
    setsid()?;
    // Whatever becomes of us, the leader does not stay. What it started loses its standard input with us; a signal the
    // leader could pass on would be kinder, but also one it could ignore.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != Some(parent) {
        // We died between fork and prctl: the signal will never come.
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    descriptors::restore();
    mark_inherited_descriptors();
    Ok(())
}

/// Everything Rust opens closes on exec. This is for what our own parent left open in us, and for C libraries.
fn mark_inherited_descriptors() {
    // SAFETY: no pointers are passed. On kernels before 5.11 the call fails and changes nothing, which is why
    // its result does not matter.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}
