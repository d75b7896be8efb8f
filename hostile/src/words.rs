//! The words of a step: what comes in order, and what is named.

use std::time::Duration;

/// The words of one step behind its verb.
pub(crate) struct Words<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            rest: text.split_whitespace().collect(),
        }
    }

    /// The next word in order.
    pub(crate) fn next(&mut self, what: &str) -> Result<&'a str, String> {
        if self.rest.is_empty() {
            return Err(format!("{what} is missing"));
        }
        Ok(self.rest.remove(0))
    }

    /// The word behind `name`, wherever it stands.
    pub(crate) fn named(&mut self, name: &str) -> Option<&'a str> {
        let at = self.rest.iter().position(|word| *word == name)?;
        self.rest.remove(at);
        (at < self.rest.len()).then(|| self.rest.remove(at))
    }

    /// Whether `name` is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let at = self.rest.iter().position(|word| *word == name);
        at.map(|at| self.rest.remove(at)).is_some()
    }

    /// The time behind `name`, or `default`.
    pub(crate) fn time(&mut self, name: &str, default: Duration) -> Result<Duration, String> {
        self.named(name).map_or(Ok(default), duration)
    }

    /// Refuses what nobody asked for.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.rest.first() {
            None => Ok(()),
            Some(word) => Err(format!("{word:?} has no meaning here")),
        }
    }
}

/// `200ms` or `5s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit): (&str, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(number) => (number, Duration::from_millis),
        None => (text.strip_suffix('s').unwrap_or("?"), Duration::from_secs),
    };
    number
        .parse()
        .map(unit)
        .map_err(|_| format!("{text:?} is no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_an_order_or_a_name() {
        let mut words = Words::new("c1 every 20ms 400 closed");
        assert_eq!(words.time("every", Duration::ZERO), Ok(Duration::from_millis(20)));
        assert!(words.flag("closed") && !words.flag("open"));
        assert_eq!(
            (words.next("a name"), words.next("a status")),
            (Ok("c1"), Ok("400"))
        );
        assert!(words.next("more").is_err());
        assert!(Words::new("left").end().is_err());
    }
}
