//! Placeholder binary of the workspace.
fn main() {}
