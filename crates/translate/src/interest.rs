//! Which changes a client wants to hear of.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pontoon_jsonrpc::{ErrorObject, Raw, RawObject};
use pontoon_mcp::error::invalid_params;
use pontoon_mcp::method;

use crate::opening::Features;

/// Most resources that one listener or one session may subscribe to. More are
/// left out of the acknowledgement, which is how a server says no.
pub(crate) const MAX_RESOURCES: usize = 1_000;

/// The filter of one `subscriptions/listen`, as far as it is honoured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
    pub(crate) uris: BTreeSet<String>,
}

impl Interest {
    /// Reads the `notifications` member of a listen request.
    ///
    /// # Errors
    ///
    /// `-32602` names the member that is wrong.
    pub(crate) fn read(params: Option<&Raw>) -> Result<Self, ErrorObject> {
        let filter = params
            .and_then(Raw::object)
            .and_then(|params| params.get("notifications")?.object());
        let filter = filter.ok_or_else(|| {
            invalid_params("Invalid params: \"notifications\" must be an object that names what to listen to")
        })?;
        Ok(Self {
            tools: switch(&filter, "toolsListChanged")?,
            prompts: switch(&filter, "promptsListChanged")?,
            resources: switch(&filter, "resourcesListChanged")?,
            uris: uris(&filter)?,
        })
    }

    /// What of it a legacy server with these features can honour.
    #[must_use]
    pub(crate) fn supported_by(mut self, features: Features) -> Self {
        self.tools &= features.tools_changed;
        self.prompts &= features.prompts_changed;
        self.resources &= features.resources_changed;
        if !features.subscribe {
            self.uris.clear();
        }
        while self.uris.len() > MAX_RESOURCES {
            self.uris.pop_last();
        }
        self
    }

    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The filter as an acknowledgement names it: only what is honoured.
    pub(crate) fn to_raw(&self) -> Raw {
        let empty = RawObject::empty();
        let mut edit = empty.edit();
        for (name, wanted) in [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ] {
            if wanted {
                edit.set(name, Raw::from_static("true"));
            }
        }
        if !self.uris.is_empty() {
            edit.set("resourceSubscriptions", Raw::encode(&self.uris));
        }
        edit.finish()
    }

    /// Whether a change notification is wanted.
    pub(crate) fn covers(&self, method: &str, uri: Option<&str>) -> bool {
        match method {
            method::TOOLS_CHANGED => self.tools,
            method::PROMPTS_CHANGED => self.prompts,
            method::RESOURCES_CHANGED => self.resources,
            method::RESOURCE_UPDATED => uri.is_some_and(|uri| covers_uri(&self.uris, uri)),
            _ => false,
        }
    }
}

/// Whether one of the subscribed URIs is `uri` or a container of it: a server
/// may report a sub-resource (2025-11-25, Resources, "Subscriptions").
pub(crate) fn covers_uri(subscribed: &BTreeSet<String>, uri: &str) -> bool {
    subscribed.contains(uri)
        || uri
            .match_indices('/')
            .any(|(at, _)| subscribed.contains(&uri[..at]) || subscribed.contains(&uri[..=at]))
}

/// The `uri` of a notification's or request's parameters.
pub(crate) fn uri(params: Option<&Raw>) -> Option<String> {
    params?.object()?.get_str("uri").map(Cow::into_owned)
}

fn switch(filter: &RawObject, name: &str) -> Result<bool, ErrorObject> {
    match filter.get(name) {
        None => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| invalid_params(format!("Invalid params: {name:?} must be true or false"))),
    }
}

fn uris(filter: &RawObject) -> Result<BTreeSet<String>, ErrorObject> {
    match filter.get("resourceSubscriptions") {
        None => Ok(BTreeSet::new()),
        Some(list) => list.decode().map_err(|_| {
            invalid_params("Invalid params: \"resourceSubscriptions\" must be an array of resource URIs")
        }),
    }
}
