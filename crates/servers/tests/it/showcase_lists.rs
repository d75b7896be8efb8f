//! What the showcase lists, reads and completes.

use std::collections::HashSet;

use pontoon_servers::showcase;
use serde_json::{Value, json};

use crate::wire::{Wire, modern_meta};

async fn legacy() -> Wire {
    Wire::legacy(showcase().expect("random bytes")(), json!({})).await
}

fn names<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|item| item[member].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn lists_are_the_same_every_time_and_in_every_session() {
    let factory = showcase().expect("random bytes");
    let mut one = Wire::legacy(factory(), json!({})).await;
    let mut two = Wire::legacy(factory(), json!({})).await;
    for method in [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        let first = one.call(method, json!({})).await;
        assert_eq!(first.result(), one.call(method, json!({})).await.result());
        assert_eq!(first.result(), two.call(method, json!({})).await.result());
        let (code, message) = (-32602, "unknown cursor; this list has one page, ask without one");
        assert_eq!(
            one.call(method, json!({ "cursor": "x" })).await.error(),
            (code, message)
        );
    }
}

#[tokio::test]
async fn every_tool_is_described_and_has_an_object_schema() {
    let mut wire = legacy().await;
    let listed = wire.call("tools/list", json!({})).await;
    let tools = &listed.result()["tools"];
    assert_eq!(names(tools, "name")[0], "echo");
    let mut seen = HashSet::new();
    for tool in tools.as_array().expect("tools") {
        let name = tool["name"].as_str().expect("a name");
        assert!(seen.insert(name), "{name} is listed twice");
        assert!(
            tool["description"].as_str().is_some_and(|text| !text.is_empty()),
            "{name}"
        );
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert!(
            tool["inputSchema"].get("title").is_none(),
            "{name} shows a Rust type's name"
        );
    }
    assert!(!seen.contains("extra"));
}

#[tokio::test]
async fn the_conformance_suite_finds_what_it_calls() {
    let mut wire = legacy().await;
    let listed = wire.call("tools/list", json!({})).await;
    let tools = names(&listed.result()["tools"], "name");
    for name in [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_error_handling",
        "test_tool_with_progress",
        "test_tool_with_logging",
        "test_sampling",
        "test_elicitation",
        "test_elicitation_sep1034_defaults",
        "test_elicitation_sep1330_enums",
        "test_reconnection",
        "json_schema_2020_12_tool",
        "test_missing_capability",
        "test_streaming_elicitation",
        "test_logging_tool",
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
        "test_input_required_result_elicitation",
        "test_input_required_result_sampling",
        "test_input_required_result_list_roots",
        "test_input_required_result_request_state",
        "test_input_required_result_multiple_inputs",
        "test_input_required_result_multi_round",
        "test_input_required_result_tampered_state",
        "test_input_required_result_capabilities",
    ] {
        assert!(tools.contains(&name), "{name}");
    }
    let schema = &listed.result()["tools"][tools
        .iter()
        .position(|n| *n == "json_schema_2020_12_tool")
        .expect("listed")]["inputSchema"];
    for keyword in [
        "$schema",
        "$defs",
        "allOf",
        "if",
        "then",
        "else",
        "additionalProperties",
    ] {
        assert!(schema.get(keyword).is_some(), "{keyword}");
    }
}

#[tokio::test]
async fn resources_are_read_by_uri_and_by_template() {
    let mut wire = legacy().await;
    let listed = wire.call("resources/list", json!({})).await;
    for uri in names(&listed.result()["resources"], "uri") {
        let read = wire.call("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read.result()["contents"][0]["uri"], uri);
    }
    let read = wire
        .call("resources/read", json!({ "uri": "test://template/123/data" }))
        .await;
    let text = read.result()["contents"][0]["text"].as_str().expect("text");
    assert_eq!(
        serde_json::from_str::<Value>(text).expect("JSON"),
        json!({ "id": "123", "templateTest": true, "data": "Data for ID: 123" })
    );
    let read = wire
        .call("resources/read", json!({ "uri": "showcase://greeting/Ada" }))
        .await;
    assert_eq!(read.result()["contents"][0]["text"], "Hello, Ada!");
}

#[tokio::test]
async fn a_resource_there_is_not_has_the_code_of_the_revision() {
    let factory = showcase().expect("random bytes");
    let mut legacy = Wire::legacy(factory(), json!({})).await;
    let mut modern = Wire::to(factory());
    for uri in [
        "showcase://nothing",
        "showcase://greeting/",
        "showcase://greeting/a/b",
        "showcase://extra",
        "",
    ] {
        let reply = legacy.call("resources/read", json!({ "uri": uri })).await;
        assert_eq!(reply.error().0, -32002, "{uri}");
        assert_eq!(reply.response["error"]["data"]["uri"], uri);
        let params = json!({ "uri": uri, "_meta": modern_meta(json!({})) });
        let reply = modern.call("resources/read", params).await;
        assert_eq!(reply.error().0, -32602, "{uri}");
        assert_eq!(reply.response["error"]["data"]["uri"], uri);
    }
}

#[tokio::test]
async fn prompts_are_filled_in() {
    let mut wire = legacy().await;
    let arguments = json!({ "name": "Ada", "language": "French" });
    let reply = wire
        .call("prompts/get", json!({ "name": "greet", "arguments": arguments }))
        .await;
    assert_eq!(
        reply.result()["messages"][0]["content"]["text"],
        "Greet Ada in French."
    );
    let missing = wire.call("prompts/get", json!({ "name": "greet" })).await;
    assert_eq!(
        missing.error(),
        (-32602, "the argument `name` is required, as a string")
    );
    let unknown = wire.call("prompts/get", json!({ "name": "extra_prompt" })).await;
    assert_eq!(unknown.error(), (-32602, "unknown prompt `extra_prompt`"));
}

#[tokio::test]
async fn arguments_are_completed() {
    let mut wire = legacy().await;
    let greet = json!({ "type": "ref/prompt", "name": "greet" });
    let data = json!({ "type": "ref/resource", "uri": "test://template/{id}/data" });
    let french = json!({ "arguments": { "language": "French" } });
    for (reference, name, typed, context, values) in [
        (&greet, "language", "g", json!({}), json!(["German"])),
        (&greet, "name", "a", json!({}), json!(["Ada", "Alan"])),
        (&greet, "name", "A", french, json!(["Augustin"])),
        (&greet, "language", "x", json!({}), json!([])),
        (&data, "id", "12", json!({}), json!(["12", "123"])),
    ] {
        let argument = json!({ "name": name, "value": typed });
        let params = json!({ "ref": reference, "argument": argument, "context": context });
        let reply = wire.call("completion/complete", params).await;
        assert_eq!(reply.result()["completion"]["values"], values, "{name} {typed}");
        assert_eq!(reply.result()["completion"]["hasMore"], false);
    }
    let argument = json!({ "name": "height", "value": "" });
    let reply = wire
        .call(
            "completion/complete",
            json!({ "ref": greet, "argument": argument }),
        )
        .await;
    assert_eq!(
        reply.error(),
        (-32602, "there is no argument `height` to complete for `greet`")
    );
}
