//! `pontoon call`: an MCP client for people and scripts.

mod arguments;
mod console;
mod conversation;
mod errand;
mod form;
mod opening;
mod questions;
mod render;
mod save;
mod screen;
mod subscribe;
mod target;
mod trouble;
mod wanted;

use std::io::{IsTerminal as _, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use pontoon_config::{Color, Environment};
use pontoon_mcp::LegacyRevision;

use self::console::Terminal;
use self::conversation::Manner;
use self::errand::{Errand, Output};
use self::opening::Choice;
use self::questions::{Desk, Given};
pub(crate) use self::render::plain;
use self::render::{Ink, Paper};
use self::save::Folder;
use self::screen::{Screen, Telling};
pub(crate) use self::subscribe::now;
use self::trouble::Trouble;
use self::wanted::Wanted;
use crate::cli::{CallArguments, Era, LogFormat, QuestionArguments};
use crate::exit_code::{ExitCode, Failure};
use crate::logging;
use crate::shutdown::{Shutdown, Signals};

/// How long what still runs on other threads is waited for: somebody may be waiting for a line from the terminal.
const RUNTIME_STOP_TIMEOUT: Duration = Duration::from_millis(100);

/// Speaks to a server, once.
pub(crate) fn command(arguments: &CallArguments, environment: &Environment) -> Result<(), Failure> {
    let usage = |error: anyhow::Error| Failure::new(ExitCode::Usage, error);
    let (target, words) = target::split(arguments).map_err(usage)?;
    let wanted = Wanted::read(words)?;
    let connector = target::connector(&target, arguments, environment).map_err(usage)?;
    let params = arguments.params.as_deref();
    let errand = Errand {
        wanted,
        params: params
            .map(|text| arguments::whole(text, "--params"))
            .transpose()?,
        count: arguments.count,
    };
    let mut output = output(arguments, environment)?;
    let desk = desk(&arguments.questions)?;
    let choice = choice(arguments)?;
    let _log = logging::start(LogFormat::Auto, Some(&arguments.log), environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::default();
        tokio::spawn(Signals::catch()?.forward(shutdown.clone()));
        let manner = Manner {
            patience: arguments.timeout,
            log_level: arguments.log_level,
            desk: Arc::new(desk),
            screen: Arc::new(Screen::new(arguments.json.then_some(Telling::Machine))),
            cancel: shutdown.drain.clone(),
        };
        tokio::select! {
            outcome = errand.run(&*connector, choice, &manner, &mut output) => outcome.map_err(Failure::from),
            () = shutdown.leave.cancelled() => Err(Failure::new(ExitCode::Interrupted, anyhow!("stopped by a second signal"))),
        }
    });
    runtime.shutdown_timeout(RUNTIME_STOP_TIMEOUT);
    outcome
}

fn choice(arguments: &CallArguments) -> Result<Choice, Trouble> {
    let era = match (arguments.revision, arguments.era) {
        (Some(_), Era::Modern) => {
            return Err(Trouble::usage(
                "--revision names a legacy one; leave --era modern out",
            ));
        }
        (Some(_), _) => Era::Legacy,
        (None, era) => era,
    };
    Ok(Choice {
        era,
        revision: arguments.revision.unwrap_or(LegacyRevision::NEWEST),
    })
}

fn output(arguments: &CallArguments, environment: &Environment) -> Result<Output, Trouble> {
    let paper = match (stdout().is_terminal(), environment.color()) {
        (true, Color::Auto) => Paper::Terminal(Ink::Colored),
        (true, Color::Never) => Paper::Terminal(Ink::Plain),
        (false, _) => Paper::File,
    };
    let folder = arguments.output_dir.as_deref().map(Folder::at).transpose()?;
    Ok(match arguments.json {
        true => Output::Machine,
        false => Output::Human { paper, folder },
    })
}

/// What was given with the questions, and the terminal.
fn desk(arguments: &QuestionArguments) -> Result<Desk, Trouble> {
    let mut answers = Vec::new();
    if let Some(text) = &arguments.answers {
        let object = arguments::whole(text, "--answers")?;
        answers.extend(
            object
                .iter()
                .map(|(key, value)| (key.into_owned(), Given::Json(value))),
        );
    }
    for (key, value) in &arguments.answer {
        answers.push((key.clone(), Given::Text(value.clone())));
    }
    let roots = arguments.root.iter().map(|root| {
        root.canonicalize()
            .map_err(|error| Trouble::usage(format!("cannot offer {} as a root: {error}", root.display())))
    });
    let roots = roots.collect::<Result<_, _>>()?;
    Ok(Desk::new(answers, roots, Box::new(Terminal)))
}
