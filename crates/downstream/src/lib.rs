//! Transports that face MCP clients: HTTP+SSE, Streamable HTTP, stateless HTTP.
