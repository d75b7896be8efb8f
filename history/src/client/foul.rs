//! What no client should send.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::{self, Manner};
use super::pipe::{Gone, Pipe};
use super::request::{self, BOTH, Draft};
use super::visit::{Era, PATIENCE, Visit};
use crate::books::Who;
use crate::dice::Dice;
use crate::mark::Mark;

/// Breaks a rule, and looks whether that is refused.
pub(super) async fn commit(visit: &Arc<Visit>, dice: &mut Dice, background: &[(Mark, Value)]) {
    let books = &visit.world.books;
    let foul = dice.pick(&[0, 1, 2, 3, 3, 3, 4, 5, 6, 7]);
    books.line(
        Who::Client(visit.guest.number),
        format!("{} plays foul: {foul}", visit.label),
    );
    let path = visit.path();
    let body = request::message(&json!(77), "tools/list", &json!({}));
    match foul {
        0 => {
            expect(
                visit,
                &request::post(&path, BOTH, &visit.headers(), "{\"jsonrpc\":"),
                400,
            )
            .await;
        }
        1 => {
            let id = "A".repeat(43);
            let headers = request::session_headers(&id, "2025-06-18");
            let path = format!("/{}/mcp", visit.world.house_name(visit.guest.house));
            expect(visit, &request::post(&path, BOTH, &headers, &body), 404).await;
        }
        2 if matches!(visit.guest.era, Era::Streamable(_)) => {
            let other = visit.world.house_name(1 - visit.guest.house);
            let path = format!("/{other}/mcp");
            expect(visit, &request::post(&path, BOTH, &visit.headers(), &body), 404).await;
        }
        3 => repeat_an_id(visit, background).await,
        4 => {
            expect(
                visit,
                b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
                400,
            )
            .await;
        }
        5 => send_half(visit, dice, &request::post(&path, BOTH, &visit.headers(), &body)).await,
        6 if matches!(visit.guest.era, Era::Streamable(_)) => {
            let reply = json!({ "jsonrpc": "2.0", "id": 999_999, "result": {} }).to_string();
            expect(visit, &request::post(&path, BOTH, &visit.headers(), &reply), 400).await;
        }
        _ => {
            let headers = "mcp-protocol-version: 2026-07-28\r\n";
            let path = format!("/{}/mcp", visit.world.house_name(visit.guest.house));
            expect(visit, &request::post(&path, BOTH, headers, &body), 400).await;
        }
    }
}

async fn expect(visit: &Visit, bytes: &[u8], status: u16) {
    let books = &visit.world.books;
    match tokio::time::timeout(PATIENCE, status_of(visit, bytes)).await {
        // A session may have come to its end meanwhile; the gateway may have stopped.
        Ok(Ok(seen)) if seen == status || seen == 404 || visit.world.is_draining() => {}
        Ok(Err(Gone)) if visit.world.is_draining() => {}
        // There may be no room even for a refusal.
        Ok(Ok(503)) if visit.world.circumstances.tight => {}
        Ok(seen) => {
            let text = format!("{}: {seen:?} instead of {status}", visit.label);
            books.breach("foul play is refused", text);
        }
        Err(_) => books.breach("no hang", "a refusal did not come in time"),
    }
}

async fn status_of(visit: &Visit, bytes: &[u8]) -> Result<u16, Gone> {
    let mut pipe: Pipe = visit.dial()?;
    pipe.send(bytes).await?;
    let head = pipe.head().await?;
    pipe.whole().await?;
    Ok(head.status)
}

/// A request under the id of one that may be in flight.
async fn repeat_an_id(visit: &Arc<Visit>, background: &[(Mark, Value)]) {
    let Some((other, id)) = background.last() else {
        return;
    };
    // It may be about to be sent.
    tokio::task::yield_now().await;
    // Whichever comes second is refused.
    if let Some(other) = visit.world.books.open().asks.get_mut(other) {
        other.foul = true;
    }
    let mut draft = Draft::new(visit, "tools/list", json!({}));
    draft.id = id.clone();
    draft.foul = true;
    exchange::run(Arc::clone(visit), draft, Manner::Stay).await;
}

/// Half a request, and then nothing.
async fn send_half(visit: &Visit, dice: &mut Dice, bytes: &[u8]) {
    let Ok(mut pipe) = visit.dial() else { return };
    let _ = pipe.send(&bytes[..bytes.len() / 2]).await;
    tokio::time::sleep(Duration::from_millis(dice.millis(1, 200))).await;
}
