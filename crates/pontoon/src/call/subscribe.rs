//! Changes, as they come.

use std::io::{Write as _, stdout};

use pontoon_jsonrpc::{Id, Message, Notification, Outcome, Raw, RawObject};
use pontoon_mcp::method;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

use super::conversation::{Conversation, Spoken};
use super::render::plain;
use super::trouble::Trouble;
use crate::peer::News;

/// How changes are told, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) format: Format,
    /// The end, if there is one.
    pub(super) count: Option<u64>,
}

/// How a change is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Line,
    Json,
}

/// Hears of changes of these resources, and of lists, until there were enough or the user ends it.
pub(super) async fn changes(
    conversation: &mut Conversation,
    uris: &[String],
    told: Told,
) -> Result<(), Trouble> {
    let listening = match conversation.spoken {
        Spoken::Legacy => subscribe(conversation, uris).await?,
        Spoken::Modern(_) => Some(listen(conversation, uris)),
    };
    let mut heard = 0;
    while told.count.is_none_or(|count| heard < count) {
        let news = match conversation.next(None).await {
            // This is how it ends.
            Err(Trouble::Cancelled) => break,
            news => news?,
        };
        match news {
            News::Message(Message::Notification(notification)) => {
                if *notification.method == *method::ACKNOWLEDGED {
                    acknowledged(conversation, uris, &notification);
                } else if is_change(&notification) {
                    heard += 1;
                    tell(told.format, &notification);
                } else {
                    conversation.screen().told(&notification);
                }
            }
            News::Message(Message::Request(question)) => conversation.questioned(question).await?,
            News::Message(Message::Response(response)) if response.id == listening => {
                return Err(ended(response.outcome));
            }
            News::Failed(failed, why) if Some(&failed) == listening.as_ref() => {
                return Err(Trouble::Failed(why));
            }
            News::Message(Message::Response(_)) | News::Failed(..) => {}
            News::Closed(why) => return Err(Trouble::of_closed(&why)),
        }
    }
    if let Some(listening) = listening {
        conversation.withdraw(&listening).await;
    }
    Ok(())
}

/// Up to 2025-11-25 each resource is subscribed to, and changes of lists come unasked.
async fn subscribe(conversation: &mut Conversation, uris: &[String]) -> Result<Option<Id>, Trouble> {
    for uri in uris {
        let params = RawObject::empty().edit().set("uri", Raw::string(uri)).finish();
        let params = params.object().expect("it was just put together");
        conversation.ask(method::SUBSCRIBE, &params).await?;
    }
    conversation.screen().note("listening; Ctrl-C ends it");
    Ok(None)
}

/// From 2026-07-28 on one request asks for all, and its answer is the end.
fn listen(conversation: &mut Conversation, uris: &[String]) -> Id {
    let mut wanted = RawObject::empty().edit().finish();
    for list in ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] {
        wanted = set(&wanted, list, Raw::from(true));
    }
    if !uris.is_empty() {
        wanted = set(&wanted, "resourceSubscriptions", Raw::encode(uris));
    }
    let params = set(&Raw::empty_object(), "notifications", wanted);
    let params = params.object().expect("it was just put together");
    conversation.request(method::LISTEN, &params)
}

fn set(object: &Raw, key: &str, value: Raw) -> Raw {
    let object = object.object().expect("it was just put together");
    object.edit().set(key, value).finish()
}

/// The server says which of the wishes it grants.
fn acknowledged(conversation: &Conversation, uris: &[String], notification: &Notification) {
    let granted = notification
        .params
        .as_ref()
        .and_then(|params| params.object()?.get("notifications")?.object());
    let granted: Vec<String> = granted
        .and_then(|granted| granted.get("resourceSubscriptions")?.decode().ok())
        .unwrap_or_default();
    for uri in uris.iter().filter(|uri| !granted.contains(uri)) {
        conversation
            .screen()
            .note(&format!("the server does not tell of changes of {uri}"));
    }
    conversation.screen().note("listening; Ctrl-C ends it");
}

fn ended(outcome: Outcome) -> Trouble {
    match outcome {
        Outcome::Error(error) => Trouble::Refused {
            method: method::LISTEN.to_owned(),
            error,
        },
        Outcome::Result(_) => Trouble::Gone {
            what: "the server ended the subscription".to_owned(),
            output: String::new(),
        },
    }
}

fn is_change(notification: &Notification) -> bool {
    *notification.method == *method::RESOURCE_UPDATED || method::is_list_change(&notification.method)
}

/// A closed standard output does not end it: Ctrl-C does, or whoever started us.
fn tell(format: Format, notification: &Notification) {
    let mut line = line(format, &now(), notification);
    line.push('\n');
    let mut stdout = stdout().lock();
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}

fn line(format: Format, time: &str, notification: &Notification) -> String {
    let params = notification.params.clone().unwrap_or_else(Raw::empty_object);
    match format {
        Format::Json => {
            let method = Raw::string(&notification.method);
            format!("{{\"time\":\"{time}\",\"method\":{method},\"params\":{params}}}")
        }
        Format::Line => {
            let object = params.object().unwrap_or_else(RawObject::empty);
            let about = match &*notification.method {
                method::TOOLS_CHANGED => "the list of tools changed".to_owned(),
                method::PROMPTS_CHANGED => "the list of prompts changed".to_owned(),
                method::RESOURCES_CHANGED => "the list of resources changed".to_owned(),
                _ => format!("changed: {}", object.get_str("uri").unwrap_or_default()),
            };
            format!("{time}  {}", plain(&about))
        }
    }
}

/// As in the log: UTC, to the microsecond.
pub(crate) fn now() -> String {
    let mut text = String::new();
    // A String takes everything.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use pontoon_jsonrpc::Limits;

    use super::*;

    #[test]
    fn a_change_is_a_line() {
        let text = r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b","_meta":{}}}"#;
        let Ok(Message::Notification(updated)) = Message::parse(text, &Limits::SERVER) else {
            panic!("it is a notification")
        };
        assert!(is_change(&updated));
        assert_eq!(line(Format::Line, "T", &updated), "T  changed: a:b");
        assert_eq!(
            line(Format::Json, "T", &updated),
            r#"{"time":"T","method":"notifications/resources/updated","params":{"uri":"a:b","_meta":{}}}"#
        );
        assert!(now().ends_with('Z'), "{}", now());
    }
}
