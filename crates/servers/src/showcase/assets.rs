//! The media the server hands out, base64 as the protocol wants them.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};

pub(super) const PNG: &str = "image/png";
pub(super) const WAV: &str = "audio/wav";

/// A pontoon on blue water, 48 by 32 pixels.
pub(super) fn image() -> &'static str {
    static IMAGE: LazyLock<String> =
        LazyLock::new(|| BASE64_STANDARD.encode(include_bytes!("assets/pontoon.png")));
    &IMAGE
}

/// A fifth of a second of concert pitch, 8 kHz mono.
pub(super) fn audio() -> &'static str {
    static AUDIO: LazyLock<String> =
        LazyLock::new(|| BASE64_STANDARD.encode(include_bytes!("assets/tone.wav")));
    &AUDIO
}
