//! What is subscribed to at a server, and by how many.

use std::collections::BTreeMap;

/// A resource is subscribed once, for whoever comes first, and unsubscribed
/// when the last one goes.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(BTreeMap<String, usize>);

impl Subscriptions {
    /// One more wants `uri`; whether it is the first.
    pub(crate) fn take(&mut self, uri: &str) -> bool {
        match self.0.get_mut(uri) {
            Some(count) => {
                *count += 1;
                false
            }
            None => {
                self.0.insert(uri.to_owned(), 1);
                true
            }
        }
    }

    /// One fewer wants `uri`; whether it was the last.
    pub(crate) fn release(&mut self, uri: &str) -> bool {
        let Some(count) = self.0.get_mut(uri) else {
            return false;
        };
        *count -= 1;
        let last = *count == 0;
        if last {
            self.0.remove(uri);
        }
        last
    }

    /// Whether anybody wants `uri`.
    pub(crate) fn contains(&self, uri: &str) -> bool {
        self.0.contains_key(uri)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many resources are subscribed to.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn uris(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_are_told() {
        let mut subscriptions = Subscriptions::default();
        assert!(subscriptions.take("u"));
        assert!(!subscriptions.take("u"));
        assert!(!subscriptions.release("u"));
        assert!(subscriptions.release("u"));
        assert!(!subscriptions.release("u"), "nobody is left");
        assert!(subscriptions.is_empty());
    }
}
