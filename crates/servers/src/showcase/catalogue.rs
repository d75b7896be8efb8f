//! The list of tools: what `tools/list` shows and `tools/call` finds.

use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    exchange::{Exchange, Outcome},
    state::{Extra, State},
    tools,
};
use crate::toolbox::without_rust_formats;

/// A tool's body under way.
pub(super) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A tool that takes nothing. The spec recommends a schema that says so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A tool and what it does.
pub(super) struct Entry {
    pub(super) definition: Tool,
    pub(super) body: fn(Exchange) -> Running,
    /// Present only while this is switched on.
    only_with: Option<Extra>,
}

impl Entry {
    /// A tool whose input schema is derived from `A`.
    pub(super) fn new<A: JsonSchema + 'static>(
        name: &'static str,
        description: &'static str,
        body: fn(Exchange) -> Running,
    ) -> Self {
        let mut definition =
            Tool::new_with_raw(name, Some(description.into()), JsonObject::new()).with_input_schema::<A>();
        without_rust_formats(Arc::make_mut(&mut definition.input_schema));
        Self {
            definition,
            body,
            only_with: None,
        }
    }

    /// Declares that results are structured as `R`.
    pub(super) fn returning<R: JsonSchema + 'static>(mut self) -> Self {
        self.definition = self.definition.with_output_schema::<R>();
        if let Some(schema) = &mut self.definition.output_schema {
            without_rust_formats(Arc::make_mut(schema));
        }
        self
    }

    pub(super) fn titled(mut self, title: &'static str) -> Self {
        self.definition.title = Some(title.to_owned());
        self
    }

    /// Declares what a client may assume without asking its user.
    pub(super) fn hinted(mut self, hints: ToolAnnotations) -> Self {
        self.definition.annotations = Some(hints);
        self
    }

    /// Declares that the tool changes nothing and reaches nothing outside this server.
    pub(super) fn read_only(self) -> Self {
        self.hinted(ToolAnnotations::new().read_only(true).open_world(false))
    }

    pub(super) fn only_with(mut self, extra: Extra) -> Self {
        self.only_with = Some(extra);
        self
    }

    fn is_present(&self, state: &State) -> bool {
        self.only_with.is_none_or(|extra| state.has(extra))
    }
}

/// All tools, in the order they are listed in.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(tools::all);

/// The tools present now.
pub(super) fn list(state: &State) -> Vec<Tool> {
    ENTRIES
        .iter()
        .filter(|entry| entry.is_present(state))
        .map(|entry| entry.definition.clone())
        .collect()
}

/// The tool of this name, if present now.
pub(super) fn find(name: &str, state: &State) -> Option<&'static Entry> {
    ENTRIES
        .iter()
        .find(|entry| entry.definition.name == name)
        .filter(|entry| entry.is_present(state))
}
