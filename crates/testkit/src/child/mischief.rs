//! What goes wrong around calls.

use std::io;
use std::process;
use std::time::Duration;

use crate::server::Server;
use crate::startup;
use crate::wire::{Params, quoted};

/// What stands in the place of an answer that cannot be read. `{id}` and `{result}` are the right ones.
const BAD_ANSWERS: [(&str, &str); 7] = [
    (
        "duplicate-keys",
        r#"{"jsonrpc":"2.0","id":{id},"result":{},"result":{}}"#,
    ),
    (
        "both",
        r#"{"jsonrpc":"2.0","id":{id},"result":{},"error":{"code":1,"message":"no"}}"#,
    ),
    ("neither", r#"{"jsonrpc":"2.0","id":{id}}"#),
    ("no-version", r#"{"id":{id},"result":{}}"#),
    ("no-object", r#"{"jsonrpc":"2.0","id":{id},"result":7}"#),
    (
        "huge-id",
        r#"{"jsonrpc":"2.0","id":{id}18446744073709551616,"result":{}}"#,
    ),
    ("cut", r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[{"ty"#),
];
/// Deeper than anybody should read.
const DEPTH: usize = 100_000;

impl Server {
    /// What happens in a call before it is worked on.
    pub(crate) fn meddle(&mut self, params: &Params<'_>) -> io::Result<()> {
        let at = |call: Option<u64>| call == Some(self.calls);
        if at(self.flags.exit_in_call) {
            process::exit(0);
        }
        if at(self.flags.freeze) {
            // SAFETY: a signal to ourselves.
            unsafe { libc::raise(libc::SIGSTOP) };
        }
        let secret = arguments(params).to_owned();
        if self.flags.odd_questions {
            self.ask_oddly(&secret)?;
        }
        if self.flags.flood_forever && self.calls == 1 {
            std::thread::spawn(flood);
        }
        for number in 0..self.flags.flood {
            let (method, params) = match number % 4 {
                0 => ("notifications/message", log(&secret)),
                1 => ("notifications/tools/list_changed", "{}".to_owned()),
                2 => (
                    "notifications/resources/updated",
                    r#"{"uri":"test://one"}"#.to_owned(),
                ),
                _ => ("notifications/unheard_of", format!(r#"{{"data":{secret}}}"#)),
            };
            self.notification(method, &params)?;
        }
        Ok(())
    }

    /// Answers a call as the flags want it; `answer` would be right.
    pub(crate) fn answer_call(&mut self, id: &str, params: &Params<'_>, answer: String) -> io::Result<()> {
        if let Some(ms) = self.flags.late {
            std::thread::sleep(Duration::from_millis(ms));
        }
        let secret = arguments(params).to_owned();
        let with_id = |other: &str| answer.replacen(&format!(r#""id":{id}"#), &format!(r#""id":{other}"#), 1);
        if self.flags.guess_ids {
            for wrong in wrong_ids(id) {
                self.output.message(&self.flags, &with_id(&wrong))?;
            }
        }
        if self.flags.foreign_notifications {
            self.notify_of_nothing(id, &secret)?;
        }
        let at = |call: Option<u64>| call == Some(self.calls);
        if at(self.flags.die_in_answer) {
            self.output
                .bytes(&self.flags, &answer.as_bytes()[..answer.len() / 2])?;
            process::abort();
        }
        if at(self.flags.exit_after_answer) {
            self.output.bytes(&self.flags, answer.as_bytes())?;
            process::exit(0);
        }
        if self.flags.reorder.is_some() {
            self.held.push(answer);
            return Ok(());
        }
        if self.flags.wrong_id {
            let next = id.parse().map_or(0, |id: u64| id + 1);
            return self.output.message(&self.flags, &with_id(&next.to_string()));
        }
        match self.flags.bad_answer.clone() {
            Some(kind) => self.bad_answer(&kind, id)?,
            None => self.output.answer(&self.flags, &answer)?,
        }
        self.after_answer(&secret)
    }

    fn after_answer(&mut self, secret: &str) -> io::Result<()> {
        if self.flags.late_log {
            self.notification("notifications/message", &log(secret))?;
        }
        if self.flags.odd_questions {
            self.ask_oddly(secret)?;
        }
        if self
            .flags
            .stop_reading_after
            .is_some_and(|calls| self.calls >= calls)
        {
            startup::idle();
        }
        Ok(())
    }

    fn bad_answer(&mut self, kind: &str, id: &str) -> io::Result<()> {
        let line = match kind {
            "bad-utf8" => {
                let begin = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"text":""#);
                [begin.as_bytes(), b"\xff\"}}\n"].concat()
            }
            "deep" => {
                let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
                format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"deep\":{open}{close}}}}}\n")
                    .into_bytes()
            }
            _ => {
                let known = BAD_ANSWERS.iter().find(|(name, _)| *name == kind);
                let Some((_, line)) = known else {
                    eprintln!("there is no bad answer {kind:?}");
                    process::exit(2);
                };
                format!("{}\n", line.replace("{id}", id)).into_bytes()
            }
        };
        self.output.bytes(&self.flags, &line)
    }

    /// Notifications about calls that are over or never were, resources nobody subscribed to, and questions nobody put.
    fn notify_of_nothing(&mut self, id: &str, secret: &str) -> io::Result<()> {
        for token in wrong_ids(id) {
            let params = format!(
                r#"{{"progressToken":{token},"progress":1,"message":{}}}"#,
                quoted(secret)
            );
            self.notification("notifications/progress", &params)?;
            let params = format!(r#"{{"requestId":{token},"reason":{}}}"#, quoted(secret));
            self.notification("notifications/cancelled", &params)?;
        }
        self.notification("notifications/cancelled", &format!(r#"{{"requestId":{id}}}"#))?;
        let params = format!(r#"{{"uri":{}}}"#, quoted(secret));
        self.notification("notifications/resources/updated", &params)?;
        self.notification(
            "notifications/elicitation/complete",
            r#"{"elicitationId":"none"}"#,
        )
    }

    /// Puts questions and does not wait for the answers; ids repeat.
    pub(crate) fn ask_oddly(&mut self, secret: &str) -> io::Result<()> {
        for (id, method) in [
            ("1", "roots/list"),
            ("1", "ping"),
            ("1", "roots/list"),
            (r#""one""#, "sampling/createMessage"),
            ("0", "elicitation/create"),
            ("-7", "unheard/of"),
        ] {
            let question = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"message":{},"messages":[],"maxTokens":1,"requestedSchema":{{"type":"object","properties":{{}}}}}}}}"#,
                quoted(secret)
            );
            self.output.message(&self.flags, &question)?;
        }
        Ok(())
    }

    /// Sends what is kept back if nothing was asked for a while.
    pub(crate) fn release_held(&mut self) -> io::Result<()> {
        let Some(ms) = self.flags.reorder.filter(|_| !self.held.is_empty()) else {
            return Ok(());
        };
        if !self.input.buffer().is_empty() || is_readable(libc::STDIN_FILENO, ms) {
            return Ok(());
        }
        while let Some(answer) = self.held.pop() {
            self.output.answer(&self.flags, &answer)?;
        }
        Ok(())
    }
}

/// Whether there is something to read, or the end, within so many milliseconds.
fn is_readable(fd: i32, ms: u64) -> bool {
    let mut wanted = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one descriptor, which lives as long as the call.
    let ready = unsafe { libc::poll(&raw mut wanted, 1, i32::try_from(ms).unwrap_or(i32::MAX)) };
    ready != 0
}

/// Ids that are not `id`: of earlier calls, of calls to come, of other kinds, and no ids at all.
fn wrong_ids(id: &str) -> Vec<String> {
    let number: i64 = id.parse().unwrap_or(0);
    let mut ids: Vec<_> = [number - 1, number - 2, number + 1000, -1, -number, i64::MAX]
        .iter()
        .filter(|other| **other != number)
        .map(ToString::to_string)
        .collect();
    ids.push(format!("\"{id}\""));
    ids.push(format!("[{id}]"));
    ids.push(format!("{{\"id\":{id}}}"));
    ids.extend(["null", "true", "1e400", "18446744073709551616", "\"\""].map(str::to_owned));
    ids
}

fn arguments<'a>(params: &Params<'a>) -> &'a str {
    params.arguments.map_or("{}", |arguments| arguments.get())
}

fn log(secret: &str) -> String {
    format!(r#"{{"level":"error","logger":"test","data":{secret}}}"#)
}

/// Notifications without end. Past the lock of standard output: short writes to a pipe stay whole.
fn flood() {
    let line = b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"data\":\"flood\"}}\n";
    loop {
        // SAFETY: the bytes live as long as the program.
        if unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) } < 0 {
            return;
        }
    }
}
