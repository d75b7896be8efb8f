//! CPU time and memory of other processes.

use std::fs;
use std::time::Duration;

use anyhow::{Context, anyhow};

/// A running program, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: std::process::Child,
}

impl Program {
    pub(crate) fn start(command: &mut std::process::Command) -> anyhow::Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self { child })
    }

    pub(crate) fn stdout(&mut self) -> anyhow::Result<std::process::ChildStdout> {
        self.child
            .stdout
            .take()
            .ok_or_else(|| anyhow!("standard output is not piped"))
    }

    pub(crate) fn stderr(&mut self) -> anyhow::Result<std::process::ChildStderr> {
        self.child
            .stderr
            .take()
            .ok_or_else(|| anyhow!("standard error is not piped"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdin(&mut self) -> anyhow::Result<std::process::ChildStdin> {
        self.child
            .stdin
            .take()
            .ok_or_else(|| anyhow!("standard input is not piped"))
    }

    /// CPU time used so far, in user and kernel mode.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        self.sum(cpu_of)
    }

    /// Open descriptors.
    pub(crate) fn descriptors(&self) -> anyhow::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Processes that it started and that still run, or are dead and not reaped.
    pub(crate) fn children(&self) -> anyhow::Result<usize> {
        Ok(children_of(self.child.id()).len())
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.ended()?.is_none())
    }

    /// How it ended, once it did.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<std::process::ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        self.sum(resident_of)
    }

    /// Of the process itself and of its family. Members that end while they are looked at count nothing.
    fn sum<T: Default + std::iter::Sum>(
        &self,
        of: impl Fn(u32) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let pid = self.child.id();
        let own = of(pid)?.ok_or_else(|| anyhow!("process {pid} has ended"))?;
        let family = self
            .family()
            .into_iter()
            .map(|member| Ok(of(member)?.unwrap_or_default()));
        std::iter::once(Ok(own)).chain(family).sum()
    }

    /// Everything that it started, but for the stdio servers behind it: nginx works in children, and many gateways
    /// are started by a launcher.
    fn family(&self) -> Vec<u32> {
        let mut family = offspring(self.child.id());
        let mut next = 0;
        while let Some(member) = family.get(next).copied() {
            next += 1;
            family.extend(offspring(member));
        }
        family
    }
}

fn offspring(pid: u32) -> Vec<u32> {
    let mut children = children_of(pid);
    children.retain(|child| !is_stdio_server(*child));
    children
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let pid = libc::pid_t::try_from(self.child.id()).unwrap_or_default();
        // SAFETY: a signal to a child that was not waited for cannot reach anybody else.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        let _ = self.child.wait();
    }
}

/// Threads and processes may end while they are looked at.
fn children_of(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let mut children = Vec::new();
    for task in tasks.flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    children
}

fn is_stdio_server(pid: u32) -> bool {
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    program.ends_with("pontoon-test-child")
}

/// `None` if it has ended.
fn cpu_of(pid: u32) -> anyhow::Result<Option<Duration>> {
    // Nanoseconds on a CPU, summed over threads: /proc/PID/stat counts in ticks of 10 ms.
    let Some(tasks) = unless_ended(fs::read_dir(format!("/proc/{pid}/task")))? else {
        return Ok(None);
    };
    let mut nanos = 0;
    for task in tasks {
        let Ok(task) = task else { continue };
        let path = task.path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        nanos += text
            .split_whitespace()
            .next()
            .and_then(|first| first.parse::<u64>().ok())
            .unwrap_or(0);
    }
    Ok(Some(Duration::from_nanos(nanos)))
}

/// `None` if it has ended: who is dead and not reaped has a status, and no memory.
fn resident_of(pid: u32) -> anyhow::Result<Option<u64>> {
    let Some(status) = unless_ended(fs::read_to_string(format!("/proc/{pid}/status")))? else {
        return Ok(None);
    };
    let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmRSS:")) else {
        return Ok(None);
    };
    let kib = line.split_whitespace().next().and_then(|kib| kib.parse().ok());
    kib.map(Some)
        .ok_or_else(|| anyhow!("process {pid} has an unreadable VmRSS: {line}"))
}

/// What was read of a process in `/proc`; a process that ends meanwhile is not there, or no longer.
fn unless_ended<T>(read: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_has_ended_counts_nothing() {
        // The shell becomes a program that never reaps what the shell started.
        let mut program = Program::start(
            std::process::Command::new("sh")
                .args(["-c", "true & exec cat"])
                .stdin(std::process::Stdio::piped()),
        )
        .unwrap();
        let _held_open = program.stdin().unwrap();
        while !program.family().iter().any(|pid| is_dead(*pid)) {
            assert!(program.is_running().unwrap());
            std::thread::yield_now();
        }
        assert!(program.resident_kib().unwrap() > 0);
        program.cpu().unwrap();
    }

    #[test]
    fn a_process_that_is_gone_has_no_figures() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(cpu_of(child.id()).unwrap(), None);
        assert_eq!(resident_of(child.id()).unwrap(), None);
    }

    fn is_dead(pid: u32) -> bool {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:\tZ"))
    }
}
