//! Unguessable session ids.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const BYTES: usize = 32;
/// Length of the text form: 256 bits in base64url without padding.
const TEXT: usize = 43;

/// 256 random bits; visible ASCII on the wire.
///
/// The specification asks for ids that are globally unique and
/// cryptographically secure (2025-11-25, Transports, "Session Management").
/// Possession of an id proves nothing by itself: sessions are also bound to
/// their owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; BYTES]);

/// Text that cannot be a session id of ours; to clients it is an unknown one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSessionId;

impl SessionId {
    /// Draws a new id from the operating system's random source.
    ///
    /// # Panics
    ///
    /// If the operating system has no randomness to give: nothing secure can
    /// be done then.
    pub fn random() -> Self {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the operating system provides randomness");
        Self(bytes)
    }

    /// The id that consists of these bits. Whoever chooses them answers for
    /// nobody being able to guess them: [`SessionId::random`] does.
    pub fn from_bits(bits: [u8; BYTES]) -> Self {
        Self(bits)
    }

    /// The text form.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`InvalidSessionId`] for any text that [`Self::to_text`] cannot write.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidSessionId> {
        if text.len() != TEXT {
            return Err(InvalidSessionId);
        }
        let mut bytes = [0; BYTES];
        let written = URL_SAFE_NO_PAD
            .decode_slice(text, &mut bytes)
            .map_err(|_| InvalidSessionId)?;
        if written == BYTES {
            Ok(Self(bytes))
        } else {
            Err(InvalidSessionId)
        }
    }

    /// Which of `shards` equal parts of the id space this id lies in.
    pub(crate) fn shard(self, shards: usize) -> usize {
        usize::from(self.0[0]) % shards
    }
}

/// What logs may show: a digest that tells sessions apart and opens none.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = Sha256::digest(self.0);
        for byte in &digest[..6] {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() {
        let id = SessionId::random();
        assert_eq!(SessionId::parse(id.to_text().as_bytes()), Ok(id));
    }

    #[test]
    fn ids_are_visible_ascii_and_differ() {
        let (one, two) = (SessionId::random().to_text(), SessionId::random().to_text());
        assert!(one.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
        assert_ne!(one, two);
    }

    #[test]
    fn foreign_text_is_no_id() {
        for text in ["", "abc", &"A".repeat(44), &"!".repeat(43), &"A".repeat(65_536)] {
            assert_eq!(SessionId::parse(text.as_bytes()), Err(InvalidSessionId));
        }
    }

    #[test]
    fn logs_never_show_the_id() {
        let id = SessionId::random();
        assert!(!format!("{id} {id:?}").contains(&id.to_text()));
    }
}
