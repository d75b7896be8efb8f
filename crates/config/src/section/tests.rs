//! What the lists of keys say is what the reader does.

use super::{Key, compat, events, limits, listener, server};
use crate::{Config, Draft, Environment};

fn config(text: &str) -> Config {
    let draft = Draft::parse("test.toml", text, &Environment::default()).and_then(Draft::finish);
    draft.unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// What a section needs besides a key.
fn base(section: &str, key: &Key) -> &'static str {
    match key.name {
        "builtin" | "command" | "url" => "",
        "token_in" => "token = \"0123456789abcdef\"\n",
        "base_url" => "builtin = \"hackernews\"\n",
        "search_url" => "builtin = \"hn\"\n",
        "sources_url" | "poll_interval" => "builtin = \"newsnow\"\n",
        "transport" | "headers" | "ca_file" => "url = \"https://it.example/mcp\"\n",
        _ if section == "server.it" => "command = \"it\"\n",
        _ => "",
    }
}

/// A file with one key of a section set to `value`.
fn file_with(section: &str, key: &Key, value: &str) -> String {
    let base = base(section, key);
    match section {
        "" => format!("{} = {value}\n", key.name),
        _ => format!("[{section}]\n{base}{} = {value}\n", key.name),
    }
}

/// The same file without the key.
fn file_without(section: &str, key: &Key) -> String {
    match section {
        "" => String::new(),
        _ => format!("[{section}]\n{}", base(section, key)),
    }
}

const SECTIONS: &[(&str, &[Key])] = &[
    ("", listener::KEYS),
    ("events", events::KEYS),
    ("compat", compat::KEYS),
    ("limits", limits::KEYS),
    ("server.it", server::KEYS),
];

#[test]
fn every_documented_default_is_what_leaving_the_key_out_means() {
    for (section, keys) in SECTIONS {
        for key in keys.iter().filter(|key| !key.default.is_empty()) {
            let written = config(&file_with(section, key, key.default));
            assert_eq!(
                written,
                config(&file_without(section, key)),
                "{section} {}",
                key.name
            );
        }
    }
}

#[test]
fn every_documented_example_is_accepted() {
    for (section, keys) in SECTIONS {
        for key in keys.iter().filter(|key| !key.is_reserved()) {
            config(&file_with(section, key, key.example));
        }
    }
}

#[test]
fn every_key_is_read_and_not_only_listed() {
    for (section, keys) in SECTIONS {
        for key in *keys {
            // No setting takes a date.
            let text = file_with(section, key, "2024-11-05");
            assert!(
                Draft::parse("f", &text, &Environment::default()).is_err(),
                "{section} {}",
                key.name
            );
        }
    }
}

#[test]
fn no_two_keys_of_a_section_share_a_name() {
    for (_, keys) in SECTIONS {
        for (index, key) in keys.iter().enumerate() {
            assert!(
                keys[..index].iter().all(|other| other.name != key.name),
                "{}",
                key.name
            );
        }
    }
}
