//! Blots out a child's own secrets where it prints them.

use std::ffi::OsStr;

/// Shorter values are words like `true` or `production`: blotting them out would hide more than it protects.
const SHORTEST_SECRET: usize = 8;

/// Knows the values a child was given in its environment.
pub(crate) struct Redactor(Vec<(String, String)>);

impl Redactor {
    pub(crate) fn new<'a>(variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>) -> Self {
        let secrets = variables.filter_map(|(name, value)| {
            let value = value.to_str().filter(|value| value.len() >= SHORTEST_SECRET)?;
            Some((value.to_owned(), format!("[{}]", name.to_string_lossy())))
        });
        Self(secrets.collect())
    }

    /// The line with every secret replaced by the name of its variable.
    pub(crate) fn apply(&self, mut line: String) -> String {
        for (value, name) in &self.0 {
            if line.contains(value) {
                line = line.replace(value, name);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_replaced_by_their_name_and_short_ones_stay() {
        let variables = [("API_KEY", "abcdefgh1"), ("MODE", "true")];
        let redactor = Redactor::new(variables.iter().map(|(n, v)| (OsStr::new(n), OsStr::new(v))));
        assert_eq!(redactor.apply("key=abcdefgh1 true".into()), "key=[API_KEY] true");
    }
}
