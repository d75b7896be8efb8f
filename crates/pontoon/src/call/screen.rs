//! What is told while a call runs, on standard error.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering};

use pontoon_jsonrpc::{Notification, RawObject};
use pontoon_mcp::method;

use super::render::plain;

/// How progress and log messages are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// One JSON object per line.
    Machine,
    /// Log messages as lines; progress in a line of its own that is written over.
    Terminal,
    /// Log messages as lines, and no progress.
    Lines,
}

/// Standard error.
#[derive(Debug)]
pub(super) struct Screen {
    telling: Telling,
    /// The cursor is behind progress that can be written over.
    has_progress: AtomicBool,
}

impl Screen {
    /// For machines, or for whoever reads standard error.
    pub(super) fn new(telling: Option<Telling>) -> Self {
        let telling = telling.unwrap_or_else(|| match stderr().is_terminal() {
            true => Telling::Terminal,
            false => Telling::Lines,
        });
        Self {
            telling,
            has_progress: AtomicBool::new(false),
        }
    }

    /// The server told something that is no answer.
    pub(super) fn told(&self, notification: &Notification) {
        if let Some(text) = told(self.telling, notification) {
            let is_progress = *notification.method == *method::PROGRESS && self.telling == Telling::Terminal;
            self.clear();
            self.has_progress.store(is_progress, Ordering::Relaxed);
            write(&text);
        }
    }

    /// A line of our own, for people and machines alike.
    pub(super) fn note(&self, text: &str) {
        self.clear();
        write(&format!("{text}\n"));
    }

    /// Takes the progress away.
    pub(super) fn clear(&self) {
        if self.has_progress.swap(false, Ordering::Relaxed) {
            write("\r\x1b[K");
        }
    }
}

/// A closed standard error changes nothing about the call.
fn write(text: &str) {
    let mut stderr = stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn told(telling: Telling, notification: &Notification) -> Option<String> {
    let params = notification.params.as_ref()?;
    let kind = match &*notification.method {
        method::PROGRESS => "progress",
        method::LOG_MESSAGE => "log",
        _ => return None,
    };
    match (telling, kind) {
        (Telling::Machine, _) => Some(format!("{{\"{kind}\":{params}}}\n")),
        (Telling::Terminal, "progress") => Some(progress(&params.object()?)),
        (Telling::Lines, "progress") => None,
        (Telling::Terminal | Telling::Lines, _) => Some(log(&params.object()?)),
    }
}

fn progress(params: &RawObject) -> String {
    let so_far = params
        .get("progress")
        .map_or_else(String::new, |raw| raw.to_string());
    let total = params.get("total").map(|total| format!("/{total}"));
    let message = params
        .get_str("message")
        .map(|message| format!(" {}", plain(&message).replace('\n', " ")));
    format!(
        "… {so_far}{}{}",
        total.unwrap_or_default(),
        message.unwrap_or_default()
    )
}

fn log(params: &RawObject) -> String {
    let level = params.get_str("level").unwrap_or_default();
    let logger = params.get_str("logger").map(|logger| format!(" {logger}"));
    let data = params.get("data").map(|data| match data.to_string_value() {
        Some(text) => text.into_owned(),
        None => data.to_string(),
    });
    let line = format!(
        "[{level}{}] {}\n",
        logger.unwrap_or_default(),
        data.unwrap_or_default()
    );
    plain(&line)
}

#[cfg(test)]
mod tests {
    use pontoon_jsonrpc::{Limits, Message};

    use super::*;

    fn notification(text: &'static str) -> Notification {
        match Message::parse(text, &Limits::SERVER) {
            Ok(Message::Notification(notification)) => notification,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn progress_is_for_terminals_and_machines() {
        let step = notification(
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":2,"total":10,"message":"half\u001b[2J"}}"#,
        );
        assert_eq!(
            told(Telling::Terminal, &step).as_deref(),
            Some("… 2/10 half\u{fffd}[2J")
        );
        assert_eq!(told(Telling::Lines, &step), None);
        let line = told(Telling::Machine, &step).expect("machines hear all");
        assert!(line.starts_with(r#"{"progress":{"progressToken":1"#), "{line}");
    }

    #[test]
    fn log_messages_are_lines() {
        let message = notification(
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","logger":"db","data":{"n":1}}}"#,
        );
        assert_eq!(
            told(Telling::Lines, &message).as_deref(),
            Some("[info db] {\"n\":1}\n")
        );
    }
}
