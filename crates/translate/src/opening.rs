//! How an upstream connection is opened, and how its opening is told to clients.

use pontoon_jsonrpc::{ErrorObject, Kind, Raw, RawObject};
use pontoon_mcp::error::invalid_params;
use pontoon_mcp::meta::{META, SERVER_INFO};
use pontoon_mcp::{ClientCapabilities, LegacyRevision, ModernRevision, Revision};

/// What legacy clients are told of a modern server that does not say who it is.
const NAMELESS: &str = r#"{"name":"unnamed","version":"unknown"}"#;

/// What a connection says of itself in its handshake.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// Name and version of the client.
    pub client_info: Raw,
    /// What questions it can answer, among others.
    pub capabilities: ClientCapabilities,
}

/// What a server said of itself: a legacy one in its handshake, a modern one when it was asked.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The revision it settled on; of a modern server, the newest that legacy clients can be served in.
    pub revision: LegacyRevision,
    /// Notifications and requests that it supports.
    pub features: Features,
    capabilities: RawObject,
    server_info: Option<Raw>,
    instructions: Option<Raw>,
}

/// Capabilities of a server that decide what the gateway does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Announces changes of its tools.
    pub tools_changed: bool,
    /// Announces changes of its prompts.
    pub prompts_changed: bool,
    /// Announces changes of its list of resources.
    pub resources_changed: bool,
    /// Takes subscriptions to single resources.
    pub subscribe: bool,
    /// Sends log messages.
    pub logging: bool,
}

/// Parameters of an `initialize` that the gateway sends on its own behalf.
pub(crate) fn initialize_params(introduction: &Introduction, revision: LegacyRevision) -> Raw {
    let empty = RawObject::empty();
    let mut edit = empty.edit();
    edit.set("protocolVersion", Raw::string(revision.as_str()));
    edit.set("capabilities", introduction.capabilities.raw().clone());
    edit.set("clientInfo", introduction.client_info.clone());
    edit.finish()
}

/// Parameters of a client's `initialize` as the server gets them. The gateway
/// has to understand what the two agree on, so it does not let a client ask for
/// a revision that it does not know itself: some servers say yes to anything.
///
/// # Errors
///
/// The client asks for none.
pub(crate) fn speakable(params: Option<&Raw>) -> Result<Raw, ErrorObject> {
    let named = params
        .and_then(Raw::object)
        .and_then(|object| object.get("protocolVersion").map(|version| (object, version)));
    let text = named.as_ref().and_then(|(_, version)| version.to_string_value());
    let (Some(raw), Some((object, _)), Some(requested)) = (params, &named, text) else {
        let problem = "Invalid params: \"protocolVersion\" must be a string";
        return Err(invalid_params(problem));
    };
    if LegacyRevision::parse(&requested).is_some() {
        return Ok(raw.clone());
    }
    let revision = LegacyRevision::negotiate(&requested);
    let mut edit = object.edit();
    edit.set("protocolVersion", Raw::string(revision.as_str()));
    Ok(edit.finish())
}

impl Features {
    fn read(capabilities: &RawObject) -> Self {
        let flag = |capability: &str, switch: &str| {
            let capability = capabilities
                .get(capability)
                .and_then(|capability| capability.object());
            capability.and_then(|capability| capability.get(switch)?.as_bool()) == Some(true)
        };
        Self {
            tools_changed: flag("tools", "listChanged"),
            prompts_changed: flag("prompts", "listChanged"),
            resources_changed: flag("resources", "listChanged"),
            subscribe: flag("resources", "subscribe"),
            logging: capabilities.contains("logging"),
        }
    }
}

