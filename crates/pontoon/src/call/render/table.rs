//! What a server is and offers.

use pontoon_jsonrpc::{Raw, RawObject};

use super::Paper;
use crate::call::opening::Introduction;
use crate::call::wanted::List;

/// The longest name that the others line up with.
const MAX_COLUMN: usize = 32;
/// Characters of a description that are shown.
const MAX_DESCRIPTION: usize = 100;

/// What a server says of itself.
pub(crate) fn introduction(of: &Introduction, paper: Paper) -> String {
    let text = |key| {
        let info = of.info.as_ref()?;
        info.get_str(key).map(|text| paper.text(&text))
    };
    let name = text("title").or_else(|| text("name"));
    let name = name.unwrap_or_else(|| "a server without a name".to_owned());
    let version = text("version")
        .map(|version| format!(" {version}"))
        .unwrap_or_default();
    let others: Vec<_> = of
        .revisions
        .iter()
        .filter(|other| **other != of.revision)
        .map(|other| paper.text(other))
        .collect();
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(" (also {})", others.join(", ")),
    };
    let capabilities: Vec<_> = of
        .capabilities
        .iter()
        .map(|(name, value)| paper.text(&capability(&name, &value)))
        .collect();
    let mut told = format!("{}\n", paper.bold(&format!("{name}{version}")));
    told.push_str(&format!("  speaks  {}{others}\n", of.revision));
    told.push_str(&format!("  can     {}\n", capabilities.join(", ")));
    if let Some(instructions) = &of.instructions {
        let mut lines = instructions.trim().lines();
        told.push_str(&format!(
            "  says    {}\n",
            paper.text(lines.next().unwrap_or_default())
        ));
        for line in lines {
            told.push_str(&format!("          {}\n", paper.text(line)));
        }
    }
    told
}

/// A capability with what it is capable of: `resources (subscribe, listChanged)`.
fn capability(name: &str, value: &Raw) -> String {
    let parts = value.object().unwrap_or_else(RawObject::empty);
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, value)| value.as_bool() != Some(false))
        .map(|(part, _)| part.into_owned())
        .collect();
    match parts.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", parts.join(", ")),
    }
}

/// One of its lists.
pub(crate) fn list(list: List, entries: &[Raw], paper: Paper) -> String {
    let rows: Vec<_> = entries.iter().map(|entry| row(list, entry, paper)).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or_default().min(MAX_COLUMN);
    let mut told = paper.bold(&match entries.len() {
        1 => format!("1 {}", list.entry()),
        count => format!("{count} {}s", list.entry()),
    });
    told.push('\n');
    for (name, about) in rows {
        told.push_str(format!("  {name:width$}  {about}").trim_end());
        told.push('\n');
    }
    told
}

/// What an entry is called where it is used, and what it is about.
fn row(list: List, entry: &Raw, paper: Paper) -> (String, String) {
    let entry = entry.object().unwrap_or_else(RawObject::empty);
    let text = |key| entry.get_str(key).map(|text| paper.text(&text));
    let name = match list {
        List::Tools => text("name").map(|name| name + &parameters(&entry, paper)),
        List::Prompts => text("name").map(|name| name + &arguments(&entry, paper)),
        List::Resources => text("uri"),
        List::Templates => text("uriTemplate"),
    };
    let about = text("description")
        .or_else(|| text("title"))
        .or_else(|| text("name"));
    let about = about.unwrap_or_default();
    let first = about.lines().next().unwrap_or_default();
    let mut short: String = first.chars().take(MAX_DESCRIPTION).collect();
    if short.len() < first.len() {
        short.push('…');
    }
    (name.unwrap_or_default(), short)
}

/// What a tool takes: ` a= [b=]`, as it is written on the command line.
fn parameters(tool: &RawObject, paper: Paper) -> String {
    let schema = tool.get("inputSchema").and_then(|schema| schema.object());
    let required: Vec<String> = schema
        .as_ref()
        .and_then(|schema| schema.get("required")?.decode().ok())
        .unwrap_or_default();
    let properties = schema.and_then(|schema| schema.get("properties")?.object());
    let properties = properties.unwrap_or_else(RawObject::empty);
    let parameter = |(name, _): (std::borrow::Cow<'_, str>, Raw)| {
        let is_required = required.iter().any(|required| *required == name);
        written(&paper.text(&name), is_required.then_some(()))
    };
    properties.iter().map(parameter).collect()
}

fn arguments(prompt: &RawObject, paper: Paper) -> String {
    let arguments = prompt
        .get("arguments")
        .and_then(|list| list.decode::<Vec<Raw>>().ok());
    let argument = |raw: &Raw| {
        let argument = raw.object()?;
        let is_required = argument.get("required").and_then(|required| required.as_bool());
        let name = paper.text(&argument.get_str("name")?);
        Some(written(&name, is_required.filter(|required| *required).map(drop)))
    };
    arguments
        .unwrap_or_default()
        .iter()
        .filter_map(argument)
        .collect()
}

fn written(name: &str, required: Option<()>) -> String {
    match required {
        Some(()) => format!(" {name}="),
        None => format!(" [{name}=]"),
    }
}
