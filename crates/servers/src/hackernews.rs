//! `hackernews`: the stories of Hacker News as one tool, `get-hackernews-top-stories`.
//!
//! The tool's name, schema and result are a fixed contract: one text block per story, in ranking
//! order, each the item's JSON as the API sent it.

mod api;
mod arguments;
mod json;
mod settings;
mod stories;
mod tool;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use api::Api;
use arguments::Arguments;
use stories::Progress;

pub use settings::{HackerNewsError, HackerNewsSettings};

/// The Hacker News server. Clones share one HTTP client, one cache and one concurrency limit.
#[derive(Clone, Debug)]
pub struct HackerNews {
    api: Api,
}

impl HackerNews {
    /// Makes the server ready; nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// When a setting is out of range, the base URL is not an `http` or `https` URL, or the TLS
    /// part of the HTTP client cannot be set up.
    pub fn new(settings: HackerNewsSettings) -> Result<Self, HackerNewsError> {
        Ok(Self {
            api: Api::new(settings)?,
        })
    }
}

impl ServerHandler for HackerNews {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("hackernews-server", "1.0.0"))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == tool::NAME).then(tool::definition)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![tool::definition()]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name != tool::NAME {
            let message = format!(
                "unknown tool `{}`; this server has `{}`",
                request.name,
                tool::NAME
            );
            return Err(ErrorData::invalid_params(message, None));
        }
        let arguments = Arguments::parse(&request.arguments.unwrap_or_default())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let progress = Progress::of(&context);
        tokio::select! {
            outcome = self.api.stories(arguments, &progress) => Ok(tool::result(outcome).into()),
            // The client no longer waits: `rmcp` discards this answer (basic/utilities/cancellation).
            () = context.ct.cancelled() => Err(ErrorData::internal_error("the call was cancelled", None)),
        }
    }
}
