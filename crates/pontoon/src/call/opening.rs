//! The beginning of a conversation: which era the server speaks, and what it says of itself.
//! (2026-07-28, "Backward Compatibility" of both transports.)

use std::time::Duration;

use pontoon_jsonrpc::{ErrorObject, Raw, RawObject};
use pontoon_mcp::error::{HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use pontoon_mcp::{LegacyRevision, ModernRevision, Revision, meta, method};
use pontoon_upstream::{Connector, Failure};

use super::conversation::{Conversation, Manner, Spoken, client_info};
use super::trouble::Trouble;
use crate::cli::Era;
use crate::peer::Peer;

/// How long a server may be silent when it is asked what it is: legacy ones may be silent for ever.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// What is to be spoken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) era: Era,
    /// What `initialize` asks for.
    pub(super) revision: LegacyRevision,
}

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Introduction {
    /// What is spoken.
    pub(super) revision: String,
    /// What else could be.
    pub(super) revisions: Vec<String>,
    pub(super) info: Option<RawObject>,
    pub(super) capabilities: RawObject,
    pub(super) instructions: Option<String>,
}

/// What asking for the modern era led to.
enum Probed {
    Modern(Box<(Conversation, Introduction)>),
    /// The same connection will do for the legacy one, if it is still there.
    Legacy(Option<Box<Conversation>>),
}

/// Begins the conversation.
pub(super) async fn open(
    connector: &dyn Connector,
    choice: Choice,
    manner: &Manner,
) -> Result<(Conversation, Introduction), Trouble> {
    let unopened = match choice.era {
        Era::Legacy => None,
        Era::Modern | Era::Auto => match probe(connector, choice, manner).await? {
            Probed::Modern(opened) => return Ok(*opened),
            Probed::Legacy(conversation) => conversation,
        },
    };
    let conversation = match unopened {
        Some(conversation) => *conversation,
        None => connect(connector, Spoken::Legacy, manner).await?,
    };
    handshake(conversation, choice.revision, manner).await
}

async fn connect(
    connector: &dyn Connector,
    spoken: Spoken,
    manner: &Manner,
) -> Result<Conversation, Trouble> {
    let peer = Peer::of(connector.connect().await?);
    Ok(Conversation::new(peer, spoken, manner.clone()))
}

async fn probe(connector: &dyn Connector, choice: Choice, manner: &Manner) -> Result<Probed, Trouble> {
    let spoken = Spoken::Modern(ModernRevision::NEWEST);
    let mut conversation = connect(connector, spoken, manner).await?;
    let patience = match choice.era {
        Era::Auto => PROBE_PATIENCE.min(manner.patience),
        Era::Modern | Era::Legacy => manner.patience,
    };
    let answered = conversation
        .exchange(method::DISCOVER, &RawObject::empty(), patience)
        .await;
    let trouble = match answered {
        Ok(Ok(result)) => match discovered(&result) {
            Ok(introduction) => return Ok(Probed::Modern(Box::new((conversation, introduction)))),
            Err(trouble) => trouble,
        },
        Ok(Err(error)) => {
            if choice.era == Era::Auto && means_legacy(&error) {
                return Ok(Probed::Legacy(Some(Box::new(conversation))));
            }
            refused(error)
        }
        Err(trouble) => trouble,
    };
    if choice.era == Era::Auto {
        match trouble {
            Trouble::Gone { .. } => return Ok(Probed::Legacy(None)),
            Trouble::Silent { .. }
            | Trouble::Nonsense(_)
            | Trouble::Failed(Failure::Status(_) | Failure::Protocol(_) | Failure::Broken(_)) => {
                return Ok(Probed::Legacy(Some(Box::new(conversation))));
            }
            _ => {}
        }
    }
    conversation.close().await;
    Err(trouble)
}

fn refused(error: ErrorObject) -> Trouble {
    match supported(&error) {
        Some(supported) => Trouble::Version(format!(
            "the server speaks {} and not {}\n  try another --era",
            supported.join(", "),
            ModernRevision::NEWEST.as_str(),
        )),
        None => Trouble::Refused {
            method: method::DISCOVER.to_owned(),
            error,
        },
    }
}

