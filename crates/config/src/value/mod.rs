//! The kinds of values: how each is written, and what is accepted.

pub(crate) mod address;
pub(crate) mod count;
pub(crate) mod duration;
pub(crate) mod name;
pub(crate) mod network;
pub(crate) mod path;
pub(crate) mod plain;
pub(crate) mod quantity;
pub(crate) mod size;
pub(crate) mod url;

#[cfg(test)]
mod tests;
