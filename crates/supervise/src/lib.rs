//! Child processes: spawn, group, drain, stop. Knows bytes and exit codes, not MCP.
