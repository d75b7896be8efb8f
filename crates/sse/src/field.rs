//! Values that stay on their line.

use thiserror::Error;

/// A value for `id` or `event`: text without line breaks and NUL.
///
/// Refusing is better than cutting: a cut id would answer to another event's `Last-Event-ID`. NUL is refused
/// because readers ignore an id that holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field<'a>(&'a str);

/// The text holds a carriage return, a line feed or NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an event's id and name must be on one line and without NUL (byte {offset})")]
pub struct FieldError {
    /// Where the first such byte is.
    pub offset: usize,
}

impl<'a> Field<'a> {
    /// Checks a text.
    ///
    /// # Errors
    /// If it holds a carriage return, a line feed or NUL.
    pub const fn new(text: &'a str) -> Result<Field<'a>, FieldError> {
        let bytes = text.as_bytes();
        let mut offset = 0;
        while offset < bytes.len() {
            if matches!(bytes[offset], b'\r' | b'\n' | 0) {
                return Err(FieldError { offset });
            }
            offset += 1;
        }
        Ok(Field(text))
    }

    /// For literals; in a `const`, a bad one does not compile.
    ///
    /// # Panics
    /// If the text holds a carriage return, a line feed or NUL.
    pub const fn from_static(text: &'static str) -> Field<'static> {
        match Field::new(text) {
            Ok(field) => field,
            Err(_) => panic!("the literal is on one line and without NUL"),
        }
    }

    /// The text.
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}
