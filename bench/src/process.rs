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
        self.family()?.into_iter().map(cpu_of).sum()
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
        self.family()?.into_iter().map(resident_of).sum()
    }

    /// The process and everything that it started, but for the stdio servers
    /// behind it: nginx works in children, and many gateways are started by a
    /// launcher.
    fn family(&self) -> anyhow::Result<Vec<u32>> {
        let mut family = vec![self.child.id()];
        let mut next = 0;
        while let Some(member) = family.get(next).copied() {
            next += 1;
            family.extend(
                children_of(member)
                    .into_iter()
                    .filter(|pid| !is_stdio_server(*pid)),
            );
        }
        Ok(family)
    }
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

fn cpu_of(pid: u32) -> anyhow::Result<Duration> {
    // Nanoseconds on a CPU, summed over threads: /proc/PID/stat counts in ticks of 10 ms.
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(task) = task else { continue };
        let path = task.path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        nanos += text
            .split_whitespace()
            .next()
            .and_then(|first| first.parse::<u64>().ok())
            .unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}

fn resident_of(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| anyhow!("process {pid} has no VmRSS"))
}
