//! Calls of modern clients that are answered with questions, and made again with the answers.

use std::collections::BTreeMap;

use pontoon_history::books::{Books, Brought};
use pontoon_history::mark::{Label, Mark, marks_in};
use serde_json::{Map, Value, json};

use super::client::{CLIENTS, post};

/// What clients of this kind can be asked.
const EVERYTHING: &str = r#"{"elicitation":{},"roots":{},"sampling":{}}"#;

/// The rounds that each client was brought, and where it made its calls.
#[derive(Default)]
pub(super) struct Rounds {
    brought: [Vec<Round>; CLIENTS],
    houses: BTreeMap<Mark, &'static str>,
}

/// Questions with which a call was answered.
#[derive(Clone, Debug)]
struct Round {
    call: Mark,
    names: Vec<String>,
    state: String,
}

impl Rounds {
    /// A call whose client can be asked everything.
    pub(super) fn call(&mut self, mark: Mark, house: &'static str, id: &Value) -> String {
        self.houses.insert(mark, house);
        request(house, id, params(mark))
    }

    /// Whether a server of 2026-07-28 asked about this call: it gets each retry as a call of its own.
    pub(super) fn is_made_anew(&self, call: Mark) -> bool {
        let mut all = self.brought.iter().flatten().filter(|round| round.call == call);
        all.any(|round| round.names.iter().any(|name| name == "own"))
    }

    /// Notes the questions in what arrived at a client.
    pub(super) fn read(&mut self, client: usize, text: &str) {
        for piece in text.split("\"inputRequests\":").skip(1) {
            let Some((questions, rest)) = piece.split_once(",\"requestState\":\"") else {
                continue;
            };
            let names = serde_json::from_str::<Map<String, Value>>(questions).unwrap_or_default();
            let Some(call) = marks_in(questions).next() else {
                continue;
            };
            self.brought[client].push(Round {
                call,
                names: names.into_iter().map(|(name, _)| name).collect(),
                state: rest.split('"').next().unwrap_or_default().to_owned(),
            });
        }
    }

    /// A call that is made again: with the last state of this client, or an older one, or one that is not good.
    pub(super) fn retry(
        &self,
        label: Label,
        (what, how): (usize, usize),
        marks: &mut u32,
        books: &Books,
    ) -> Option<String> {
        let own = &self.brought[usize::from(label.client)];
        let others = &self.brought[(usize::from(label.client) + 1) % CLIENTS];
        let is_foul = what % 3 == 2;
        let mut round = match (what % 3, how % 4) {
            (0, _) | (2, 1..) => own.last()?,
            (1, _) => own.get(how % own.len().max(1))?,
            _ => others.last()?,
        }
        .clone();
        let mut params = params(round.call);
        match (is_foul, how % 4) {
            (true, 1) => drop(round.state.pop()),
            (true, 2) => round.state.insert(how % round.state.len().max(1), 'A'),
            (true, 3) => params["arguments"]["more"] = json!(true),
            _ => {}
        }
        let mut next = || {
            *marks += 1;
            Mark {
                label,
                number: *marks,
            }
        };
        let with = next();
        let mut answer = |name: &String| {
            let mark = next();
            let brought = Brought {
                with,
                is_welcome: !is_foul,
            };
            books.open().brought.insert(mark, brought);
            (
                name.clone(),
                json!({ "action": "accept", "mark": mark.to_string() }),
            )
        };
        let answers: Map<_, _> = match how / 4 % 4 {
            0 | 1 => round.names.iter().map(&mut answer).collect(),
            2 => round.names.iter().take(1).map(&mut answer).collect(),
            _ => Map::from_iter([(String::from("question-0"), json!([]))]),
        };
        params["inputResponses"] = Value::Object(answers);
        params["requestState"] = json!(round.state);
        let house = self.houses.get(&round.call).copied().unwrap_or("alpha");
        Some(request(house, &json!(how % 16), params))
    }
}

/// A retry must have the same parameters.
fn params(mark: Mark) -> Value {
    let text = mark.to_string();
    json!({ "name": "t", "arguments": { "mark": text }, "_meta": { "progressToken": text } })
}

fn request(house: &str, id: &Value, mut params: Value) -> String {
    let capabilities: Value = serde_json::from_str(EVERYTHING).expect("it is written as JSON");
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    let headers = "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: t\r\n";
    let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
    post(&format!("/{house}/mcp"), headers, &message.to_string())
}
