//! `showcase`: a server that needs nothing and uses every feature of the protocol.
//!
//! It serves clients of all revisions. What a tool asks of its user travels as a request to the
//! client up to 2025-11-25 and as an `input_required` result from 2026-07-28 on; a tool's body is
//! the same for both (see [`exchange`]). The `test_*` tools, prompts and resources are those the
//! official conformance suite looks for.

mod assets;
mod audience;
mod catalogue;
mod completion;
mod exchange;
mod prompts;
mod questions;
mod resources;
mod state;
mod tools;

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
        ContentBlock, GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, RequestStateCodec, ServerCapabilities, ServerConfig,
        SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};

use crate::toolbox::first_page;
use exchange::{Exchange, Stop};
use state::State;

const INSTRUCTIONS: &str = "A server to try a client or a gateway with. Start with `echo` or `add`; `progress`, \
    `log` and `slow` take their time; `sample`, `elicit_form`, `elicit_enum`, `elicit_url` and `roots` ask the \
    client something; `touch`, `toggle_tools`, `toggle_prompts` and `toggle_resources` change the server while \
    you watch. Tools that start with `test_` serve the official conformance suite.";

/// Why the factory could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShowcaseError {
    /// The key that protects `requestState` could not be drawn.
    #[error("the operating system gave no random bytes")]
    Randomness(#[source] getrandom::Error),
}

/// A factory of independent servers: each has its own counters, lists, log level and
/// subscriptions, as one session of a legacy client expects. A clone shares them with its
/// original. All servers of a factory accept each other's `requestState`, so a modern client's
/// retry may reach any of them.
///
/// # Errors
///
/// When the operating system gives no random bytes.
pub fn showcase() -> Result<impl Fn() -> Showcase + Clone + Send + Sync + 'static, ShowcaseError> {
    let mut key = [0; RequestStateCodec::MIN_KEY_LENGTH];
    getrandom::fill(&mut key).map_err(ShowcaseError::Randomness)?;
    let codec = RequestStateCodec::try_new(key).expect("the key has the length asked for");
    Ok(move || Showcase {
        codec: codec.clone(),
        state: Arc::default(),
    })
}

/// One showcase server; made by [`showcase()`].
#[derive(Clone, Debug)]
pub struct Showcase {
    codec: RequestStateCodec,
    state: Arc<State>,
}

impl ServerHandler for Showcase {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("pontoon-showcase", env!("CARGO_PKG_VERSION"))
                    .with_title("Pontoon showcase"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        catalogue::find(name, &self.state).map(|entry| entry.definition.clone())
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        first_page(page)?;
        Ok(ListToolsResult::with_all_items(catalogue::list(&self.state)))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = catalogue::find(&request.name, &self.state) else {
            return Err(ErrorData::invalid_params(
                format!("unknown tool `{}`", request.name),
                None,
            ));
        };
        match (entry.body)(Exchange::of_tool(self.clone(), request, context)?).await {
            Ok(result) => Ok(result.into()),
            Err(Stop::InputRequired(result)) => Ok(result.into()),
            Err(Stop::Failed(text)) => Ok(CallToolResult::error(vec![ContentBlock::text(text)]).into()),
            Err(Stop::Refused(error)) => Err(error),
        }
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        first_page(page)?;
        Ok(ListPromptsResult::with_all_items(prompts::list(&self.state)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let name = request.name.clone();
        match prompts::get(&name, Exchange::of_prompt(self.clone(), request, context)?).await {
            Ok(result) => Ok(result.into()),
            Err(Stop::InputRequired(result)) => Ok(result.into()),
            // A prompt has no result that means failure.
            Err(Stop::Failed(text)) => Err(ErrorData::invalid_request(text, None)),
            Err(Stop::Refused(error)) => Err(error),
        }
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        first_page(page)?;
        Ok(ListResourcesResult::with_all_items(resources::list(&self.state)))
    }

    async fn list_resource_templates(
        &self,
        page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(page)?;
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri, &self.state).map(Into::into)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::read(&request.uri, &self.state)?;
        self.state.audience.watch(request.uri, context.peer);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.state.audience.unwatch(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| resources::read(uri, &self.state).is_ok());
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let _seat = self.state.audience.seat(context.sink().clone())?;
        context.cancelled().await;
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(&request)
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.state.set_log_level(request.level);
        Ok(())
    }
}
