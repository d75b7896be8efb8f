//! The hub by itself, without a socket; a test that proves a row of the requirements is named after it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body::Body;
use pontoon_jsonrpc::{Id, Outcome, Raw};

use super::*;

mod hostile;
mod log;

/// A client that reads when the test wants it to.
struct Page {
    id: ClientId,
    body: ResponseBody,
}

impl Page {
    fn connect(hub: &Hub, id: &str, last: Option<&str>) -> Self {
        let id = ClientId::new(id).unwrap();
        let body = hub.connect(&id, last).unwrap().into_body();
        Self { id, body }
    }

    /// What is there to be read now.
    fn read(&mut self) -> String {
        let mut text = String::new();
        while let Poll::Ready(Some(chunk)) = self.poll() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        text
    }

    fn poll(&mut self) -> Poll<Option<Bytes>> {
        let mut cx = Context::from_waker(Waker::noop());
        let frame = Pin::new(&mut self.body).poll_frame(&mut cx);
        frame.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    }

    fn is_over(&mut self) -> bool {
        matches!(self.poll(), Poll::Ready(None))
    }
}

fn epoch() -> pontoon_session::SessionId {
    pontoon_session::SessionId::from_bits([0; 32])
}

/// Ids begin with twelve letters A.
fn settings() -> HubSettings {
    HubSettings {
        keep_alive: None,
        retry: None,
        epoch,
        ..HubSettings::default()
    }
}

fn hub() -> Hub {
    Hub::new(settings())
}

fn numbered(number: u64) -> String {
    format!("AAAAAAAAAAAA-{number}")
}

const OPENING: &str = "id: AAAAAAAAAAAA-0\n\nevent: connect\ndata: {\"connected\":true}\n\n";

#[test]
fn s3_3_ids_increase_on_every_stream() {
    let hub = hub();
    let (mut one, mut two) = (Page::connect(&hub, "one", None), Page::connect(&hub, "two", None));
    for step in 0..50 {
        let event = HubEvent::new("n", "");
        match step % 3 {
            0 => drop(hub.send_event(&one.id, &event)),
            1 => drop(hub.send_event(&two.id, &event)),
            _ => drop(hub.broadcast(&event)),
        }
    }
    for page in [&mut one, &mut two] {
        let text = page.read();
        let ids = text
            .lines()
            .filter_map(|line| line.strip_prefix("id: AAAAAAAAAAAA-"));
        let ids: Vec<u64> = ids.map(|id| id.parse().unwrap()).collect();
        assert!(ids.len() > 30 && ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }
}

#[test]
fn s3_4_connecting_sets_headers_registers_and_says_connect() {
    let hub = hub();
    let id = ClientId::new("a").unwrap();
    let response = hub.connect(&id, None).unwrap();
    assert_eq!(response.status(), 200);
    assert!(hub.is_connected(&id));
    let mut page = Page {
        id,
        body: response.into_body(),
    };
    assert_eq!(page.read(), OPENING);
}

#[test]
fn s3_5_an_event_for_a_client_that_is_not_there_is_refused() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    let event = HubEvent::new("n", "x");
    assert_eq!(hub.send_event(&page.id, &event), Ok(()));
    let nobody = ClientId::new("b").unwrap();
    assert_eq!(hub.send_event(&nobody, &event), Err(NotSent::Unknown));
    assert_eq!(
        page.read(),
        format!("{OPENING}id: {}\nevent: n\ndata: x\n\n", numbered(1))
    );
    let id = page.id.clone();
    drop(page);
    assert_eq!(hub.send_event(&id, &event), Err(NotSent::Unknown));
}

#[test]
fn s3_6_and_s3_14_a_response_is_a_message_event_with_an_id() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    let response = pontoon_jsonrpc::Response {
        id: Some(Id::from(7)),
        outcome: Outcome::Result(Raw::empty_object()),
    };
    hub.send_json_rpc_response(&page.id, &response).unwrap();
    let expected = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n";
    assert_eq!(page.read(), format!("{OPENING}id: {}\n{expected}", numbered(1)));
}

