//! Pontoon hosts any MCP server behind a URL and serves every generation of MCP client from it.
//!
//! This crate is the program `pontoon` and the facade for applications that embed its parts.
