//! How conversations end.

use std::future::poll_fn;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use pontoon_supervise::CommandSpec;
use pontoon_testkit::is_running;
use pontoon_upstream::{Closed, Connection, SendError};

use crate::common::{Talk, child, gone, request, settings, stdio, until};

#[tokio::test]
async fn a_crash_in_the_middle_of_a_call_is_told_once_after_the_earlier_answers() {
    let talk = Talk::with(&["--crash-after", "3"]).await;
    let pid = talk.pid();
    (1..=50).for_each(|id| talk.call(id, "{}"));
    let why = talk.heard.closed().await;
    let Closed::Exited { status, stderr_tail } = &why else {
        panic!("{why:?}")
    };
    assert_eq!(status.signal(), Some(6));
    assert!(stderr_tail.contains("crashing in call 3"), "{stderr_tail}");
    assert!(
        !why.to_string().contains("crashing"),
        "standard error is for administrators: {why}"
    );
    assert_eq!(talk.heard.look(|record| record.messages.len()), 2);
    assert_eq!(
        talk.connection.send(request(99, "ping", "{}").into()),
        Err(SendError::Closed)
    );
    gone(pid).await;
    let heard = talk.heard.clone();
    talk.close().await;
    assert_eq!(heard.look(|record| record.closed.len()), 1);
}

#[tokio::test]
async fn a_server_that_exits_at_once_is_told_with_its_code_and_its_words() {
    let talk = Talk::with(&["--exit-on-start", "3"]).await;
    let why = talk.heard.closed().await;
    let Closed::Exited { status, stderr_tail } = &why else {
        panic!("{why:?}")
    };
    assert_eq!(status.code(), Some(3));
    assert!(stderr_tail.contains("cannot start"), "{stderr_tail}");
    talk.close().await;
}

#[tokio::test]
async fn a_server_that_ignores_everything_is_killed_and_leaves_nothing() {
    let flags = ["--ignore-eof", "--ignore-term", "--fork", "--double-fork"];
    let talk = Talk::with(&flags).await;
    talk.call(1, "{}");
    talk.heard.text(1).await;
    let pid = talk.pid();
    let connection = talk.connection.clone();
    until("both offspring", move || offspring(&connection).len() == 2).await;
    let offspring = offspring(&talk.connection);
    let heard = talk.heard.clone();
    talk.close().await;
    assert!(matches!(
        heard.look(|record| record.closed.clone())[..],
        [Closed::Requested]
    ));
    for pid in offspring.into_iter().chain([pid]) {
        assert!(!is_running(pid));
    }
}

fn offspring(connection: &Connection) -> Vec<u32> {
    let tail = connection.diagnostics().stderr_tail;
    tail.lines()
        .filter_map(|line| line.strip_prefix("offspring ")?.parse().ok())
        .collect()
}

#[tokio::test]
async fn closing_twice_at_once_waits_for_one_end() {
    let talk = Talk::with(&["--ignore-eof"]).await;
    let (pid, connection) = (talk.pid(), talk.connection.clone());
    tokio::join!(talk.close(), connection.close());
    assert!(!is_running(pid));
    connection.close().await;
}

#[tokio::test]
async fn a_server_that_closes_its_output_and_lives_on_is_stopped() {
    let talk = Talk::with(&["--close-stdout", "--ignore-eof"]).await;
    let pid = talk.pid();
    talk.call(1, "{}");
    let why = talk.heard.closed().await;
    assert!(matches!(why, Closed::StdoutClosed { .. }), "{why:?}");
    talk.close().await;
    assert!(!is_running(pid));
}

#[tokio::test]
async fn a_server_that_closes_its_input_and_lives_on_is_stopped_when_that_shows() {
    let talk = Talk::with(&["--close-stdin"]).await;
    let pid = talk.pid();
    talk.call(1, "{}");
    while talk.connection.send(request(2, "ping", "{}").into()).is_ok() {
        tokio::task::yield_now().await;
    }
    let why = talk.heard.closed().await;
    assert!(matches!(why, Closed::StdinClosed { .. }), "{why:?}");
    talk.close().await;
    assert!(!is_running(pid));
}

