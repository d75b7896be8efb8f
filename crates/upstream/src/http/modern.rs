//! Requests that stand by themselves (2026-07-28): no session, and headers that repeat what the body says.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use memchr::memmem;
use pontoon_jsonrpc::{Id, Limits, Message, Outcome as Said, Raw, RawObject, Response, encode};
use pontoon_mcp::error::HEADER_MISMATCH;
use pontoon_mcp::{meta, method};

use crate::http::HttpTransport;
use crate::http::answer::{Answer, Content};
use crate::http::client::Header;
use crate::http::exchange::{Conversation, Outcome, is_final};
use crate::http::failure::Failure;
use crate::http::outgoing::{About, Call, Modern, Outgoing};

/// Pages of a list of tools that are asked for to find what one of them wants.
const MAX_PAGES: usize = 64;
/// How long all of them may take.
const LISTING: Duration = Duration::from_secs(30);

impl Conversation {
    pub(crate) async fn post_modern(&self, message: &Outgoing, modern: &Modern) -> Result<Outcome, Failure> {
        if self.remote.transport() == HttpTransport::Sse || self.established.endpoint().is_some() {
            // HTTP+SSE knows no such request. This is what its servers say to a POST at that address.
            return Err(Failure::Status(405));
        }
        let headers = self.mirrored(modern);
        let trace = &message.trace;
        let answer = self.remote.post_alone(&message.body, &headers, trace).await?;
        let About::Call(call) = &modern.about else {
            return self.answered(answer, message).await;
        };
        if !matches!(answer.content(), Content::Json) || is_final(answer.status()) {
            return self.answered(answer, message).await;
        }
        let status = answer.status();
        let body = answer
            .whole(self.shared.max_message, self.remote.patience)
            .await?;
        if is_mismatch(&body)
            && let Some(better) = Box::pin(self.relisted(call, message, modern, &headers)).await
        {
            let answer = Box::pin(self.remote.post_alone(&message.body, &better, trace)).await?;
            return Box::pin(self.answered(answer, message)).await;
        }
        self.judged(status, body, message)
    }

    fn mirrored<'a>(&self, modern: &'a Modern) -> Cow<'a, [Header]> {
        let more = match &modern.about {
            About::Call(call) => self.remote.tools.headers(call),
            About::Tools | About::Changes | About::Other => Vec::new(),
        };
        if more.is_empty() {
            return Cow::Borrowed(&modern.mirrored);
        }
        Cow::Owned([&modern.mirrored[..], &more].concat())
    }

    /// "The client SHOULD call tools/list to check for changes to the tool's inputSchema, then retry the original
    /// request with the appropriate headers." `None` if they are no others than those that were refused.
    async fn relisted(
        &self,
        call: &Call,
        message: &Outgoing,
        modern: &Modern,
        refused: &[Header],
    ) -> Option<Vec<Header>> {
        let listing = self.list_tools(call, modern, &message.trace);
        let listed = tokio::time::timeout(LISTING, listing).await.ok().flatten();
        if listed.is_none() {
            tracing::debug!(server = %self.shared.name, "the tools could not be listed again");
        }
        let better = self.mirrored(modern);
        (*better != *refused).then(|| better.into_owned())
    }

    /// Asks for the list of tools, page by page, in the name of the same client.
    async fn list_tools(&self, call: &Call, modern: &Modern, trace: &[Header]) -> Option<()> {
        let meta = call.meta.object()?.edit().remove(meta::PROGRESS_TOKEN).finish();
        let headers = modern.mirrored_for(method::TOOLS_LIST);
        let mut params = RawObject::empty().edit().set(meta::META, meta).finish();
        for page in 0..MAX_PAGES {
            let id = Id::from(format!("pontoon-tools-{page}").as_str());
            let body = encode::request(&id, method::TOOLS_LIST, Some(&params));
            let answer = self.remote.post_alone(&body, &headers, trace).await.ok()?;
            let result = self.result(answer, &id).await?;
            self.remote.tools.learn_from(&result, &self.shared.name);
            match result.object()?.get("nextCursor") {
                Some(cursor) => params = params.object()?.edit().set("cursor", cursor).finish(),
                None => break,
            }
        }
        Some(())
    }

    /// The result of a request of our own. What else comes with it is nobody's.
    async fn result(&self, answer: Answer, id: &Id) -> Option<Raw> {
        match answer.content() {
            Content::Json => {
                let body = answer.whole(self.shared.max_message, self.remote.patience).await;
                result(body.ok()?, id)
            }
            Content::Events => {
                let mut events = self.events(answer);
                loop {
                    let found = result(events.next().await.ok()??.data, id);
                    if found.is_some() {
                        return found;
                    }
                }
            }
            Content::Nothing => None,
        }
    }
}

fn result(body: Bytes, wanted: &Id) -> Option<Raw> {
    match Message::parse(body, &Limits::SERVER) {
        Ok(Message::Response(Response {
            id: Some(id),
            outcome: Said::Result(result),
        })) if id == *wanted => Some(result),
        _ => None,
    }
}

/// Whether the server found our headers wanting.
fn is_mismatch(body: &Bytes) -> bool {
    if memmem::find(body, b"-32020").is_none() {
        return false;
    }
    match Message::parse(body.clone(), &Limits::SERVER) {
        Ok(Message::Response(response)) => {
            matches!(response.outcome, Said::Error(error) if error.code == HEADER_MISMATCH)
        }
        _ => false,
    }
}
