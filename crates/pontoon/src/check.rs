//! `pontoon check`: every server is started or reached once, asked what it offers, and let go.

mod conversation;
mod finding;

use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use pontoon_config::{Config, Environment, Era, Server};
use pontoon_mcp::ModernRevision;
use pontoon_upstream::Connector;

use self::conversation::{Conversation, Speech};
use self::finding::{Finding, Offer, Trouble};
use crate::cli::{CheckArguments, LogFormat};
use crate::exit_code::{ExitCode, Failure};
use crate::{banner, logging, wiring};

/// Looks at every server of the configuration; all at once, told in the order of the file.
pub(crate) fn command(arguments: &CheckArguments, environment: &Environment) -> Result<(), Failure> {
    let config = arguments
        .configuration(environment)
        .map_err(|error| Failure::new(ExitCode::Config, error))?;
    let _log = logging::start(LogFormat::Auto, Some(&arguments.log), environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let findings = runtime.block_on(examine_all(&config, environment))?;
    let text = if arguments.json {
        finding::machine(&findings)
    } else {
        finding::human(&findings)
    };
    // A closed standard output does not change what was found.
    let _ = stdout().write_all(text.as_bytes());
    let broken = findings.iter().filter(|finding| finding.outcome.is_err()).count();
    if broken == 0 {
        return Ok(());
    }
    let error = anyhow!("{broken} of {} servers cannot be used", findings.len());
    Err(Failure::new(ExitCode::Unusable, error))
}

async fn examine_all(config: &Config, environment: &Environment) -> anyhow::Result<Vec<Finding>> {
    let outer: pontoon_supervise::Environment = environment.variables().collect();
    let outer = Arc::new(outer);
    let mut examinations = Vec::new();
    for server in &config.servers {
        let connector = wiring::connector(server, &config.limits, &outer);
        examinations.push(tokio::spawn(examine(server.clone(), connector)));
    }
    let mut findings = Vec::new();
    for examination in examinations {
        findings.push(examination.await.context("an examination failed")?);
    }
    Ok(findings)
}

async fn examine(server: Server, connector: anyhow::Result<Arc<dyn Connector>>) -> Finding {
    let start = Instant::now();
    let outcome = match connector {
        Ok(connector) => talk(&server, &*connector).await,
        Err(error) => Err(Trouble::new(format!("{error:#}"), "correct the configuration")),
    };
    Finding {
        name: server.name.to_string(),
        runs: banner::describe(&server.upstream),
        took: start.elapsed(),
        outcome,
    }
}

/// In the era that the configuration names; else first as most servers are spoken to.
async fn talk(server: &Server, connector: &dyn Connector) -> Result<Offer, Trouble> {
    let speech = match server.era {
        Era::Modern => Speech::Modern,
        Era::Auto | Era::Legacy => Speech::Legacy,
    };
    match converse(server, connector, speech).await {
        Err(trouble) if server.era == Era::Auto && trouble.is_refusal() => {
            let modern = converse(server, connector, Speech::Modern).await;
            modern.map_err(|_| trouble)
        }
        outcome => outcome,
    }
}

async fn converse(server: &Server, connector: &dyn Connector, speech: Speech) -> Result<Offer, Trouble> {
    let mut conversation = Conversation::open(server, connector).await?;
    let mut offer = conversation.learn(speech).await;
    conversation.close().await;
    if let Ok(offer) = &mut offer
        && (speech, server.era) == (Speech::Legacy, Era::Auto)
        && speaks_modern_too(server, connector).await
    {
        offer.revisions.push(ModernRevision::NEWEST.as_str().to_owned());
    }
    offer
}

/// Whether a server that was greeted in the old way speaks 2026-07-28 as well. On a connection of its own: a program may
/// stay with the era in which it was spoken to first, or not survive what it does not know.
async fn speaks_modern_too(server: &Server, connector: &dyn Connector) -> bool {
    let Ok(mut conversation) = Conversation::open(server, connector).await else {
        return false;
    };
    let too = conversation.describes_itself().await;
    conversation.close().await;
    too
}
