//! Streams of events that are followed across connections.

use std::time::Duration;

use bytes::Bytes;
use pontoon_sse::Item;
use pontoon_upstream::{
    EventRequest, EventSource, Failure, Happening, HttpTarget, SourceError, SourceSettings,
};

use super::peer::Peer;

const QUICK: SourceSettings = SourceSettings {
    max_event: 4096,
    connect_timeout: Duration::from_secs(5),
    silence: Some(Duration::from_secs(20)),
    max_failures: 3,
    first_pause: Duration::from_millis(1),
    max_pause: Duration::from_secs(1),
};

fn source(peer: &Peer, request: EventRequest, settings: SourceSettings) -> EventSource {
    let target = HttpTarget {
        url: peer.url(),
        headers: vec![("X-Key".to_owned(), "k".to_owned())],
        extra_ca: None,
    };
    EventSource::new(&target, request, settings).expect("the target is well formed")
}

async fn next(source: &mut EventSource) -> Happening {
    let next = source.next().await.expect("it is followed");
    next.expect("it goes on")
}

/// The data of the next event.
async fn data(source: &mut EventSource) -> String {
    match next(source).await {
        Happening::Item(Item::Event(event)) => String::from_utf8_lossy(&event.data).into_owned(),
        other => panic!("{other:?}"),
    }
}

