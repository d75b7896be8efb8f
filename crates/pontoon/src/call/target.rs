//! The server that is called.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use pontoon_config::Environment;
use pontoon_supervise::CommandSpec;
use pontoon_upstream::{Connector, Http, HttpSettings, HttpTransport, Stdio, StdioSettings};

use crate::cli::{CallArguments, HttpArguments};
use crate::remote;

/// Where the server is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Url(String),
    /// What follows the dashes.
    Command,
}

/// Tells the address from what is wanted there.
pub(super) fn split(arguments: &CallArguments) -> anyhow::Result<(Target, &[String])> {
    let is_url = |word: &String| word.starts_with("http://") || word.starts_with("https://");
    match (arguments.words.split_first(), arguments.command.is_empty()) {
        (Some((url, _)), false) if is_url(url) => {
            bail!("a URL and a command are two servers; give one of them")
        }
        (_, false) => Ok((Target::Command, &arguments.words)),
        (Some((url, rest)), true) if is_url(url) => Ok((Target::Url(url.clone()), rest)),
        (Some((word, _)), true) => {
            bail!(
                "`{word}` is no http or https URL; a server is named by its URL first, or by -- COMMAND last"
            )
        }
        (None, true) => bail!("which server? Name its URL, or its command after --"),
    }
}

/// The way to it.
pub(super) fn connector(
    target: &Target,
    arguments: &CallArguments,
    environment: &Environment,
) -> anyhow::Result<Arc<dyn Connector>> {
    match target {
        Target::Url(url) => Ok(Arc::new(http(url, &arguments.http, environment)?)),
        Target::Command => {
            let (program, rest) = arguments.command.split_first().context("the command is empty")?;
            let outer: pontoon_supervise::Environment = environment.variables().collect();
            let spec = CommandSpec::new(program).args(rest);
            let settings = StdioSettings::default();
            Ok(Arc::new(Stdio::new("called", spec, Arc::new(outer), settings)))
        }
    }
}

fn http(url: &str, arguments: &HttpArguments, environment: &Environment) -> anyhow::Result<Http> {
    let target = remote::target(url, arguments, environment)?;
    Ok(Http::new(
        "called",
        &target,
        HttpTransport::Auto,
        HttpSettings::default(),
    )?)
}
