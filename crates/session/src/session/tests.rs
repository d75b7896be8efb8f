use super::*;

const LIMITS: StreamLimits = StreamLimits {
    queue_bytes: 100,
    replay_bytes: 100,
    streams: 3,
};

fn session(transport: Transport) -> Session<()> {
    Session::new(
        SessionId::random(),
        Owner::new("alice", "demo", "alice"),
        transport,
        LIMITS,
        Duration::ZERO,
    )
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn read(stream: &mut NewStream) -> Vec<Bytes> {
    std::iter::from_fn(|| stream.reader.try_next())
        .map(|delivery| delivery.message)
        .collect()
}

#[test]
fn each_message_goes_to_exactly_one_of_several_get_streams() {
    let session = session(Transport::Streamable);
    let mut first = session.listen().unwrap();
    let mut second = session.listen().unwrap();
    assert_eq!(session.notify(text("one")), Delivered::Queued);
    assert_eq!(read(&mut first), Vec::<Bytes>::new());
    assert_eq!(read(&mut second), [text("one")]);
}

#[test]
fn the_stream_that_listens_is_the_latest_that_is_read() {
    let session = session(Transport::Streamable);
    assert!(session.listening().is_none());
    let mut first = session.listen().unwrap();
    drop(session.listen().unwrap());
    session.listening().unwrap().push(text("one")).unwrap();
    assert_eq!(read(&mut first), [text("one")]);
}

#[test]
fn a_client_whose_old_connection_died_unnoticed_gets_a_new_one() {
    let session = session(Transport::Streamable);
    let _dead = session.listen().unwrap();
    let mut fresh = session.listen().unwrap();
    session.notify(text("one"));
    assert_eq!(read(&mut fresh), [text("one")]);
}

#[test]
fn what_came_while_no_stream_was_open_waits_for_one() {
    let session = session(Transport::Streamable);
    assert_eq!(session.notify(text("one")), Delivered::Waiting);
    let mut stream = session.listen().unwrap();
    assert_eq!(read(&mut stream), [text("one")]);
}

#[test]
fn what_came_meanwhile_is_on_a_stream_that_is_resumed() {
    let session = session(Transport::Streamable);
    let mut broken = session.listen().unwrap();
    session.notify(text("one"));
    assert_eq!(read(&mut broken), [text("one")]);
    let stream = broken.id;
    drop(broken);
    assert_eq!(session.notify(text("two")), Delivered::Waiting);
    let mut resumed = session.resume(EventId { stream, sequence: 1 }).unwrap();
    assert_eq!(read(&mut resumed), [text("two")]);
    assert!(read(&mut session.listen().unwrap()).is_empty());
}

#[test]
fn what_waits_for_a_get_stream_is_on_no_other() {
    let session = session(Transport::Streamable);
    let exchange = session.exchange(1);
    let stream = session.remember(&exchange).unwrap();
    exchange.push(text("progress")).unwrap();
    session.notify(text("change"));
    let mut resumed = session.resume(EventId { stream, sequence: 0 }).unwrap();
    assert_eq!(read(&mut resumed), [text("progress")]);
    assert_eq!(read(&mut session.listen().unwrap()), [text("change")]);
}

#[test]
fn waiting_is_bounded_and_keeps_room_for_requests() {
    let session = session(Transport::Streamable);
    let mut waiting = 0;
    while session.notify(text("0123456789")) == Delivered::Waiting {
        waiting += 1;
    }
    assert_eq!(waiting, 5);
    assert_eq!(session.request(text("question")), Delivered::Waiting);
}

#[test]
fn hints_wait_once_whether_a_stream_is_open_or_not() {
    let session = session(Transport::Streamable);
    for _ in 0..1_000 {
        for hint in ["tools", "prompts"] {
            assert_eq!(session.hint(text(hint)), Delivered::Waiting);
        }
    }
    let mut stream = session.listen().unwrap();
    assert_eq!(read(&mut stream), [text("tools"), text("prompts")]);
    for _ in 0..1_000 {
        assert_eq!(session.hint(text("tools")), Delivered::Queued);
    }
    assert_eq!(read(&mut stream), [text("tools")]);
}

#[test]
fn unread_messages_of_a_broken_stream_move_on() {
    let session = session(Transport::Streamable);
    let mut broken = session.listen().unwrap();
    session.notify(text("read"));
    assert_eq!(read(&mut broken), [text("read")]);
    session.notify(text("unread"));
    drop(broken);
    let mut stream = session.listen().unwrap();
    assert_eq!(
        read(&mut stream),
        [text("unread")],
        "what was delivered elsewhere is not repeated"
    );
}

#[test]
fn a_resumed_stream_replays_only_its_own_messages() {
    let session = session(Transport::Streamable);
    let mut first = session.listen().unwrap();
    session.notify(text("one"));
    assert_eq!(read(&mut first), [text("one")]);
    let mut second = session.listen().unwrap();
    session.notify(text("two"));
    assert_eq!(read(&mut second), [text("two")]);
    let mut resumed = session
        .resume(EventId {
            stream: first.id,
            sequence: 0,
        })
        .unwrap();
    assert_eq!(read(&mut resumed), [text("one")]);
    session.notify(text("three"));
    assert_eq!(read(&mut resumed), [text("three")], "the latest stream is served");
}

#[test]
fn foreign_event_ids_resume_nothing() {
    let session = session(Transport::Streamable);
    let stream = session.listen().unwrap();
    let unknown = EventId {
        stream: StreamId(9),
        sequence: 0,
    };
    assert_eq!(session.resume(unknown).unwrap_err(), ResumeError::Unknown);
    let future = EventId {
        stream: stream.id,
        sequence: 9,
    };
    assert_eq!(session.resume(future).unwrap_err(), ResumeError::Gap);
}

#[test]
fn exchanges_can_be_resumed_after_their_answer() {
    let session = session(Transport::Streamable);
    let outbox = session.exchange(1);
    let id = session.remember(&outbox).unwrap();
    drop(outbox.reader());
    outbox.finish(text("answer"), None).unwrap();
    let mut resumed = session
        .resume(EventId {
            stream: id,
            sequence: 0,
        })
        .unwrap();
    assert_eq!(read(&mut resumed), [text("answer")]);
}

#[test]
fn old_streams_make_room_first_those_that_nobody_reads() {
    let session = session(Transport::Streamable);
    let ended = session.listen().unwrap();
    let id = ended.id;
    drop(ended);
    let mut open: Vec<_> = (0..3).map(|_| session.listen().unwrap()).collect();
    assert_eq!(
        session
            .resume(EventId {
                stream: id,
                sequence: 0
            })
            .unwrap_err(),
        ResumeError::Unknown
    );
    // Its client may have died unnoticed: nobody is locked out for it.
    session.listen().expect("the oldest GET stream makes room");
    assert!(open[0].reader.outbox().has_ended());
    assert!(!open.pop().unwrap().reader.outbox().has_ended());
}

#[test]
fn exchanges_are_never_cut_short_to_make_room() {
    let session = session(Transport::Streamable);
    let exchanges: Vec<_> = (0..3).map(|_| session.exchange(1)).collect();
    let _readers: Vec<_> = exchanges.iter().map(Outbox::reader).collect();
    for outbox in &exchanges {
        session.remember(outbox).unwrap();
    }
    assert_eq!(session.listen().unwrap_err(), ResumeError::TooMany);
}

#[test]
fn what_waits_outlives_a_stream_that_there_was_no_room_for() {
    let session = session(Transport::Streamable);
    let exchanges: Vec<_> = (0..3).map(|_| session.exchange(1)).collect();
    let mut readers: Vec<_> = exchanges.iter().map(Outbox::reader).collect();
    for outbox in &exchanges {
        session.remember(outbox).unwrap();
    }
    assert_eq!(session.notify(text("one")), Delivered::Waiting);
    assert_eq!(session.listen().unwrap_err(), ResumeError::TooMany);
    readers.pop();
    let mut stream = session
        .listen()
        .expect("an exchange that nobody reads makes room");
    assert_eq!(read(&mut stream), [text("one")]);
}

#[test]
fn closing_ends_every_stream() {
    let session = session(Transport::HttpSse);
    let mut stream = session.listen().unwrap();
    session.close();
    assert_eq!(read(&mut stream), Vec::<Bytes>::new());
    assert!(stream.reader.outbox().has_ended());
    assert_eq!(session.notify(text("late")), Delivered::Dropped);
}

#[test]
fn the_roles_of_streams_are_told_apart_while_they_are_known() {
    let session = session(Transport::Streamable);
    assert!(session.stream().is_none());
    let general = session.listen().unwrap();
    let exchange = session.exchange(1);
    let exchange_id = session.remember(&exchange).unwrap();
    assert!(session.is_standalone(general.id));
    assert!(!session.is_standalone(exchange_id));
    assert!(!session.is_standalone(StreamId(99)));
    assert!(Arc::ptr_eq(&session.stream().unwrap(), general.reader.outbox()));
}
