//! `pontoon check`: every server is started or reached once, asked what it offers, and let go.

mod conversation;
mod finding;

use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use pontoon_config::{Config, Environment, Server};
use pontoon_upstream::Connector;

use self::conversation::Conversation;
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

async fn talk(server: &Server, connector: &dyn Connector) -> Result<Offer, Trouble> {
    let mut conversation = Conversation::open(server, connector).await?;
    let offer = conversation.learn().await;
    conversation.close().await;
    offer
}
