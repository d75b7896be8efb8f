//! When a service loop has chosen its era.

use std::borrow::Cow;

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta, ProtocolVersion};

/// rmcp's loop waits for what opens the conversation and ends if anything but a request comes before. A
/// notification that comes too early must not end the server for everybody.
pub(crate) struct Lifecycle {
    versions: Cow<'static, [ProtocolVersion]>,
    opened: bool,
}

impl Lifecycle {
    pub(crate) fn new(versions: Cow<'static, [ProtocolVersion]>) -> Self {
        Self {
            versions,
            opened: false,
        }
    }

    /// Whether the loop can take this message now.
    pub(crate) fn admits(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if self.opened {
            return true;
        }
        let ClientJsonRpcMessage::Request(request) = message else {
            return false;
        };
        self.opened = self.opens(&request.request);
        true
    }

    /// The conditions are those of rmcp's `serve_server`.
    fn opens(&self, request: &ClientRequest) -> bool {
        match request {
            ClientRequest::InitializeRequest(_) => true,
            ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
            request => {
                let meta = request.get_meta();
                meta.missing_required_keys(&ProtocolVersion::V_2026_07_28)
                    .is_empty()
                    && meta
                        .protocol_version()
                        .is_some_and(|version| self.versions.contains(&version))
            }
        }
    }
}
