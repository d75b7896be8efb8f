//! Clients that do not read, do not come back, or say what nobody should say.

use super::*;

#[test]
fn s3_21_ten_thousand_clients_come_and_go_and_nothing_is_left() {
    let hub = hub();
    for n in 0..10_000 {
        let mut page = Page::connect(&hub, &format!("client-{n}"), None);
        if n % 2 == 0 {
            page.read();
        }
        if n % 3 == 0 {
            hub.disconnect(&page.id);
        }
    }
    assert_eq!(hub.client_count(), 0);
    assert_eq!(hub.0.slots.held(), 0);
    let mut left = 0;
    hub.0.clients.for_each(|_| left += 1);
    assert_eq!(left, 0);
}

#[test]
fn s3_25_who_does_not_read_is_cut_off_with_a_reason_and_can_come_back() {
    let hub = Hub::new(HubSettings {
        queue_bytes: 400,
        ..settings()
    });
    let (mut slow, mut quick) = (
        Page::connect(&hub, "slow", None),
        Page::connect(&hub, "quick", None),
    );
    assert_eq!(
        (slow.read(), quick.read()),
        (OPENING.to_owned(), OPENING.to_owned())
    );
    let event = |n: u32| n.to_string().repeat(100);
    let mut refused = None;
    for n in 0..8 {
        let data = event(n);
        if hub.broadcast(&HubEvent::new("", &data)).unwrap() == 1 && refused.is_none() {
            refused = Some(n);
            assert_eq!(
                hub.send_event(&slow.id, &HubEvent::new("", "x")),
                Err(NotSent::Unknown)
            );
        }
        quick.read();
    }
    assert!(refused.is_some());
    assert_eq!((hub.cut_off(), hub.client_count()), (1, 1));
    let last_words = slow.read();
    assert!(
        last_words.starts_with("event: error\ndata: {\"reason\":\"too_slow\""),
        "{last_words}"
    );
    assert!(slow.is_over());
    drop(slow);
    let again = Page::connect(&hub, "slow", Some(&numbered(0))).read();
    assert!((0..8).all(|n| again.contains(&event(n))), "{again}");
}

#[test]
fn s3_28_ids_of_events_that_are_not_this_hubs_replay_nothing() {
    let hub = hub();
    for _ in 0..3 {
        hub.broadcast(&HubEvent::new("", "secret")).unwrap();
    }
    let future = numbered(4);
    let long = "9".repeat(100_000);
    let wide = numbered(u64::MAX);
    for last in [
        "",
        "-",
        "0",
        "3",
        "BBBBBBBBBBBB-1",
        "AAAAAAAAAAAA-",
        "AAAAAAAAAAAA-x",
        "AAAAAAAAAAAA-+1",
        "AAAAAAAAAAAA-99999999999999999999999",
        "AAAAAAAAAAAA--1",
        &future,
        &long,
        &wide,
        "x\ny",
        "\0",
    ] {
        let text = Page::connect(&hub, "a", Some(last)).read();
        assert!(
            text.contains("\"resumed\":false") && !text.contains("secret"),
            "{last:?}: {text}"
        );
        assert!(text.starts_with(&format!("id: {}\n", numbered(3))), "{text}");
    }
}

#[test]
fn s3_29_there_are_as_many_clients_as_the_limit_says() {
    let hub = Hub::new(HubSettings {
        max_clients: 2,
        ..settings()
    });
    let (_one, two) = (Page::connect(&hub, "1", None), Page::connect(&hub, "2", None));
    let three = ClientId::new("3").unwrap();
    let refused = hub.connect(&three, None).unwrap_err();
    assert_eq!(refused.to_string(), "the limit max_clients = 2 is reached");
    assert_eq!(hub.refused(), 1);
    drop(two);
    hub.connect(&three, None).unwrap();
}