fn pause(happening: Happening) -> Duration {
    match happening {
        Happening::Lost { pause, .. } => pause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_lost_is_resumed_after_the_last_id() {
    let mut peer = Peer::new().await;
    let settings = SourceSettings {
        max_pause: Duration::from_millis(1),
        ..QUICK
    };
    let mut source = source(&peer, EventRequest::default(), settings);
    let serve = async {
        let asked = peer.next().await;
        assert_eq!(asked.method(), "GET");
        assert_eq!(asked.header("accept"), Some("text/event-stream"));
        assert_eq!(asked.header("x-key"), Some("k"));
        assert_eq!(asked.header("last-event-id"), None);
        let mut stream = asked.events().await;
        // The server may ask for longer than `max_pause`.
        stream
            .write("retry: 60\n\ndata: one\nid: 7\n\ndata: half\nid: 8\n")
            .await;
        stream.end().await;
        let asked = peer.next().await;
        assert_eq!(asked.header("last-event-id"), Some("7"));
        let mut stream = asked.events().await;
        stream.write(": back\n\nid: 8\ndata: two\n\n").await;
        stream.end().await;
        peer.next().await.answer(204, "", "").await;
    };
    let follow = async {
        assert_eq!(next(&mut source).await, Happening::Opened { resumed_after: None });
        let retry = Duration::from_millis(60);
        assert_eq!(next(&mut source).await, Happening::Item(Item::Retry(retry)));
        assert_eq!(data(&mut source).await, "one");
        let lost = Happening::Lost {
            why: None,
            is_mid_event: true,
            pause: retry,
        };
        assert_eq!(next(&mut source).await, lost);
        let resumed_after = Some("7".to_owned());
        assert_eq!(next(&mut source).await, Happening::Opened { resumed_after });
        assert_eq!(
            next(&mut source).await,
            Happening::Item(Item::Comment("back".to_owned()))
        );
        assert_eq!(data(&mut source).await, "two");
        assert_eq!(source.last_event_id(), "8");
        assert_eq!(pause(next(&mut source).await), retry);
        // "204 No Content": do not come back.
        assert_eq!(source.next().await.expect("it is an end"), None);
        assert_eq!(source.next().await.expect("it stays one"), None);
    };
    tokio::join!(serve, follow);
}

#[tokio::test]
async fn pauses_grow_until_something_comes_and_attempts_are_counted() {
    let mut peer = Peer::new().await;
    let settings = SourceSettings {
        first_pause: Duration::from_millis(60),
        max_pause: Duration::from_millis(200),
        ..QUICK
    };
    let mut source = source(&peer, EventRequest::default(), settings);
    let serve = async {
        peer.next().await.events().await.end().await;
        peer.next().await.answer(503, "", "").await;
        peer.next().await.answer(429, "Retry-After: 1\r\n", "").await;
        let mut stream = peer.next().await.events().await;
        stream.write("data: x\n\n").await;
        stream.end().await;
        for _ in 0..3 {
            peer.next().await.hang_up();
        }
    };
    let follow = async {
        assert!(matches!(next(&mut source).await, Happening::Opened { .. }));
        assert_eq!(pause(next(&mut source).await), Duration::from_millis(60));
        let busy = Happening::Lost {
            why: Some(Failure::Busy(503)),
            is_mid_event: false,
            pause: Duration::from_millis(120),
        };
        assert_eq!(next(&mut source).await, busy);
        assert_eq!(pause(next(&mut source).await), Duration::from_secs(1));
        assert!(matches!(next(&mut source).await, Happening::Opened { .. }));
        assert_eq!(data(&mut source).await, "x");
        for millis in [60, 120, 200] {
            assert_eq!(pause(next(&mut source).await), Duration::from_millis(millis));
        }
        let error = source.next().await.expect_err("that was too often");
        assert!(
            matches!(error, SourceError::Failed(Failure::Broken(_))),
            "{error}"
        );
    };
    tokio::join!(serve, follow);
}

#[tokio::test]
async fn a_body_is_posted_and_the_end_is_the_end_where_that_is_wanted() {
    let mut peer = Peer::new().await;
    let request = EventRequest {
        method: "POST".to_owned(),
        body: Bytes::from_static(b"{\"stream\":true}"),
        last_event_id: "5".to_owned(),
    };
    let settings = SourceSettings {
        max_failures: 0,
        ..QUICK
    };
    let mut source = source(&peer, request, settings);
    let serve = async {
        let asked = peer.next().await;
        assert_eq!(
            (asked.method(), asked.body.as_str()),
            ("POST", "{\"stream\":true}")
        );
        assert_eq!(asked.header("content-type"), Some("application/json"));
        assert_eq!(asked.header("last-event-id"), Some("5"));
        let mut stream = asked.events().await;
        stream
            .write(&format!("data: {}\n\ndata: x\n\n", "long".repeat(2000)))
            .await;
        stream.end().await;
    };
    let follow = async {
        let resumed_after = Some("5".to_owned());
        assert_eq!(next(&mut source).await, Happening::Opened { resumed_after });
        assert_eq!(next(&mut source).await, Happening::Skipped { max: 4096 });
        assert_eq!(data(&mut source).await, "x");
        assert_eq!(source.next().await.expect("it is an end"), None);
    };
    tokio::join!(serve, follow);
    assert!(peer.is_idle());
}

#[tokio::test]
async fn what_is_no_stream_is_told_with_how_it_begins() {
    for (status, headers, body) in [
        (200, "Content-Type: application/json\r\n", "{}"),
        (401, "Content-Type: text/plain\r\n", "no"),
        (503, "", ""),
        (302, "Location: https://example.com/x\r\n", ""),
    ] {
        let mut peer = Peer::new().await;
        let mut source = source(&peer, EventRequest::default(), QUICK);
        let (next, ()) = tokio::join!(source.next(), async {
            peer.next().await.answer(status, headers, body).await;
        });
        let Err(SourceError::Refused(refusal)) = next else {
            panic!("{next:?}")
        };
        assert_eq!((refusal.status, refusal.excerpt.as_str()), (status, body));
        assert_eq!(refusal.location.is_some(), status == 302);
        assert_eq!(source.next().await.expect("it is over"), None);
    }
}

#[tokio::test]
async fn a_silent_stream_is_given_up() {
    let mut peer = Peer::new().await;
    let settings = SourceSettings {
        silence: Some(Duration::from_millis(20)),
        max_failures: 1,
        ..QUICK
    };
    let mut source = source(&peer, EventRequest::default(), settings);
    let serve = async {
        for _ in 0..2 {
            peer.next().await.events().await.left().await;
        }
    };
    let follow = async {
        assert!(matches!(next(&mut source).await, Happening::Opened { .. }));
        let lost = next(&mut source).await;
        let Happening::Lost { why: Some(why), .. } = lost else {
            panic!("{lost:?}")
        };
        assert!(why.to_string().contains("silent"), "{why}");
        assert!(matches!(next(&mut source).await, Happening::Opened { .. }));
        let error = source.next().await.expect_err("that was once too often");
        assert!(matches!(error, SourceError::Silent), "{error}");
    };
    tokio::join!(serve, follow);
}

#[tokio::test]
async fn a_target_that_cannot_be_is_refused() {
    for (url, method, header) in [
        ("file:///etc/passwd", "GET", "X-Key"),
        ("http://h", "G T", "X-Key"),
        ("http://h", "GET", "Host"),
        ("http://h", "GET", "Last-Event-ID"),
    ] {
        let target = HttpTarget {
            url: url.to_owned(),
            headers: vec![(header.to_owned(), "secret".to_owned())],
            extra_ca: None,
        };
        let request = EventRequest {
            method: method.to_owned(),
            ..EventRequest::default()
        };
        let error = EventSource::new(&target, request, QUICK).expect_err("it is refused");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let target = HttpTarget {
        url: "http://127.0.0.1:1/".to_owned(),
        headers: vec![("Mcp-Session-Id".to_owned(), "s".to_owned())],
        extra_ca: None,
    };
    let mut source =
        EventSource::new(&target, EventRequest::default(), QUICK).expect("a session can be named");
    let error = source.next().await.expect_err("nobody is there");
    assert!(
        matches!(error, SourceError::Failed(Failure::Unreachable(_))),
        "{error}"
    );
}
