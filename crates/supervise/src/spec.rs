//! What to run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::environment::{Environment, Inherit};
use crate::redact::Redactor;

/// A command as configured: never a shell line, always a program and its arguments.
#[derive(Clone)]
pub struct CommandSpec {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    cwd: Option<PathBuf>,
    inherit: Inherit,
}

impl CommandSpec {
    /// A command without arguments. A name without `/` is looked up in the child's `PATH`.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            cwd: None,
            inherit: Inherit::default(),
        }
    }

    /// Appends arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: Into<OsString>>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable for this child only. Values of 8 bytes or more are taken for secrets: they are
    /// blotted out where the child prints them on standard error.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The directory to start in; ours when not set.
    #[must_use]
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cwd = Some(directory.into());
        self
    }

    /// Replaces the allow-list of inherited variables.
    #[must_use]
    pub fn inherit(mut self, inherit: Inherit) -> Self {
        self.inherit = inherit;
        self
    }

    /// The program as configured.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.args
    }

    pub(crate) fn directory(&self) -> Option<&Path> {
        self.cwd.as_deref()
    }

    /// The child's whole environment: what the allow-list lets through of `outer`, then our additions.
    pub(crate) fn environment(&self, outer: &Environment) -> Environment {
        let inherited = outer.iter().filter(|(name, _)| self.inherit.allows(name));
        let inherited = inherited.map(|(name, value)| (name.to_owned(), value.to_owned()));
        inherited.chain(self.env.iter().cloned()).collect()
    }

    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(
            self.env
                .iter()
                .map(|(name, value)| (name.as_os_str(), value.as_os_str())),
        )
    }
}

/// Names only: values of variables and arguments may be secrets.
impl std::fmt::Debug for CommandSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("CommandSpec")
            .field("program", &self.program)
            .field("args", &self.args.len())
            .field("env", &names)
            .field("cwd", &self.cwd)
            .field("inherit", &self.inherit)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explicit_variables_win_over_inherited_ones_and_the_rest_is_dropped() {
        let outer = Environment::from_iter([("PATH", "/bin"), ("TOKEN", "s3cret"), ("LANG", "C")]);
        let environment = CommandSpec::new("x").env("LANG", "de_DE").environment(&outer);
        assert_eq!(
            environment,
            Environment::from_iter([("PATH", "/bin"), ("LANG", "de_DE")])
        );
    }

    #[test]
    fn debug_output_shows_no_values() {
        let spec = CommandSpec::new("x")
            .args(["--key=hunter22"])
            .env("KEY", "hunter22");
        assert!(!format!("{spec:?}").contains("hunter22"));
    }
}
