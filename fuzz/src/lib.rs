//! What is tried with arbitrary bytes.
//!
//! Each target is a function that takes any bytes and panics when a rule is
//! broken. `cargo test` replays the corpora through them, so that whatever was
//! found once is tried on every push; `cargo xtask fuzz` lets libFuzzer look
//! for more (`fuzz/libfuzzer`).

mod configuration;
mod dialects;
mod envelope;
mod event_id;
mod event_stream;
mod gateway_steps;
mod mirrored_value;
mod stdio_lines;

/// A target: its name, which is also its corpus's folder, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("configuration", configuration::target),
    ("dialects", dialects::target),
    ("envelope", envelope::target),
    ("event_id", event_id::target),
    ("event_stream", event_stream::target),
    ("gateway_steps", gateway_steps::target),
    ("mirrored_value", mirrored_value::target),
    ("stdio_lines", stdio_lines::target),
];

/// The target of this name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, function)| *function)
}
