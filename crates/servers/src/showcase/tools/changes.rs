//! Tools that change the server, so that subscribers have something to hear.

use rmcp::model::ToolAnnotations;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text;
use crate::showcase::{
    audience::Change,
    catalogue::{Entry, Nothing},
    exchange::{Exchange, Outcome},
    resources,
    state::Extra,
};

pub(super) fn tools() -> Vec<Entry> {
    let changes = || {
        ToolAnnotations::new()
            .read_only(false)
            .destructive(false)
            .open_world(false)
    };
    vec![
        Entry::new::<Touch>(
            "touch",
            "Counts up; subscribers of the resource hear of it",
            |exchange| Box::pin(touch(exchange)),
        )
        .titled("Touch")
        .hinted(changes()),
        Entry::new::<Nothing>(
            "toggle_tools",
            "Adds the tool `extra`, or removes it again",
            |exchange| Box::pin(toggle(exchange, Extra::Tool)),
        )
        .titled("Toggle tools")
        .hinted(changes()),
        Entry::new::<Nothing>(
            "toggle_prompts",
            "Adds the prompt `extra_prompt`, or removes it again",
            |exchange| Box::pin(toggle(exchange, Extra::Prompt)),
        )
        .titled("Toggle prompts")
        .hinted(changes()),
        Entry::new::<Nothing>(
            "toggle_resources",
            "Adds the resource `showcase://extra`, or removes it again",
            |exchange| Box::pin(toggle(exchange, Extra::Resource)),
        )
        .titled("Toggle resources")
        .hinted(changes()),
        Entry::new::<Nothing>("extra", "Here because `toggle_tools` added it", |exchange| {
            Box::pin(extra(exchange))
        })
        .titled("Extra")
        .read_only()
        .only_with(Extra::Tool),
    ]
}

/// What `touch` can change.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
enum Touched {
    #[serde(rename = "showcase://counter")]
    Counter,
    #[serde(rename = "test://watched-resource")]
    Watched,
}

impl Touched {
    fn uri(self) -> &'static str {
        match self {
            Self::Counter => resources::COUNTER,
            Self::Watched => resources::WATCHED,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Touch {
    /// Whose subscribers to tell.
    #[serde(default = "counter")]
    uri: Touched,
}

fn counter() -> Touched {
    Touched::Counter
}

async fn touch(exchange: Exchange) -> Outcome {
    let Touch { uri } = exchange.arguments()?;
    let count = exchange.state().touch();
    exchange.announce(Change::Updated(uri.uri())).await;
    Ok(text(format!("{} was touched; the count is {count}.", uri.uri())))
}

/// Switches part of a list and tells who listens. Also behind two tools of the conformance suite.
pub(super) async fn toggle(exchange: Exchange, extra: Extra) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    let present = exchange.state().toggle(extra);
    let (what, change) = match extra {
        Extra::Tool => ("tool `extra`", Change::Tools),
        Extra::Prompt => ("prompt `extra_prompt`", Change::Prompts),
        Extra::Resource => ("resource `showcase://extra`", Change::Resources),
    };
    exchange.announce(change).await;
    Ok(text(format!(
        "The {what} is {} now.",
        if present { "here" } else { "gone" }
    )))
}

async fn extra(exchange: Exchange) -> Outcome {
    let Nothing {} = exchange.arguments()?;
    Ok(text("Now you see me."))
}
