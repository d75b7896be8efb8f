//! What is noticed of a stream while it goes by.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pontoon_dialects::Piece;
use pontoon_sse::Item;
use pontoon_upstream::Happening;

use super::gaps::{Step, step};

/// What was noticed when something happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// As in the log: UTC, to the microsecond.
    pub(super) time: String,
    /// The time since what happened before; `None` for the first.
    pub(super) gap: Option<Duration>,
    /// The id, where it is another one than before.
    pub(super) id: Option<Arc<str>>,
    pub(super) step: Step,
}

/// Keeps count.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) events: u64,
    /// Of all events.
    pub(super) data_bytes: u64,
    pub(super) reconnects: u64,
    pub(super) missing_ids: u64,
    pub(super) skipped: u64,
    pub(super) longest_gap: Duration,
    /// What the provider said that failed.
    pub(super) failed: Option<String>,
    started: Option<Instant>,
    last: Option<Instant>,
    last_id: Option<Arc<str>>,
    openings: u64,
}

impl Watch {
    pub(super) fn see(&mut self, happening: &Happening) -> Seen {
        self.see_at(happening, Instant::now(), crate::call::now())
    }

    fn see_at(&mut self, happening: &Happening, now: Instant, time: String) -> Seen {
        self.started.get_or_insert(now);
        let gap = self.last.replace(now).map(|last| now.duration_since(last));
        let mut seen = Seen {
            time,
            gap,
            id: None,
            step: Step::Next,
        };
        match happening {
            Happening::Item(Item::Event(event)) => {
                self.events += 1;
                self.data_bytes += event.data.len() as u64;
                self.longest_gap = self.longest_gap.max(gap.unwrap_or_default());
                (seen.id, seen.step) = self.identify(&event.last_event_id);
            }
            Happening::Opened { .. } => {
                self.openings += 1;
                self.reconnects = self.openings - 1;
            }
            Happening::Skipped { .. } => self.skipped += 1,
            Happening::Item(_) | Happening::Lost { .. } => {}
        }
        seen
    }

    /// An event without an id of its own has that of the one before it.
    fn identify(&mut self, id: &Arc<str>) -> (Option<Arc<str>>, Step) {
        if id.is_empty() || self.last_id.as_ref() == Some(id) {
            return (None, Step::Next);
        }
        let step = self
            .last_id
            .replace(id.clone())
            .map_or(Step::Next, |before| step(&before, id));
        if let Step::Missing(count) = step {
            self.missing_ids = self.missing_ids.saturating_add(count);
        }
        (Some(id.clone()), step)
    }

    /// What was decoded.
    pub(super) fn hear(&mut self, pieces: &[Piece]) {
        let failed = pieces.iter().find_map(|piece| match piece {
            Piece::Error(what) => Some(what.clone()),
            _ => None,
        });
        self.failed = self.failed.take().or(failed);
    }

    /// From the first thing that happened to the last.
    pub(super) fn duration(&self) -> Duration {
        match (self.started, self.last) {
            (Some(started), Some(last)) => last.duration_since(started),
            _ => Duration::ZERO,
        }
    }
}

/// `0.103 s`
pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pontoon_sse::ReceivedEvent;

    use super::*;

    fn event(id: &str) -> Happening {
        Happening::Item(Item::Event(ReceivedEvent {
            name: "message".into(),
            data: Bytes::from_static(b"abc"),
            last_event_id: id.into(),
        }))
    }

    #[test]
    fn times_ids_and_gaps_are_noticed() {
        let mut watch = Watch::default();
        let start = Instant::now();
        let mut see = |happening: &Happening, millis: u64| {
            let seen = watch.see_at(happening, start + Duration::from_millis(millis), "T".to_owned());
            (seen.gap.map(|gap| gap.as_millis()), seen.id, seen.step)
        };
        let opened = Happening::Opened { resumed_after: None };
        assert_eq!(see(&opened, 0), (None, None, Step::Next));
        assert_eq!(see(&event("1"), 5), (Some(5), Some("1".into()), Step::Next));
        assert_eq!(see(&event("1"), 6), (Some(1), None, Step::Next));
        assert_eq!(see(&opened, 10), (Some(4), None, Step::Next));
        assert_eq!(
            see(&event("5"), 110),
            (Some(100), Some("5".into()), Step::Missing(3))
        );
        assert_eq!(see(&event("2"), 110), (Some(0), Some("2".into()), Step::Back));
        assert_eq!(
            (
                watch.events,
                watch.data_bytes,
                watch.missing_ids,
                watch.reconnects
            ),
            (4, 12, 3, 1)
        );
        assert_eq!(
            (watch.duration().as_millis(), watch.longest_gap.as_millis()),
            (110, 100)
        );
    }
}
