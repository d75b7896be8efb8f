//! What is handed to a client and must come back from the same one, unread and unchanged.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};

/// Bytes of a key.
pub const SEAL_KEY_BYTES: usize = 32;

/// Bytes of the number that makes each seal another one.
const NONCE_BYTES: usize = 12;

/// Seals content for one client and one purpose, and opens what it sealed.
///
/// Content is encrypted and authenticated (`ChaCha20-Poly1305`, RFC 8439): a client can neither read nor change it, nor
/// use what was sealed for another. What a seal is bound to is not in it; whoever opens it has to say the same again.
pub struct Sealer {
    cipher: ChaCha20Poly1305,
    /// Seals are counted, so that no two under this key have the same nonce.
    sealed: AtomicU64,
}

/// A seal that does not open: changed, cut, of another key, or bound to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seal is broken")]
pub struct BrokenSeal;

impl Sealer {
    /// A sealer with a key that nobody else may have, and no other sealer.
    pub fn new(key: &[u8; SEAL_KEY_BYTES]) -> Self {
        Self {
            cipher: ChaCha20Poly1305::new(key.into()),
            sealed: AtomicU64::new(0),
        }
    }

    /// Seals `content`, bound to `purpose`. The text has nothing but letters, digits, `-` and `_`.
    pub fn seal(&self, content: &[u8], purpose: &[u8]) -> String {
        let mut sealed = [0; NONCE_BYTES];
        let number = self.sealed.fetch_add(1, Ordering::Relaxed);
        sealed[..8].copy_from_slice(&number.to_le_bytes());
        let payload = Payload {
            msg: content,
            aad: purpose,
        };
        let text = self
            .cipher
            .encrypt(&Nonce::from(sealed), payload)
            .expect("only a message of over 256 GiB cannot be sealed");
        BASE64_URL_SAFE_NO_PAD.encode([&sealed[..], &text].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    ///
    /// # Errors
    ///
    /// [`BrokenSeal`], without a word on what is wrong with it.
    pub fn open(&self, seal: &str, purpose: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(seal).map_err(|_| BrokenSeal)?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(BrokenSeal)?;
        let payload = Payload {
            msg: text,
            aad: purpose,
        };
        self.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| BrokenSeal)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; SEAL_KEY_BYTES] = [7; SEAL_KEY_BYTES];

    #[test]
    fn what_was_sealed_opens_for_the_same_purpose() {
        let sealer = Sealer::new(&KEY);
        let seal = sealer.seal(b"content", b"mine");
        assert_eq!(sealer.open(&seal, b"mine").unwrap(), b"content");
        assert_ne!(
            seal,
            sealer.seal(b"content", b"mine"),
            "no two seals are the same"
        );
    }

    #[test]
    fn nothing_else_opens_it() {
        let sealer = Sealer::new(&KEY);
        let seal = sealer.seal(b"content", b"mine");
        assert_eq!(sealer.open(&seal, b"yours"), Err(BrokenSeal));
        assert_eq!(
            Sealer::new(&[8; SEAL_KEY_BYTES]).open(&seal, b"mine"),
            Err(BrokenSeal)
        );
        for end in 0..seal.len() {
            assert_eq!(
                sealer.open(&seal[..end], b"mine"),
                Err(BrokenSeal),
                "cut at {end}"
            );
        }
        for at in 0..seal.len() {
            let mut changed = seal.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(sealer.open(&changed, b"mine"), Err(BrokenSeal), "changed at {at}");
        }
        assert_eq!(sealer.open("no seal, no", b"mine"), Err(BrokenSeal));
        assert_eq!(sealer.open("", b"mine"), Err(BrokenSeal));
    }

    #[test]
    fn nothing_of_it_can_be_read() {
        let seal = Sealer::new(&KEY).seal(b"content", b"mine");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(seal).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"content"));
    }
}
