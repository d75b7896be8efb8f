//! `pontoon snippet`: what makes clients use a server. The banner prints the same.

pub(crate) mod form;
mod link;
mod place;
mod quote;

use std::io::{Write as _, stdout};

use anyhow::anyhow;
use clap::ValueEnum;
use pontoon_config::{Draft, Environment};
use serde::Serialize;

pub(crate) use self::place::{Spot, Transport};

use crate::banner::Announcement;
use crate::cli::SnippetArguments;
use crate::exit_code::{ExitCode, Failure};

/// The clients that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// Claude Code, on its command line
    ClaudeCode,
    /// Claude Desktop, through `pontoon connect`
    ClaudeDesktop,
    /// Cursor, in a file or by a link
    Cursor,
    /// VS Code, on its command line, in a file or by a link
    Vscode,
    /// Cherry Studio, by import or by a link
    CherryStudio,
    /// MCP Inspector, on its command line
    Inspector,
}

/// What makes a client use a server: at least one of its members.
#[derive(Debug, Default)]
pub(crate) struct Snippet {
    /// A command for a shell.
    command: Option<String>,
    /// Where the configuration goes.
    file: Option<&'static str>,
    /// A configuration, which is JSON.
    config: Option<String>,
    /// A link to click on.
    link: Option<String>,
}

/// A snippet, and for whom it is. Its members are an interface: there may be more, but none changes or goes away.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    client: String,
    server: &'a str,
    url: &'a str,
    transport: Transport,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl<'a> Entry<'a> {
    fn new(client: Client, spot: &'a Spot) -> Self {
        let Snippet {
            command,
            file,
            config,
            link,
        } = form::snippet(client, spot);
        Self {
            client: name(client),
            server: &spot.name,
            url: &spot.url,
            transport: spot.transport,
            command,
            file,
            config,
            link,
        }
    }
}

/// Prints snippets.
pub(crate) fn command(arguments: &SnippetArguments, environment: &Environment) -> Result<(), Failure> {
    let spots = spots(arguments, environment)?;
    let clients = match arguments.client {
        Some(client) => vec![client],
        None => Client::value_variants().to_vec(),
    };
    let text = match arguments.json {
        true => machine(&clients, &spots),
        false => human(&clients, &spots),
    };
    stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::new(ExitCode::Failure, anyhow!("cannot write: {error}")))
}

fn spots(arguments: &SnippetArguments, environment: &Environment) -> Result<Vec<Spot>, Failure> {
    let usage = |error: anyhow::Error| Failure::new(ExitCode::Usage, error);
    let mut spots = match &arguments.url {
        Some(url) => {
            vec![Spot::at(url, arguments.name.as_ref(), arguments.transport).map_err(usage)?]
        }
        None => {
            let draft = match &arguments.config {
                Some(path) => Draft::load(path, environment),
                None => Ok(Draft::default()),
            };
            let config = draft.and_then(Draft::finish);
            let config = config.map_err(|error| Failure::new(ExitCode::Config, error))?;
            let transport = arguments.transport.unwrap_or(Transport::Http);
            Announcement::new(&config, config.listen).spots(transport)
        }
    };
    for spot in &mut spots {
        spot.headers.clone_from(&arguments.header);
    }
    Ok(spots)
}

fn name(client: Client) -> String {
    let value = client.to_possible_value().expect("no client is hidden");
    value.get_name().to_owned()
}

fn machine(clients: &[Client], spots: &[Spot]) -> String {
    let each = |client: &Client| {
        let client = *client;
        spots.iter().map(move |spot| Entry::new(client, spot))
    };
    let entries: Vec<_> = clients.iter().flat_map(each).collect();
    serde_json::to_string_pretty(&entries).expect("texts are always JSON") + "\n"
}

fn human(clients: &[Client], spots: &[Spot]) -> String {
    let mut text = String::new();
    for client in clients {
        for spot in spots {
            let Snippet {
                command,
                file,
                config,
                link,
            } = form::snippet(*client, spot);
            let file = file.map(|file| format!("in {file}:"));
            let parts = [
                (Some("in a terminal:".to_owned()), command),
                (file, config),
                (Some("or click on:".to_owned()), link),
            ];
            text += &format!("{}: {}\n", form::title(*client), spot.name);
            for (label, part) in parts {
                if let (Some(label), Some(part)) = (label, part) {
                    text += &format!("  {label}\n    {part}\n");
                }
            }
            text.push('\n');
        }
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests;
