//! Words, strings and numbers.

use super::{Quoted, Scan, Scanner};
use crate::SyntaxFault;

impl Scanner<'_> {
    pub(super) fn word(&mut self, word: &'static str) -> Scan<bool> {
        let rest = &self.text.as_bytes()[self.at..];
        let same = rest
            .iter()
            .zip(word.as_bytes())
            .take_while(|(a, b)| a == b)
            .count();
        self.at += same;
        if same == word.len() {
            Ok(true)
        } else {
            Err(self.unexpected(self.peek()))
        }
    }

    pub(super) fn string(&mut self) -> Scan<Quoted> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at += plain_len(&bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Quoted {
                        start,
                        end: self.at - 1,
                        escaped,
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(SyntaxFault::ControlCharacter.at(self.at)),
                None => return Err(SyntaxFault::UnexpectedEnd.at(self.at)),
            }
        }
    }

    fn escape(&mut self) -> Scan<()> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += match rest {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [_, b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(SyntaxFault::Escape.at(self.at)),
        };
        Ok(())
    }

    pub(super) fn number(&mut self) -> Scan<()> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = match self.peek() {
            Some(b'0') => {
                self.at += 1;
                true
            }
            _ => self.digits(),
        };
        let fraction = !self.closes(b'.') || self.digits();
        let exponent = !(self.closes(b'e') || self.closes(b'E')) || {
            let _ = self.closes(b'+') || self.closes(b'-');
            self.digits()
        };
        if whole && fraction && exponent {
            Ok(())
        } else {
            Err(SyntaxFault::Number.at(start))
        }
    }

    /// Steps over digits; false if there is none.
    fn digits(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        count > 0
    }
}

/// How many bytes from the start are neither quote, backslash nor control character; eight at a time.
fn plain_len(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let special = |&b: &u8| b == b'"' || b == b'\\' || b < 0x20;
    words.len() * 8 + tail.iter().position(special).unwrap_or(tail.len())
}

/// The high bit of each byte that ends a plain run. Bytes above the lowest hit may be wrong, as subtraction
/// borrows upward; the lowest is right (Hacker's Delight, "Find first 0-byte").
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equals(b'"') | equals(b'\\')) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::plain_len;

    #[test]
    fn every_byte_is_judged_at_every_place() {
        for place in 0..20 {
            for byte in 0..=u8::MAX {
                for filler in [b'a', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xff] {
                    let mut bytes = [filler; 24];
                    bytes[place] = byte;
                    let ends = byte < 0x20 || byte == b'"' || byte == b'\\';
                    assert_eq!(
                        plain_len(&bytes),
                        if ends { place } else { 24 },
                        "{byte:#x} after {filler:#x}"
                    );
                }
            }
        }
    }
}