/// The revisions that the server named when it refused ours.
fn supported(error: &ErrorObject) -> Option<Vec<String>> {
    let data = error.data.as_ref()?.object()?;
    let supported = data.get("supported")?.decode().ok()?;
    (error.code == UNSUPPORTED_VERSION).then_some(supported)
}

/// Whether an error comes from a server that does not know the modern era, or knows nothing of it that we know.
fn means_legacy(error: &ErrorObject) -> bool {
    match error.code {
        HEADER_MISMATCH | MISSING_CAPABILITY => false,
        UNSUPPORTED_VERSION => supported(error)
            .unwrap_or_default()
            .iter()
            .any(|revision| LegacyRevision::parse(revision).is_some()),
        _ => true,
    }
}

fn discovered(result: &Raw) -> Result<Introduction, Trouble> {
    let nonsense = || Trouble::Nonsense(format!("`{}` was answered with something else", method::DISCOVER));
    let result = result.object().ok_or_else(nonsense)?;
    let revisions = result
        .get("supportedVersions")
        .and_then(|versions| versions.decode::<Vec<String>>().ok());
    let revisions = revisions.ok_or_else(nonsense)?;
    let newest = ModernRevision::NEWEST.as_str();
    if !revisions.iter().any(|revision| revision == newest) {
        let revisions = revisions.join(", ");
        return Err(Trouble::Version(format!(
            "the server speaks {revisions} and not {newest}\n  try --era legacy"
        )));
    }
    let meta = result.get(meta::META).and_then(|meta| meta.object());
    let info = meta.and_then(|meta| meta.get(meta::SERVER_INFO));
    // Drafts of the revision had it in the result itself.
    let info = info.or_else(|| result.get("serverInfo"));
    Ok(introduction(newest.to_owned(), revisions, info, &result))
}

async fn handshake(
    mut conversation: Conversation,
    revision: LegacyRevision,
    manner: &Manner,
) -> Result<(Conversation, Introduction), Trouble> {
    conversation.spoken = Spoken::Legacy;
    let params = RawObject::empty()
        .edit()
        .set("protocolVersion", Raw::string(revision.as_str()))
        .set("capabilities", manner.desk.capabilities())
        .set("clientInfo", client_info())
        .finish();
    let params = params.object().expect("it was just put together");
    match introduced(&mut conversation, &params).await {
        Ok(introduction) => {
            conversation.notify(method::INITIALIZED);
            if let Some(level) = manner.log_level {
                let params = RawObject::empty()
                    .edit()
                    .set("level", Raw::string(level.as_str()))
                    .finish();
                let params = params.object().expect("it was just put together");
                conversation.ask(method::SET_LEVEL, &params).await?;
            }
            Ok((conversation, introduction))
        }
        Err(trouble) => {
            conversation.close().await;
            Err(trouble)
        }
    }
}

async fn introduced(conversation: &mut Conversation, params: &RawObject) -> Result<Introduction, Trouble> {
    let result = conversation.ask(method::INITIALIZE, params).await?;
    let nonsense = || {
        Trouble::Nonsense(format!(
            "`{}` was answered with something else",
            method::INITIALIZE
        ))
    };
    let result = result.object().ok_or_else(nonsense)?;
    let revision = result
        .get_str("protocolVersion")
        .ok_or_else(nonsense)?
        .into_owned();
    // "If the client does not support the version in the server's response, it SHOULD disconnect."
    // (2025-11-25, Lifecycle, "Version Negotiation")
    if !matches!(Revision::parse(&revision), Some(Revision::Legacy(_))) {
        return Err(Trouble::Version(format!(
            "the server wants to speak {revision}, which pontoon does not"
        )));
    }
    let info = result.get("serverInfo");
    Ok(introduction(revision, Vec::new(), info, &result))
}

fn introduction(
    revision: String,
    revisions: Vec<String>,
    info: Option<Raw>,
    result: &RawObject,
) -> Introduction {
    let capabilities = result.get("capabilities").and_then(|all| all.object());
    Introduction {
        revision,
        revisions,
        info: info.and_then(|info| info.object()),
        capabilities: capabilities.unwrap_or_else(RawObject::empty),
        instructions: result.get_str("instructions").map(std::borrow::Cow::into_owned),
    }
}
