//! Whole files: what they become, and the exact words when they are refused.

mod accepted;
mod desktop;
mod refused;

use crate::{Config, ConfigError, Draft, Environment};

fn environment() -> Environment {
    Environment::from_pairs([("TOKEN", "s3cret"), ("EMPTY", "")])
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    let name = if text.trim_start().starts_with('{') {
        "mcp.json"
    } else {
        "pontoon.toml"
    };
    Draft::parse(name, text, &environment()).and_then(Draft::finish)
}

fn config(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> String {
    parse(text).expect_err("this must be refused").to_string()
}
