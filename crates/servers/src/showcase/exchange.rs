//! One request being served, as a tool's or prompt's body sees it.
//!
//! The body of something that asks its client reads the same for every revision: [`Exchange::ask`]
//! either returns the answer or stops the body. Up to 2025-11-25 the question is a request to the
//! client and `ask` waits. From 2026-07-28 on the body stops with an `input_required` result; the
//! client repeats the request with its answers, and the body runs again from the start. Answers of
//! earlier rounds come back in `requestState`, sealed so that a client can neither change them nor
//! use them for another request (basic/patterns/mrtr).

mod notices;

use std::{collections::BTreeMap, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, GetPromptRequestParams, InputRequests,
        InputRequiredResult, InputResponses, JsonObject, ProtocolVersion, SealOptions,
    },
    service::{RequestContext, ServiceError},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Showcase, questions::Question, state::State};

/// How long a client may take over one round of questions.
const ROUND_TTL: Duration = Duration::from_secs(15 * 60);
/// Where a request asks for log messages.
const LOG_LEVEL_META: &str = "io.modelcontextprotocol/logLevel";

/// What a tool's body returns.
pub(super) type Outcome = Result<CallToolResult, Stop>;

/// Why a body ended without a result.
#[derive(Debug)]
pub(super) enum Stop {
    /// The client has to answer first.
    InputRequired(InputRequiredResult),
    /// The tool ran and failed; the text is for the model.
    Failed(String),
    /// The request cannot be served.
    Refused(ErrorData),
}

/// How the server may speak to this request's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// Up to 2025-11-25: requests and notifications at any time.
    Legacy,
    /// From 2026-07-28 on: nothing the request did not ask for.
    Modern,
}

/// A request with what belongs to it.
pub(super) struct Exchange {
    server: Showcase,
    context: RequestContext<RoleServer>,
    era: Era,
    arguments: JsonObject,
    /// Method and name.
    target: String,
    answers: InputResponses,
    /// Answers the body has made use of, to be sealed into the next round's state.
    used: InputResponses,
    pending: InputRequests,
    has_state: bool,
}

