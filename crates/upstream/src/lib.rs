//! Connections to MCP servers: child processes and in-process servers.
