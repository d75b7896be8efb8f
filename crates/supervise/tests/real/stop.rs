//! Real children, stopped in every way they can make that hard.

use std::time::Duration;

use crate::common::{GRACE, child, gone, offspring, session_members, spawn, until};
use pontoon_supervise::{Grace, Stage};
use pontoon_testkit::is_running;

#[tokio::test]
async fn an_obedient_child_ends_at_the_end_of_its_input() {
    let mut process = spawn(&[]).await;
    let stopped = process.stop(&Grace::default()).await;
    assert_eq!((stopped.stage, stopped.survivors), (Stage::Eof, 0));
    assert_eq!(stopped.status.and_then(|status| status.code()), Some(0));
    assert!(
        !std::path::Path::new(&format!("/proc/{}", process.pid())).exists(),
        "a zombie was left"
    );
}

#[tokio::test]
async fn a_child_that_ignores_the_end_of_input_gets_sigterm() {
    let mut process = spawn(&["--ignore-eof"]).await;
    assert_eq!(process.stop(&GRACE).await.stage, Stage::Term);
    gone(process.pid()).await;
}

#[tokio::test]
async fn a_child_that_ignores_everything_gets_sigkill_and_leaves_no_zombie() {
    let mut process = spawn(&["--ignore-eof", "--ignore-term", "--stderr", "ready"]).await;
    let tail = process.stderr_tail();
    until("the child's first words", move || tail.text().contains("ready")).await;
    let stopped = process.stop(&GRACE).await;
    assert_eq!(stopped.stage, Stage::Kill);
    assert!(
        !std::path::Path::new(&format!("/proc/{}", process.pid())).exists(),
        "a zombie was left"
    );
}

#[tokio::test]
async fn a_grandchild_in_the_session_does_not_survive() {
    let mut process = spawn(&["--fork"]).await;
    let grandchild = offspring(&process).await;
    assert!(is_running(grandchild));
    let stopped = process.stop(&GRACE).await;
    assert_eq!(stopped.left, 0);
    assert!(!is_running(grandchild));
}

#[tokio::test]
async fn a_double_forked_daemon_in_its_own_session_does_not_survive() {
    let mut process = spawn(&["--double-fork"]).await;
    let daemon = offspring(&process).await;
    assert!(is_running(daemon));
    let stopped = process.stop(&GRACE).await;
    assert_eq!((stopped.survivors, stopped.left), (1, 0));
    assert!(!is_running(daemon));
}

#[tokio::test]
async fn a_server_behind_a_shell_does_not_survive_it() {
    let script = format!(
        "{} --ignore-eof --stderr ready; true",
        child(&[]).program().to_string_lossy()
    );
    let spec = pontoon_supervise::CommandSpec::new("sh").args(["-c", &script]);
    let mut process = crate::common::try_spawn(&spec).await.expect("sh starts");
    let tail = process.stderr_tail();
    until("the server's first words", move || tail.text().contains("ready")).await;
    let stopped = process.stop(&GRACE).await;
    assert_eq!(stopped.left, 0);
    assert_eq!(session_members(process.pid()), [0; 0], "the session is not empty");
}

#[tokio::test]
async fn what_a_crashed_leader_left_behind_is_ended_too() {
    let mut process = spawn(&["--fork", "--double-fork", "--exit-on-start", "7"]).await;
    assert_eq!(process.wait().await.and_then(|status| status.code()), Some(7));
    // The flags exit before they fork: this one is about a leader that dies with offspring.
    let mut process = spawn(&["--double-fork", "--ignore-eof"]).await;
    let daemon = offspring(&process).await;
    rustix::process::kill_process(pid(process.pid()), rustix::process::Signal::KILL).expect("still ours");
    process.wait().await;
    assert!(is_running(daemon), "wait only waits");
    assert_eq!(process.stop(&GRACE).await.left, 0);
    assert!(!is_running(daemon));
}

#[tokio::test]
async fn a_dropped_process_is_killed_with_its_tree() {
    let process = spawn(&["--double-fork", "--fork", "--ignore-eof", "--ignore-term"]).await;
    let (leader, grandchild) = (process.pid(), offspring(&process).await);
    drop(process);
    gone(leader).await;
    gone(grandchild).await;
}

#[tokio::test]
async fn a_stop_that_is_cancelled_still_ends_the_child() {
    let mut process = spawn(&["--ignore-eof", "--ignore-term"]).await;
    let leader = process.pid();
    let long = Grace {
        eof: Duration::from_secs(3600),
        term: Duration::from_secs(3600),
    };
    tokio::select! {
        biased;
        _ = process.stop(&long) => panic!("the child ignores this"),
        () = tokio::task::yield_now() => {}
    }
    drop(process);
    gone(leader).await;
}

#[tokio::test]
async fn fifty_children_are_stopped_at_once() {
    let mut processes = Vec::new();
    for _ in 0..50 {
        processes.push(spawn(&[]).await);
    }
    let stops: Vec<_> = processes
        .into_iter()
        .map(|mut process| tokio::spawn(async move { process.stop(&Grace::default()).await.left }))
        .collect();
    for stop in stops {
        assert_eq!(stop.await.expect("a stop does not panic"), 0);
    }
}

fn pid(number: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(number.cast_signed()).expect("not 0")
}
