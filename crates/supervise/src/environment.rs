//! Which variables of our own environment a child may see.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A set of environment variables as read by the binary. Only `config` reads the real environment; every
/// other room gets it as this value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The value of `name`, if set.
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.0.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// All variables in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// An allow-list of variable names. A name that ends in `*` stands for all names with that prefix.
///
/// The default is what programs need to find their files and to print in the user's language, and nothing
/// that carries a credential: `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG`, `LANGUAGE`, `LC_*`,
/// `TERM`, `TMPDIR`, `TZ`. Proxies, tokens, `NODE_OPTIONS`, `LD_PRELOAD` and the like are not in it; whoever
/// writes the configuration names them for the one server that needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inherit(Vec<String>);

const DEFAULT_NAMES: [&str; 11] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TERM", "TMPDIR", "TZ",
];

impl Default for Inherit {
    fn default() -> Self {
        Self(DEFAULT_NAMES.map(str::to_owned).to_vec())
    }
}

impl Inherit {
    /// Nothing is inherited; the child sees only the variables given explicitly.
    pub fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Adds a name, or a prefix followed by `*`.
    #[must_use]
    pub fn and(mut self, pattern: impl Into<String>) -> Self {
        self.0.push(pattern.into());
        self
    }

    /// Whether a variable of this name is passed on.
    pub fn allows(&self, name: &OsStr) -> bool {
        let name = name.as_encoded_bytes();
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix.as_bytes()),
            None => name == pattern.as_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_list_passes_paths_and_locales_but_no_credentials() {
        let inherit = Inherit::default();
        for name in ["PATH", "HOME", "LC_ALL", "LC_TIME", "TZ"] {
            assert!(inherit.allows(name.as_ref()), "{name}");
        }
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "NODE_OPTIONS",
            "LD_PRELOAD",
            "PATH2",
            "LC",
            "HTTPS_PROXY",
            "",
        ] {
            assert!(!inherit.allows(name.as_ref()), "{name}");
        }
    }

    #[test]
    fn nothing_is_inherited_when_nothing_is_named() {
        assert!(!Inherit::nothing().allows("PATH".as_ref()));
        assert!(
            Inherit::nothing()
                .and("HTTPS_PROXY")
                .allows("HTTPS_PROXY".as_ref())
        );
    }
}
