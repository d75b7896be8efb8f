use std::task::{Context, Poll, Waker};

use super::*;

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn exchange(answers: u32) -> Arc<Outbox> {
    Outbox::for_answers(answers, 100, Detach::Keep)
}

fn poll(reader: &mut Reader) -> Poll<Option<Delivery>> {
    reader.poll_next(&mut Context::from_waker(Waker::noop()))
}

fn read(reader: &mut Reader) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some(delivery) = reader.try_next() {
        messages.push(String::from_utf8(delivery.message.to_vec()).unwrap());
    }
    messages
}

#[test]
fn messages_come_in_order_and_the_stream_ends_after_its_answers() {
    let outbox = exchange(2);
    let mut reader = outbox.reader();
    assert_eq!(poll(&mut reader), Poll::Pending);
    outbox.push(text("progress")).unwrap();
    outbox.finish(text("one"), None).unwrap();
    outbox.finish(text("two"), Some(-32603)).unwrap();
    assert_eq!(read(&mut reader), ["progress", "one", "two"]);
    assert_eq!(poll(&mut reader), Poll::Ready(None));
    assert_eq!(outbox.push(text("late")), Err(Rejected::Ended));
}

#[test]
fn one_message_of_any_size_fits_an_empty_queue() {
    let outbox = exchange(1);
    outbox.push(Bytes::from(vec![b'x'; 1_000])).unwrap();
    assert_eq!(outbox.push(text("more")), Err(Rejected::Overflow));
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_its_memory_freed() {
    let outbox = exchange(1);
    let mut reader = outbox.reader();
    while outbox.push(text("0123456789")).is_ok() {}
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(
        reader.poll_peek(&mut cx),
        Poll::Ready(Peek::Aborted(Aborted::Overflow))
    );
    assert_eq!(poll(&mut reader), Poll::Ready(None));
    assert_eq!(outbox.held_bytes(), 0);
}

#[test]
fn of_equal_hints_one_waits_and_everything_else_is_kept() {
    let outbox = exchange(1);
    let mut reader = outbox.reader();
    for round in 0..1_000 {
        for hint in ["tools", "prompts", "resources"] {
            outbox.hint(text(hint)).unwrap();
        }
        if round < 3 {
            outbox.push(text("log")).unwrap();
        }
    }
    assert_eq!(
        read(&mut reader),
        ["tools", "prompts", "resources", "log", "log", "log"]
    );
    outbox.hint(text("tools")).unwrap();
    assert_eq!(read(&mut reader), ["tools"], "one that was read does not count");
}

#[test]
fn hints_are_told_apart_by_what_they_say_and_count_again_when_replayed() {
    let outbox = exchange(1);
    outbox.retain(1_000);
    let mut reader = outbox.reader();
    outbox.hint(text("one")).unwrap();
    outbox.hint(text("other")).unwrap();
    assert_eq!(read(&mut reader), ["one", "other"]);
    let mut again = outbox.reader_after(1).unwrap();
    outbox.hint(text("other")).unwrap();
    outbox.hint(text("one")).unwrap();
    assert_eq!(read(&mut again), ["other", "one"]);
}

#[test]
fn a_new_reader_takes_over_from_the_old_one() {
    let outbox = exchange(1);
    let mut old = outbox.reader();
    outbox.push(text("one")).unwrap();
    assert_eq!(read(&mut old), ["one"]);
    let mut new = outbox.reader();
    outbox.push(text("two")).unwrap();
    assert_eq!(poll(&mut old), Poll::Ready(None));
    assert_eq!(read(&mut new), ["two"]);
}

#[test]
fn dropping_a_superseded_reader_does_not_detach_the_new_one() {
    let outbox = exchange(1);
    let old = outbox.reader();
    let _new = outbox.reader();
    drop(old);
    assert!(outbox.is_attached());
}

#[test]
fn replay_starts_behind_the_event_the_client_saw() {
    let outbox = exchange(1);
    outbox.retain(100);
    let mut reader = outbox.reader();
    for message in ["one", "two", "three"] {
        outbox.push(text(message)).unwrap();
    }
    assert_eq!(read(&mut reader).len(), 3);
    drop(reader);
    outbox.finish(text("answer"), None).unwrap();
    let mut resumed = outbox.reader_after(1).expect("everything is held");
    assert_eq!(read(&mut resumed), ["two", "three", "answer"]);
    let mut again = outbox.reader_after(3).expect("everything is held");
    assert_eq!(read(&mut again), ["answer"]);
}

#[test]
fn a_gap_is_never_papered_over() {
    let outbox = exchange(1);
    outbox.retain(6);
    let mut reader = outbox.reader();
    for message in ["one", "two", "six"] {
        outbox.push(text(message)).unwrap();
    }
    assert_eq!(read(&mut reader).len(), 3);
    assert!(outbox.reader_after(0).is_none(), "\"one\" was evicted");
    assert!(outbox.reader_after(1).is_some());
    assert!(outbox.reader_after(4).is_none(), "never sent");
}

#[test]
fn without_retention_nothing_is_kept_after_reading() {
    let outbox = exchange(1);
    let mut reader = outbox.reader();
    outbox.push(text("one")).unwrap();
    assert_eq!(read(&mut reader), ["one"]);
    assert_eq!(outbox.held_bytes(), 0);
    assert!(outbox.reader_after(0).is_none());
}

#[test]
fn abandoning_rings_the_bell_only_while_an_answer_is_owed() {
    let bell = Arc::new(Notify::new());
    let outbox = Outbox::for_answers(1, 100, Detach::Abandon(Arc::clone(&bell)));
    drop(outbox.reader());
    assert!(outbox.is_abandoned());

    let outbox = Outbox::for_answers(1, 100, Detach::Abandon(bell));
    outbox.finish(text("answer"), None).unwrap();
    drop(outbox.reader());
    assert!(!outbox.is_abandoned());
}

#[test]
fn unread_messages_can_move_to_another_stream_once_nobody_reads() {
    let outbox = Outbox::endless(100, Retention::Replay { bytes: 100 });
    let mut reader = outbox.reader();
    outbox.push(text("read")).unwrap();
    assert_eq!(read(&mut reader), ["read"]);
    outbox.push(text("unread")).unwrap();
    assert!(outbox.take_unread().is_empty(), "a reader is attached");
    drop(reader);
    assert_eq!(outbox.take_unread(), [text("unread")]);
    let mut resumed = outbox.reader_after(0).unwrap();
    assert_eq!(read(&mut resumed), ["read"]);
}

#[test]
fn the_waiting_reader_is_woken() {
    struct Flag(std::sync::atomic::AtomicBool);
    impl std::task::Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let flag = Arc::new(Flag(false.into()));
    let waker = Waker::from(Arc::clone(&flag));
    let outbox = exchange(1);
    let mut reader = outbox.reader();
    assert_eq!(reader.poll_next(&mut Context::from_waker(&waker)), Poll::Pending);
    outbox.push(text("one")).unwrap();
    assert!(flag.0.load(std::sync::atomic::Ordering::SeqCst));
}

#[test]
fn a_stateless_client_that_does_not_read_is_abandoned_too() {
    let bell = Arc::new(Notify::new());
    let outbox = Outbox::for_answers(1, 10, Detach::Abandon(bell));
    let _reader = outbox.reader();
    while outbox.push(text("0123456789")).is_ok() {}
    assert!(outbox.is_abandoned());
}

#[test]
fn no_sequence_that_a_client_makes_up_does_harm() {
    let outbox = exchange(2);
    outbox.push(text("one")).unwrap();
    for sequence in [2, 99, u64::MAX] {
        assert!(outbox.reader_after(sequence).is_none(), "{sequence}");
    }
}

#[test]
fn a_closed_stream_still_delivers_what_its_reader_is_about_to_take() {
    let outbox = Outbox::endless(100, Retention::Replay { bytes: 100 });
    let mut reader = outbox.reader();
    outbox.push(text("read")).unwrap();
    assert_eq!(read(&mut reader), ["read"]);
    outbox.push(text("queued")).unwrap();
    outbox.abort(Aborted::Closed);
    assert_eq!(outbox.push(text("late")), Err(Rejected::Ended));
    assert_eq!(read(&mut reader), ["queued"]);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(
        reader.poll_peek(&mut cx),
        Poll::Ready(Peek::Aborted(Aborted::Closed))
    );
    assert_eq!(outbox.held_bytes(), 0);
}

#[test]
fn a_closed_stream_without_a_reader_holds_nothing() {
    let outbox = Outbox::endless(100, Retention::Replay { bytes: 100 });
    outbox.push(text("queued")).unwrap();
    outbox.abort(Aborted::Closed);
    assert_eq!(outbox.held_bytes(), 0);
    assert_eq!(outbox.reader().try_next(), None);
}
