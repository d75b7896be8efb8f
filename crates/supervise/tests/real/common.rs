//! Starting the test program and looking at what became of it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use pontoon_supervise::{ChildToken, CommandSpec, Environment, Grace, Process, SpawnError};
use pontoon_testkit::{eventually, is_running, test_child};

/// Long enough for a busy machine, short enough to notice a hang.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Patient with the obedient, short with the rest.
pub(crate) const GRACE: Grace = Grace {
    eof: Duration::from_millis(300),
    term: Duration::from_millis(300),
};

pub(crate) fn child(flags: &[&str]) -> CommandSpec {
    CommandSpec::new(test_child()).args(flags)
}

pub(crate) fn outer() -> Environment {
    Environment::from_iter([
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/tmp"),
        ("SECRET", "leaked"),
    ])
}

pub(crate) async fn try_spawn(spec: &CommandSpec) -> Result<Process, SpawnError> {
    let half = || u128::from(RandomState::new().build_hasher().finish());
    Process::spawn(
        spec,
        &outer(),
        "test".into(),
        ChildToken::new(half() << 64 | half()),
    )
    .await
}

pub(crate) async fn spawn(flags: &[&str]) -> Process {
    try_spawn(&child(flags)).await.expect("the test child starts")
}

/// Waits for a condition on a thread that may block.
pub(crate) async fn until(what: &str, condition: impl FnMut() -> bool + Send + 'static) {
    let held = tokio::task::spawn_blocking(move || eventually(LIMIT, condition)).await;
    assert!(held.expect("a condition does not panic"), "{what} did not happen");
}

/// The pid that the test child reports of its grandchild.
pub(crate) async fn offspring(process: &Process) -> u32 {
    let tail = process.stderr_tail();
    until("an offspring's pid", {
        let tail = tail.clone();
        move || pid_in(&tail.text()).is_some()
    })
    .await;
    pid_in(&tail.text()).expect("just seen")
}

fn pid_in(text: &str) -> Option<u32> {
    text.lines()
        .find_map(|line| line.strip_prefix("offspring ")?.parse().ok())
}

pub(crate) async fn gone(pid: u32) {
    until("the end of a process", move || !is_running(pid)).await;
}

/// The living processes of a session.
pub(crate) fn session_members(session: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let of_session = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().nth(3) == Some(&session.to_string())
    };
    pids.filter(of_session).filter(|pid| is_running(*pid)).collect()
}
