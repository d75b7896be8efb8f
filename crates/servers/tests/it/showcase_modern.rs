//! Questions to a client of 2026-07-28: results that ask, and requests that come back.

use pontoon_servers::{Showcase, showcase};
use serde_json::{Value, json};

use crate::wire::{Reply, Wire, modern_meta};

fn server() -> Showcase {
    showcase().expect("random bytes")()
}

/// A client that can be asked everything.
fn able() -> Value {
    modern_meta(json!({ "sampling": {}, "roots": {}, "elicitation": { "form": {}, "url": {} } }))
}

async fn tool(wire: &mut Wire, name: &str, arguments: Value) -> Reply {
    wire.call(
        "tools/call",
        json!({ "_meta": able(), "name": name, "arguments": arguments }),
    )
    .await
}

/// The same request again, with answers and the state of `reply`.
async fn retry(wire: &mut Wire, name: &str, arguments: Value, reply: &Reply, answers: Value) -> Reply {
    let params = json!({
        "_meta": able(), "name": name, "arguments": arguments,
        "inputResponses": answers, "requestState": reply.result()["requestState"],
    });
    wire.call("tools/call", params).await
}

/// The questions of an `input_required` result.
fn questions(reply: &Reply) -> &Value {
    assert_eq!(
        reply.result()["resultType"],
        "input_required",
        "{}",
        reply.response
    );
    &reply.result()["inputRequests"]
}

