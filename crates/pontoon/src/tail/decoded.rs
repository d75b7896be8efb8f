//! What a model says, for people: its answer on standard output, everything else on standard error.

use pontoon_dialects::Piece;
use pontoon_upstream::Happening;

use super::events::comings_and_goings;
use super::{Paper, show, show_aside};
use crate::call::plain;

/// Shows a text as it grows.
pub(super) struct Decoded {
    paper: Paper,
    /// What was written last, as long as it has not come to the end of a line.
    open: Option<Voice>,
}

/// Who is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Voice {
    Answer,
    Aside(String),
}

impl Decoded {
    pub(super) fn new(paper: Paper) -> Self {
        Self { paper, open: None }
    }

    /// Whether somebody still reads it.
    pub(super) fn tell(&mut self, happening: &Happening, pieces: &[Piece]) -> bool {
        self.note(&comings_and_goings(happening));
        if let Happening::Skipped { max } = happening {
            self.note(&format!("an event of more than {max} bytes was skipped\n"));
        }
        pieces.iter().all(|piece| self.piece(piece))
    }

    fn piece(&mut self, piece: &Piece) -> bool {
        match piece {
            Piece::Text(more) => return self.answer(more),
            Piece::Rewritten(whole) => {
                self.note("[the answer was rewritten]\n");
                return show("\n") && self.answer(whole);
            }
            Piece::Thinking(more) => self.aside("thinking", more),
            Piece::Tool(name) => self.note(&format!("[tool] {}\n", plain(name))),
            Piece::ToolInput(more) => self.aside("tool input", more),
            Piece::Choice { index, text } => self.aside(&format!("choice {index}"), text),
            Piece::Finished(why) => self.note(&format!("[finished] {}\n", plain(why))),
            Piece::Error(what) => self.note(&format!("[error] {}\n", plain(what))),
            Piece::Unreadable(why) => self.note(&format!("[not readable] {why}\n")),
        }
        true
    }

    fn answer(&mut self, text: &str) -> bool {
        if matches!(self.open, Some(Voice::Aside(_))) {
            show_aside("\n");
        }
        self.open = (!text.ends_with('\n')).then_some(Voice::Answer);
        match self.paper {
            Paper::Terminal => show(&plain(text)),
            Paper::File => show(text),
        }
    }

    fn aside(&mut self, label: &str, text: &str) {
        let voice = Voice::Aside(label.to_owned());
        if self.open.as_ref() != Some(&voice) {
            self.note(&format!("[{label}] "));
            self.open = Some(voice);
        }
        show_aside(&plain(text));
    }

    /// On a line of its own.
    fn note(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match (self.open.take(), self.paper) {
            (Some(Voice::Aside(_)), _) => show_aside("\n"),
            // Both are the same screen.
            (Some(Voice::Answer), Paper::Terminal) => show_aside("\n"),
            (Some(Voice::Answer), Paper::File) | (None, _) => {}
        }
        show_aside(text);
    }

    /// Nothing is added to the text in a file.
    pub(super) fn end(&self) {
        match (&self.open, self.paper) {
            (Some(Voice::Aside(_)), _) => show_aside("\n"),
            (Some(Voice::Answer), Paper::Terminal) => {
                show("\n");
            }
            (Some(Voice::Answer), Paper::File) | (None, _) => {}
        }
    }
}
