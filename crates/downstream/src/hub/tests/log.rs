//! What the log says.

use std::fmt::Write as _;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;

/// Keeps the fields of warnings, each on a line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut log = self.0.lock().unwrap();
        event.record(&mut Line(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn s3_26_who_was_cut_off_is_told_with_its_id_and_the_reason_and_not_a_thousand_times() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let hub = Hub::new(HubSettings {
            queue_bytes: 1,
            ..settings()
        });
        let pages: Vec<_> = (0..1000)
            .map(|n| Page::connect(&hub, &format!("page-{n}"), None))
            .collect();
        hub.broadcast(&HubEvent::new("", "fits an empty queue")).unwrap();
        hub.broadcast(&HubEvent::new("", "does not fit")).unwrap();
        drop(pages);
    });
    let log = log.0.lock().unwrap();
    assert_eq!(log.lines().count(), 10, "{log}");
    for part in [
        "client=page-",
        "limit=1 ",
        "error=the client does not read fast enough",
    ] {
        assert!(log.lines().all(|line| line.contains(part)), "{log}");
    }
}
