//! The tools, one module per group.

mod changes;
mod content;
mod failures;
mod questions;
mod suite;
mod suite_input;
mod suite_questions;
mod text;
mod time;

use rmcp::model::{CallToolResult, ContentBlock};

use super::catalogue::Entry;

/// Every tool, in the order of `tools/list`: those for people first.
pub(super) fn all() -> Vec<Entry> {
    [
        text::tools(),
        content::tools(),
        time::tools(),
        failures::tools(),
        questions::tools(),
        changes::tools(),
        suite::tools(),
        suite_questions::tools(),
        suite_input::tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A result of one text.
fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}
