//! What modern clients bring back with a retry: `requestState`, sealed.
//!
//! A state is bound to the endpoint, to whose account it was made for, and to the request: method and parameters. It
//! opens with no other (2026-07-28, Multi Round-Trip Requests, "Server Requirements").

use std::time::Duration;

use memchr::memmem;
use pontoon_jsonrpc::{Raw, Request, Text};
use pontoon_mcp::meta::META;
use pontoon_mcp::method;
use pontoon_policy::{Caller, SEAL_KEY_BYTES, Sealer};
use pontoon_translate::{Account, Retry, Ticket};
use sha2::{Digest as _, Sha256};

const STATE: &str = "requestState";

/// Members of parameters that differ between a request and its retry.
const VARIES: [&str; 3] = [META, STATE, "inputResponses"];

const PARKED: u8 = 1;
const AGAIN: u8 = 2;
const OWN: u8 = 3;

/// Makes and opens the states of one endpoint.
pub(crate) struct Seals {
    sealer: Sealer,
    endpoint: String,
    /// A key of its own: what it makes is no seal.
    account_key: [u8; 32],
}

/// A request whose answer may be a question, and who sent it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) caller: Caller,
    method: Text,
    params: Option<Raw>,
}

/// What a state said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The number of the lease on which a call is parked.
    pub(crate) lease: u64,
    pub(crate) retry: Retry,
}

/// A state that this request cannot have been given, or not lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

impl Origin {
    /// `None` for requests that are never answered with a question.
    pub(crate) fn of(caller: &Caller, request: &Request) -> Option<Self> {
        method::may_ask(&request.method).then(|| Self {
            caller: caller.clone(),
            method: request.method.clone(),
            params: request.params.clone(),
        })
    }

    /// The state that the request brings.
    fn state(&self) -> Option<Raw> {
        let params = self.params.as_ref()?;
        // What is not written plainly is written with escapes, of which those of letters begin so.
        let may_be_there = |text: &[u8]| memmem::find(params.as_bytes(), text).is_some();
        if !may_be_there(STATE.as_bytes()) && !may_be_there(b"\\u00") {
            return None;
        }
        params.object()?.get(STATE)
    }

    /// What a state of this request is bound to. Every part is preceded by its length, so that no two requests give
    /// the same bytes.
    fn purpose(&self, endpoint: &str) -> Vec<u8> {
        let account = self.caller.account().to_string();
        let digest = digest(self.params.as_ref());
        let parts = [
            endpoint.as_bytes(),
            account.as_bytes(),
            self.method.as_bytes(),
            &digest,
        ];
        let mut purpose = Vec::new();
        for part in parts {
            purpose.extend_from_slice(&length(part));
            purpose.extend_from_slice(part);
        }
        purpose
    }
}

impl Seals {
    pub(crate) fn new(endpoint: &str, key: &[u8; SEAL_KEY_BYTES]) -> Self {
        Self {
            sealer: Sealer::new(key),
            endpoint: endpoint.to_owned(),
            account_key: Sha256::new_with_prefix(b"account")
                .chain_update(key)
                .finalize()
                .into(),
        }
    }

    /// What a link tells accounts apart by. It goes no further than this process, and without the key nobody finds two
    /// accounts that look the same.
    pub(crate) fn account_of(&self, caller: &Caller) -> Account {
        let account = caller.account().to_string();
        let digest = Sha256::new_with_prefix(self.account_key)
            .chain_update(account)
            .finalize();
        let (half, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        Account(u128::from_le_bytes(*half))
    }

    /// A state for the client of `origin`, good until `until` on the endpoint's clock.
    pub(crate) fn seal(&self, lease: u64, retry: &Retry, until: Duration, origin: &Origin) -> String {
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        let mut content = Vec::with_capacity(64);
        content.extend_from_slice(&until.to_le_bytes());
        content.extend_from_slice(&lease.to_le_bytes());
        match retry {
            Retry::Parked(Ticket { call, round }) => {
                content.push(PARKED);
                content.extend_from_slice(&call.to_le_bytes());
                content.extend_from_slice(&round.to_le_bytes());
            }
            Retry::Again => content.push(AGAIN),
            Retry::Own(state) => {
                content.push(OWN);
                content.extend_from_slice(state.as_bytes());
            }
        }
        self.sealer.seal(&content, &origin.purpose(&self.endpoint))
    }

    /// What the state says that the request brings; `None` if it brings none.
    ///
    /// # Errors
    ///
    /// [`Invalid`], whatever is wrong with it.
    pub(crate) fn open(&self, origin: &Origin, now: Duration) -> Result<Option<Opened>, Invalid> {
        let Some(state) = origin.state() else {
            return Ok(None);
        };
        let state = state.to_string_value().ok_or(Invalid)?;
        let content = self.sealer.open(&state, &origin.purpose(&self.endpoint));
        let content = content.map_err(|_| Invalid)?;
        let (until, opened) = read(&content).ok_or(Invalid)?;
        if until < now {
            return Err(Invalid);
        }
        Ok(Some(opened))
    }
}

/// Reads what [`Seals::seal`] wrote.
fn read(content: &[u8]) -> Option<(Duration, Opened)> {
    let (until, rest) = content.split_first_chunk()?;
    let (lease, rest) = rest.split_first_chunk()?;
    let (kind, rest) = rest.split_first()?;
    let retry = match *kind {
        PARKED => {
            let (call, round) = rest.split_first_chunk()?;
            Retry::Parked(Ticket {
                call: u64::from_le_bytes(*call),
                round: u32::from_le_bytes(round.try_into().ok()?),
            })
        }
        AGAIN => Retry::Again,
        OWN => Retry::Own(Raw::parse(rest.to_vec(), &pontoon_jsonrpc::Limits::SERVER).ok()?),
        _ => return None,
    };
    let opened = Opened {
        lease: u64::from_le_bytes(*lease),
        retry,
    };
    Some((Duration::from_millis(u64::from_le_bytes(*until)), opened))
}

/// What tells one request from another, in whatever order its members come.
fn digest(params: Option<&Raw>) -> [u8; 32] {
    let mut digest = Sha256::new();
    if let Some(object) = params.and_then(Raw::object) {
        let mut members: Vec<_> = object
            .iter()
            .filter(|(key, _)| !VARIES.contains(&&**key))
            .collect();
        members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (key, value) in members {
            for part in [key.as_bytes(), value.as_bytes()] {
                digest.update(length(part));
                digest.update(part);
            }
        }
    }
    digest.finalize().into()
}

fn length(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_le_bytes()
}

#[cfg(test)]
mod tests;
