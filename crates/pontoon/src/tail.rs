//! `pontoon tail`: an event stream, as it comes.

mod decoded;
mod events;
mod gaps;
mod input;
mod machine;
mod trouble;
mod watch;

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use pontoon_config::{Color, Environment};
use pontoon_dialects::Reader;
use pontoon_sse::Item;
use pontoon_upstream::Happening;

use self::decoded::Decoded;
use self::events::Events;
use self::input::Input;
use self::trouble::Trouble;
use self::watch::Watch;
use crate::cli::{Decode, LogFormat, TailArguments};
use crate::exit_code::{ExitCode, Failure};
use crate::logging;
use crate::paint::Paint;
use crate::shutdown::{Shutdown, Signals};

/// How long what still runs on other threads is waited for.
const RUNTIME_STOP_TIMEOUT: Duration = Duration::from_millis(100);

/// Prints a stream until it is over.
pub(crate) fn command(arguments: &TailArguments, environment: &Environment) -> Result<(), Failure> {
    let input = Input::of(arguments, environment)?;
    let view = view(arguments, environment, &input);
    let _log = logging::start(LogFormat::Auto, Some(&arguments.log), environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::default();
        tokio::spawn(Signals::catch()?.forward(shutdown.clone()));
        let tail = Tail {
            watch: Watch::default(),
            reader: reader(arguments.decode),
            view,
            left: arguments.count,
            until: arguments.until.clone(),
        };
        tokio::select! {
            outcome = tail.follow(input, &shutdown) => outcome.map_err(Failure::from),
            () = shutdown.leave.cancelled() => Err(Failure::new(ExitCode::Interrupted, anyhow!("stopped by a second signal"))),
        }
    });
    runtime.shutdown_timeout(RUNTIME_STOP_TIMEOUT);
    outcome
}

fn reader(decode: Decode) -> Option<Reader> {
    match (decode, decode.dialect()) {
        (_, Some(dialect)) => Some(Reader::new(dialect)),
        (Decode::Auto, None) => Some(Reader::guessing()),
        (_, None) => None,
    }
}

fn view(arguments: &TailArguments, environment: &Environment, input: &Input) -> View {
    let paint = match (stdout().is_terminal(), environment.color()) {
        (true, Color::Auto) => Paint::Ansi,
        (true, Color::Never) | (false, _) => Paint::Plain,
    };
    let paper = match stdout().is_terminal() {
        true => Paper::Terminal,
        false => Paper::File,
    };
    match (arguments.json, arguments.decode) {
        (true, _) => View::Machine,
        (false, Decode::None) => View::Events(Events::new(paint, paper, input.is_live())),
        (false, _) => View::Decoded(Decoded::new(paper)),
    }
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paper {
    /// What would speak to it is taken out.
    Terminal,
    /// A file or a pipe: text as it came.
    File,
}

/// How it is shown.
enum View {
    Machine,
    Events(Events),
    Decoded(Decoded),
}

/// What is followed, and how.
struct Tail {
    watch: Watch,
    reader: Option<Reader>,
    view: View,
    /// How many events are still wanted.
    left: Option<u64>,
    until: Option<String>,
}

impl Tail {
    async fn follow(mut self, mut input: Input, shutdown: &Shutdown) -> Result<(), Trouble> {
        let outcome = loop {
            let happening = tokio::select! {
                next = input.next() => next,
                () = shutdown.drain.cancelled() => Ok(None),
            };
            match happening {
                Ok(Some(happening)) if !self.tell(&happening) => break Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(trouble) => break Err(trouble),
            }
        };
        self.end()?;
        outcome
    }

    /// Shows what happened; whether anything is still wanted.
    fn tell(&mut self, happening: &Happening) -> bool {
        let seen = self.watch.see(happening);
        let pieces = match (happening, &mut self.reader) {
            (Happening::Item(Item::Event(event)), Some(reader)) => reader.read(&event.name, &event.data),
            _ => Vec::new(),
        };
        self.watch.hear(&pieces);
        let (out, note) = match &mut self.view {
            View::Machine => (machine::line(happening, &seen, &pieces), String::new()),
            View::Events(events) => (events.line(happening, &seen), events.note(happening)),
            View::Decoded(decoded) => return decoded.tell(happening, &pieces) && self.wants_more(happening),
        };
        show_aside(&note);
        show(&out) && self.wants_more(happening)
    }

    fn wants_more(&mut self, happening: &Happening) -> bool {
        let Happening::Item(Item::Event(event)) = happening else {
            return true;
        };
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        self.left != Some(0) && self.until.as_deref() != Some(&*event.name)
    }

    /// Sums it up.
    fn end(&self) -> Result<(), Trouble> {
        match &self.view {
            View::Machine => {
                show(&machine::end(&self.watch));
            }
            View::Events(events) => show_aside(&events.summary(&self.watch)),
            View::Decoded(decoded) => decoded.end(),
        }
        match &self.reader {
            Some(reader) if reader.dialect().is_none() && self.watch.events > 0 => Err(Trouble::Unrecognized),
            _ => self
                .watch
                .failed
                .clone()
                .map_or(Ok(()), |what| Err(Trouble::Provider(what))),
        }
    }
}

/// Writes to standard output, at once. Whether somebody still reads it.
fn show(text: &str) -> bool {
    let mut stdout = stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.is_ok()
}

/// Writes to standard error. A closed one changes nothing.
fn show_aside(text: &str) {
    let mut stderr = stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
