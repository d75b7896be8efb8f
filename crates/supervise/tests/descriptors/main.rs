//! The limit on descriptors. A test program of its own: the limit is the whole process's.

#[expect(dead_code, reason = "a part of it is enough here")]
#[path = "../real/common.rs"]
mod common;

use common::{GRACE, spawn};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[tokio::test]
async fn children_start_with_the_limit_that_we_were_started_with() {
    let started_with = Rlimit {
        current: Some(700),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, started_with).expect("a lower limit is always allowed");

    let allowed = pontoon_supervise::raise_descriptor_limit();

    assert_eq!(allowed, started_with.maximum);
    assert_eq!(getrlimit(Resource::Nofile).current, started_with.maximum);
    let mut process = spawn(&[]).await;
    assert_eq!(soft_limit(process.pid()), "700");
    process.stop(&GRACE).await;
}

fn soft_limit(pid: u32) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("the child runs");
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .expect("every process has this limit");
    line.split_whitespace().next().unwrap_or_default().to_owned()
}
