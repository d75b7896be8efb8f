//! CPU time and memory of other processes.

use std::fs;
use std::time::Duration;

use anyhow::{Context, anyhow};

/// A running program, killed when dropped. Measured with all its processes of
/// the same name, since nginx works in children.
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
        let mut children = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let list = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            children += list.split_whitespace().count();
        }
        Ok(children)
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        self.family()?.into_iter().map(resident_of).sum()
    }

    /// The process and its children that run the same program.
    fn family(&self) -> anyhow::Result<Vec<u32>> {
        let own = self.child.id();
        let name = name_of(own)?;
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let alike = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        let alike = alike.filter(|pid| name_of(*pid).is_ok_and(|child| child == name));
        Ok(std::iter::once(own).chain(alike).collect())
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

fn name_of(pid: u32) -> anyhow::Result<String> {
    Ok(fs::read_to_string(format!("/proc/{pid}/comm"))?)
}

fn cpu_of(pid: u32) -> anyhow::Result<Duration> {
    // Nanoseconds on a CPU, summed over threads: /proc/PID/stat counts in ticks of 10 ms.
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = task?.path().join("schedstat");
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
