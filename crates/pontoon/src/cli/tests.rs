use clap::{CommandFactory, Parser};
use pontoon_config::{Config, Environment, Lease, Upstream};

use super::{Cli, Subcommand};

fn configuration(arguments: &[&str]) -> Result<Config, String> {
    let words = ["pontoon", "serve"].iter().chain(arguments);
    let Subcommand::Serve(arguments) = Cli::try_parse_from(words)
        .map_err(|error| error.to_string())?
        .command
    else {
        panic!("another subcommand was read");
    };
    arguments
        .configuration(&Environment::default())
        .map_err(|error| error.to_string())
}

fn config(arguments: &[&str]) -> Config {
    configuration(arguments).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn help_teaches_by_example_first() {
    let mut serve = Cli::command()
        .find_subcommand("serve")
        .expect("there is one")
        .clone()
        .term_width(100);
    let help = serve.render_long_help().to_string();
    let examples = help.find("Examples:").expect("it has examples");
    assert!(examples < help.find("Usage:").expect("it has a usage"), "{help}");
    assert!(help.contains("Exit codes:\n    0  done"), "{help}");
}

#[test]
fn without_arguments_the_showcase_is_hosted() {
    let config = config(&[]);
    assert_eq!(
        config.default_server.map(|name| name.to_string()).as_deref(),
        Some("showcase")
    );
}

#[test]
fn what_follows_the_dashes_is_the_command() {
    let config = config(&[
        "--lease",
        "shared",
        "--",
        "npx",
        "-y",
        "@modelcontextprotocol/server-everything",
        "--json",
    ]);
    assert_eq!(config.servers.len(), 1);
    assert_eq!(config.servers[0].name.as_str(), "everything");
    let Upstream::Command(command) = &config.servers[0].upstream else {
        panic!("{config:?}")
    };
    assert_eq!(
        command.args,
        ["-y", "@modelcontextprotocol/server-everything", "--json"]
    );
    assert_eq!(command.lease, Lease::Shared);
}

#[test]
fn a_command_and_built_in_servers_go_together() {
    let config = config(&[
        "--builtin",
        "hackernews",
        "--builtin",
        "showcase",
        "--name",
        "mine",
        "--",
        "cat",
    ]);
    let names: Vec<_> = config.servers.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["mine", "hackernews", "showcase"]);
    assert_eq!(config.default_server, None);
}

#[test]
fn contradictions_are_refused() {
    for (arguments, words) in [
        (
            &["--listen", "8080"] as &[_],
            "127.0.0.1:8080 for this machine only",
        ),
        (&["--listen", "0.0.0.0:1"], "--allow-wildcard"),
        (&["--builtin", "weather"], "showcase, hackernews, hn, newsnow"),
        (
            &["--builtin", "showcase", "--name", "showcase", "--", "cat"],
            "two servers are called `showcase`",
        ),
        (&["--name", "mcp", "--", "cat"], "taken by an address"),
        (&["--name", "x"], "COMMAND"),
        (&["--lease", "shared"], "COMMAND"),
        (&["npx", "-y"], "unexpected argument 'npx'"),
    ] {
        let error = configuration(arguments).expect_err(words);
        assert!(error.contains(words), "{arguments:?}\n{error}");
    }
    config(&["--listen", "0.0.0.0:1", "--allow-wildcard"]);
}