#[test]
fn s3_7_and_s3_15_and_s3_31_a_notification_keeps_its_name_and_its_uri() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    let params = Raw::from_static(r#"{"uri":"airs://scan-results/123"}"#);
    hub.send_notification(&page.id, "resources/changed", Some(&params))
        .unwrap();
    let expected = "event: notification\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"resources/changed\",\"params\":{\"uri\":\"airs://scan-results/123\"}}\n\n";
    assert!(page.read().ends_with(expected));
}

#[test]
fn s3_17_and_s3_18_progress_and_errors_have_names_of_their_own() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    let progress = pontoon_jsonrpc::Notification {
        method: pontoon_mcp::method::PROGRESS.into(),
        params: Some(Raw::from_static(r#"{"progressToken":1,"progress":2}"#)),
    };
    hub.mirror(&progress);
    hub.send_error(&page.id, &ErrorObject::new(-32603, "no")).unwrap();
    let text = page.read();
    assert!(
        text.contains("event: progress\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\""),
        "{text}"
    );
    assert!(
        text.contains("event: error\ndata: {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603"),
        "{text}"
    );
}

#[test]
fn s3_8_and_s3_23_a_broadcast_reaches_all_with_the_same_bytes() {
    let hub = hub();
    let mut pages: Vec<_> = (0..3)
        .map(|n| Page::connect(&hub, &format!("{n}"), None))
        .collect();
    pages.iter_mut().for_each(|page| assert_eq!(page.read(), OPENING));
    let gone = pages.pop();
    drop(gone);
    assert_eq!(hub.broadcast(&HubEvent::new("news", "x")), Ok(2));
    let chunks = pages.iter_mut().map(|page| match page.poll() {
        Poll::Ready(Some(chunk)) => chunk.as_ptr(),
        other => panic!("{other:?}"),
    });
    let chunks: Vec<_> = chunks.into_iter().collect();
    assert_eq!(chunks[0], chunks[1], "encoded once, and never copied");
}

#[test]
fn s3_9_disconnecting_ends_the_stream_behind_what_was_queued() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    hub.send_event(&page.id, &HubEvent::new("", "last words").without_id())
        .unwrap();
    assert!(hub.disconnect(&page.id));
    assert!(!hub.disconnect(&page.id));
    assert!(!hub.is_connected(&page.id));
    assert_eq!(
        (hub.client_count(), hub.state(&page.id)),
        (0, ClientState::Closing)
    );
    assert_eq!(page.read(), format!("{OPENING}data: last words\n\n"));
    assert!(page.is_over());
    let many: Vec<_> = (0..5)
        .map(|n| Page::connect(&hub, &format!("{n}"), None))
        .collect();
    assert_eq!(hub.client_count(), 5);
    hub.disconnect_all();
    assert_eq!(hub.client_count(), 0);
    drop(many);
}

#[test]
fn s3_10_a_frame_is_id_event_retry_data() {
    let wait = Duration::from_secs(5);
    let event = HubEvent::new("test-event", "test data")
        .with_id("123")
        .with_retry(wait);
    let frame = Journal::new("e", 1 << 20).enter(&event, None);
    assert_eq!(
        frame,
        "id: 123\nevent: test-event\nretry: 5000\ndata: test data\n\n"
    );
    let event = HubEvent::new("multi-line", "line1\nline2\r\nline3").without_id();
    let frame = Journal::new("e", 1 << 20).enter(&event, None);
    assert_eq!(
        frame,
        "event: multi-line\ndata: line1\ndata: line2\ndata: line3\n\n"
    );
}

#[test]
fn s3_11_headers_keep_the_stream_from_being_held_back() {
    let response = hub().connect(&ClientId::random(), None).unwrap();
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache, no-transform"),
        ("connection", "keep-alive"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
}

#[test]
fn s3_20_and_s3_22_a_client_goes_through_its_states() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    assert_eq!(hub.state(&page.id), ClientState::Connecting);
    page.read();
    assert_eq!(hub.state(&page.id), ClientState::Open);
    hub.disconnect(&page.id);
    assert_eq!(hub.state(&page.id), ClientState::Closing);
    let id = page.id.clone();
    drop(page);
    assert_eq!(hub.state(&id), ClientState::Closed);
}

