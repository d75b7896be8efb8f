//! TOML to tree.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::{Entry, MAX_DEPTH, Node, Table, Value};
use crate::fault::Fault;

pub(super) fn parse(text: &str) -> Result<Table, Fault> {
    let root = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        Fault::at(span, format!("this is not TOML: {}", error.message()))
    })?;
    table(root.get_ref(), MAX_DEPTH)
}

fn table(source: &DeTable<'_>, depth: usize) -> Result<Table, Fault> {
    let mut entries = Vec::with_capacity(source.len());
    for (key, value) in source {
        let node = node(value, depth)?;
        entries.push(Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            node,
        });
    }
    // The parser sorts by key; people, and the banner, want the order they wrote.
    entries.sort_by_key(|entry| entry.key_span.start);
    Ok(Table { entries })
}

fn node(source: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Fault> {
    let span = source.span();
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::at(span, format!("nested deeper than {MAX_DEPTH} levels")));
    };
    let value = match source.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let integer = i64::from_str_radix(number.as_str(), number.radix()).ok();
            integer.map_or_else(|| Value::Number(number.to_string()), Value::Integer)
        }
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(_) => Value::Datetime,
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| node(item, depth))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(inner) => Value::Table(table(inner, depth)?),
    };
    Ok(Node { span, value })
}
