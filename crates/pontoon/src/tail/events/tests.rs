use std::time::Duration;

use bytes::Bytes;
use pontoon_upstream::Failure;

use super::*;

fn event(name: &'static str, data: &'static str) -> Happening {
    Happening::Item(Item::Event(ReceivedEvent {
        name: name.into(),
        data: Bytes::from_static(data.as_bytes()),
        last_event_id: "7".into(),
    }))
}

fn seen(step: Step) -> Seen {
    Seen {
        time: "T".to_owned(),
        gap: Some(Duration::from_millis(103)),
        id: Some("7".into()),
        step,
    }
}

#[test]
fn s4_33_an_event_is_a_line_with_its_time() {
    let events = Events::new(Paint::Plain, Paper::File, true);
    for (happening, step, expected) in [
        (
            event("message", "{}"),
            Step::Next,
            "T    +0.103 s  message  #7  {}\n",
        ),
        (
            event("news", "a\nb"),
            Step::Missing(2),
            "T    +0.103 s  news  #7 (2 missing)  a\n    | b\n",
        ),
        (
            event("x", ""),
            Step::Back,
            "T    +0.103 s  x  #7 (not after the last)  \n",
        ),
        (
            Happening::Item(Item::Comment("ping".to_owned())),
            Step::Next,
            "T    +0.103 s  : ping\n",
        ),
        (
            Happening::Item(Item::Retry(Duration::from_secs(5))),
            Step::Next,
            "T    +0.103 s  retry 5000 ms\n",
        ),
        (Happening::Opened { resumed_after: None }, Step::Next, ""),
    ] {
        assert_eq!(events.line(&happening, &seen(step)), expected);
    }
}

#[test]
fn a_file_has_no_times_and_a_terminal_is_not_spoken_to() {
    let events = Events::new(Paint::Plain, Paper::Terminal, false);
    let line = events.line(&event("message", "\u{1b}[2Jx"), &seen(Step::Next));
    assert_eq!(line, "message  #7  \u{fffd}[2Jx\n");
    let events = Events::new(Paint::Ansi, Paper::Terminal, false);
    let line = events.line(&event("message", "x"), &seen(Step::Next));
    assert_eq!(line, "\u{1b}[1mmessage\u{1b}[0m  \u{1b}[36m#7\u{1b}[0m  x\n");
}

#[test]
fn comings_and_goings_are_notes() {
    let events = Events::new(Paint::Plain, Paper::File, true);
    let lost = |why| Happening::Lost {
        why,
        is_mid_event: true,
        pause: Duration::from_secs(1),
    };
    for (happening, expected) in [
        (
            Happening::Opened { resumed_after: None },
            "connected; Ctrl-C ends it\n",
        ),
        (
            Happening::Opened {
                resumed_after: Some("7".to_owned()),
            },
            "connected, resuming after #7\n",
        ),
        (
            lost(None),
            "the stream ended, inside an event; coming back in 1.000 s\n",
        ),
        (
            lost(Some(Failure::Busy(503))),
            "the server is busy (503), inside an event; coming back in 1.000 s\n",
        ),
        (event("message", "x"), ""),
    ] {
        assert_eq!(events.note(&happening), expected);
    }
}

#[test]
fn it_is_summed_up_if_there_is_something() {
    let mut watch = Watch::default();
    let live = Events::new(Paint::Plain, Paper::File, true);
    assert_eq!(live.summary(&watch), "");
    watch.events = 1;
    watch.data_bytes = 12;
    assert_eq!(
        live.summary(&watch),
        "1 event in 0.000 s, longest gap 0.000 s, 12 bytes of data\n"
    );
    watch.reconnects = 1;
    watch.missing_ids = 3;
    watch.skipped = 2;
    let file = Events::new(Paint::Plain, Paper::File, false);
    assert_eq!(
        file.summary(&watch),
        "1 event, 12 bytes of data, 1 reconnect, 3 ids missing, 2 events too large\n"
    );
}
