//! The scanner: checks a text and finds where its values lie. It builds nothing and does not recurse, so a
//! text of nothing but `[` costs neither stack nor time.

mod token;

use std::{borrow::Cow, ops::Range};

use smallvec::SmallVec;

use crate::{
    DuplicateKeys, Limits, SyntaxError, SyntaxFault,
    escape::unescape,
    keys::{Keys, OpenObject},
};

/// Reads one text from front to back.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    max_depth: usize,
    check: KeyCheck,
    keys: Keys<'a>,
    frames: SmallVec<[Frame<'a>; 8]>,
    ambiguous: Option<usize>,
}

/// Which keys inside a value are held against each other.
#[derive(Clone, Copy)]
struct KeyCheck {
    /// In this many levels of a value, its own being the first.
    levels: usize,
    /// Whether a lone surrogate makes a key ambiguous.
    surrogates: bool,
}

impl KeyCheck {
    const NONE: KeyCheck = KeyCheck {
        levels: 0,
        surrogates: false,
    };
}

impl From<DuplicateKeys> for KeyCheck {
    fn from(refused: DuplicateKeys) -> KeyCheck {
        match refused {
            DuplicateKeys::RefuseEverywhere => KeyCheck {
                levels: usize::MAX,
                surrogates: true,
            },
            DuplicateKeys::RefuseInEnvelope => KeyCheck {
                levels: 1,
                surrogates: false,
            },
        }
    }
}

/// An open array or object inside the value being scanned.
enum Frame<'a> {
    Array,
    Object,
    CheckedObject(OpenObject<'a>),
}

/// A string in the text.
#[derive(Clone, Copy)]
pub(crate) struct Quoted {
    /// First byte inside the quotes.
    pub(crate) start: usize,
    /// The closing quote.
    pub(crate) end: usize,
    pub(crate) escaped: bool,
}

/// A key, and whether it is one that its object has already or that readers may take for another.
pub(crate) struct Key<'a> {
    pub(crate) quoted: Quoted,
    pub(crate) name: Cow<'a, [u8]>,
    pub(crate) ambiguous: bool,
}

