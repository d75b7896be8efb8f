//! Events, for people.

use std::fmt::Write as _;

use pontoon_sse::{Item, ReceivedEvent};
use pontoon_upstream::Happening;

use super::Paper;
use super::gaps::Step;
use super::watch::{Seen, Watch, seconds};
use crate::call::plain;
use crate::paint::Paint;

/// Shows events, line by line.
pub(super) struct Events {
    paint: Paint,
    paper: Paper,
    /// Whether times mean something.
    has_times: bool,
}

impl Events {
    pub(super) fn new(paint: Paint, paper: Paper, has_times: bool) -> Self {
        Self {
            paint,
            paper,
            has_times,
        }
    }

    /// What goes to standard output.
    pub(super) fn line(&self, happening: &Happening, seen: &Seen) -> String {
        let what = match happening {
            Happening::Item(Item::Event(event)) => self.event(event, seen),
            Happening::Item(Item::Comment(text)) => {
                format!("{}", self.paint.faint(format_args!(": {}", self.text(text))))
            }
            Happening::Item(Item::Retry(delay)) => {
                format!(
                    "{}",
                    self.paint.faint(format_args!("retry {} ms", delay.as_millis()))
                )
            }
            Happening::Skipped { max } => {
                let text = format_args!("an event of more than {max} bytes was skipped");
                format!("{}", self.paint.alarming(text))
            }
            Happening::Opened { .. } | Happening::Lost { .. } => return String::new(),
        };
        if !self.has_times {
            return format!("{what}\n");
        }
        let gap = seen
            .gap
            .map_or_else(String::new, |gap| format!("+{}", seconds(gap)));
        format!("{}  {gap:>10}  {what}\n", self.paint.faint(&seen.time))
    }

    fn event(&self, event: &ReceivedEvent, seen: &Seen) -> String {
        let mut line = format!("{}", self.paint.strong(self.text(&event.name)));
        // A String takes everything.
        if let Some(id) = &seen.id {
            let _ = write!(
                line,
                "  {}",
                self.paint.address(format_args!("#{}", self.text(id)))
            );
        }
        match seen.step {
            Step::Next => {}
            Step::Missing(count) => {
                let _ = write!(
                    line,
                    " {}",
                    self.paint.alarming(format_args!("({count} missing)"))
                );
            }
            Step::Back => {
                let _ = write!(line, " {}", self.paint.alarming("(not after the last)"));
            }
        }
        let data = String::from_utf8_lossy(&event.data);
        // Each further line shows that it is one.
        for (index, part) in data.split('\n').enumerate() {
            line.push_str(if index == 0 { "  " } else { "\n    | " });
            line.push_str(&self.text(part));
        }
        line
    }

    fn text(&self, text: &str) -> String {
        match self.paper {
            Paper::Terminal => plain(text),
            Paper::File => text.to_owned(),
        }
    }

    /// What goes to standard error.
    pub(super) fn note(&self, happening: &Happening) -> String {
        match happening {
            Happening::Opened { resumed_after: None } => "connected; Ctrl-C ends it\n".to_owned(),
            other => comings_and_goings(other),
        }
    }
}

impl Events {
    /// Sums it up, if there is something.
    pub(super) fn summary(&self, watch: &Watch) -> String {
        if watch.events + watch.skipped == 0 {
            return String::new();
        }
        let mut parts = vec![counted(watch.events, "event", "events")];
        if self.has_times {
            parts[0] += &format!(" in {}", seconds(watch.duration()));
            parts.push(format!("longest gap {}", seconds(watch.longest_gap)));
        }
        parts.push(format!("{} of data", counted(watch.data_bytes, "byte", "bytes")));
        for (count, what) in [
            (
                watch.reconnects,
                counted(watch.reconnects, "reconnect", "reconnects"),
            ),
            (
                watch.missing_ids,
                format!("{} missing", counted(watch.missing_ids, "id", "ids")),
            ),
            (
                watch.skipped,
                format!("{} too large", counted(watch.skipped, "event", "events")),
            ),
        ] {
            parts.extend((count > 0).then_some(what));
        }
        parts.join(", ") + "\n"
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Of the connections after the first.
pub(super) fn comings_and_goings(happening: &Happening) -> String {
    match happening {
        Happening::Opened {
            resumed_after: Some(id),
        } => format!("connected, resuming after #{}\n", plain(id)),
        Happening::Lost {
            why,
            is_mid_event,
            pause,
        } => {
            let how = why
                .as_ref()
                .map_or_else(|| "the stream ended".to_owned(), ToString::to_string);
            let inside = if *is_mid_event { ", inside an event" } else { "" };
            format!("{how}{inside}; coming back in {}\n", seconds(*pause))
        }
        Happening::Opened { resumed_after: None } | Happening::Item(_) | Happening::Skipped { .. } => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests;
