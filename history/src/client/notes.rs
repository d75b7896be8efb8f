//! What clients send without waiting for an answer.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pipe::{Gone, Head, Pipe};
use super::request::{self, BOTH};
use super::visit::{Era, PATIENCE, Visit};
use crate::books::{Note, Who};
use crate::mark::Mark;

/// Posts a notification or a reply, and notes whether it was taken.
pub(crate) async fn send(visit: &Arc<Visit>, mark: Mark, body: &str) {
    follow(visit, mark, body, true).await;
}

async fn follow(visit: &Arc<Visit>, mark: Mark, body: &str, is_passed_on: bool) {
    let books = &visit.world.books;
    books.line(
        Who::Client(visit.guest.number),
        format!("{} posts {body}", visit.label),
    );
    let note = Note {
        house: visit.guest.house,
        sent: books.now(),
        is_passed_on,
        acknowledged: None,
    };
    books.open().notes.insert(mark, note);
    let posted = tokio::time::timeout(PATIENCE, post(visit, body)).await;
    match posted {
        Ok(Ok(head)) if head.status == 202 => {
            let now = books.now();
            if let Some(note) = books.open().notes.get_mut(&mark) {
                note.acknowledged = Some(now);
            }
        }
        Ok(Ok(head)) => {
            let text = format!("{} is told {} for {mark}", visit.label, head.status);
            books.line(Who::Client(visit.guest.number), text);
        }
        Ok(Err(Gone)) => {}
        Err(_) => books.breach("no hang", format!("{mark} was posted and never acknowledged")),
    }
}

async fn post(visit: &Visit, body: &str) -> Result<Head, Gone> {
    let mut pipe = visit.dial()?;
    pipe.send(&request::post(&visit.path(), BOTH, &visit.headers(), body))
        .await?;
    let head = pipe.head().await?;
    pipe.whole().await?;
    Ok(head)
}

/// A notification that only this server knows.
pub(crate) async fn vendor(visit: &Arc<Visit>) {
    let mark = visit.mark();
    let body = request::notification("notifications/from_client", &json!({ "mark": mark.to_string() }));
    send(visit, mark, &body).await;
}

/// The client's word that its handshake is over.
pub(crate) async fn initialized(visit: &Arc<Visit>) {
    let body = request::notification("notifications/initialized", &json!({}));
    // It carries no mark, so it is not followed.
    let _ = tokio::time::timeout(PATIENCE, post(visit, &body)).await;
}

/// Takes a request back.
pub(crate) async fn cancel(visit: &Arc<Visit>, cancelled: Mark, id: &Value) {
    let mark = visit.mark();
    let now = visit.world.books.now();
    if let Some(ask) = visit.world.books.open().asks.get_mut(&cancelled) {
        ask.cancelled.get_or_insert(now);
    }
    let params = json!({ "requestId": id, "reason": mark.to_string() });
    // The server hears of it if the request is still in flight, in other words.
    follow(
        visit,
        mark,
        &request::notification("notifications/cancelled", &params),
        false,
    )
    .await;
}

/// DELETE; says whether the session was known.
pub(crate) async fn delete(visit: &Visit) -> Result<u16, Gone> {
    let mut pipe: Pipe = visit.dial()?;
    pipe.send(&request::bodiless("DELETE", &visit.path(), &visit.headers()))
        .await?;
    let head = pipe.head().await?;
    pipe.whole().await?;
    Ok(head.status)
}

impl Visit {
    /// Where messages are posted to.
    pub(crate) fn path(&self) -> String {
        match self.guest.era {
            Era::HttpSse => self.key().to_owned(),
            Era::Streamable(_) | Era::Modern => format!("/{}/mcp", self.world.house_name(self.guest.house)),
        }
    }
}
