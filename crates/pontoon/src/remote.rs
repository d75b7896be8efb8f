//! Where a server behind a URL is, and what it is told.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use pontoon_config::Environment;
use pontoon_upstream::HttpTarget;

use crate::cli::HttpArguments;

/// The address, with the headers and certificates of the command line.
pub(crate) fn target(
    url: &str,
    arguments: &HttpArguments,
    environment: &Environment,
) -> anyhow::Result<HttpTarget> {
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
    Ok(HttpTarget {
        url: url.to_owned(),
        headers,
        extra_ca,
    })
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
