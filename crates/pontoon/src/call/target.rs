//! The server that is called.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use pontoon_config::Environment;
use pontoon_supervise::CommandSpec;
use pontoon_upstream::{Connector, Http, HttpSettings, HttpTarget, HttpTransport, Stdio, StdioSettings};

use crate::cli::{CallArguments, HttpArguments};

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
    let mut headers = arguments.header.clone();
    if let Some(token) = bearer(arguments, environment)? {
        if headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            bail!("the bearer token and the header Authorization say the same; give one of them");
        }
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let extra_ca = arguments.ca_file.as_deref().map(read).transpose()?;
    let target = HttpTarget {
        url: url.to_owned(),
        headers,
        extra_ca,
    };
    Ok(Http::new(
        "called",
        &target,
        HttpTransport::Auto,
        HttpSettings::default(),
    )?)
}

/// A token is no argument: other users of the machine can read those.
fn bearer(arguments: &HttpArguments, environment: &Environment) -> anyhow::Result<Option<String>> {
    if let Some(name) = &arguments.bearer_env {
        let variable = environment.variables().find(|(known, _)| *known == name.as_str());
        let (_, value) =
            variable.ok_or_else(|| anyhow!("the environment variable {name} of --bearer-env is not set"))?;
        let value = value
            .to_str()
            .ok_or_else(|| anyhow!("the environment variable {name} is not UTF-8"))?;
        return Ok(Some(value.trim().to_owned()));
    }
    let Some(file) = &arguments.bearer_file else {
        return Ok(None);
    };
    let token = String::from_utf8(read(file)?)
        .map_err(|_| anyhow!("the token in {} is not UTF-8", file.display()))?;
    Ok(Some(token.trim().to_owned()))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
