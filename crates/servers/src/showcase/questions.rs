//! What a server may ask its client: a completion by its model, something of its user, its roots.

use rmcp::{
    Peer, RoleServer,
    model::{
        ClientCapabilities, CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult,
        ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationCapability, FormElicitationCapability,
        InputRequest, ListRootsRequest, ListRootsResult, SamplingMessage, UrlElicitationCapability,
    },
    service::ServiceError,
};
use serde::de::DeserializeOwned;

/// A question, independent of how it travels.
pub(super) trait Question: Send {
    /// What the client answers with.
    type Answer: DeserializeOwned + Send;

    /// The client capability without which it must not be asked.
    fn needs(&self) -> ClientCapabilities;

    /// Its name, for messages to people.
    fn capability(&self) -> &'static str;

    /// Whether a client with these capabilities may be asked.
    fn is_allowed_by(&self, client: &ClientCapabilities) -> bool;

    /// As part of an `input_required` result (2026-07-28).
    fn into_input(self) -> InputRequest;

    /// As a request to the client (up to 2025-11-25).
    fn put_to(
        self,
        peer: &Peer<RoleServer>,
    ) -> impl Future<Output = Result<Self::Answer, ServiceError>> + Send;
}

/// Asks the client's model (`sampling/createMessage`).
pub(super) struct Sample(pub(super) CreateMessageRequestParams);

impl Sample {
    pub(super) fn prompt(text: &str, max_tokens: u32) -> Self {
        Self(CreateMessageRequestParams::new(
            vec![SamplingMessage::user_text(text)],
            max_tokens,
        ))
    }
}

impl Question for Sample {
    type Answer = CreateMessageResult;

    fn needs(&self) -> ClientCapabilities {
        ClientCapabilities::builder().enable_sampling().build()
    }

    fn capability(&self) -> &'static str {
        "sampling"
    }

    fn is_allowed_by(&self, client: &ClientCapabilities) -> bool {
        client.sampling.is_some()
    }

    fn into_input(self) -> InputRequest {
        InputRequest::CreateMessage(CreateMessageRequest::new(self.0))
    }

    async fn put_to(self, peer: &Peer<RoleServer>) -> Result<CreateMessageResult, ServiceError> {
        peer.create_message(self.0).await
    }
}

/// Asks the user to fill in a form or to visit a page (`elicitation/create`).
pub(super) struct Elicit(pub(super) ElicitRequestParams);

impl Elicit {
    /// A form. `schema` is a constant of the calling tool.
    pub(super) fn form(message: impl Into<String>, schema: serde_json::Value) -> Self {
        Self(ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: message.into(),
            requested_schema: serde_json::from_value(schema).expect("the tools' schemas are valid"),
        })
    }

    /// A page to visit. `id` is empty from 2026-07-28 on, which has none.
    pub(super) fn url(message: &str, url: String, id: String) -> Self {
        Self(ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: message.to_owned(),
            url,
            elicitation_id: id,
        })
    }

    fn is_url(&self) -> bool {
        matches!(self.0, ElicitRequestParams::UrlElicitationParams { .. })
    }
}

impl Question for Elicit {
    type Answer = ElicitResult;

    fn needs(&self) -> ClientCapabilities {
        let mode = if self.is_url() {
            ElicitationCapability::new().with_url(UrlElicitationCapability::new())
        } else {
            ElicitationCapability::new().with_form(FormElicitationCapability::new())
        };
        ClientCapabilities::builder()
            .enable_elicitation_with(mode)
            .build()
    }

    fn capability(&self) -> &'static str {
        if self.is_url() {
            "elicitation.url"
        } else {
            "elicitation"
        }
    }

    /// An empty object means forms: that is all there was before 2025-11-25.
    fn is_allowed_by(&self, client: &ClientCapabilities) -> bool {
        client.elicitation.as_ref().is_some_and(|modes| {
            if self.is_url() {
                modes.url.is_some()
            } else {
                modes.form.is_some() || modes.url.is_none()
            }
        })
    }

    fn into_input(self) -> InputRequest {
        InputRequest::Elicitation(ElicitRequest::new(self.0))
    }

    async fn put_to(self, peer: &Peer<RoleServer>) -> Result<ElicitResult, ServiceError> {
        peer.create_elicitation(self.0).await
    }
}

/// Asks which folders the client works in (`roots/list`).
pub(super) struct Roots;

impl Question for Roots {
    type Answer = ListRootsResult;

    fn needs(&self) -> ClientCapabilities {
        ClientCapabilities::builder().enable_roots().build()
    }

    fn capability(&self) -> &'static str {
        "roots"
    }

    fn is_allowed_by(&self, client: &ClientCapabilities) -> bool {
        client.roots.is_some()
    }

    fn into_input(self) -> InputRequest {
        InputRequest::ListRoots(ListRootsRequest::default())
    }

    async fn put_to(self, peer: &Peer<RoleServer>) -> Result<ListRootsResult, ServiceError> {
        peer.list_roots().await
    }
}
