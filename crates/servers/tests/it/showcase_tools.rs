//! Tools of the showcase that ask nobody anything.

use pontoon_servers::{Showcase, showcase};
use serde_json::{Value, json};

use crate::wire::Wire;

fn server() -> Showcase {
    showcase().expect("random bytes")()
}

async fn legacy() -> Wire {
    Wire::legacy(server(), json!({})).await
}

#[tokio::test]
async fn echo_sends_back_what_it_got() {
    let mut wire = legacy().await;
    let message = "ä \u{1F309} \"quoted\" \n line \u{0} end";
    assert_eq!(
        wire.tool("echo", json!({ "message": message })).await.text(),
        message
    );
}

#[tokio::test]
async fn wrong_arguments_are_told_to_the_model() {
    let mut wire = legacy().await;
    for (arguments, named) in [
        (json!({}), "missing field `message`"),
        (json!({ "message": 1 }), "expected a string"),
        (
            json!({ "message": "x", "massage": "y" }),
            "unknown field `massage`",
        ),
    ] {
        let reply = wire.tool("echo", arguments).await;
        assert!(reply.failure().contains(named), "{}", reply.response);
    }
    assert_eq!(
        wire.tool("ecco", json!({})).await.error(),
        (-32602, "unknown tool `ecco`")
    );
}

#[tokio::test]
async fn add_gives_a_result_that_fits_its_schema() {
    let mut wire = legacy().await;
    let listed = wire.call("tools/list", json!({})).await;
    let tools = listed.result()["tools"].as_array().expect("tools");
    let add = tools.iter().find(|tool| tool["name"] == "add").expect("listed");
    assert_eq!(add["outputSchema"]["required"], json!(["sum"]));
    assert_eq!(add["outputSchema"]["properties"]["sum"]["type"], "number");
    let reply = wire.tool("add", json!({ "a": 1.5, "b": -4 })).await;
    assert_eq!(reply.result()["structuredContent"], json!({ "sum": -2.5 }));
    assert_eq!(
        serde_json::from_str::<Value>(reply.text()).expect("JSON"),
        json!({ "sum": -2.5 })
    );
}

#[tokio::test]
async fn big_is_as_big_as_asked() {
    let mut wire = legacy().await;
    for bytes in [0, 1, 63, 64, 65, 1_000_000] {
        assert_eq!(
            wire.tool("big", json!({ "bytes": bytes })).await.text().len(),
            bytes
        );
    }
    let reply = wire.tool("big", json!({ "bytes": 64 * 1024 * 1024 + 1 })).await;
    assert!(reply.failure().contains("67108864"), "{}", reply.response);
}

#[tokio::test]
async fn every_kind_of_content() {
    let mut wire = legacy().await;
    for (tool, block, member) in [
        ("image", 0, "mimeType"),
        ("audio", 0, "mimeType"),
        ("embedded_resource", 0, "resource"),
        ("resource_link", 1, "uri"),
    ] {
        let reply = wire.tool(tool, json!({})).await;
        assert!(
            reply.result()["content"][block].get(member).is_some(),
            "{}",
            reply.response
        );
    }
    let image = wire.tool("image", json!({})).await;
    assert!(
        image.result()["content"][0]["data"]
            .as_str()
            .expect("base64")
            .starts_with("iVBORw0KGgo")
    );
    let audio = wire.tool("audio", json!({})).await;
    assert!(
        audio.result()["content"][0]["data"]
            .as_str()
            .expect("base64")
            .starts_with("UklGR")
    );
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_to_whoever_gave_a_token() {
    let mut wire = legacy().await;
    let arguments = json!({ "steps": 3, "delay_ms": 5_000 });
    let params = json!({ "name": "progress", "arguments": arguments, "_meta": { "progressToken": "tok" } });
    let reply = wire.call("tools/call", params).await;
    let told: Vec<_> = reply
        .notified("notifications/progress")
        .into_iter()
        .map(|message| {
            let params = &message["params"];
            (
                params["progressToken"].clone(),
                params["progress"].as_f64(),
                params["total"].as_f64(),
            )
        })
        .collect();
    let step = |n: f64| (json!("tok"), Some(n), Some(3.0));
    assert_eq!(told, [step(1.0), step(2.0), step(3.0)]);
    let silent = wire.tool("progress", arguments).await;
    assert!(silent.notifications.is_empty());
    assert!(
        wire.tool("progress", json!({ "steps": 0 }))
            .await
            .failure()
            .contains("1 to 1000")
    );
}

#[tokio::test]
async fn log_respects_the_level_the_client_set() {
    let mut wire = legacy().await;
    let all = wire.tool("log", json!({})).await;
    assert_eq!(all.notified("notifications/message").len(), 8);
    wire.call("logging/setLevel", json!({ "level": "error" }))
        .await
        .result();
    let some = wire.tool("log", json!({})).await;
    let levels: Vec<_> = some
        .notified("notifications/message")
        .iter()
        .map(|m| m["params"]["level"].clone())
        .collect();
    assert_eq!(levels, ["error", "critical", "alert", "emergency"]);
    assert_eq!(some.notifications[0]["params"]["logger"], "showcase");
    assert!(some.text().contains("asked for 4"), "{}", some.text());
}

#[tokio::test(start_paused = true)]
async fn slow_notices_that_it_is_cancelled() {
    let mut wire = legacy().await;
    let id = wire
        .request(
            "tools/call",
            json!({ "name": "slow", "arguments": { "seconds": 3000 } }),
        )
        .await;
    let cancelled = json!({ "requestId": id });
    wire.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    let notice = wire.next().await;
    assert_eq!(notice["method"], "notifications/message");
    assert_eq!(notice["params"]["data"], "slow: the call was cancelled");
    let read = wire
        .call("resources/read", json!({ "uri": "showcase://cancellations" }))
        .await;
    assert_eq!(read.result()["contents"][0]["text"], "1");
    assert_eq!(
        wire.tool("slow", json!({ "seconds": 0.5 })).await.text(),
        "Waited 0.5 seconds."
    );
    assert!(
        wire.tool("slow", json!({ "seconds": -1 }))
            .await
            .failure()
            .contains("`seconds`")
    );
}

#[tokio::test]
async fn the_two_ways_to_fail() {
    let mut wire = legacy().await;
    assert_eq!(
        wire.tool("fail", json!({})).await.failure(),
        "This failed on purpose."
    );
    assert_eq!(
        wire.tool("fail_protocol", json!({})).await.error(),
        (-32603, "This failed on purpose.")
    );
    let arguments = json!({ "code": -32001, "message": "so", "data": { "why": [1] } });
    let reply = wire.tool("fail_protocol", arguments).await;
    assert_eq!(reply.error(), (-32001, "so"));
    assert_eq!(reply.response["error"]["data"], json!({ "why": [1] }));
}

#[tokio::test]
async fn region_declares_its_header() {
    let mut wire = legacy().await;
    let listed = wire.call("tools/list", json!({})).await;
    let tools = listed.result()["tools"].as_array().expect("tools");
    let region = tools
        .iter()
        .find(|tool| tool["name"] == "region")
        .expect("listed");
    let parameter = &region["inputSchema"]["properties"]["region"];
    assert_eq!(
        (&parameter["type"], &parameter["x-mcp-header"]),
        (&json!("string"), &json!("Region"))
    );
    assert_eq!(
        wire.tool("region", json!({ "region": "eu" })).await.text(),
        "Called for region eu."
    );
}
