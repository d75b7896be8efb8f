//! Servers that wait to be used.

use pontoon_testkit::is_running;
use pontoon_upstream::Closed;

use crate::common::{LIMIT, Talk, gone, idle};

/// The pid of an idle server, which only the process table knows.
fn children() -> Vec<u32> {
    let own = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{own}/task"))
        .expect("Linux")
        .flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Idle servers have no handle that tells their pid: it is the child that is not in `before`.
async fn with_pid(flags: &[&str]) -> (pontoon_upstream::Idle, u32) {
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;
    let marker = format!("{:?}", std::thread::current().id());
    let flags: Vec<&str> = flags.iter().copied().chain(["--stderr", &marker]).collect();
    let idle = idle(&flags).await;
    let of_ours = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&marker)
    };
    let pid = children().into_iter().find(of_ours).expect("it is our child");
    (idle, pid)
}

#[tokio::test]
async fn an_idle_server_lives_and_can_be_discarded() {
    let (mut idle, pid) = with_pid(&[]).await;
    assert!(idle.is_alive());
    tokio::time::timeout(LIMIT, idle.discard())
        .await
        .expect("discarding ends");
    assert!(!is_running(pid));
}

#[tokio::test]
async fn a_dropped_idle_server_is_stopped_in_the_background() {
    let (idle, pid) = with_pid(&["--ignore-eof", "--ignore-term"]).await;
    drop(idle);
    gone(pid).await;
}

#[tokio::test]
async fn an_idle_server_that_dies_is_noticed_and_whoever_starts_it_is_told() {
    let mut idle = idle(&["--exit-on-start", "5"]).await;
    let died = async {
        while idle.is_alive() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, died)
        .await
        .expect("its death is noticed");
    let talk = Talk::start(idle);
    let why = talk.heard.closed().await;
    assert!(
        matches!(why, Closed::Exited { status, .. } if status.code() == Some(5)),
        "{why:?}"
    );
    talk.close().await;
}
