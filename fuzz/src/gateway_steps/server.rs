//! What servers do.

use pontoon_history::server::{Puppet, Stage};
use serde_json::{Value, json};

use super::input::Input;

const QUESTIONS: [&str; 3] = ["sampling/createMessage", "elicitation/create", "roots/list"];

/// Writes bytes of the input on a server's standard output. They name nobody's mark.
pub(super) fn say(input: &mut Input<'_>, stage: &Stage) {
    let (number, text) = (input.number(), input.text());
    if let Some(puppet) = puppet(number, stage) {
        puppet.say(
            &text
                .iter()
                .map(|byte| if *byte == b'~' { b'-' } else { *byte })
                .collect::<Vec<_>>(),
        );
    }
}

fn puppet(number: usize, stage: &Stage) -> Option<std::sync::Arc<Puppet>> {
    // The latest are the ones that clients just caused.
    stage.puppet(stage.len().checked_sub(1 + number % 4)?)
}

/// Does something sensible.
pub(super) fn act(input: &mut Input<'_>, stage: &Stage) {
    let (number, what, which) = (input.number(), input.number(), input.number());
    let Some(puppet) = puppet(number, stage) else {
        return;
    };
    match what % 10 {
        0..=2 => answer(&puppet, which),
        3 => about(&puppet, which, |id, mark| {
            json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": id, "progress": 1, "message": mark } })
        }),
        4 => about(
            &puppet,
            which,
            |_, mark| json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "error", "data": mark } }),
        ),
        5 => about(
            &puppet,
            which,
            |_, mark| json!({ "jsonrpc": "2.0", "id": which, "method": QUESTIONS[which / 16 % 3], "params": { "mark": mark } }),
        ),
        6 => write(
            &puppet,
            &json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }),
        ),
        7 => {
            let uri = format!("res://{}", which % 2);
            let params = json!({ "uri": uri });
            write(
                &puppet,
                &json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": params }),
            );
        }
        8 => puppet.die(),
        _ => write(
            &puppet,
            &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": which } }),
        ),
    }
}

/// Answers one of the requests that wait, or once more one that does not.
fn answer(puppet: &Puppet, which: usize) {
    let answer = {
        let mut got = puppet.got();
        let waiting = got.iter().position(|request| !request.is_answered);
        let at = if which % 8 == 7 {
            got.len().checked_sub(1)
        } else {
            waiting
        };
        let Some(request) = at.and_then(|at| got.get_mut(at)) else {
            return;
        };
        request.is_answered = true;
        let mark = request.mark.map(|mark| mark.to_string());
        match (request.method.as_str(), which % 8) {
            ("initialize", 0..6) => {
                let capabilities = json!({ "resources": { "subscribe": true }, "logging": {}, "tools": {} });
                let result = json!({ "protocolVersion": "2025-06-18", "capabilities": capabilities,
                    "serverInfo": { "name": "s", "version": "1" } });
                json!({ "jsonrpc": "2.0", "id": request.id, "result": result })
            }
            (_, 6) => json!({ "jsonrpc": "2.0", "id": request.id, "error": { "code": -1, "message": mark } }),
            // As servers of 2026-07-28 ask.
            (_, 5) => {
                let question = json!({ "method": QUESTIONS[0], "params": { "mark": mark } });
                let result = json!({ "inputRequests": { "own": question }, "requestState": "own",
                    "resultType": "input_required" });
                json!({ "jsonrpc": "2.0", "id": request.id, "result": result })
            }
            _ => json!({ "jsonrpc": "2.0", "id": request.id, "result": { "mark": mark } }),
        }
    };
    write(puppet, &answer);
}

/// Says something about one of the requests that it is still at.
fn about(puppet: &Puppet, which: usize, say: impl FnOnce(&Value, Option<String>) -> Value) {
    let said = {
        let got = puppet.got();
        let waiting: Vec<_> = got.iter().filter(|request| !request.is_answered).collect();
        let Some(request) = (!waiting.is_empty()).then(|| waiting[which % waiting.len()]) else {
            return;
        };
        say(&request.id, request.mark.map(|mark| mark.to_string()))
    };
    write(puppet, &said);
}

fn write(puppet: &Puppet, message: &Value) {
    puppet.say(format!("{message}\n").as_bytes());
}
