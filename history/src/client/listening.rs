//! Streams for what belongs to no request.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::pipe::{Gone, Pipe};
use super::request::{self, BOTH};
use super::stream::{Cursor, Events};
use super::visit::{PATIENCE, Visit};
use crate::books::{Ask, Who};

/// When a listener leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leave {
    /// After so long.
    After(Duration),
    /// When the stream ends.
    AtItsEnd,
}

/// HTTP+SSE: opens the stream that is the session, and reads it to its end.
pub(crate) async fn http_sse(visit: Arc<Visit>, opened: oneshot::Sender<bool>) {
    let mut opened = Some(opened);
    let mut events = match open_stream(&visit).await {
        Ok(Some(events)) => events,
        Ok(None) | Err(Gone) => return visit.end("it could not be opened"),
    };
    let mut cursor = Cursor::default();
    loop {
        let pause = visit.pause.swap(0, Ordering::Relaxed);
        if pause > 0 {
            visit.note_pause();
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        match events.next(&mut cursor).await {
            Ok(Some(Ok(event))) if event.name == "endpoint" => {
                let _ = visit.key.set(event.data);
                if let Some(opened) = opened.take() {
                    let _ = opened.send(true);
                }
            }
            Ok(Some(Ok(event))) => _ = visit.receive(&event.data, None),
            Ok(Some(Err(gap))) => visit.world.books.breach("no gap, no repetition", gap.0),
            Ok(None) | Err(Gone) => return visit.end("its stream ended"),
        }
    }
}

async fn open_stream(visit: &Visit) -> Result<Option<Events>, Gone> {
    let mut pipe = visit.dial()?;
    let path = format!("/{}/sse", visit.world.house_name(visit.guest.house));
    pipe.send(&request::bodiless("GET", &path, "")).await?;
    let head = pipe.head().await?;
    Ok(head.is_stream().then(|| Events::new(pipe)))
}

/// Streamable HTTP: reads the session's own stream for so long, from where it was left. Says whether it was
/// there all the time.
pub(crate) async fn get(visit: Arc<Visit>, time: Duration) -> bool {
    if visit.listening.swap(true, Ordering::Relaxed) {
        return false;
    }
    let mut cursor = visit.cursor().clone();
    let line = |what: String| visit.world.books.line(Who::Client(visit.guest.number), what);
    line(format!("{} listens from {:?}", visit.label, cursor.last));
    let read = tokio::time::timeout(time, read_get(&visit, &mut cursor)).await;
    line(format!(
        "{} has listened to {:?}: {read:?}",
        visit.label, cursor.last
    ));
    *visit.cursor() = cursor;
    visit.listening.store(false, Ordering::Relaxed);
    read.is_err()
}

async fn read_get(visit: &Arc<Visit>, cursor: &mut Cursor) {
    let Ok(mut pipe) = visit.dial() else { return };
    let resumes = cursor
        .last
        .as_ref()
        .map(|last| format!("last-event-id: {last}\r\n"));
    let headers = visit.headers() + resumes.as_deref().unwrap_or_default();
    if pipe
        .send(&request::bodiless("GET", &visit.path(), &headers))
        .await
        .is_err()
    {
        return;
    }
    let head = match tokio::time::timeout(PATIENCE, pipe.head()).await {
        Ok(Ok(head)) => head,
        Ok(Err(Gone)) => return,
        Err(_) => {
            return visit
                .world
                .books
                .breach("no hang", "a GET was not answered in time");
        }
    };
    if !head.is_stream() {
        return;
    }
    let mut events = Events::new(pipe);
    while let Ok(Some(event)) = events.next(cursor).await {
        match event {
            Ok(event) => _ = visit.receive(&event.data, None),
            Err(gap) => visit.world.books.breach("no gap, no repetition", gap.0),
        }
    }
}

/// 2026-07-28: listens to changes.
pub(crate) async fn subscribe(visit: Arc<Visit>, uris: Vec<String>, leave: Leave) {
    let (mark, id) = (visit.mark(), visit.id());
    let books = &visit.world.books;
    books
        .open()
        .visits
        .entry(visit.label)
        .or_default()
        .uris
        .extend(uris.iter().cloned());
    let mut params = json!({
        "mark": mark.to_string(),
        "notifications": { "toolsListChanged": true, "resourceSubscriptions": uris },
    });
    params["_meta"] = request::modern_meta(&visit);
    let ask = Ask {
        house: visit.guest.house,
        method: "subscriptions/listen".to_owned(),
        sent: books.now(),
        hears_interim: true,
        ..Ask::default()
    };
    visit.ask(mark, &id, ask);
    let body = request::message(&id, "subscriptions/listen", &params);
    let headers = request::modern_headers("subscriptions/listen", None);
    let bytes = request::post(&visit.path(), BOTH, &headers, &body);
    let reading = read_listen(&visit, &bytes, &id);
    match leave {
        Leave::After(time) => _ = tokio::time::timeout(time, reading).await,
        Leave::AtItsEnd => reading.await,
    }
    let answered = books
        .open()
        .asks
        .get(&mark)
        .is_some_and(|ask| !ask.answers.is_empty());
    if !answered {
        books.give_up(mark, "it left for good");
    }
}

async fn read_listen(visit: &Arc<Visit>, bytes: &[u8], id: &Value) {
    let Ok(mut pipe) = visit.dial() else { return };
    let Ok(head) = ask(&mut pipe, bytes).await else {
        return;
    };
    if !head.is_stream() {
        if let Ok(text) = pipe.whole().await {
            visit.receive(&text, None);
        }
        return;
    }
    let (mut events, mut cursor) = (Events::new(pipe), Cursor::default());
    while let Ok(Some(Ok(event))) = events.next(&mut cursor).await {
        let message: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let tag = &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        if message["method"].is_string() && tag != id {
            let text = format!("{} listens as {id} and got {message}", visit.label);
            visit.world.books.breach("what listeners hear is tagged", text);
        }
        visit.receive(&event.data, None);
    }
}

async fn ask(pipe: &mut Pipe, bytes: &[u8]) -> Result<super::pipe::Head, Gone> {
    pipe.send(bytes).await?;
    pipe.head().await
}
