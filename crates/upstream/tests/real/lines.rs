//! What servers write beside their messages.

use pontoon_upstream::{Counters, StdioSettings};

use crate::common::{Talk, child, settings, stdio};

/// Calls a server that misbehaves so, twice, and returns what was counted.
async fn counters(flags: &[&str]) -> Counters {
    let limited = StdioSettings {
        max_line: 1 << 20,
        ..settings()
    };
    let talk = Talk::through(&stdio(child(flags), limited)).await;
    talk.call(1, "{}");
    assert_eq!(talk.heard.text(1).await, "{}", "{flags:?}");
    talk.call(2, r#"{"n":2}"#);
    assert_eq!(talk.heard.text(2).await, r#"{"n":2}"#, "{flags:?}");
    let counters = talk.connection.diagnostics().counters;
    talk.close().await;
    counters
}

fn clean() -> Counters {
    Counters {
        received: 2,
        sent: 2,
        ..Counters::default()
    }
}

#[tokio::test]
async fn banners_and_noise_are_skipped_and_counted() {
    let expected = Counters {
        noise_lines: 3,
        ..clean()
    };
    assert_eq!(counters(&["--banner"]).await, expected);
}

#[tokio::test]
async fn escape_sequences_before_a_message_are_tolerated() {
    assert_eq!(counters(&["--ansi"]).await, clean());
}

#[tokio::test]
async fn crlf_blank_lines_and_a_byte_order_mark_are_tolerated() {
    assert_eq!(counters(&["--crlf"]).await, clean());
}

#[tokio::test]
async fn lines_that_are_not_utf8_are_dropped_and_counted() {
    let expected = Counters {
        invalid_utf8_lines: 2,
        ..clean()
    };
    assert_eq!(counters(&["--bad-utf8"]).await, expected);
}

#[tokio::test]
async fn batches_are_taken_apart() {
    assert_eq!(counters(&["--batch"]).await, clean());
}

#[tokio::test]
async fn a_giant_line_is_skipped_and_the_next_one_read() {
    let expected = Counters {
        oversize_lines: 1,
        ..clean()
    };
    assert_eq!(counters(&["--giant-line", "50000000"]).await, expected);
}

#[tokio::test]
async fn everything_at_once_is_survived() {
    let flags = ["--banner", "--ansi", "--crlf", "--bad-utf8", "--stderr-flood"];
    assert_eq!(counters(&flags).await.received, 2);
}
