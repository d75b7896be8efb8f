//! The hot path does not allocate.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message, Raw, encode};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = COUNT.with(Cell::get);
    let out = run();
    (COUNT.with(Cell::get) - before, out)
}

const CALL: &str = include_str!("golden/seed_05.json");

#[test]
fn a_request_is_read_without_allocation() {
    let body = Bytes::from_static(CALL.as_bytes());
    let (count, message) = allocations(|| Message::parse(body, &Limits::CLIENT));
    assert!(matches!(message, Ok(Message::Request(_))));
    assert_eq!(count, 0);
}

#[test]
fn a_string_id_is_the_only_allocation() {
    let body = Bytes::from(CALL.replace("\"id\":2", "\"id\":\"two\"")).slice(..);
    let _shared = body.clone();
    let (count, message) = allocations(|| Message::parse(body, &Limits::CLIENT));
    let Ok(Message::Request(request)) = message else {
        panic!("a request")
    };
    assert_eq!((request.id, count), (Id::from("two"), 1));
}

#[test]
fn looking_into_params_does_not_allocate() {
    let Ok(Message::Request(call)) = Message::parse(CALL, &Limits::CLIENT) else {
        panic!("a request")
    };
    let params = call.params.expect("params");
    let (count, name) = allocations(|| params.object().expect("an object").get("name"));
    assert_eq!(
        (count, name.expect("a name").as_str()),
        (0, "\"get-hackernews-top-stories\"")
    );
}

#[test]
fn a_message_is_written_in_one_allocation() {
    let params = Raw::from_static(r#"{"a":1}"#);
    for id in [Id::Integer(i64::MIN), Id::from("abc")] {
        assert_eq!(
            allocations(|| encode::request(&id, "tools/call", Some(&params))).0,
            1
        );
        assert_eq!(allocations(|| encode::result(&id, &params)).0, 1);
    }
    let object = Raw::from_static(r#"{"a":1,"b":2}"#).object().expect("an object");
    let two = Raw::from_static("2");
    assert_eq!(allocations(|| object.edit().set("a", two).finish()).0, 1);
}
