//! The built-in servers as a client sees them: JSON lines in, JSON lines out.

mod hackernews;
mod hackernews_failures;
mod hn;
mod hn_resources;
mod news_api;
mod newsnow;
mod newsnow_resources;
mod showcase_changes;
mod showcase_lists;
mod showcase_modern;
mod showcase_questions;
mod showcase_tools;
mod stand_in;
mod wire;
