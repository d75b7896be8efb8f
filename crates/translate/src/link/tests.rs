//! Dialogues with a link, as text, and what no interleaving may break.

mod asking;
mod cancellation;
mod dialogue;
mod ids;
mod legacy_to_modern;
mod listening;
mod logs;
mod loss;
mod modern;
mod modern_to_legacy;
mod opening;
mod probing;
mod progress;
mod properties;
mod questions;
mod recorder;
mod rounds;
mod subscriptions;
mod upstream_listening;
