//! What the lists of keys say is what the reader does.

use super::{Key, limits, listener, server};
use crate::{Config, Draft, Environment};

fn config(text: &str) -> Config {
    let draft = Draft::parse("test.toml", text, &Environment::default()).and_then(Draft::finish);
    draft.unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// A file with one key of a section set to `value`, and what the section needs besides.
fn file_with(section: &str, key: &Key, value: &str) -> String {
    let base = match key.name {
        "builtin" => "",
        "base_url" => "builtin = \"hackernews\"\n",
        "command" => "",
        _ if section == "server.it" => "command = \"it\"\n",
        _ => "",
    };
    match section {
        "" => format!("{} = {value}\n", key.name),
        _ => format!("[{section}]\n{base}{} = {value}\n", key.name),
    }
}

fn file_without(section: &str) -> String {
    match section {
        "server.it" => "[server.it]\ncommand = \"it\"\n".to_owned(),
        _ => String::new(),
    }
}

const SECTIONS: &[(&str, &[Key])] = &[
    ("", listener::KEYS),
    ("limits", limits::KEYS),
    ("server.it", server::KEYS),
];

#[test]
fn every_documented_default_is_what_leaving_the_key_out_means() {
    for (section, keys) in SECTIONS {
        for key in keys.iter().filter(|key| !key.default.is_empty()) {
            let written = config(&file_with(section, key, key.default));
            assert_eq!(written, config(&file_without(section)), "{section} {}", key.name);
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
