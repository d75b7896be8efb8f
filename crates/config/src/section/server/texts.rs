//! Tables of texts that may be secrets.

use std::collections::BTreeMap;

use crate::environment::Environment;
use crate::expand::expand;
use crate::fault::{Fault, Faults};
use crate::node::{Node, Value};
use crate::section::{Refused, Section};

/// What the keys of a table may be.
pub(super) struct Names {
    pub(super) allows: fn(&str) -> bool,
    /// Continues the sentence "`key` …" where it is not allowed.
    pub(super) why: &'static str,
    pub(super) allowed: &'static str,
}

/// A text in which `${NAME}` is replaced. Unlike other texts it may be empty.
pub(crate) fn argument(node: &Node, environment: &Environment) -> Result<String, Refused> {
    match node.as_str() {
        Some(text) if text.contains('\0') => Err(Refused::because("contains a NUL character")),
        Some(text) => expand(text, environment).map_err(|error| Refused::because(error.to_string())),
        None => Err(Refused::value(node)),
    }
}

/// The table at `key`. Points at the names, never at the values: these may be secrets.
pub(super) fn read(
    section: &Section<'_>,
    key: &str,
    names: &Names,
    environment: &Environment,
    faults: &mut Faults,
) -> BTreeMap<String, String> {
    let Some(Node {
        value: Value::Table(table),
        ..
    }) = section.get(key)
    else {
        section.read::<()>(key, faults, |node| Err(Refused::value(node)));
        return BTreeMap::new();
    };
    let mut texts = BTreeMap::new();
    for entry in &table.entries {
        let path = format!("{}.{}", section.dotted(key), entry.key);
        let fault = |why: &str| Fault::at(entry.key_span.clone(), format!("`{path}` {why}"));
        if !(names.allows)(&entry.key) {
            faults.push(fault(names.why).allowed(names.allowed));
            continue;
        }
        match argument(&entry.node, environment) {
            Ok(value) => drop(texts.insert(entry.key.clone(), value)),
            Err(refused) if entry.node.as_str().is_some() => faults.push(fault(&refused.why)),
            Err(refused) => {
                faults.push(fault(&refused.why).allowed("text; put quotes around numbers and true or false"));
            }
        }
    }
    texts
}
