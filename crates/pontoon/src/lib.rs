//! Pontoon hosts any MCP server behind a URL and serves every generation of MCP client from it.
