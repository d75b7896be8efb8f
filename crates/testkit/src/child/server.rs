//! The loop: a line in, answers out.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::FromRawFd;

use crate::answers;
use crate::flags::Flags;
use crate::modern::Listens;
use crate::output::Output;
use crate::resources::Resources;
use crate::startup;
use crate::wire::{Incoming, Params, quoted};

pub(crate) struct Server {
    pub(crate) flags: Flags,
    pub(crate) output: Output,
    pub(crate) resources: Resources,
    /// Answers that are kept back.
    pub(crate) held: Vec<String>,
    pub(crate) listens: Listens,
    pub(crate) calls: u64,
    pub(crate) input: BufReader<File>,
    asked: u64,
    /// Answers of the client that nobody has looked for yet: calls that ask can be nested.
    told: HashMap<String, String>,
}

impl Server {
    pub(crate) fn new(flags: Flags) -> Self {
        // SAFETY: nobody else uses standard input; the library's own reader would hide what it has read already.
        let input = BufReader::new(unsafe { File::from_raw_fd(libc::STDIN_FILENO) });
        Self {
            flags,
            output: Output::new(),
            resources: Resources::default(),
            held: Vec::new(),
            input,
            listens: Listens::default(),
            calls: 0,
            asked: 0,
            told: HashMap::new(),
        }
    }

    /// Serves until the end of standard input.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut line = String::new();
        while self.read_line(&mut line)? {
            if !self.flags.silent {
                self.handle(&line)?;
            }
        }
        if self.flags.ignore_eof {
            startup::idle();
        }
        Ok(())
    }

    fn read_line(&mut self, line: &mut String) -> io::Result<bool> {
        line.clear();
        self.release_held()?;
        Ok(self.input.read_line(line)? > 0)
    }

    fn handle(&mut self, line: &str) -> io::Result<()> {
        let Ok(message) = serde_json::from_str::<Incoming<'_>>(line) else {
            eprintln!("not a message: {}", line.trim_end());
            return Ok(());
        };
        if self.flags.speaks_2026 {
            return self.handle_modern(&message);
        }
        let (Some(id), Some(method)) = (message.id, message.method.as_deref()) else {
            if let (Some(id), Some(answer)) = (message.id, message.result.or(message.error)) {
                self.told.insert(id.get().to_owned(), answer.get().to_owned());
            }
            return Ok(());
        };
        let params = Params::of(&message);
        let is_call = method == "tools/call";
        let answer = match method {
            "initialize" if self.flags.exit_at_initialize.is_some() => {
                std::process::exit(self.flags.exit_at_initialize.map_or(0, i32::from));
            }
            "initialize" => Ok(answers::initialize(&self.flags, &params)),
            "ping" => Ok("{}".to_owned()),
            "tools/list" => Ok(answers::tools(&self.flags)),
            "tools/call" => self.call(&params)?,
            _ if self.flags.resources => self.resources.handle(method, &params),
            _ => Err(answers::METHOD_NOT_FOUND.to_owned()),
        };
        let answer = match answer {
            Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
            Err(error) => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#),
        };
        if self.flags.odd_questions && method == "initialize" {
            self.ask_oddly("{}")?;
        }
        if is_call {
            return self.answer_call(id.get(), &params, answer);
        }
        self.output.answer(&self.flags, &answer)
    }

    /// A tool call with everything the flags want to happen during it.
    pub(crate) fn call(&mut self, params: &Params<'_>) -> io::Result<Result<String, String>> {
        self.calls += 1;
        if self.flags.crash_after.is_some_and(|calls| self.calls >= calls) {
            eprintln!("crashing in call {}", self.calls);
            std::process::abort();
        }
        if self.flags.close_stdout {
            self.output.close();
        }
        if self.flags.close_stdin {
            // SAFETY: the loop never reads again, see below.
            unsafe { libc::close(libc::STDIN_FILENO) };
            startup::idle();
        }
        self.meddle(params)?;
        self.notify(params)?;
        let mut text = match (&self.flags.ask, self.flags.dump_env) {
            (Some(method), _) => self.ask(&method.clone())?,
            (None, true) => answers::surroundings(),
            (None, false) => params
                .arguments
                .map_or("{}", |arguments| arguments.get())
                .to_owned(),
        };
        text.push_str(&"x".repeat(usize::try_from(self.flags.huge_result).unwrap_or(0)));
        match params.name.as_deref() {
            Some("echo") => Ok(Ok(answers::text(&text))),
            Some("touch") if self.flags.resources => {
                for update in self.resources.updates() {
                    self.output.message(&self.flags, &update)?;
                }
                Ok(Ok(answers::text("touched")))
            }
            _ => Ok(Err(r#"{"code":-32602,"message":"no such tool"}"#.to_owned())),
        }
    }

    fn notify(&mut self, params: &Params<'_>) -> io::Result<()> {
        for step in 1..=self.flags.progress {
            let Some(token) = params.progress_token() else {
                break;
            };
            let total = self.flags.progress;
            let params = format!(r#"{{"progressToken":{token},"progress":{step},"total":{total}}}"#);
            self.notification("notifications/progress", &params)?;
        }
        if let Some(level) = &self.flags.log {
            let params = format!(
                r#"{{"level":{},"logger":"test","data":"in a call"}}"#,
                quoted(level)
            );
            self.notification("notifications/message", &params)?;
        }
        if self.flags.list_changed {
            self.notification("notifications/tools/list_changed", "{}")?;
        }
        Ok(())
    }

    pub(crate) fn notification(&mut self, method: &str, params: &str) -> io::Result<()> {
        let message = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#);
        self.output.message(&self.flags, &message)
    }

    /// Asks the client and waits for its answer; everything else that comes meanwhile is dealt with.
    fn ask(&mut self, method: &str) -> io::Result<String> {
        self.asked += 1;
        let id = format!("\"ask-{}\"", self.asked);
        let params = answers::question(method);
        let request = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":{},"params":{params}}}"#,
            quoted(method)
        );
        self.output.message(&self.flags, &request)?;
        let mut line = String::new();
        while self.read_line(&mut line)? {
            self.handle(&line)?;
            if let Some(answer) = self.told.remove(&id) {
                return Ok(answer);
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
