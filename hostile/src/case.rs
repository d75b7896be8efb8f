//! A case as written in its file. `README.md` describes the format.

use crate::era::Era;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Path below the directory of cases, without its extension.
    pub(crate) name: String,
    pub(crate) eras: Vec<Era>,
    /// What differs between runs: the columns of each line of `each`. One empty row without it.
    pub(crate) rows: Vec<Row>,
    pub(crate) setup: Vec<Setting>,
    pub(crate) steps: Vec<Step>,
    /// Eras in which every row is known not to hold, and why.
    pub(crate) known: Vec<Known>,
}

/// One line of `each`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) columns: Vec<String>,
    pub(crate) known: Option<Known>,
}

/// What does not hold yet.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Where; empty for everywhere.
    pub(crate) eras: Vec<Era>,
    pub(crate) reason: String,
}

/// How the gateway is started: a key of the head of the file and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// One thing to do or to expect.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Line of the file.
    pub(crate) line: usize,
    /// Only in these eras; empty for all.
    pub(crate) eras: Vec<Era>,
    /// How often, with `{n}` counting from 0.
    pub(crate) times: usize,
    pub(crate) words: String,
    /// The indented lines below it, without their indentation.
    pub(crate) block: Vec<String>,
}

/// Keys that say how the gateway is started.
const SETTINGS: [&str; 8] = [
    "child",
    "script",
    "server",
    "limits",
    "top",
    "alone",
    "memory",
    "descriptors",
];
const INDENT: &str = "    ";

impl Case {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The line and what is wrong there.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut case = Self {
            name: name.to_owned(),
            eras: vec![Era::Raw],
            rows: Vec::new(),
            setup: Vec::new(),
            steps: Vec::new(),
            known: Vec::new(),
        };
        for (line, words, block) in chunks(text) {
            case.chunk(line, words, block)
                .map_err(|problem| format!("{name}:{line}: {problem}"))?;
        }
        if case.rows.is_empty() {
            case.rows.push(Row::default());
        }
        if case.steps.is_empty() {
            return Err(format!("{name}: nothing happens in it"));
        }
        Ok(case)
    }

    fn chunk(&mut self, line: usize, words: &str, block: Vec<String>) -> Result<(), String> {
        let head = words.split_once(':').filter(|(key, _)| !key.contains([' ', '[']));
        let Some((key, value)) = head else {
            self.steps.push(Step::parse(line, words, block)?);
            return Ok(());
        };
        let value = value.trim();
        match key {
            "eras" => self.eras = Era::list(value)?,
            "each" => {
                self.rows = block
                    .iter()
                    .map(|row| Row::parse(row))
                    .collect::<Result<_, _>>()?;
            }
            "known" => self.known.push(Known::parse(value)?),
            key if SETTINGS.contains(&key) => {
                let below = block.join("\n");
                let value = [value, &below].into_iter().filter(|part| !part.is_empty());
                self.setup.push(Setting {
                    key: key.to_owned(),
                    value: value.collect::<Vec<_>>().join("\n"),
                });
            }
            _ => return Err(format!("{key:?} is no key")),
        }
        Ok(())
    }

    /// Why this run is known to fail, if it is.
    pub(crate) fn known<'a>(&'a self, row: &'a Row, era: Era) -> Option<&'a str> {
        let here = |known: &&Known| known.eras.is_empty() || known.eras.contains(&era);
        let known = self.known.iter().chain(&row.known).find(here);
        known.map(|known| known.reason.as_str())
    }
}

/// Lines that begin at the margin, each with the indented ones below it.
fn chunks(text: &str) -> Vec<(usize, &str, Vec<String>)> {
    let mut chunks: Vec<(usize, &str, Vec<String>)> = Vec::new();
    let mut blank = 0;
    for (index, line) in text.lines().enumerate() {
        if let (Some(inner), Some(chunk)) = (line.strip_prefix(INDENT), chunks.last_mut()) {
            chunk.2.extend(std::iter::repeat_n(String::new(), blank));
            chunk.2.push(inner.to_owned());
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            chunks.push((index + 1, line.trim_end(), Vec::new()));
        }
        // Empty lines count if the block goes on behind them.
        blank = if line.trim().is_empty() && !line.starts_with(INDENT) {
            blank + 1
        } else {
            0
        };
    }
    chunks
}

impl Row {
    fn parse(line: &str) -> Result<Self, String> {
        let (columns, known) = match line.split_once(" !! ") {
            Some((columns, known)) => (columns, Some(Known::parse(known)?)),
            None => (line, None),
        };
        Ok(Self {
            columns: columns
                .split(" => ")
                .map(|column| column.trim_end().to_owned())
                .collect(),
            known,
        })
    }

    /// Puts the columns in for `{1}`, `{2}` and so on.
    pub(crate) fn fill(&self, text: &str) -> String {
        let columns = self.columns.iter().enumerate();
        columns.fold(text.to_owned(), |text, (index, column)| {
            text.replace(&format!("{{{}}}", index + 1), column)
        })
    }
}

impl Known {
    fn parse(text: &str) -> Result<Self, String> {
        let (eras, reason) = bracket(text)?;
        if reason.is_empty() {
            return Err("say why it is known not to hold".to_owned());
        }
        Ok(Self {
            eras,
            reason: reason.to_owned(),
        })
    }
}

impl Step {
    fn parse(line: usize, words: &str, block: Vec<String>) -> Result<Self, String> {
        let (eras, words) = bracket(words)?;
        let (times, words) = match words.strip_prefix("times ") {
            Some(rest) => {
                let (count, words) = rest.split_once(' ').ok_or("times what?")?;
                (
                    count.parse().map_err(|_| format!("{count:?} is no number"))?,
                    words,
                )
            }
            None => (1, words),
        };
        Ok(Self {
            line,
            eras,
            times,
            words: words.to_owned(),
            block,
        })
    }
}

/// Splits `[eras] rest`.
fn bracket(text: &str) -> Result<(Vec<Era>, &str), String> {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((eras, rest)) => Ok((Era::list(eras)?, rest.trim_start())),
        None => Ok((Vec::new(), text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A comment.\neras: legacy, modern\nchild: --banner\neach:\n    one => 400\n    two => 413 !! [modern] later\nsend c1 every 5ms\n    {1}\n\n    body\n[modern] times 3 expect c1 {2}\n";

    #[test]
    fn a_file_has_a_head_and_steps() {
        let case = Case::parse("a/b", TEXT).unwrap();
        assert_eq!(case.eras.len(), 5);
        assert_eq!(case.setup[0].value, "--banner");
        assert_eq!(case.steps[0].words, "send c1 every 5ms");
        assert_eq!(case.steps[0].block, ["{1}", "", "body"]);
        assert_eq!((case.steps[1].times, case.steps[1].eras.len()), (3, 1));
        assert_eq!(case.rows[1].fill(&case.steps[1].words), "expect c1 413");
    }

    #[test]
    fn a_row_can_be_known_in_one_era() {
        let case = Case::parse("a/b", TEXT).unwrap();
        assert_eq!(case.known(&case.rows[1], Era::Modern), Some("later"));
        assert_eq!(case.known(&case.rows[1], Era::Sse), None);
        assert_eq!(case.known(&case.rows[0], Era::Modern), None);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, problem) in [
            ("", "nothing happens"),
            ("eras: never\nclose a", "x:1: \"never\" is no era"),
            ("colour: red\nclose a", "is no key"),
            ("close a\ntimes x close a", "x:2: \"x\" is no number"),
        ] {
            let told = Case::parse("x", text).unwrap_err();
            assert!(told.contains(problem), "{told}");
        }
    }
}
