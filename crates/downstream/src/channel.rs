//! `GET /sse/connect`: the event channel, for pages and others that only listen. It is no MCP transport.

use std::fmt;

use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use pontoon_mcp::header;
use pontoon_policy::Caller;

use crate::backend::Backend;
use crate::cors;
use crate::gateway::Shared;
use crate::hub::{ClientId, Hub};
use crate::response::Reply;
use crate::status::Fault;

/// Below the prefix.
pub(crate) const PATH: &str = "/sse/connect";
const METHODS: &str = "GET, OPTIONS";
const LAST_EVENT: HeaderName = HeaderName::from_static(header::LAST_EVENT_ID);
/// The cookie that may hold the token.
const COOKIE_NAME: &str = "pontoon_events";
/// The query parameter that may.
const QUERY_NAME: &str = "token";

/// What is served at `/sse/connect`.
#[derive(Clone, Debug)]
pub struct EventChannel {
    /// Where its events come from.
    pub hub: Hub,
    /// Most clients of one address.
    pub max_per_address: usize,
    /// What clients have to show; `None` for nothing.
    pub token: Option<ChannelToken>,
}

/// What clients of the event channel have to show, as `Authorization: Bearer`, and perhaps elsewhere: an
/// `EventSource` sends no headers of its own.
#[derive(Clone)]
pub struct ChannelToken {
    token: Box<str>,
    in_query: bool,
    in_cookie: bool,
}

/// Text that can be guessed, or would need escapes somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is 16 to 256 of A-Z, a-z, 0-9, -, ., _ and ~")]
pub struct InvalidToken;

impl ChannelToken {
    /// A token that is taken from `Authorization` alone.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] for text that is too short or not plain.
    pub fn new(token: &str) -> Result<Self, InvalidToken> {
        if !is_long_and_plain(token) {
            return Err(InvalidToken);
        }
        Ok(Self {
            token: token.into(),
            in_query: false,
            in_cookie: false,
        })
    }

    /// Also takes it from the query, as `token`. Addresses are written into logs, histories and `Referer` headers.
    #[must_use]
    pub fn also_in_query(mut self) -> Self {
        self.in_query = true;
        self
    }

    /// Also takes it from the cookie `pontoon_events`. A browser sends it with every request to this host, also for
    /// pages of other origins: these are kept out by `Origin`.
    #[must_use]
    pub fn also_in_cookie(mut self) -> Self {
        self.in_cookie = true;
        self
    }

    /// Whether a request shows it: in each place that is looked at, once or not at all.
    fn is_shown(&self, head: &Parts) -> bool {
        let mut bearer = head.headers.get_all(AUTHORIZATION).iter();
        match (bearer.next(), bearer.next()) {
            (None, _) => {}
            // A wrong one is not made right by another.
            (Some(value), None) => {
                let token = value.to_str().ok().and_then(bearer_token);
                return token.is_some_and(|token| self.is(token));
            }
            (Some(_), Some(_)) => return false,
        }
        let in_cookie = if self.in_cookie {
            cookie(&head.headers)
        } else {
            Ok(None)
        };
        let query = head.uri.query().filter(|_| self.in_query);
        let in_query = query.map_or(Ok(None), |query| parameter(query, QUERY_NAME));
        let (Ok(in_cookie), Ok(in_query)) = (in_cookie, in_query) else {
            return false;
        };
        in_cookie.or(in_query).is_some_and(|token| self.is(token))
    }

    /// Takes as long for every text of the right length.
    fn is(&self, text: &str) -> bool {
        let pairs = self.token.bytes().zip(text.bytes());
        let difference = pairs.fold(0, |difference, (one, other)| difference | (one ^ other));
        self.token.len() == text.len() && std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for ChannelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelToken")
            .field("in_query", &self.in_query)
            .field("in_cookie", &self.in_cookie)
            .finish_non_exhaustive()
    }
}

impl<B: Backend> Shared<B> {
    /// Answers a request for the channel.
    pub(crate) fn event_channel(
        &self,
        events: &EventChannel,
        head: &Parts,
        caller: &Caller,
    ) -> Result<Reply, Fault> {
        match head.method {
            // A preflight carries no credentials.
            Method::OPTIONS => return Ok(cors::preflight(METHODS, &head.headers)),
            Method::GET => {}
            _ => return Err(Fault::Method(METHODS)),
        }
        if events.token.as_ref().is_some_and(|token| !token.is_shown(head)) {
            return Err(Fault::Unauthorized);
        }
        if self.is_draining() {
            return Err(Fault::Draining);
        }
        let place = self
            .event_places
            .acquire(caller.account())
            .map_err(Fault::Quota)?;
        let last = head
            .headers
            .get(LAST_EVENT)
            .map(|last| last.to_str().unwrap_or_default());
        // An EventSource says that it was nowhere yet by saying nothing.
        let last = last.filter(|last| !last.is_empty());
        let client = ClientId::from((self.settings.session_ids)());
        let connected = events.hub.connect_counted(&client, last, Some(place));
        connected.map_err(Fault::Busy)
    }
}

/// Hard to guess, and needs no escapes in a query or a cookie.
pub(crate) fn is_long_and_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (16..=256).contains(&text.len()) && text.bytes().all(is_plain)
}

/// A name that stands twice: each reader might take another.
pub(crate) struct Repeated;

/// The value of a query parameter, as it is written.
pub(crate) fn parameter<'q>(query: &'q str, name: &str) -> Result<Option<&'q str>, Repeated> {
    let values = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    only(values)
}

fn only<'v>(mut values: impl Iterator<Item = &'v str>) -> Result<Option<&'v str>, Repeated> {
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Repeated),
        (value, None) => Ok(value),
    }
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Result<Option<&str>, Repeated> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    only(pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')))
}
