//! The reference of every key, made from the lists that the reader itself uses.

use std::fmt::Write;

use crate::section::{Key, compat, events, limits, listener, server};

/// The reference as Markdown: one table per section. `docs/configuration.md` contains it, and a test compares them.
pub fn markdown() -> String {
    let mut text = String::new();
    table(&mut text, "The top of the file", listener::KEYS);
    table(&mut text, "`[events]`", events::KEYS);
    table(&mut text, "`[compat]`", compat::KEYS);
    table(&mut text, "`[limits]`", limits::KEYS);
    table(&mut text, "`[server.NAME]`", server::KEYS);
    text
}

fn table(text: &mut String, title: &str, keys: &[Key]) {
    let keys: Vec<_> = keys.iter().filter(|key| !key.is_reserved()).collect();
    // An example that repeats the default shows nothing.
    let has_examples = keys.iter().any(|key| key.example != key.default);
    let row = |[name, takes, default, example, doc]: [&str; 5]| match has_examples {
        true => format!("| {name} | {takes} | {default} | {example} | {doc} |\n"),
        false => format!("| {name} | {takes} | {default} | {doc} |\n"),
    };
    writeln!(text, "### {title}\n").expect("a String takes everything");
    text.push_str(&row(["key", "value", "default", "example", "meaning"]));
    text.push_str(&row(["---"; 5]));
    for Key {
        name,
        takes,
        default,
        example,
        doc,
    } in keys
    {
        // The spellings of times and sizes are explained once for all.
        let takes = takes.split(": ").next().unwrap_or_default();
        text.push_str(&row([
            &code(name),
            takes,
            &code(default),
            &code(example),
            doc.trim(),
        ]));
    }
    text.push('\n');
}

fn code(text: &str) -> String {
    if text.is_empty() {
        "–".to_owned()
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_has_the_reference_as_it_is() {
        let document = include_str!("../../../docs/configuration.md");
        assert!(
            document.contains(&super::markdown()),
            "docs/configuration.md is old: run `cargo xtask docs`"
        );
    }

    #[test]
    fn the_documentation_lists_the_reserved_names() {
        let document = include_str!("../../../docs/configuration.md");
        for name in crate::value::name::RESERVED {
            assert!(
                document.contains(&format!("`{name}`")),
                "docs/configuration.md lacks the reserved name {name}"
            );
        }
    }
}