impl Exchange {
    pub(super) fn of_tool(
        server: Showcase,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<Self, ErrorData> {
        let target = format!("tools/call\n{}", request.name);
        Self::new(server, context, target, request.arguments)?
            .resumed(request.input_responses, request.request_state)
    }

    pub(super) fn of_prompt(
        server: Showcase,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<Self, ErrorData> {
        let target = format!("prompts/get\n{}", request.name);
        Self::new(server, context, target, request.arguments)?
            .resumed(request.input_responses, request.request_state)
    }

    fn new(
        server: Showcase,
        context: RequestContext<RoleServer>,
        target: String,
        arguments: Option<JsonObject>,
    ) -> Result<Self, ErrorData> {
        if context.meta.0.0.contains_key(LOG_LEVEL_META) && context.meta.log_level().is_none() {
            let message =
                format!("`_meta.{LOG_LEVEL_META}` is not a log level; allowed are debug to emergency");
            return Err(ErrorData::invalid_params(message, None));
        }
        let modern = context
            .protocol_version()
            .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        Ok(Self {
            server,
            context,
            era: if modern { Era::Modern } else { Era::Legacy },
            target,
            arguments: arguments.unwrap_or_default(),
            answers: BTreeMap::new(),
            used: BTreeMap::new(),
            pending: BTreeMap::new(),
            has_state: false,
        })
    }

    /// Takes up the answers of this and of earlier rounds.
    fn resumed(
        mut self,
        responses: Option<InputResponses>,
        state: Option<String>,
    ) -> Result<Self, ErrorData> {
        if let Some(state) = state {
            let purpose = self.purpose();
            let opened = self.server.codec.open_json_with(&state, purpose.as_bytes());
            self.answers = opened.map_err(|error| {
                tracing::debug!(%error, "a requestState is refused");
                ErrorData::invalid_params(
                    "`requestState` is not what this server gave out for this request, or is older than \
                     15 minutes; call again without it",
                    None,
                )
            })?;
            self.has_state = true;
        }
        self.answers.extend(responses.into_iter().flatten());
        Ok(self)
    }

    /// What a `requestState` of this request is good for: this method, name and arguments.
    fn purpose(&self) -> String {
        let arguments = serde_json::to_string(&self.arguments).expect("arguments came as JSON");
        format!("{}\n{arguments}", self.target)
    }

    pub(super) fn era(&self) -> Era {
        self.era
    }

    pub(super) fn state(&self) -> &State {
        &self.server.state
    }

    /// The arguments, in the shape the input schema was derived from.
    pub(super) fn arguments<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        T::deserialize(&self.arguments).map_err(|error| {
            Stop::Failed(format!(
                "The arguments do not fit the tool's input schema: {error}."
            ))
        })
    }

    /// A prompt's argument; prompts have no schema, all their arguments are strings.
    pub(super) fn text_argument(&self, name: &str) -> Option<&str> {
        self.arguments.get(name).and_then(Value::as_str)
    }

    pub(super) fn capabilities(&self) -> ClientCapabilities {
        self.context.client_capabilities().unwrap_or_default()
    }

    /// The client's answer. `key` names the question within this request.
    pub(super) async fn ask<Q: Question>(&mut self, key: &str, question: Q) -> Result<Q::Answer, Stop> {
        match self.request(key, question).await? {
            Some(answer) => Ok(answer),
            None => Err(self.input_required()),
        }
    }

    /// Like [`Self::ask`], but goes on without an answer, so that several questions can travel
    /// together. The body ends with [`Self::input_required`] when one is `None`.
    pub(super) async fn request<Q: Question>(
        &mut self,
        key: &str,
        question: Q,
    ) -> Result<Option<Q::Answer>, Stop> {
        self.require(&question)?;
        match self.era {
            Era::Legacy => self.put(question).await.map(Some),
            Era::Modern => Ok(self.answered::<Q>(key).or_else(|| {
                self.pending.insert(key.to_owned(), question.into_input());
                None
            })),
        }
    }

    /// Like [`Self::request`] for three questions, which travel together in either era.
    pub(super) async fn request_three<A: Question, B: Question, C: Question>(
        &mut self,
        first: (&str, A),
        second: (&str, B),
        third: (&str, C),
    ) -> Result<(Option<A::Answer>, Option<B::Answer>, Option<C::Answer>), Stop> {
        if self.era == Era::Modern {
            let first = self.request(first.0, first.1).await?;
            let second = self.request(second.0, second.1).await?;
            return Ok((first, second, self.request(third.0, third.1).await?));
        }
        self.require(&first.1)?;
        self.require(&second.1)?;
        self.require(&third.1)?;
        let (first, second, third) =
            tokio::try_join!(self.put(first.1), self.put(second.1), self.put(third.1))?;
        Ok((Some(first), Some(second), Some(third)))
    }

    /// An answer that does not parse counts as none: the spec wants the question repeated.
    fn answered<Q: Question>(&mut self, key: &str) -> Option<Q::Answer> {
        let value = self.answers.get(key).filter(|value| value.is_object())?;
        let answer = serde_json::from_value(value.clone()).ok()?;
        self.used.insert(key.to_owned(), value.clone());
        Some(answer)
    }

    async fn put<Q: Question>(&self, question: Q) -> Result<Q::Answer, Stop> {
        let capability = question.capability();
        tokio::select! {
            answer = question.put_to(&self.context.peer) => answer.map_err(|error| unanswered(capability, &error)),
            () = self.context.ct.cancelled() => Err(cancelled()),
        }
    }

    /// Refuses to go on with a client that may not be asked this.
    pub(super) fn require<Q: Question>(&self, question: &Q) -> Result<(), Stop> {
        if question.is_allowed_by(&self.capabilities()) {
            return Ok(());
        }
        Err(match self.era {
            Era::Modern => Stop::Refused(ErrorData::missing_required_client_capability(question.needs())),
            Era::Legacy => Stop::Failed(format!(
                "The client did not declare the capability `{}`, which this needs.",
                question.capability()
            )),
        })
    }

    /// Ends the body with the questions that are still open.
    pub(super) fn input_required(&mut self) -> Stop {
        let purpose = self.purpose();
        let options = SealOptions::new()
            .associated_data(purpose.as_bytes())
            .ttl(ROUND_TTL);
        let sealed = self
            .server
            .codec
            .seal_json_with(&self.used, &options)
            .expect("answers came as JSON");
        Stop::InputRequired(InputRequiredResult::new(
            Some(std::mem::take(&mut self.pending)),
            Some(sealed),
        ))
    }

    /// Forgets answers that came without a `requestState`: this request's meaning is in the state.
    pub(super) fn require_state(&mut self) {
        if !self.has_state {
            self.answers.clear();
        }
    }
}

/// The text of a call nobody waits for any more; `rmcp` discards it.
fn cancelled() -> Stop {
    Stop::Failed("The call was cancelled.".to_owned())
}

fn unanswered(capability: &str, error: &ServiceError) -> Stop {
    Stop::Failed(match error {
        ServiceError::McpError(error) => {
            format!(
                "The client answered `{capability}` with error {}: {}",
                error.code.0, error.message
            )
        }
        other => format!("The client did not answer `{capability}`: {other}"),
    })
}
