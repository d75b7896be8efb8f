//! States open for the request that they were made for, and for no other.

use pontoon_jsonrpc::{Limits, Message};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const TICKET: Retry = Retry::Parked(Ticket { call: 7, round: 2 });

fn origin(address: &str, method: &str, params: &str) -> Origin {
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let Ok(Message::Request(request)) = Message::parse(text, &Limits::CLIENT) else {
        panic!("no request")
    };
    let caller = Caller::anonymous(address.parse().unwrap());
    Origin::of(&caller, &request).unwrap()
}

fn seals(endpoint: &str) -> Seals {
    Seals::new(endpoint, &[7; SEAL_KEY_BYTES])
}

/// Opens `state` for a request with these parameters, which end in an open brace.
fn opened(
    seals: &Seals,
    state: &str,
    (address, method, params): (&str, &str, &str),
) -> Result<Option<Opened>, Invalid> {
    let params = format!(r#"{params},"requestState":"{state}"}}"#);
    seals.open(&origin(address, method, &params), MINUTE)
}

const ME: (&str, &str, &str) = ("10.0.0.1", "tools/call", r#"{"name":"t","arguments":{"n":1}"#);

fn sealed(retry: &Retry) -> (Seals, String) {
    let seals = seals("one");
    let first = origin(ME.0, ME.1, &format!(r#"{}{}"#, ME.2, r#","_meta":{"x":1}}"#));
    let state = seals.seal(3, retry, MINUTE, &first);
    (seals, state)
}

#[test]
fn a_state_comes_back_as_it_was() {
    for retry in [
        TICKET,
        Retry::Again,
        Retry::Own(Raw::from_static(r#""a \u0041""#)),
    ] {
        let (seals, state) = sealed(&retry);
        assert_eq!(opened(&seals, &state, ME), Ok(Some(Opened { lease: 3, retry })));
    }
}

#[test]
fn the_order_of_members_and_what_varies_do_not_matter() {
    let (seals, state) = sealed(&TICKET);
    let again = (
        ME.0,
        ME.1,
        r#"{"inputResponses":{"q":{}},"arguments":{"n":1},"_meta":{"y":2},"name":"t""#,
    );
    assert!(opened(&seals, &state, again).unwrap().is_some());
}

#[test]
fn nobody_else_and_no_other_request_opens_it() {
    let (sealer, state) = sealed(&TICKET);
    for other in [
        ("10.0.0.2", ME.1, ME.2),
        (ME.0, "prompts/get", ME.2),
        (ME.0, ME.1, r#"{"name":"u","arguments":{"n":1}"#),
        (ME.0, ME.1, r#"{"name":"t","arguments":{"n":2}"#),
        (ME.0, ME.1, r#"{"name":"t""#),
    ] {
        assert_eq!(opened(&sealer, &state, other), Err(Invalid), "{other:?}");
    }
    assert_eq!(
        opened(&seals("two"), &state, ME),
        Err(Invalid),
        "another endpoint"
    );
    assert_eq!(opened(&sealer, "made up", ME), Err(Invalid));
}

#[test]
fn a_state_grows_old() {
    let (seals, state) = sealed(&TICKET);
    let params = format!(r#"{},"requestState":"{state}"}}"#, ME.2);
    let retry = origin(ME.0, ME.1, &params);
    assert!(seals.open(&retry, MINUTE).unwrap().is_some());
    assert_eq!(
        seals.open(&retry, MINUTE + Duration::from_millis(1)),
        Err(Invalid)
    );
}

#[test]
fn a_request_without_a_state_brings_none_and_one_of_another_type_is_invalid() {
    let seals = seals("one");
    let plain = origin(ME.0, ME.1, r#"{"name":"t","arguments":{"requestState":"x"}}"#);
    assert_eq!(seals.open(&plain, MINUTE), Ok(None));
    let number = origin(ME.0, ME.1, r#"{"name":"t","requestState":7}"#);
    assert_eq!(seals.open(&number, MINUTE), Err(Invalid));
}

#[test]
fn a_state_is_one_however_its_name_is_written() {
    let (seals, state) = sealed(&TICKET);
    let name = r"request\u0053tate";
    let brings = |state: &str| {
        let params = format!(r#"{},"{name}":"{state}"}}"#, ME.2);
        seals.open(&origin(ME.0, ME.1, &params), MINUTE)
    };
    assert!(brings(&state).unwrap().is_some());
    assert_eq!(brings("made up"), Err(Invalid), "it must not go on as it is");
}

#[test]
fn accounts_are_told_apart_by_a_key() {
    let caller = |address: &str| Caller::anonymous(address.parse().unwrap());
    let account = |seals: &Seals, address: &str| seals.account_of(&caller(address));
    let one = seals("one");
    assert_eq!(account(&one, "10.0.0.1"), account(&one, "::ffff:10.0.0.1"));
    assert_ne!(account(&one, "10.0.0.1"), account(&one, "10.0.0.2"));
    let other = Seals::new("one", &[8; SEAL_KEY_BYTES]);
    assert_ne!(account(&one, "10.0.0.1"), account(&other, "10.0.0.1"));
}
