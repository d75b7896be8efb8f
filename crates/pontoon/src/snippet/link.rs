//! Links that install a server in a client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// As `encodeURIComponent` does it (ECMA-262, 19.2.6.4).
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Cursor's documentation, "MCP Install Links": base64 of what `mcp.json` has under the name.
pub(super) fn cursor(name: &str, config: &str) -> String {
    let name = component(name);
    let config = component(&STANDARD.encode(config));
    format!("cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={config}")
}

/// VS Code's MCP developer guide, "MCP URL handler": what `--add-mcp` takes, percent-encoded.
pub(super) fn vs_code(config: &str) -> String {
    format!("vscode:mcp/install?{}", component(config))
}

/// Cherry Studio's handler of `mcp/install`: base64 of a whole `{"mcpServers": …}`. A plus sign would be read as a
/// space, so the base64 is percent-encoded.
pub(super) fn cherry_studio(config: &str) -> String {
    format!(
        "cherrystudio://mcp/install?servers={}",
        component(&STANDARD.encode(config))
    )
}
