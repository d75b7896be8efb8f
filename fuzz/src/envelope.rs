//! The message envelope, as clients and as servers may write it.

use bytes::Bytes;
use pontoon_jsonrpc::{Limits, Message, Outcome, Payload, Raw, code};

pub(crate) fn target(data: &[u8]) {
    as_client(data);
    as_server(data);
}

/// What a client sends is accepted or refused with one of three codes; what is
/// accepted is valid JSON and reads the same after it was written.
fn as_client(data: &[u8]) {
    match Payload::parse(Bytes::copy_from_slice(data), &Limits::CLIENT) {
        Err(refusal) => {
            assert!(
                matches!(
                    refusal.code(),
                    code::PARSE_ERROR | code::INVALID_REQUEST | code::INVALID_PARAMS
                ),
                "{refusal:?}"
            );
            let told = refusal.to_response();
            serde_json::from_slice::<serde_json::Value>(&told).expect("a refusal is valid JSON");
        }
        Ok(payload) => {
            serde_json::from_slice::<&serde_json::value::RawValue>(data)
                .expect("accepted text is valid JSON");
            match payload {
                Payload::Single(message) => round_trip(&message),
                Payload::Batch(elements) => {
                    assert!(!elements.is_empty() && elements.len() <= Limits::CLIENT.max_batch);
                    elements.iter().flatten().for_each(round_trip);
                }
            }
        }
    }
}

/// A server's message may be looser, but what is accepted holds to the same.
fn as_server(data: &[u8]) {
    if let Ok(message) = Message::parse(Bytes::copy_from_slice(data), &Limits::SERVER) {
        round_trip(&message);
    }
}

fn round_trip(message: &Message) {
    let written = message.to_bytes();
    let again = Message::parse(written.clone(), &Limits::SERVER).expect("what we write can be read");
    assert_eq!(again.to_bytes(), written, "a second reading writes the same");
    for raw in parts(message) {
        let text = raw.as_bytes();
        let found = text.is_empty() || written.windows(text.len()).any(|window| window == text);
        assert!(found, "params and results cross to the byte");
        if let Some(object) = raw.object() {
            // A lone surrogate shows as U+FFFD, by which its key is not found.
            let told = |key: &str| !key.contains('\u{fffd}');
            for (key, value) in object.iter().filter(|(key, _)| told(key)) {
                assert_eq!(object.get(&key).as_ref(), Some(&value));
            }
            assert_eq!(object.edit().finish(), raw, "an edit of nothing changes nothing");
        }
    }
}

fn parts(message: &Message) -> Vec<Raw> {
    match message {
        Message::Request(request) => request.params.iter().cloned().collect(),
        Message::Notification(notification) => notification.params.iter().cloned().collect(),
        Message::Response(response) => match &response.outcome {
            Outcome::Result(result) => vec![result.clone()],
            Outcome::Error(error) => error.data.iter().cloned().collect(),
        },
    }
}
