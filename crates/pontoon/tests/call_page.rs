//! What `docs/call.md` shows is what is seen: its examples are run as they stand there.

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::process::{Command, Stdio};

use running::{Running, kill_at_deadline};

const PAGE: &str = include_str!("../../../docs/call.md");
const AT: &str = "http://127.0.0.1:3000";

/// A command line, and what the page says that it prints; `…` stands for what is left out.
struct Example<'p> {
    words: Vec<&'p str>,
    shown: Vec<&'p str>,
}

fn examples() -> Vec<Example<'static>> {
    let mut found: Vec<Example<'_>> = Vec::new();
    for block in PAGE.split("```").skip(1).step_by(2) {
        let mut is_shown = false;
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ pontoon ") {
                let words = command.split(' ').collect();
                found.push(Example {
                    words,
                    shown: Vec::new(),
                });
                is_shown = true;
            } else if let Some(example) = found.last_mut().filter(|_| is_shown) {
                example.shown.push(line.trim_end());
            }
        }
    }
    // It goes on until it is stopped, and others test it.
    found.retain(|example| !example.words.contains(&"subscribe"));
    found
}

/// Whether these are the lines that are shown.
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        ([left_out, rest @ ..], _) if left_out.trim() == "…" => {
            (0..=printed.len()).any(|from| matches(rest, &printed[from..]))
        }
        ([line, rest @ ..], [same, more @ ..]) => line == same && matches(rest, more),
        _ => false,
    }
}

#[test]
fn the_page_shows_what_is_seen() {
    let server = Running::start(&["--builtin", "showcase"]);
    let here = format!("http://{}", server.address);
    let examples = examples();
    assert!(examples.len() >= 8, "the page has its examples");
    for Example { words, shown } in examples {
        let child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
            .args(words.iter().map(|word| word.replace(AT, &here)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let _alive = kill_at_deadline(child.id());
        let output = child.wait_with_output().expect("it can be waited for");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).expect("it is UTF-8");
        let lines: Vec<_> = printed.lines().map(str::trim_end).collect();
        // Where the page shows nothing it is only said that it works.
        let is_so = if shown.is_empty() {
            output.status.success()
        } else {
            matches(&shown, &lines)
        };
        assert!(
            is_so,
            "{words:?}\nthe page:\n{}\n\nseen:\n{printed}",
            shown.join("\n")
        );
    }
}
