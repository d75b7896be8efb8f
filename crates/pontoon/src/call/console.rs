//! Where the user sits.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

/// Where the user sits, if there is one.
pub(super) trait Console: Send {
    /// Whether somebody is there to be asked.
    fn is_manned(&self) -> bool;
    /// Shows a line.
    fn say(&mut self, line: &str);
    /// Asks for a line; `None` at the end of input.
    fn ask(&mut self, prompt: &str) -> Option<String>;
}

/// Standard input and standard error; manned if both are a terminal.
#[derive(Debug)]
pub(super) struct Terminal;

impl Console for Terminal {
    fn is_manned(&self) -> bool {
        stdin().is_terminal() && stderr().is_terminal()
    }

    fn say(&mut self, line: &str) {
        // Nobody reads it if standard error is closed.
        let _ = writeln!(stderr(), "{line}");
    }

    fn ask(&mut self, prompt: &str) -> Option<String> {
        let _ = write!(stderr(), "{prompt}").and_then(|()| stderr().flush());
        let mut line = String::new();
        match stdin().read_line(&mut line) {
            Ok(1..) => Some(line.trim().to_owned()),
            Ok(0) | Err(_) => None,
        }
    }
}
