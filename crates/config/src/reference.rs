//! The reference of every key, made from the lists that the reader itself uses.

use std::fmt::Write;

use crate::section::{Key, limits, listener, server};

/// The reference as Markdown: one table per section. `docs/configuration.md` contains it, and a test compares them.
pub fn markdown() -> String {
    let mut text = String::new();
    table(&mut text, "The top of the file", listener::KEYS);
    table(&mut text, "`[limits]`", limits::KEYS);
    table(&mut text, "`[server.NAME]`", server::KEYS);
    text
}

fn table(text: &mut String, title: &str, keys: &[Key]) {
    let mut line =
        |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a String takes everything");
    line(format_args!("### {title}\n"));
    line(format_args!("| key | value | default | example | meaning |"));
    line(format_args!("| --- | --- | --- | --- | --- |"));
    for Key {
        name,
        takes,
        default,
        example,
        doc,
    } in keys
    {
        let (default, example) = (code(default), code(example));
        line(format_args!(
            "| `{name}` | {takes} | {default} | {example} | {} |",
            doc.trim()
        ));
    }
    line(format_args!(""));
}

fn code(text: &str) -> String {
    if text.is_empty() {
        "–".to_owned()
    } else {
        format!("`{text}`")
    }
}
