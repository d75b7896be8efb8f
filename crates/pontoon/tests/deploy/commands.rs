//! Command lines that somebody reads somewhere are command lines that `pontoon` takes.

use std::path::Path;
use std::process::Command;

use crate::scratch::{root, shipped};

/// Fails where `pontoon` does not understand these words. Nothing is started: they are read, and then the help is shown.
pub(crate) fn takes(words: &[impl AsRef<str>]) {
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    let dashes = words.iter().position(|word| *word == "--").unwrap_or(words.len());
    let output = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .args(&words[..dashes])
        .arg("--help")
        .args(&words[dashes..])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pontoon {}: {error}", words.join(" "));
}

#[test]
fn commands_of_the_documentation_are_understood() {
    let mut count = 0;
    for page in pages() {
        for line in commands(&shipped(&page)) {
            takes(&words(&line));
            count += 1;
        }
    }
    assert!(count > 10, "they are found: {count}");
}

/// README.md and what is below docs/, deploy/ and the examples.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/learn", "deploy", "examples/vanilla-sse"] {
        let entries = root().join(folder).read_dir().into_iter().flatten();
        let paths = entries.map(|entry| entry.expect("it can be read").path());
        let markdown = paths.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
        pages.extend(markdown.map(|path| relative(&path)));
    }
    pages
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("it is below the root");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// What stands after `pontoon` on the lines of shell blocks that begin with it.
fn commands(page: &str) -> Vec<String> {
    let page = page.replace("\\\n", " ");
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block));
    let lines = blocks.flat_map(str::lines);
    lines
        .filter_map(|line| line.strip_prefix("pontoon "))
        .map(str::to_owned)
        .collect()
}

/// As a shell splits it, up to what is the shell's own.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote, mut begun) = (vec![String::new()], None, false);
    for letter in line.chars() {
        let word = words.last_mut().expect("there is one");
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(letter), true),
            (None, '|' | '>' | '<' | '&' | ';') => break,
            (None, '#') if !begun => break,
            (None, ' ') if begun => {
                words.push(String::new());
                begun = false;
            }
            (None, ' ') => {}
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if !begun {
        words.pop();
    }
    words
}

#[test]
fn words_are_split_as_a_shell_does() {
    assert_eq!(
        words("call 'a b' --x=\"c\" ''  d # said"),
        ["call", "a b", "--x=c", "", "d"]
    );
    assert_eq!(words("serve -- npx | tee log"), ["serve", "--", "npx"]);
}