type Scan<T> = Result<T, SyntaxError>;

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, limits: &Limits) -> Scanner<'a> {
        Scanner {
            text,
            at: 0,
            depth: 0,
            max_depth: limits.max_depth,
            check: limits.duplicate_keys.into(),
            keys: Keys::default(),
            frames: SmallVec::new(),
            ambiguous: None,
        }
    }

    /// For a text that was checked before: any depth, any keys.
    pub(crate) fn again(text: &'a str) -> Scanner<'a> {
        let mut scanner = Scanner::new(
            text,
            &Limits {
                max_depth: usize::MAX,
                ..Limits::SERVER
            },
        );
        scanner.check = KeyCheck::NONE;
        scanner
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Where the first ambiguous key since the last call was, in values scanned with [`Scanner::value`].
    pub(crate) fn take_ambiguous(&mut self) -> Option<usize> {
        self.ambiguous.take()
    }

    /// Goes to the first byte of the text's value.
    pub(crate) fn begin(&mut self) -> Scan<u8> {
        self.skip_whitespace();
        self.peek().ok_or(SyntaxFault::Empty.at(self.at))
    }

    /// Nothing but whitespace may be left.
    pub(crate) fn finish(&mut self) -> Scan<()> {
        self.skip_whitespace();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(SyntaxFault::TrailingText.at(self.at)),
        }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(crate) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Scans an object whose members' values are scanned by `each`, called in front of every value. Its own
    /// keys are always checked, and `each` told.
    pub(crate) fn members(&mut self, mut each: impl FnMut(&mut Self, Key<'a>) -> Scan<()>) -> Scan<()> {
        self.open()?;
        let mut object = self.keys.open();
        if !self.closes(b'}') {
            loop {
                let quoted = self.key()?;
                let name = name_of(self.text, quoted);
                let unclear = self.check.surrogates && has_surrogate(quoted, &name);
                let ambiguous = !self.keys.insert(&mut object, name.clone()) || unclear;
                each(
                    self,
                    Key {
                        quoted,
                        name,
                        ambiguous,
                    },
                )?;
                if self.ends(b'}')? {
                    break;
                }
            }
        }
        self.keys.close(object);
        self.depth -= 1;
        Ok(())
    }

    /// Scans an array whose elements are scanned by `each`, called in front of every element.
    pub(crate) fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Scan<()>) -> Scan<()> {
        self.open()?;
        if !self.closes(b']') {
            loop {
                each(self)?;
                if self.ends(b']')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Scans one value, however deep, and returns where it lies.
    pub(crate) fn value(&mut self) -> Scan<Range<usize>> {
        let start = self.at;
        loop {
            if self.begin_value()? && self.end_values()? {
                return Ok(start..self.at);
            }
        }
    }

    /// Scans one value without comparing its keys: it goes nowhere.
    pub(crate) fn value_unchecked(&mut self) -> Scan<Range<usize>> {
        let check = std::mem::replace(&mut self.check, KeyCheck::NONE);
        let value = self.value();
        self.check = check;
        value
    }

    /// Scans a scalar, an empty container, or the opening of a filled one. True if a value is complete.
    fn begin_value(&mut self) -> Scan<bool> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| true),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| true),
            Some(b'{') => self.open_object(),
            Some(b'[') => self.open_array(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            other => Err(self.unexpected(other)),
        }
    }

    /// After a complete value: closes what ends here. True if nothing is open any more, false in front of the
    /// next value.
    fn end_values(&mut self) -> Scan<bool> {
        loop {
            let Some(frame) = self.frames.last() else {
                return Ok(true);
            };
            if !self.ends(if matches!(frame, Frame::Array) { b']' } else { b'}' })? {
                if !matches!(self.frames.last(), Some(Frame::Array)) {
                    self.inner_key()?;
                }
                return Ok(false);
            }
            self.depth -= 1;
            if let Some(Frame::CheckedObject(object)) = self.frames.pop() {
                self.keys.close(object);
            }
        }
    }

    fn open_array(&mut self) -> Scan<bool> {
        self.open()?;
        if self.closes(b']') {
            self.depth -= 1;
            return Ok(true);
        }
        self.frames.push(Frame::Array);
        Ok(false)
    }

    fn open_object(&mut self) -> Scan<bool> {
        self.open()?;
        if self.closes(b'}') {
            self.depth -= 1;
            return Ok(true);
        }
        let checked = self.frames.len() < self.check.levels;
        self.frames.push(if checked {
            Frame::CheckedObject(self.keys.open())
        } else {
            Frame::Object
        });
        self.inner_key()?;
        Ok(false)
    }

    /// The key of a member of the innermost frame.
    fn inner_key(&mut self) -> Scan<()> {
        let quoted = self.key()?;
        if let Some(Frame::CheckedObject(object)) = self.frames.last_mut() {
            let name = name_of(self.text, quoted);
            let unclear = self.check.surrogates && has_surrogate(quoted, &name);
            if !self.keys.insert(object, name) || unclear {
                self.ambiguous.get_or_insert(quoted.start - 1);
            }
        }
        Ok(())
    }

    /// A key and its colon; stops in front of the value.
    fn key(&mut self) -> Scan<Quoted> {
        let quoted = match self.peek() {
            Some(b'"') => self.string()?,
            other => return Err(self.unexpected(other)),
        };
        self.skip_whitespace();
        match self.peek() {
            Some(b':') => self.at += 1,
            other => return Err(self.unexpected(other)),
        }
        self.skip_whitespace();
        Ok(quoted)
    }

    /// Steps over the opening byte of a container.
    fn open(&mut self) -> Scan<()> {
        if self.depth == self.max_depth {
            return Err(SyntaxFault::TooDeep.at(self.at));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_whitespace();
        Ok(())
    }

    /// Steps over `close` if it comes at once.
    fn closes(&mut self, close: u8) -> bool {
        let closes = self.peek() == Some(close);
        self.at += usize::from(closes);
        closes
    }

    /// After a member or element: true over `close`, false over a comma and in front of what follows.
    fn ends(&mut self, close: u8) -> Scan<bool> {
        self.skip_whitespace();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_whitespace();
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            other => Err(self.unexpected(other)),
        }
    }

    fn unexpected(&self, found: Option<u8>) -> SyntaxError {
        match found {
            Some(_) => SyntaxFault::UnexpectedCharacter.at(self.at),
            None => SyntaxFault::UnexpectedEnd.at(self.at),
        }
    }
}

/// The meaning of a key.
fn name_of(text: &str, quoted: Quoted) -> Cow<'_, [u8]> {
    let inside = &text.as_bytes()[quoted.start..quoted.end];
    if quoted.escaped {
        unescape(inside)
    } else {
        Cow::Borrowed(inside)
    }
}

/// Only an escape can bring a surrogate into a name, and nothing else can make it other than UTF-8.
fn has_surrogate(quoted: Quoted, name: &[u8]) -> bool {
    quoted.escaped && std::str::from_utf8(name).is_err()
}
