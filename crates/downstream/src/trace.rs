//! Trace context that comes in headers.
//!
//! Clients of MCP put it into `_meta`; plain HTTP instrumentation puts it into headers, which end here. What the
//! message does not say itself is put where its server looks for it.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use pontoon_jsonrpc::{Message, Payload, Raw};
use pontoon_mcp::TraceContext;
use pontoon_mcp::trace::{BAGGAGE, TRACEPARENT, TRACESTATE};

const PARENT: HeaderName = HeaderName::from_static(TRACEPARENT);
const STATE: HeaderName = HeaderName::from_static(TRACESTATE);
const LUGGAGE: HeaderName = HeaderName::from_static(BAGGAGE);

/// The same messages, with the trace context of `headers` where they have none of their own.
pub(crate) fn carried(headers: &HeaderMap, payload: Payload) -> Payload {
    // Most requests have neither.
    if !headers.contains_key(PARENT) && !headers.contains_key(LUGGAGE) {
        return payload;
    }
    let Some(context) = read(headers) else {
        tracing::debug!("trace context in headers that breaks the grammar is left out");
        return payload;
    };
    match payload {
        Payload::Single(message) => Payload::Single(with(message, &context)),
        Payload::Batch(elements) => Payload::Batch(
            elements
                .into_iter()
                .map(|element| element.map(|message| with(message, &context)))
                .collect(),
        ),
    }
}

fn with(mut message: Message, context: &TraceContext<'_>) -> Message {
    match &mut message {
        Message::Request(request) => add(&mut request.params, context),
        Message::Notification(notification) => add(&mut notification.params, context),
        // It belongs to the trace of the request that it answers.
        Message::Response(_) => {}
    }
    message
}

fn add(params: &mut Option<Raw>, context: &TraceContext<'_>) {
    if let Some(more) = context.added_to(params.as_ref()) {
        *params = Some(more);
    }
}

fn read(headers: &HeaderMap) -> Option<TraceContext<'_>> {
    TraceContext::checked(
        // Of two parents none can be believed.
        joined(headers, &PARENT).filter(|_| headers.get_all(PARENT).iter().count() == 1),
        joined(headers, &STATE),
        joined(headers, &LUGGAGE),
    )
}

/// All lines of a header as one list; `None` if there are none, or one is not plain ASCII.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut lines = headers.get_all(name).iter();
    let mut all = Cow::Borrowed(lines.next()?.to_str().ok()?);
    for line in lines {
        let all = all.to_mut();
        all.push(',');
        all.push_str(line.to_str().ok()?);
    }
    Some(all)
}
