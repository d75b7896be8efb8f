//! Secrets that say whose they are.

use std::fmt;

/// One session of one client; for clients without sessions, the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The client, from 0.
    pub client: u16,
    /// Its session, counted from 1; 0 where there are none.
    pub session: u16,
}

/// One thing that a session caused. Whatever comes of it carries this text, so
/// that it is seen at once when it arrives at somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Who caused it.
    pub label: Label,
    /// Which of its doings, counted from 1.
    pub number: u32,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}#{}", self.client, self.session)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~{}.{}~", self.label, self.number)
    }
}

impl Label {
    /// The account that it belongs to: two clients share an address, and with it an account.
    pub fn account(self) -> u16 {
        self.client / 2
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (client, session) = text.strip_prefix('c')?.split_once('#')?;
        Some(Self {
            client: client.parse().ok()?,
            session: session.parse().ok()?,
        })
    }
}

/// Every mark in a text, in order.
pub fn marks_in(text: &str) -> impl Iterator<Item = Mark> {
    text.split('~').filter_map(|piece| {
        let (label, number) = piece.split_once('.')?;
        Some(Mark {
            label: Label::parse(label)?,
            number: number.parse().ok()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_wherever_they_stand() {
        let label = Label {
            client: 3,
            session: 1,
        };
        let marks = [1, 22].map(|number| Mark { label, number });
        let text = format!(
            r#"{{"uri":"res://{}/x","n":1.5,"text":"~~{}"}}"#,
            marks[0], marks[1]
        );
        assert_eq!(marks_in(&text).collect::<Vec<_>>(), marks);
    }
}