fn accepted(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

#[tokio::test]
async fn discovery_names_the_server() {
    let mut wire = Wire::to(server());
    let found = wire.call("server/discover", json!({ "_meta": able() })).await;
    let capabilities = &found.result()["capabilities"];
    assert_eq!(capabilities["tools"]["listChanged"], true);
    assert_eq!(
        capabilities["resources"],
        json!({ "listChanged": true, "subscribe": true })
    );
    assert!(
        found.result()["instructions"]
            .as_str()
            .is_some_and(|text| text.contains("`echo`"))
    );
}

#[tokio::test]
async fn a_question_is_a_result_and_its_answer_a_request() {
    let mut wire = Wire::to(server());
    let arguments = json!({ "prompt": "What?", "max_tokens": 7 });
    let asked = tool(&mut wire, "sample", arguments.clone()).await;
    let question = &questions(&asked)["sample"];
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(question["params"]["maxTokens"], 7);
    let answer = json!({
        "role": "assistant", "model": "m-1", "content": { "type": "text", "text": "Forty-two." },
    });
    let answered = retry(
        &mut wire,
        "sample",
        arguments,
        &asked,
        json!({ "sample": answer }),
    )
    .await;
    assert_eq!(answered.text(), "m-1 answered: Forty-two.");
}

#[tokio::test]
async fn answers_of_earlier_rounds_come_back_in_the_state() {
    const TOOL: &str = "test_input_required_result_multi_round";
    let mut wire = Wire::to(server());
    let first = tool(&mut wire, TOOL, json!({})).await;
    assert!(questions(&first).get("step1").is_some());
    let answers = json!({ "step1": accepted(json!({ "name": "Ada" })) });
    let second = retry(&mut wire, TOOL, json!({}), &first, answers).await;
    let open: Vec<_> = questions(&second)
        .as_object()
        .expect("an object")
        .keys()
        .collect();
    assert_eq!(open, ["step2"]);
    assert_ne!(first.result()["requestState"], second.result()["requestState"]);
    let answers = json!({ "step2": accepted(json!({ "color": "blue" })) });
    let done = retry(&mut wire, TOOL, json!({}), &second, answers).await;
    assert_eq!(done.text(), "Ada likes blue.");
}

#[tokio::test]
async fn what_was_left_open_is_asked_again() {
    const TOOL: &str = "test_input_required_result_multiple_inputs";
    let mut wire = Wire::to(server());
    let asked = tool(&mut wire, TOOL, json!({})).await;
    assert_eq!(questions(&asked).as_object().expect("an object").len(), 3);
    let some = json!({
        "user_name": accepted(json!({ "name": "Ada" })),
        "greeting": 12345,
        "client_roots": { "roots": "none" },
        "unheard_of": {},
    });
    let again = retry(&mut wire, TOOL, json!({}), &asked, some).await;
    let open: Vec<_> = questions(&again)
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(open, ["client_roots", "greeting"], "a bad answer is no answer");
    let rest = json!({
        "greeting": { "role": "assistant", "model": "m", "content": { "type": "text", "text": "Hi" } },
        "client_roots": { "roots": [{ "uri": "file:///a" }] },
    });
    let done = retry(&mut wire, TOOL, json!({}), &again, rest).await;
    assert_eq!(done.text(), "Hi (Ada, 1 roots)");
}

#[tokio::test]
async fn a_state_is_good_for_its_own_request_only() {
    let factory = showcase().expect("random bytes");
    let mut wire = Wire::to(factory());
    let arguments = json!({ "prompt": "What?" });
    let asked = tool(&mut wire, "sample", arguments.clone()).await;
    let answer = json!({ "sample": {
        "role": "assistant", "model": "m", "content": { "type": "text", "text": "Yes" },
    } });
    let state = asked.result()["requestState"]
        .as_str()
        .expect("a state")
        .to_owned();
    let mut swapped = state.clone().into_bytes();
    let middle = swapped.len() / 2;
    swapped[middle] = if swapped[middle] == b'A' { b'B' } else { b'A' };
    let swapped = String::from_utf8(swapped).expect("still ASCII");
    for (name, arguments, state) in [
        ("sample", arguments.clone(), format!("{state}x")),
        ("sample", arguments.clone(), swapped),
        ("sample", arguments.clone(), String::new()),
        ("sample", json!({ "prompt": "Else?" }), state.clone()),
        ("test_sampling", arguments.clone(), state.clone()),
    ] {
        let params = json!({
            "_meta": able(), "name": name, "arguments": arguments,
            "inputResponses": answer, "requestState": state,
        });
        let refused = wire.call("tools/call", params).await;
        let (code, message) = refused.error();
        assert_eq!(code, -32602);
        assert!(message.contains("`requestState`"), "{message}");
    }
    let mut stranger = Wire::to(server());
    let refused = retry(&mut stranger, "sample", arguments.clone(), &asked, answer.clone()).await;
    assert_eq!(refused.error().0, -32602, "another factory's key");
    let mut sibling = Wire::to(factory());
    let answered = retry(&mut sibling, "sample", arguments, &asked, answer).await;
    assert_eq!(answered.text(), "m answered: Yes");
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_refused() {
    let mut wire = Wire::to(server());
    for (name, arguments, required) in [
        ("sample", json!({ "prompt": "x" }), json!({ "sampling": {} })),
        ("roots", json!({}), json!({ "roots": {} })),
        ("elicit_form", json!({}), json!({ "elicitation": { "form": {} } })),
        ("elicit_url", json!({}), json!({ "elicitation": { "url": {} } })),
    ] {
        let params = json!({ "_meta": modern_meta(json!({})), "name": name, "arguments": arguments });
        let reply = wire.call("tools/call", params).await;
        assert_eq!(reply.error().0, -32021, "{name}");
        assert_eq!(
            reply.response["error"]["data"]["requiredCapabilities"], required,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_prompt_can_ask_too() {
    let mut wire = Wire::to(server());
    let name = "test_input_required_result_prompt";
    let asked = wire
        .call("prompts/get", json!({ "_meta": able(), "name": name }))
        .await;
    assert_eq!(questions(&asked)["user_context"]["method"], "elicitation/create");
    let params = json!({
        "_meta": able(), "name": name, "requestState": asked.result()["requestState"],
        "inputResponses": { "user_context": accepted(json!({ "context": "boats" })) },
    });
    let got = wire.call("prompts/get", params).await;
    assert_eq!(
        got.result()["messages"][0]["content"]["text"],
        "Use this context: boats"
    );
}

#[tokio::test]
async fn log_messages_come_when_the_request_asks() {
    let mut wire = Wire::to(server());
    assert!(tool(&mut wire, "log", json!({})).await.notifications.is_empty());
    let mut meta = able();
    meta["io.modelcontextprotocol/logLevel"] = json!("alert");
    let id = wire
        .request(
            "tools/call",
            json!({ "_meta": meta, "name": "log", "arguments": {} }),
        )
        .await;
    let reply = wire.reply(id).await;
    let levels: Vec<_> = reply
        .notifications
        .iter()
        .map(|m| m["params"]["level"].clone())
        .collect();
    assert_eq!(levels, ["alert", "emergency"]);
    meta["io.modelcontextprotocol/logLevel"] = json!("loud");
    let refused = wire
        .call(
            "tools/call",
            json!({ "_meta": meta, "name": "log", "arguments": {} }),
        )
        .await;
    assert_eq!(refused.error().0, -32602);
}
