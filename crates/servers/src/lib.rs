//! Built-in MCP servers: showcase and hackernews.
