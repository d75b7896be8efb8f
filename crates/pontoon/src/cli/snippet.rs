//! `pontoon snippet`: its arguments.

use std::path::PathBuf;

use clap::Args;
use pontoon_config::ServerName;

use super::call::header;
use crate::snippet::{Client, Transport};

pub(super) const EXAMPLES: &str = "\
Examples:
  pontoon snippet
      for every client, what makes it use the server that `pontoon serve` hosts
  pontoon snippet cursor --config pontoon.toml
      for every server of a configuration
  pontoon snippet cherry-studio --url https://mcp.example.com/mcp --header 'Authorization: Bearer …'
      for a server anywhere; the link installs it with a click
  pontoon snippet --json
      as one JSON document, for a page of links";

/// The arguments of `pontoon snippet`.
#[derive(Args, Debug)]
pub(crate) struct SnippetArguments {
    /// For this client only
    #[arg(value_enum)]
    pub(crate) client: Option<Client>,

    /// For the server at this address
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub(crate) url: Option<String>,

    /// What the client is to call it [default: from the address]
    #[arg(long, value_name = "NAME", value_parser = ServerName::new, requires = "url")]
    pub(crate) name: Option<ServerName>,

    /// For every server of this configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Which transport the client is to use [default: sse if the address ends in /sse, else http]
    #[arg(long, value_enum)]
    pub(crate) transport: Option<Transport>,

    /// Have the client send a header, 'Name: value'; may be given several times
    ///
    /// It is printed as it is given: do not put a secret in what others will read.
    #[arg(long, value_name = "HEADER", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,

    /// Write one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}
