//! The text of a configuration file, and where in it things are.

use std::ops::Range;

use crate::error::Position;

/// A file's name and text. Offsets into the text become lines and columns only when a problem is shown.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    name: String,
    text: String,
}

impl Source {
    /// A byte-order mark is dropped, so that it moves no column and hides no `{`.
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, both from 1; the column counts characters, as editors do.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let start = self.line_start(offset);
        let line = self.text[..start].matches('\n').count() + 1;
        let column = self.text[start..self.clamp(offset)].chars().count() + 1;
        Position { line, column }
    }

    /// The line that holds `offset`, without its end, and where that line starts.
    pub(crate) fn line(&self, offset: usize) -> (Range<usize>, &str) {
        let start = self.line_start(offset);
        let end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let line = self.text[start..end].trim_end_matches('\r');
        (start..start + line.len(), line)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text[..self.clamp(offset)].rfind('\n').map_or(0, |at| at + 1)
    }

    /// The nearest character boundary at or before `offset`.
    fn clamp(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("f", "\u{feff}a = 1\r\nüb = 2\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        let b = source.text().find('b').expect("there is a b");
        assert_eq!(source.position(b), Position { line: 2, column: 2 });
        assert_eq!(source.line(b).1, "üb = 2");
        assert_eq!(source.line(2).1, "a = 1");
        assert_eq!(source.position(10_000), Position { line: 3, column: 1 });
    }
}
