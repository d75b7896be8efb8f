//! Questions to a legacy client: requests of the server.

use pontoon_servers::showcase;
use serde_json::{Value, json};

use crate::wire::{Reply, Wire};

async fn able_to(capabilities: Value) -> Wire {
    Wire::legacy(showcase().expect("random bytes")(), capabilities).await
}

/// Calls a tool that asks one question; returns the question and the tool's reply.
async fn ask(wire: &mut Wire, tool: &str, arguments: Value, answer: Value) -> (Value, Reply) {
    let id = wire
        .request("tools/call", json!({ "name": tool, "arguments": arguments }))
        .await;
    let question = wire.next_request().await;
    wire.answer(&question, answer).await;
    (question, wire.reply(id).await)
}

#[tokio::test]
async fn sample_asks_the_model() {
    let mut wire = able_to(json!({ "sampling": {} })).await;
    let answer = json!({
        "role": "assistant", "model": "m-1", "stopReason": "endTurn",
        "content": { "type": "text", "text": "Forty-two." },
    });
    let arguments = json!({ "prompt": "What?", "max_tokens": 7 });
    let (question, reply) = ask(&mut wire, "sample", arguments, answer).await;
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(question["params"]["maxTokens"], 7);
    assert_eq!(
        question["params"]["messages"][0]["content"],
        json!({ "type": "text", "text": "What?" })
    );
    assert_eq!(reply.text(), "m-1 answered: Forty-two.");
}

#[tokio::test]
async fn a_refused_question_is_told_to_the_model() {
    let mut wire = able_to(json!({ "sampling": {} })).await;
    let params = json!({ "name": "sample", "arguments": { "prompt": "What?" } });
    let id = wire.request("tools/call", params).await;
    let question = wire.next_request().await;
    let error = json!({ "code": -1, "message": "the user said no" });
    wire.send(json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }))
        .await;
    let reply = wire.reply(id).await;
    assert_eq!(
        reply.failure(),
        "The client answered `sampling` with error -1: the user said no"
    );
}

#[tokio::test]
async fn forms_carry_every_kind_of_field() {
    let mut wire = able_to(json!({ "elicitation": {} })).await;
    let answer = json!({ "action": "accept", "content": { "name": "Ada", "age": 36 } });
    let (question, reply) = ask(&mut wire, "elicit_form", json!({}), answer).await;
    assert_eq!(question["method"], "elicitation/create");
    let properties = &question["params"]["requestedSchema"]["properties"];
    for (name, kind) in [
        ("name", "string"),
        ("age", "integer"),
        ("height", "number"),
        ("newsletter", "boolean"),
    ] {
        assert_eq!(properties[name]["type"], kind, "{name}");
    }
    assert_eq!(properties["email"]["format"], "email");
    assert_eq!(properties["born"]["format"], "date");
    assert_eq!(properties["age"]["default"], 30);
    assert_eq!(question["params"]["requestedSchema"]["required"], json!(["name"]));
    assert!(
        reply.text().starts_with("action=accept, content={"),
        "{}",
        reply.text()
    );
    let (_, reply) = ask(
        &mut wire,
        "elicit_form",
        json!({}),
        json!({ "action": "decline" }),
    )
    .await;
    assert_eq!(reply.text(), "action=decline, content=none");
}

#[tokio::test]
async fn choices_are_single_titled_and_multiple() {
    let mut wire = able_to(json!({ "elicitation": { "form": {} } })).await;
    let answer =
        json!({ "action": "accept", "content": { "colour": "red", "toppings": ["cheese", "olives"] } });
    let (question, reply) = ask(&mut wire, "elicit_enum", json!({}), answer).await;
    let properties = &question["params"]["requestedSchema"]["properties"];
    assert_eq!(properties["colour"]["enum"], json!(["red", "green", "blue"]));
    assert_eq!(
        properties["size"]["oneOf"][0],
        json!({ "const": "s", "title": "Small" })
    );
    assert_eq!(
        properties["toppings"]["items"]["anyOf"][0],
        json!({ "const": "cheese", "title": "Cheese" })
    );
    assert_eq!(properties["toppings"]["maxItems"], 2);
    assert!(
        reply.text().contains(r#""toppings":["cheese","olives"]"#),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn a_visited_page_is_reported_complete() {
    let mut wire = able_to(json!({ "elicitation": { "url": {} } })).await;
    let (question, reply) = ask(&mut wire, "elicit_url", json!({}), json!({ "action": "accept" })).await;
    assert_eq!(question["params"]["mode"], "url");
    let id = &question["params"]["elicitationId"];
    assert_eq!(
        reply.notified("notifications/elicitation/complete")[0]["params"],
        json!({ "elicitationId": id })
    );
    let (again, declined) = ask(&mut wire, "elicit_url", json!({}), json!({ "action": "decline" })).await;
    assert_ne!(&again["params"]["elicitationId"], id);
    assert!(declined.notifications.is_empty());
}

#[tokio::test]
async fn roots_are_listed() {
    let mut wire = able_to(json!({ "roots": {} })).await;
    let answer = json!({ "roots": [{ "uri": "file:///a", "name": "A" }, { "uri": "file:///b" }] });
    let (question, reply) = ask(&mut wire, "roots", json!({}), answer).await;
    assert_eq!(question["method"], "roots/list");
    assert_eq!(reply.text(), "file:///a (A)\nfile:///b (no name)");
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not() {
    let mut wire = able_to(json!({ "elicitation": {} })).await;
    for (tool, arguments, capability) in [
        ("sample", json!({ "prompt": "x" }), "`sampling`"),
        ("roots", json!({}), "`roots`"),
        ("elicit_url", json!({}), "`elicitation.url`"),
    ] {
        let reply = wire.tool(tool, arguments).await;
        assert!(reply.failure().contains(capability), "{}", reply.response);
    }
    let mut wire = able_to(json!({ "elicitation": { "url": {} } })).await;
    assert!(
        wire.tool("elicit_form", json!({}))
            .await
            .failure()
            .contains("`elicitation`")
    );
}

#[tokio::test]
async fn the_tools_of_the_modern_suite_ask_a_legacy_client_too() {
    let mut wire = able_to(json!({ "elicitation": {} })).await;
    let params = json!({ "name": "test_input_required_result_multi_round" });
    let id = wire.request("tools/call", params).await;
    for answer in [json!({ "name": "Ada" }), json!({ "color": "blue" })] {
        let question = wire.next_request().await;
        assert_eq!(question["method"], "elicitation/create");
        wire.answer(&question, json!({ "action": "accept", "content": answer }))
            .await;
    }
    let reply = wire.reply(id).await;
    assert_ne!(
        reply.result().get("isError"),
        Some(&json!(true)),
        "{}",
        reply.response
    );
}

#[tokio::test]
async fn a_call_cancelled_while_it_asks_ends() {
    let mut wire = able_to(json!({ "sampling": {} })).await;
    let id = wire
        .request(
            "tools/call",
            json!({ "name": "sample", "arguments": { "prompt": "x" } }),
        )
        .await;
    wire.next_request().await;
    let cancelled = json!({ "requestId": id });
    wire.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    // `reply` fails on an answer to any other request.
    assert_eq!(wire.tool("echo", json!({ "message": "on" })).await.text(), "on");
}
