//! What `/proc` tells about processes. Blocks.

use std::fs;

use rustix::process::Pid;

use crate::mark::MARK_VARIABLE;

/// The flag of kernel threads (`include/linux/sched.h`).
const PF_KTHREAD: u32 = 0x0020_0000;

/// One line of the process table. (proc_pid_stat(5))
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: Pid,
    /// `Z` for a zombie.
    pub(crate) state: u8,
    pub(crate) parent: Option<Pid>,
    pub(crate) session: Option<Pid>,
    /// It has no program and no environment, and takes no signals.
    pub(crate) is_kernel_thread: bool,
    /// Clock ticks after boot. With the pid it names a process for good.
    pub(crate) started: u64,
}

impl Entry {
    /// Dead, but not reaped by its parent.
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }
}

/// All processes we can see. Those that come or go meanwhile may be missing.
pub(crate) fn processes() -> Vec<Entry> {
    let Ok(directory) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let names = directory.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| entry(Pid::from_raw(name.parse().ok()?)?))
        .collect()
}

/// One process, if it exists.
pub(crate) fn entry(pid: Pid) -> Option<Entry> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    parse(pid, &stat)
}

/// `pid (name) state ppid pgrp session …`; the name may contain anything, also `)`.
fn parse(pid: Pid, stat: &[u8]) -> Option<Entry> {
    let end_of_name = memchr::memrchr(b')', stat)?;
    let fields = std::str::from_utf8(stat.get(end_of_name + 2..)?).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = pid_in(fields.next()?)?;
    let session = pid_in(fields.nth(1)?)?;
    // Fields 9 and 22 of the manual page; the session is field 6.
    let is_kernel_thread = fields.nth(2)?.parse::<u32>().ok()? & PF_KTHREAD != 0;
    let started = fields.nth(12)?.parse().ok()?;
    Some(Entry {
        pid,
        state,
        parent,
        session,
        is_kernel_thread,
        started,
    })
}

/// What an environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Found(String),
    Absent,
    /// It is empty: so it was made, or the process is executing another program at this moment.
    Empty,
}

/// The mark that a process was started with. Absent if we may not look.
pub(crate) fn token(pid: Pid) -> Lookup {
    let Ok(environment) = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())) else {
        return Lookup::Absent;
    };
    if environment.is_empty() {
        return Lookup::Empty;
    }
    let value = |variable: &[u8]| {
        let value = variable
            .strip_prefix(MARK_VARIABLE.as_bytes())?
            .strip_prefix(b"=")?;
        String::from_utf8(value.to_vec()).ok()
    };
    let found = environment.split(|byte| *byte == 0).find_map(value);
    found.map_or(Lookup::Absent, Lookup::Found)
}

/// A pid of another process, `Some(None)` where there is none: 0, and -1 for the session of a process that is just
/// being taken apart (proc_pid_stat(5) does not say so; the kernel's do_task_stat does).
fn pid_in(field: &str) -> Option<Option<Pid>> {
    let number: i32 = field.parse().ok()?;
    Some(if number > 0 { Pid::from_raw(number) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let pid = Pid::from_raw(42).unwrap();
        let stat =
            b"42 (a) b) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 99 0 18446744073709551615\n";
        let entry = parse(pid, stat).unwrap();
        assert_eq!(
            (entry.state, entry.parent, entry.session),
            (b'S', Pid::from_raw(7), Pid::from_raw(9))
        );
        assert!(!entry.is_kernel_thread);
        assert_eq!(entry.started, 123_456);
    }

    #[test]
    fn a_process_that_is_being_taken_apart_has_no_session() {
        let pid = Pid::from_raw(42).unwrap();
        let stat =
            b"42 (a) X 0 -1 -1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 99 0 18446744073709551615\n";
        let entry = parse(pid, stat).unwrap();
        assert_eq!((entry.parent, entry.session), (None, None));
        assert!(entry.is_zombie());
    }

    #[test]
    fn our_own_process_is_in_the_table() {
        let own = rustix::process::getpid();
        let entry = processes().into_iter().find(|entry| entry.pid == own).unwrap();
        assert!(!entry.is_zombie());
        assert_eq!(entry.parent, rustix::process::getppid());
    }
}