#[tokio::test]
async fn the_end_of_the_leader_is_the_end_even_if_a_grandchild_holds_the_streams() {
    let spec = CommandSpec::new("sh").args(["-c", "sleep 3600 & echo \"offspring $!\" >&2; exit 4"]);
    let talk = Talk::through(&stdio(spec, settings())).await;
    let why = talk.heard.closed().await;
    let Closed::Exited { status, .. } = why else {
        panic!("{why:?}")
    };
    assert_eq!(status.code(), Some(4));
    let offspring = offspring(&talk.connection);
    assert_eq!(offspring.len(), 1);
    talk.close().await;
    assert!(!is_running(offspring[0]));
}

#[tokio::test]
async fn a_server_whose_handles_are_all_dropped_is_stopped_in_the_background() {
    let talk = Talk::with(&["--ignore-eof", "--ignore-term"]).await;
    let (pid, heard) = (talk.pid(), talk.heard.clone());
    let last = talk.connection.clone();
    drop(talk);
    last.send(request(1, "ping", "{}").into())
        .expect("one handle is left");
    heard.answer(1).await;
    drop(last);
    assert!(matches!(heard.closed().await, Closed::Abandoned));
    gone(pid).await;
}

#[tokio::test]
async fn a_listener_that_panics_takes_only_its_own_server_down() {
    struct Panics;
    impl pontoon_upstream::Listener for Panics {
        fn message(&self, _: pontoon_jsonrpc::Message) {
            panic!("on purpose");
        }
        fn closed(&self, _: Closed) {}
    }
    let idle = crate::common::idle(&["--double-fork"]).await;
    let connection = idle.start(std::sync::Arc::new(Panics));
    let pid = connection.diagnostics().pid.expect("a process");
    connection
        .send(request(1, "ping", "{}").into())
        .expect("it is open");
    connection.close().await;
    gone(pid).await;
}

#[tokio::test]
async fn what_a_server_says_while_it_is_stopped_is_still_heard() {
    let script = r#"read line; echo '{"jsonrpc":"2.0","method":"notifications/bye"}'"#;
    let spec = CommandSpec::new("sh").args(["-c", script]);
    let talk = Talk::through(&stdio(spec, settings())).await;
    let heard = talk.heard.clone();
    talk.close().await;
    assert_eq!(
        heard.look(|record| (record.messages.len(), record.closed.len())),
        (1, 1)
    );
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_an_error_of_connecting() {
    use pontoon_upstream::Connector;
    let error = stdio(CommandSpec::new("no-such-program-anywhere"), settings())
        .connect()
        .await;
    assert_eq!(error.expect_err("nothing runs").reason(), "upstream_start_failed");
    assert!(
        stdio(child(&["--secret"]), settings())
            .describe()
            .ends_with("pontoon-test-child")
    );
}

/// On one thread: whoever else is on it has a turn after every read.
#[tokio::test]
async fn a_server_that_floods_to_its_end_holds_up_nobody() {
    let talk = Talk::with(&["--flood-forever", "--ignore-eof", "--ignore-term"]).await;
    talk.call(1, "{}");
    talk.heard.text(1).await;
    let (pid, heard) = (talk.pid(), talk.heard.clone());
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let mut before = heard.look(|record| record.messages.len());
    // Queues up again at once, as a task does that has work all the time.
    let other = tokio::spawn(poll_fn(move |cx| {
        let now = heard.look(|record| record.messages.len());
        seen.fetch_max(now - before, Ordering::Relaxed);
        before = now;
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    talk.close().await;
    other.abort();
    assert!(!is_running(pid));
    // What is read when the end is there comes at once. A message has 50 bytes or more.
    let (most, limit) = (most.load(Ordering::Relaxed), 20 * 65_536 / 50);
    assert!((1..limit).contains(&most), "{most} messages in one turn");
}