impl Opened {
    /// Reads an `InitializeResult`; `None` if it is not one.
    pub fn read(result: &Raw) -> Option<Self> {
        // Kept as long as the connection, and so without what it was read from.
        let result = result.detached().object()?;
        let revision = LegacyRevision::parse(&result.get_str("protocolVersion")?)?;
        let capabilities = result.get("capabilities")?.object()?;
        // Servers that do not say who they are get along with most clients.
        let of_kind = |name: &str, kind: Kind| match result.get(name) {
            Some(value) if value.kind() != kind => Err(()),
            value => Ok(value),
        };
        Some(Self {
            revision,
            features: Features::read(&capabilities),
            capabilities,
            server_info: of_kind("serverInfo", Kind::Object).ok()?,
            instructions: of_kind("instructions", Kind::String).ok()?,
        })
    }

    /// Reads a `DiscoverResult` of a server that serves 2026-07-28; `None` if it is not one: some servers answer
    /// anything to what they do not know.
    pub fn discovered(result: &Raw) -> Option<Self> {
        let result = result.detached().object()?;
        let versions: Vec<String> = result.get("supportedVersions")?.decode().ok()?;
        if !versions
            .iter()
            .any(|version| ModernRevision::parse(version).is_some())
        {
            return None;
        }
        let capabilities = result.get("capabilities")?.object()?;
        // No bridge carries these across the eras.
        let capabilities = capabilities.edit().remove("extensions").finish().object()?;
        let meta = result.get(META).and_then(|meta| meta.object());
        let server_info = meta.and_then(|meta| meta.get(SERVER_INFO));
        let instructions = result.get("instructions");
        Some(Self {
            // What a legacy client gets to hear is worded in its own revision.
            revision: LegacyRevision::NEWEST,
            features: Features::read(&capabilities),
            capabilities,
            // Its name is optional here, and a legacy client would refuse a server that has none.
            server_info: server_info
                .filter(|info| info.kind() == Kind::Object)
                .or_else(|| Some(Raw::from_static(NAMELESS))),
            instructions: instructions.filter(|text| text.kind() == Kind::String),
        })
    }

    /// Name and version of the server, as it wrote them.
    pub fn server_info(&self) -> Option<&Raw> {
        self.server_info.as_ref()
    }

    /// The answer to the `initialize` of a client that shares the server: what
    /// the server answered, at the newest revision that both speak, but for
    /// tasks, which cannot be shared.
    pub(crate) fn welcome(&self, requested: Option<&str>) -> (LegacyRevision, Raw) {
        let requested = requested.map_or(self.revision, LegacyRevision::negotiate);
        let revision = requested.min(self.revision);
        let empty = RawObject::empty();
        let mut edit = empty.edit();
        edit.set("protocolVersion", Raw::string(revision.as_str()));
        edit.set("capabilities", self.without(&["tasks"]));
        if let Some(info) = &self.server_info {
            edit.set("serverInfo", info.clone());
        }
        if let Some(instructions) = &self.instructions {
            edit.set("instructions", instructions.clone());
        }
        (revision, edit.finish())
    }

    /// The answer to `server/discover`, but for what every modern result has.
    pub(crate) fn discovery(&self) -> Raw {
        let versions: Vec<_> = Revision::all().map(Revision::as_str).collect();
        let empty = RawObject::empty();
        let mut edit = empty.edit();
        edit.set("supportedVersions", Raw::encode(&versions));
        // No bridge carries these across the eras.
        edit.set("capabilities", self.without(&["tasks", "extensions"]));
        if let Some(instructions) = &self.instructions {
            edit.set("instructions", instructions.clone());
        }
        edit.finish()
    }

    /// The server's capabilities but for some.
    fn without(&self, hidden: &[&str]) -> Raw {
        let mut edit = self.capabilities.edit();
        for capability in hidden {
            edit.remove(capability);
        }
        edit.finish()
    }
}

/// Names every revision that this endpoint serves in a server's own answer to
/// `server/discover`.
pub(crate) fn widen_discovery(result: &Raw) -> Raw {
    let Some(object) = result.object() else {
        return result.clone();
    };
    let versions: Vec<_> = Revision::all().map(Revision::as_str).collect();
    let mut edit = object.edit();
    edit.set("supportedVersions", Raw::encode(&versions));
    edit.finish()
}
