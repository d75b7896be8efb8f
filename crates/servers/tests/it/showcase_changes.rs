//! Changes, and who hears of them.

use pontoon_servers::showcase;
use serde_json::{Value, json};

use crate::wire::{Wire, modern_meta};

const COUNTER: &str = "showcase://counter";
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

#[tokio::test]
async fn a_legacy_subscriber_hears_of_its_resource_only() {
    let mut wire = Wire::legacy(showcase().expect("random bytes")(), json!({})).await;
    assert!(
        wire.tool("touch", json!({})).await.notifications.is_empty(),
        "nobody subscribed"
    );
    wire.call("resources/subscribe", json!({ "uri": COUNTER }))
        .await
        .result();
    wire.call("resources/subscribe", json!({ "uri": COUNTER }))
        .await
        .result();
    let touched = wire.tool("touch", json!({})).await;
    assert_eq!(
        touched.notifications.len(),
        1,
        "subscribing twice is subscribing once"
    );
    assert_eq!(
        touched.notifications[0]["method"],
        "notifications/resources/updated"
    );
    assert_eq!(touched.notifications[0]["params"]["uri"], COUNTER);
    let read = wire.call("resources/read", json!({ "uri": COUNTER })).await;
    assert_eq!(read.result()["contents"][0]["text"], "2");
    let other = wire
        .tool("touch", json!({ "uri": "test://watched-resource" }))
        .await;
    assert!(other.notifications.is_empty());
    wire.call("resources/unsubscribe", json!({ "uri": COUNTER }))
        .await
        .result();
    assert!(wire.tool("touch", json!({})).await.notifications.is_empty());
    let unknown = wire
        .call("resources/subscribe", json!({ "uri": "showcase://nothing" }))
        .await;
    assert_eq!(unknown.error().0, -32002);
}

#[tokio::test]
async fn lists_change_and_say_so() {
    let mut wire = Wire::legacy(showcase().expect("random bytes")(), json!({})).await;
    for (toggle, list, member, name) in [
        ("toggle_tools", "tools", "name", "extra"),
        ("toggle_prompts", "prompts", "name", "extra_prompt"),
        ("toggle_resources", "resources", "uri", "showcase://extra"),
    ] {
        for present in [true, false] {
            let reply = wire.tool(toggle, json!({})).await;
            let method = format!("notifications/{list}/list_changed");
            assert_eq!(reply.notified(&method).len(), 1, "{toggle}");
            let listed = wire.call(&format!("{list}/list"), json!({})).await;
            let there = listed.result()[list]
                .as_array()
                .expect("a list")
                .iter()
                .any(|item| item[member] == name);
            assert_eq!(there, present, "{toggle}");
        }
    }
    assert_eq!(
        wire.tool("extra", json!({})).await.error(),
        (-32602, "unknown tool `extra`")
    );
    wire.tool("toggle_tools", json!({})).await;
    assert_eq!(wire.tool("extra", json!({})).await.text(), "Now you see me.");
}

#[tokio::test]
async fn sessions_do_not_see_each_other() {
    let factory = showcase().expect("random bytes");
    let mut one = Wire::legacy(factory(), json!({})).await;
    let mut two = Wire::legacy(factory(), json!({})).await;
    two.call("resources/subscribe", json!({ "uri": COUNTER }))
        .await
        .result();
    one.tool("touch", json!({})).await;
    one.tool("toggle_tools", json!({})).await;
    one.call("logging/setLevel", json!({ "level": "emergency" }))
        .await
        .result();
    let read = two.call("resources/read", json!({ "uri": COUNTER })).await;
    assert_eq!(read.result()["contents"][0]["text"], "0");
    assert!(read.notifications.is_empty());
    assert_eq!(two.tool("extra", json!({})).await.error().0, -32602);
    assert_eq!(
        two.tool("log", json!({}))
            .await
            .notified("notifications/message")
            .len(),
        8
    );
}

/// Opens a subscription; returns its id after checking that the acknowledgement comes first.
async fn listen(wire: &mut Wire, filter: Value, accepted: Value) -> u64 {
    let params = json!({ "_meta": modern_meta(json!({})), "notifications": filter });
    let id = wire.request("subscriptions/listen", params).await;
    let first = wire.next().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["_meta"][SUBSCRIPTION_ID], id);
    assert_eq!(first["params"]["notifications"], accepted);
    id
}

async fn modern_tool(wire: &mut Wire, name: &str) -> crate::wire::Reply {
    let params = json!({ "_meta": modern_meta(json!({})), "name": name, "arguments": {} });
    wire.call("tools/call", params).await
}

#[tokio::test]
async fn modern_subscriptions_hear_what_they_asked_for() {
    let mut wire = Wire::to(showcase().expect("random bytes")());
    assert!(
        modern_tool(&mut wire, "toggle_tools")
            .await
            .notifications
            .is_empty(),
        "nobody listens"
    );
    let asked = json!({ "resourceSubscriptions": [COUNTER, "showcase://nothing"], "toolsListChanged": true });
    let accepted = json!({ "resourceSubscriptions": [COUNTER], "toolsListChanged": true });
    let both = listen(&mut wire, asked, accepted).await;
    let prompts = json!({ "promptsListChanged": true });
    let one = listen(&mut wire, prompts.clone(), prompts).await;

    for (tool, method, subscription) in [
        ("touch", "notifications/resources/updated", both),
        ("toggle_tools", "notifications/tools/list_changed", both),
        ("toggle_prompts", "notifications/prompts/list_changed", one),
        (
            "test_trigger_prompt_change",
            "notifications/prompts/list_changed",
            one,
        ),
    ] {
        let reply = modern_tool(&mut wire, tool).await;
        assert_eq!(reply.notifications.len(), 1, "{tool}: {:?}", reply.notifications);
        assert_eq!(reply.notifications[0]["method"], method);
        assert_eq!(
            reply.notifications[0]["params"]["_meta"][SUBSCRIPTION_ID],
            subscription
        );
    }
    assert!(
        modern_tool(&mut wire, "toggle_resources")
            .await
            .notifications
            .is_empty()
    );
}

#[tokio::test]
async fn a_closed_subscription_hears_nothing_more() {
    let mut wire = Wire::to(showcase().expect("random bytes")());
    modern_tool(&mut wire, "echo").await;
    let tools = json!({ "toolsListChanged": true });
    let id = listen(&mut wire, tools.clone(), tools).await;
    let cancelled = json!({ "requestId": id });
    wire.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    // The cancellation is taken note of before the next request is.
    modern_tool(&mut wire, "echo").await;
    assert!(
        modern_tool(&mut wire, "toggle_tools")
            .await
            .notifications
            .is_empty()
    );
}
