//! The `mcpServers` file of desktop clients.
//!
//! The file belongs to another program: what else is in it is none of our business, and its names are free text.
//! What clients add to a server for their own use is noted and skipped; what looks like a misspelt key is refused.

use super::nearest;
use super::server::{self, Context, Marked, Server};
use crate::fault::{Fault, Faults};
use crate::node::{Entry, Table, Value};
use crate::value::name::ServerName;

/// The key whose object holds the servers.
const SERVERS: &str = "mcpServers";

/// Keys of these files that mean something here and are no settings.
const TYPE: &str = "type";
const DISABLED: &str = "disabled";

/// The servers in the order of the file. `notes` gets a line for each thing that was skipped or changed.
pub(crate) fn read(
    root: &Table,
    context: &Context<'_>,
    notes: &mut Vec<String>,
    faults: &mut Faults,
) -> Vec<Marked> {
    let Some(entry) = root.get(SERVERS) else {
        faults.push(no_servers(root));
        return Vec::new();
    };
    let Some(table) = faults.keep(server::table_at(SERVERS, &entry.node)) else {
        return Vec::new();
    };
    table
        .entries
        .iter()
        .filter_map(|entry| read_server(entry, context, notes, faults))
        .collect()
}

fn no_servers(root: &Table) -> Fault {
    let near = root
        .entries
        .iter()
        .find(|entry| nearest(&entry.key, [SERVERS, "servers"]).is_some());
    let span = near.map_or(0..1, |entry| entry.key_span.clone());
    Fault::at(
        span,
        format!("a configuration in JSON needs an object `{SERVERS}` with servers by name"),
    )
    .hint("to set anything besides servers, write TOML")
}

fn read_server(
    entry: &Entry,
    context: &Context<'_>,
    notes: &mut Vec<String>,
    faults: &mut Faults,
) -> Option<Marked> {
    let path = format!("{SERVERS}.{}", entry.key);
    let table = faults.keep(server::table_at(&path, &entry.node))?;
    if table
        .get(DISABLED)
        .is_some_and(|entry| entry.node.value == Value::Bool(true))
    {
        notes.push(format!("`{path}` is disabled in the file and not served"));
        return None;
    }
    let name = faults.keep(name_of(entry, notes));
    let settings = settings(&path, table, notes);
    Server::read_table(&path, name, (&entry.key_span, &settings), context, faults)
}

fn name_of(entry: &Entry, notes: &mut Vec<String>) -> Result<ServerName, Fault> {
    if let Ok(name) = ServerName::new(&entry.key) {
        return Ok(name);
    }
    let name = ServerName::from_free_text(&entry.key).ok_or_else(|| {
        Fault::at(
            entry.key_span.clone(),
            format!("no name for URLs can be made of `{}`", entry.key),
        )
        .hint("give the server a name with letters or digits that is no address of Pontoon itself")
    })?;
    notes.push(format!("`{SERVERS}.{}` is served as `{name}`", entry.key));
    Ok(name)
}

/// The table without what is not for us. A key near one of ours stays, to be refused with a suggestion.
fn settings(path: &str, table: &Table, notes: &mut Vec<String>) -> Table {
    let entries = table.entries.iter().filter_map(|entry| {
        let key = entry.key.as_str();
        match key {
            DISABLED => None,
            _ if entry.node.value == Value::Null => None,
            TYPE => transport(entry),
            _ if nearest(key, server::KEYS.iter().map(|key| key.name)).is_some() => Some(entry.clone()),
            _ => {
                notes.push(format!(
                    "`{path}.{key}` is a setting of another program and ignored"
                ));
                None
            }
        }
    });
    Table {
        entries: entries.collect(),
    }
}

/// What these files call the `type` of a remote server.
fn transport(entry: &Entry) -> Option<Entry> {
    let is_remote = entry.node.as_str() != Some("stdio");
    is_remote.then(|| Entry {
        key: "transport".to_owned(),
        ..entry.clone()
    })
}
