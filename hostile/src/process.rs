//! What `/proc` tells of the gateway and of what it started.

use std::fs;

/// Variable that everything a gateway starts carries, also what has left its process group.
pub const MARKER: &str = "HOSTILE_RUN";

/// Processes that carry the marker `run`, zombies left out.
pub fn offspring(run: &str) -> Vec<u32> {
    let wanted = format!("{MARKER}={run}\0");
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environment| memchr::memmem::find(&environment, wanted.as_bytes()).is_some())
    })
    .collect()
}

/// Zombies among the children of `parent`.
pub fn zombies(parent: u32) -> usize {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    let zombie = |pid: &&str| pid.parse().is_ok_and(pontoon_testkit::is_zombie);
    children.split_whitespace().filter(zombie).count()
}

/// Open descriptors.
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// A line of `/proc/PID/status` that counts kilobytes, such as `VmRSS`, in bytes.
pub fn memory(pid: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let value = status
        .lines()
        .find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    value.unwrap_or(0) * 1024
}
