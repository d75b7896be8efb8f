//! The kit against a stand-in.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::stand_in::{Asked, Reply, StandIn};

const FRESH: Duration = Duration::from_secs(60);
const LINE: &str = "GET /api/thing";

fn settings(api: &StandIn) -> SourceSettings {
    SourceSettings {
        backoff: Duration::from_millis(1),
        jitter: || 0,
        max_response_bytes: 1000,
        final_messages: &["Invalid id"],
        ..SourceSettings::new(api.url("/api"))
    }
}

async fn source(route: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (StandIn, Source) {
    let api = StandIn::start(route).await;
    let source = Source::new(settings(&api)).expect("valid settings");
    (api, source)
}

async fn thing(source: &Source) -> Result<u64, SourceError> {
    source.get(&source.url(&["thing"]), json::<u64>).await
}

async fn cached(source: &Source, cache: &Cached<u8, u64>) -> Result<u64, String> {
    let url = source.url(&["thing"]);
    let got = cache.get(source, 1, &url, json::<u64>).await;
    got.map(|held| *held.value).map_err(|error| error.to_string())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for failure in [
        || Reply::status(503, "busy"),
        || Reply::status(429, "slow down").header("Retry-After", "0"),
        Reply::html,
        || Reply::json(""),
        || Reply::json("{\"no\": 1}"),
    ] {
        let (api, source) = source(move |asked| match asked.before {
            0 | 1 => failure(),
            _ => Reply::json(7),
        })
        .await;
        assert_eq!(thing(&source).await.expect("the third attempt succeeds"), 7);
        assert_eq!(api.seen(LINE), 3);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_told_at_once() {
    for (status, body, told) in [
        (404, "no", "answered with HTTP status 404 Not Found".to_owned()),
        (
            500,
            r#"{"message":"Invalid id"}"#,
            "HTTP status 500 Internal Server Error and says \"Invalid id\"".to_owned(),
        ),
        (
            200,
            &"9".repeat(1001),
            "answered with more than 1000 bytes".to_owned(),
        ),
    ] {
        let body = body.to_owned();
        let (api, source) = source(move |_| Reply::status(status, &body)).await;
        let error = thing(&source).await.expect_err("it fails").to_string();
        assert!(error.contains(&told), "{error}");
        assert_eq!(api.seen(LINE), 1, "{told}");
    }
}

#[tokio::test]
async fn html_in_a_200_is_trouble_that_may_pass() {
    let (api, source) = source(|_| Reply::html()).await;
    let error = thing(&source).await.expect_err("it fails");
    assert!(
        error
            .to_string()
            .contains("an HTML page instead of the expected JSON")
    );
    assert!(error.is_passing());
    assert_eq!(api.seen(LINE), 3);
}

#[tokio::test]
async fn a_silent_api_is_given_up() {
    let api = StandIn::start(|_| Reply::silence()).await;
    let source = Source::new(SourceSettings {
        request_timeout: Duration::from_millis(20),
        attempts: 2,
        ..settings(&api)
    })
    .expect("valid settings");
    let error = thing(&source).await.expect_err("nothing comes").to_string();
    assert!(error.ends_with("gave no answer: timed out"), "{error}");
}

#[tokio::test]
async fn a_redirect_elsewhere_is_refused() {
    let (api, source) = source(|asked| match asked.line.as_str() {
        LINE => Reply::status(302, "").header("Location", "/api/moved"),
        "GET /api/moved" => Reply::status(302, "").header("Location", "http://127.0.0.1:1/"),
        _ => Reply::json(1),
    })
    .await;
    let error = thing(&source).await.expect_err("refused").to_string();
    assert!(error.contains("it redirects to another origin"), "{error}");
    assert!(api.seen("GET /api/moved") > 0);
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_is_asked_for_with_its_validators() {
    let (api, source) = source(|asked| {
        let tag = asked.headers.get("if-none-match").map(String::as_str);
        match tag {
            Some("\"one\"") => Reply::status(304, ""),
            _ => Reply::json(1)
                .header("ETag", "\"one\"")
                .header("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT"),
        }
    })
    .await;
    let cache = Cached::new(FRESH, 10_000);
    for requests in [1, 1] {
        assert_eq!(cached(&source, &cache).await, Ok(1));
        assert_eq!(api.seen(LINE), requests, "it is fresh");
    }
    tokio::time::advance(FRESH).await;
    for _ in 0..2 {
        assert_eq!(cached(&source, &cache).await, Ok(1));
        assert_eq!(api.seen(LINE), 2, "it was confirmed, and is fresh again");
    }
    let log = api.log();
    assert!(!log[0].headers.contains_key("if-none-match"));
    assert_eq!(
        log[1].headers["if-modified-since"],
        "Sat, 28 Nov 2026 10:00:00 GMT"
    );
}

#[tokio::test]
async fn concurrent_readers_share_one_request_and_its_failure() {
    let (api, source) = source(|asked| match asked.before {
        0 => Reply::status(404, "no"),
        _ => Reply::json(2),
    })
    .await;
    let cache = Cached::new(FRESH, 10_000);
    let readers = (0..20).map(|_| cached(&source, &cache));
    let outcomes = futures_util::future::join_all(readers).await;
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert_eq!(api.seen(LINE), 1);
    assert_eq!(
        cached(&source, &cache).await,
        Ok(2),
        "a failure is not remembered"
    );
    cache.forget(&1).await;
    assert!(cache.peek(&1).await.is_none());
    assert_eq!(cached(&source, &cache).await, Ok(2));
    assert_eq!(api.seen(LINE), 3);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let api = StandIn::start(|_| Reply::silence()).await;
    let source = Source::new(SourceSettings {
        concurrency: 2,
        attempts: 1,
        request_timeout: Duration::from_millis(200),
        ..settings(&api)
    })
    .expect("valid settings");
    let readers = (0..4).map(|_| thing(&source));
    let both = Arc::new(tokio::join!(futures_util::future::join_all(readers), async {
        api.until_seen(LINE, 2).await;
        api.seen(LINE)
    }));
    assert_eq!(both.1, 2, "the others wait until these have failed");
    assert_eq!(api.seen(LINE), 4);
}

#[tokio::test]
async fn a_post_is_sent_again_whole() {
    let (api, source) = source(|asked| match asked.before {
        0 => Reply::status(502, ""),
        _ => Reply::json(&asked.body),
    })
    .await;
    let url = source.url(&["s", "entire"]);
    let got = source.post(&url, &["a", "b"], json::<Vec<String>>).await;
    assert_eq!(got.expect("the second attempt succeeds"), ["a", "b"]);
    assert_eq!(api.seen("POST /api/s/entire"), 2);
}

#[tokio::test]
async fn a_stream_is_read_across_a_redirect() {
    let (api, source) = source(|asked| match asked.line.as_str() {
        LINE => Reply::status(307, "").header("Location", "/api/there"),
        _ => Reply::events("event: put\ndata: 1\n\n: hi\n\n"),
    })
    .await;
    let mut stream = source.events(&source.url(&["thing"])).await.expect("it opens");
    let first = stream.next().await.expect("readable").expect("an event");
    assert_eq!((&*first.name, &first.data[..]), ("put", &b"1"[..]));
    api.push("data: 2\n\n");
    let second = stream.next().await.expect("readable").expect("an event");
    assert_eq!(&second.data[..], b"2");
    api.push(&format!("data: {}\n\n", "x".repeat(2000)));
    assert!(matches!(stream.next().await, Err(SourceError::TooLarge { .. })));
    let asked = api.log();
    assert_eq!(asked[0].headers["accept"], "text/event-stream");
}

#[tokio::test]
async fn a_streams_end_is_told_and_dropping_it_closes_it() {
    let (api, source) = source(|_| Reply::events("data: 1\n\n")).await;
    let url = source.url(&["thing"]);
    let mut stream = source.events(&url).await.expect("it opens");
    api.until_seen(LINE, 1).await;
    api.hang_up();
    assert!(stream.next().await.expect("readable").is_some());
    assert!(stream.next().await.expect("readable").is_none());
    let stream = source.events(&url).await.expect("it opens");
    api.until_seen(LINE, 2).await;
    drop(stream);
    while api.listeners() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_is_no_stream() {
    let (_api, source) = source(|_| Reply::json(1)).await;
    let error = source.events(&source.url(&["thing"])).await.expect_err("refused");
    assert!(error.to_string().contains("something other than an event stream"));
}

#[test]
fn a_path_cannot_leave_the_base() {
    let source = Source::new(SourceSettings::new("http://127.0.0.1:9/api/")).expect("valid");
    let url = source.url(&["item", "a/../b?c#d"]);
    assert_eq!(url.as_str(), "http://127.0.0.1:9/api/item/a%2F..%2Fb%3Fc%23d");
}

#[test]
fn a_stream_may_move_to_a_sister_only() {
    let url = |text: &str| Url::parse(text).expect("a URL");
    for (from, to, allowed) in [
        (
            "https://hacker-news.firebaseio.com/v0/",
            "https://s-usc1c-nss-1.firebaseio.com/v0/",
            true,
        ),
        (
            "https://hacker-news.firebaseio.com/",
            "http://hacker-news.firebaseio.com/",
            false,
        ),
        (
            "https://hacker-news.firebaseio.com/",
            "https://example.com/",
            false,
        ),
        ("https://example.com/", "https://example.org/", false),
        ("https://a.example/", "https://b.example/", false),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", false),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:1/b", true),
    ] {
        assert_eq!(same_service(&url(from), &url(to)), allowed, "{from} to {to}");
    }
}
