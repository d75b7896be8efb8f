//! What a step says, done.

use std::time::{Duration, Instant};

use pontoon_testkit::eventually;
use rustix::process::Signal;

use super::{PATIENCE, Play};
use crate::case::Step;
use crate::gateway;
use crate::words::{Words, duration};

/// Longest time that bytes are sent slowly.
const LONGEST_DRIP: Duration = Duration::from_secs(20);

impl Play<'_> {
    pub(super) fn step(&mut self, step: &Step, turn: usize) -> Result<(), String> {
        let text = self.expand_text(&step.words, turn);
        let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let rest = rest.trim_start();
        let words = || Words::new(rest);
        match verb {
            "session" => self.open_session(words(), &step.block),
            "post" => self.step_post(words(), &step.block, turn),
            "get" | "delete" => self.step_bodiless(&verb.to_ascii_uppercase(), words(), &step.block, turn),
            "send" => self.step_send(words(), &step.block, turn),
            "expect" => self.step_expect(words(), &step.block, turn),
            "answer" => self.step_answer(rest),
            "event" => self.step_event(rest),
            "quiet" => self.step_quiet(words()),
            "closed" => self.step_closed(words()),
            "shutdown" | "close" | "reset" | "vanish" | "end" => self.step_leave(verb, words()),
            "processes" => self.step_processes(words()),
            "kill" => {
                self.gateway.processes().into_iter().for_each(gateway::kill);
                words().end()
            }
            "terminate" => {
                self.probe.stop();
                self.gateway.signal(Signal::TERM);
                words().end()
            }
            "exit" => self.step_exit(words()),
            "logged" => self.step_logged(rest, Instant::now() + PATIENCE),
            "unlogged" => match self.step_logged(rest, Instant::now()) {
                Ok(()) => Err("it is in the log".to_owned()),
                Err(_) => Ok(()),
            },
            _ => Err("this is no verb".to_owned()),
        }
    }

    /// `post CLIENT CONNECTION [PATH]`
    fn step_post(&mut self, mut words: Words<'_>, block: &[String], turn: usize) -> Result<(), String> {
        let name = words.next("the client")?;
        let wire = words.next("the connection")?;
        let path = words.next("a path").ok();
        words.end()?;
        let edits: Vec<_> = block
            .iter()
            .map(|line| self.expand_text(line, turn))
            .take_while(|line| line.starts_with("+ ") || line.starts_with("- "))
            .collect();
        let body = self.expand(&block[edits.len()..].join("\n"), turn);
        self.post(name, wire, path, &edits, &body)
    }

    /// `get CLIENT CONNECTION [PATH]`, and `delete`.
    fn step_bodiless(
        &mut self,
        method: &str,
        mut words: Words<'_>,
        block: &[String],
        turn: usize,
    ) -> Result<(), String> {
        let name = words.next("the client")?;
        let wire = words.next("the connection")?;
        let path = words.next("a path").ok();
        words.end()?;
        let edits: Vec<_> = block.iter().map(|line| self.expand_text(line, turn)).collect();
        self.bodiless(method, name, wire, path, &edits)
    }

    /// `send CONNECTION [as CLIENT] [[body] every TIME] [for TIME]`
    fn step_send(&mut self, mut words: Words<'_>, block: &[String], turn: usize) -> Result<(), String> {
        let owner = words.named("as");
        let every = words.named("every").map(duration).transpose()?;
        let limit = words.time("for", LONGEST_DRIP)?;
        let at_once = words.flag("body");
        let wire = words.next("the connection")?;
        words.end()?;
        let bytes = self.request(block, turn);
        let owner = owner.unwrap_or(wire);
        let Some(interval) = every else {
            return self.send(wire, owner, &bytes);
        };
        let head = memchr::memmem::find(&bytes, b"\r\n\r\n").filter(|_| at_once);
        let (head, rest) = bytes.split_at(head.map_or(0, |end| end + 4));
        self.send(wire, owner, head)?;
        self.note("> (slowly)", wire, rest);
        self.connection(wire)?.wire.drip(rest, interval, limit);
        Ok(())
    }

    /// Bytes as written: lines of the head end in CRLF, `{length}` there is the length of what follows the empty line.
    /// A line that ends in `{+}` has no line end; a head whose last line is such a one is not ended either.
    fn request(&self, block: &[String], turn: usize) -> Vec<u8> {
        let head = block.iter().position(String::is_empty).unwrap_or(block.len());
        let body = block.get(head + 1..).unwrap_or_default().join("\n");
        let body = self.expand(&body, turn);
        let length = body.len().to_string();
        let mut bytes = Vec::new();
        for line in &block[..head] {
            let line = line.replace("{length}", &length);
            match line.strip_suffix("{+}") {
                Some(line) => bytes.extend(self.expand(line, turn)),
                None => {
                    bytes.extend(self.expand(&line, turn));
                    bytes.extend(b"\r\n");
                }
            }
        }
        let open = head == block.len() && block.last().is_some_and(|line| line.ends_with("{+}"));
        if !open {
            bytes.extend(b"\r\n");
        }
        bytes.extend(body);
        bytes
    }

    /// `closed CONNECTION [within TIME]`: nothing more comes, and the connection ends.
    fn step_closed(&mut self, mut words: Words<'_>) -> Result<(), String> {
        let limit = words.time("within", PATIENCE)?;
        let name = words.next("the connection")?;
        words.end()?;
        let wire = &mut self.connection(name)?.wire;
        wire.closed(Instant::now() + limit)
    }

    /// `quiet CONNECTION TIME`: nothing comes for so long, and the connection stays open.
    fn step_quiet(&mut self, mut words: Words<'_>) -> Result<(), String> {
        let name = words.next("the connection")?;
        let time = duration(words.next("a time")?)?;
        words.end()?;
        let wire = &mut self.connection(name)?.wire;
        let before = wire.seen.len();
        match wire.closed(Instant::now() + time) {
            Ok(()) => Err("the connection was closed".to_owned()),
            Err(_) if wire.seen.len() > before => Err("something came".to_owned()),
            Err(_) => Ok(()),
        }
    }

    /// `shutdown`, `close` and `reset CONNECTION`; `end CLIENT` ends its session.
    fn step_leave(&mut self, verb: &str, mut words: Words<'_>) -> Result<(), String> {
        let name = words.next("who leaves")?;
        words.end()?;
        self.note("!", name, verb.as_bytes());
        match verb {
            "end" => {
                self.client(name)?;
                self.end_client(name);
                return Ok(());
            }
            "shutdown" => self.connection(name)?.wire.shutdown(),
            "vanish" => {
                let stream = format!("{name}.stream");
                let name = if self.wires.contains_key(&stream) {
                    &stream
                } else {
                    name
                };
                self.connection(name)?.wire.vanish()?;
            }
            _ => {
                self.connection(name)?;
                let stream = format!("{name}.stream");
                let gone = self.wires.remove(name).or_else(|| self.wires.remove(&stream));
                let gone = gone.expect("it was looked up");
                self.seen.push((gone.owner, gone.wire.seen.clone()));
                if verb == "reset" {
                    gone.wire.reset();
                }
            }
        }
        Ok(())
    }

    /// `processes COUNT [within TIME]`: so many processes of the server under test, warm ones included.
    fn step_processes(&mut self, mut words: Words<'_>) -> Result<(), String> {
        let limit = words.time("within", PATIENCE)?;
        let count = words.next("how many")?;
        words.end()?;
        let count: usize = count.parse().map_err(|_| format!("{count:?} is no number"))?;
        if eventually(limit, || self.gateway.processes().len() == count) {
            return Ok(());
        }
        Err(format!("- {count}\n+ {}", self.gateway.processes().len()))
    }

    /// `exit CODE [within TIME]`: the gateway ends.
    fn step_exit(&mut self, mut words: Words<'_>) -> Result<(), String> {
        let limit = words.time("within", PATIENCE)?;
        let code = words.next("a code")?;
        words.end()?;
        let status = self.gateway.ended(limit).ok_or("it still runs")?;
        let got = status
            .code()
            .map_or_else(|| status.to_string(), |code| code.to_string());
        if got == code {
            Ok(())
        } else {
            Err(format!("- {code}\n+ {got}"))
        }
    }

    fn step_logged(&self, words: &str, deadline: Instant) -> Result<(), String> {
        if gateway::logs(self.gateway, words, deadline) {
            Ok(())
        } else {
            Err("it is not in the log".to_owned())
        }
    }
}