#[test]
fn who_connects_again_takes_the_place_of_the_earlier_stream() {
    let hub = hub();
    let mut earlier = Page::connect(&hub, "a", None);
    let mut later = Page::connect(&hub, "a", None);
    assert_eq!(earlier.read(), OPENING);
    assert!(earlier.is_over());
    drop(earlier);
    assert_eq!(hub.client_count(), 1);
    hub.send_event(&later.id, &HubEvent::new("", "x").without_id())
        .unwrap();
    assert_eq!(later.read(), format!("{OPENING}data: x\n\n"));
}

#[test]
fn what_was_missed_is_replayed_to_whom_it_was_for() {
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    let event = |text| HubEvent::new("", text);
    hub.send_event(&page.id, &event("mine")).unwrap();
    page.read();
    let id = page.id.clone();
    hub.send_event(&id, &event("lost on the way")).unwrap();
    drop(page);
    let other = Page::connect(&hub, "b", None);
    hub.send_event(&other.id, &event("not yours")).unwrap();
    hub.broadcast(&event("for all")).unwrap();
    hub.broadcast(&event("only now").without_id()).unwrap();
    let mut again = Page::connect(&hub, "a", Some(&numbered(1)));
    let expected = format!(
        "id: {}\n\nevent: connect\ndata: {{\"connected\":true,\"resumed\":true}}\n\nid: {}\ndata: lost on the way\n\nid: {}\ndata: for all\n\n",
        numbered(1),
        numbered(2),
        numbered(4)
    );
    assert_eq!(again.read(), expected);
    assert_eq!(hub.last_event_id(), numbered(4));
}

#[test]
fn an_id_of_the_applications_own_is_a_place_to_go_on_from() {
    let hub = hub();
    for (id, data) in [("x", "1"), ("y", "2"), ("x", "3"), ("z", "4")] {
        hub.broadcast(&HubEvent::new("", data).with_id(id)).unwrap();
    }
    let text = Page::connect(&hub, "a", Some("x")).read();
    assert!(
        text.ends_with("\"resumed\":true}\n\nid: z\ndata: 4\n\n"),
        "{text}"
    );
}

#[test]
fn who_missed_more_than_is_kept_is_told_and_gets_the_rest() {
    let hub = Hub::new(HubSettings {
        replay_bytes: 300,
        ..settings()
    });
    for n in 0..10 {
        hub.broadcast(&HubEvent::new("", &n.to_string())).unwrap();
    }
    let text = Page::connect(&hub, "a", Some(&numbered(1))).read();
    assert!(text.contains("\"resumed\":false"), "{text}");
    assert!(
        text.ends_with("data: 9\n\n") && !text.contains("data: 1\n"),
        "{text}"
    );
    let text = Page::connect(&hub, "a", Some(&numbered(9))).read();
    assert!(
        text.contains("\"resumed\":true") && text.ends_with("data: 9\n\n"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn s3_19_and_s3_27_keep_alive_is_a_comment_or_an_event_or_off() {
    for (keep_alive, ping, expected) in [
        (Some(Duration::from_secs(20)), Ping::Comment, Some(":\n\n")),
        (
            Some(Duration::from_secs(20)),
            Ping::Event,
            Some("event: ping\ndata: {}\n\n"),
        ),
        (None, Ping::Event, None),
    ] {
        let hub = Hub::new(HubSettings {
            keep_alive,
            ping,
            ..settings()
        });
        let mut page = Page::connect(&hub, "a", None);
        page.read();
        let begun = tokio::time::Instant::now();
        let next = std::future::poll_fn(|cx| Pin::new(&mut page.body).poll_frame(cx));
        let next = tokio::time::timeout(Duration::from_secs(3600), next).await;
        let chunk = next
            .ok()
            .map(|frame| frame.unwrap().unwrap().into_data().unwrap());
        assert_eq!(chunk.as_deref(), expected.map(str::as_bytes));
        assert!(expected.is_none() || begun.elapsed() == Duration::from_secs(20));
    }
}

#[test]
fn retry_is_told_at_once() {
    let hub = Hub::new(HubSettings {
        retry: Some(Duration::from_secs(5)),
        ..settings()
    });
    let text = Page::connect(&hub, "a", None).read();
    assert!(
        text.starts_with("id: AAAAAAAAAAAA-0\nretry: 5000\n\nevent: connect\n"),
        "{text}"
    );
}
