//! The command line.

mod call;
mod check;
mod connect;
mod serve;
mod servers;
mod snippet;
mod tail;

pub(crate) use call::{CallArguments, Era, HttpArguments, QuestionArguments};
pub(crate) use check::CheckArguments;
use clap::Parser;
pub(crate) use connect::ConnectArguments;
pub(crate) use serve::{LogFormat, ServeArguments};
pub(crate) use snippet::SnippetArguments;
pub(crate) use tail::{Decode, Reconnect, TailArguments};

use crate::exit_code;

/// Hosts any MCP server behind a URL, for every generation of MCP client.
#[derive(Debug, Parser)]
#[command(name = "pontoon", version, max_term_width = 100, after_long_help = exit_code::help())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Host servers: a command, a built-in server, or those of a configuration file.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = serve::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Serve(Box<ServeArguments>),
    /// Be a stdio server for the client that started this, bridging to a remote server or a command.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = connect::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Connect(Box<ConnectArguments>),
    /// Start or reach every server once, and tell what each speaks and offers, or what is wrong.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = check::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Check(Box<CheckArguments>),
    /// Speak to a server: describe it, call its tools, read its resources, hear of changes.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = call::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Call(Box<CallArguments>),
    /// Print an event stream as it comes, with times, ids, names and gaps, or as the text that a provider streams.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = tail::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Tail(Box<TailArguments>),
    /// Print what to paste into a client, or to click on, so that it uses a server.
    #[command(
        help_template = serve::HELP_TEMPLATE,
        before_long_help = snippet::EXAMPLES,
        after_long_help = exit_code::help(),
    )]
    Snippet(Box<SnippetArguments>),
}

#[cfg(test)]
mod tests;