#[test]
fn s3_30_names_and_ids_cannot_smuggle_in_an_event() {
    let evil = "a\r\n\r\ndata: smuggled\n\n\0\u{1b}[2Jb";
    let event = HubEvent::new(evil, "x\r\rid: 7\n\ndata: y").with_id(evil);
    let frame = Journal::new("e", 1 << 20).enter(&event, None);
    assert_eq!(
        frame,
        "id: adata: smuggled[2Jb\nevent: adata: smuggled[2Jb\ndata: x\ndata: \ndata: id: 7\ndata: \ndata: data: y\n\n"
    );
    let giant = "ä".repeat(1 << 20);
    let event = HubEvent::new(&giant, "").with_id(&giant);
    let frame = Journal::new("e", 1 << 20).enter(&event, None);
    assert!(frame.len() < 600, "{}", frame.len());
    // An id of which nothing is left is none: an empty one would make readers forget theirs.
    let frame = Journal::new("e", 1 << 20).enter(&HubEvent::new("", "").with_id("\n\0"), None);
    assert!(frame.starts_with(b"id: e-1\n"));
}

#[test]
fn s3_30_an_event_has_a_largest_size() {
    let hub = Hub::new(HubSettings {
        max_event_bytes: 10,
        ..settings()
    });
    let page = Page::connect(&hub, "a", None);
    let event = HubEvent::new("", "12345678901");
    assert_eq!(hub.broadcast(&event), Err(NotSent::TooLarge(10)));
    assert_eq!(hub.send_event(&page.id, &event), Err(NotSent::TooLarge(10)));
    assert!(hub.is_connected(&page.id));
    for id in ["", "a\nb", &"x".repeat(257)] {
        assert_eq!(ClientId::new(id), Err(InvalidClientId));
    }
}

/// `broadcast` is no async function and takes no lock that a client holds while it writes. Run with `--nocapture`
/// and `--release` for what it costs.
#[test]
fn s3_23_a_broadcast_to_ten_thousand_who_do_not_read_returns_at_once() {
    const CLIENTS: usize = 10_000;
    let hub = Hub::new(HubSettings {
        queue_bytes: 64 * 1024,
        replay_bytes: 4096,
        ..settings()
    });
    let pages: Vec<_> = (0..CLIENTS)
        .map(|n| Page::connect(&hub, &n.to_string(), None))
        .collect();
    let data = "x".repeat(200);
    let begun = std::time::Instant::now();
    let mut events = 0;
    while hub.broadcast(&HubEvent::new("", &data)).unwrap() > 0 {
        events += 1;
    }
    let took = begun.elapsed();
    assert!(events > 200, "{events}");
    assert_eq!((hub.client_count(), hub.cut_off()), (0, CLIENTS as u64));
    println!(
        "{events} events to {CLIENTS} clients that do not read: {:?} each",
        took / events
    );
    // Who sent them knows nothing of who reads them: this is far from any time-out.
    assert!(took / events < Duration::from_millis(500), "{took:?}");
    drop(pages);
}

/// To wake a reader may be to drop it, and with it its place in the hub.
#[test]
fn a_reader_that_ends_as_it_is_woken_does_not_stop_the_sender() {
    struct Owner(Mutex<Option<Page>>);
    impl std::task::Wake for Owner {
        fn wake(self: Arc<Self>) {
            self.0.lock().unwrap().take();
        }
    }
    let hub = hub();
    let mut page = Page::connect(&hub, "a", None);
    page.read();
    let owner = Arc::new(Owner(Mutex::new(None)));
    let waker = Waker::from(Arc::clone(&owner));
    assert!(
        Pin::new(&mut page.body)
            .poll_frame(&mut Context::from_waker(&waker))
            .is_pending()
    );
    *owner.0.lock().unwrap() = Some(page);
    assert_eq!(hub.broadcast(&HubEvent::new("", "x")), Ok(1));
    assert_eq!(hub.client_count(), 0);
}
