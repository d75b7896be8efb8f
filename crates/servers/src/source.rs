//! What the servers over an HTTP API share: requests with a limit on everything, and a cache.
//!
//! A [`Source`] bounds how many requests are in flight, how long each may take, how often it is tried
//! and how much of an answer is read; what goes wrong is a [`SourceError`] that a person can act on. A
//! [`Cached`] keeps what was read for a while, asks again with the validators that came with it, and
//! lets concurrent readers of one thing share one request. An [`EventStream`] reads an API that pushes.

mod attempts;
mod cached;
mod error;
mod settings;
mod stream;
mod validators;

use std::sync::Arc;

use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use attempts::Attempts;
pub(crate) use cached::{Cached, Held};
pub(crate) use error::{Refusal, SourceError, Unreadable};
pub use settings::{SourceSettings, SourceSettingsError};
pub(crate) use stream::EventStream;
pub(crate) use validators::Validators;

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 3;
/// How much of an error's body is looked at for a message.
const MAX_ERROR_BODY: usize = 4096;

/// An API behind a URL. Clones share its connections and its limit on concurrency.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    client: Client,
    /// Without a limit on the whole, but on the silence between two chunks.
    streaming: Client,
    base: Url,
    slots: Arc<Semaphore>,
    settings: Arc<SourceSettings>,
}

/// What came of one conditional request.
pub(crate) enum Got<T> {
    New {
        value: T,
        validators: Validators,
        bytes: usize,
    },
    /// The API says that what the validators stand for is still so.
    Unchanged,
}

impl Source {
    pub(crate) fn new(settings: SourceSettings) -> Result<Self, SourceSettingsError> {
        let base = settings.checked_base()?;
        let common = || {
            Client::builder()
                .user_agent(&settings.user_agent)
                .connect_timeout(settings.request_timeout)
                // Only the configuration decides where requests go, not the environment.
                .no_proxy()
        };
        let client = common()
            .timeout(settings.request_timeout)
            .redirect(redirect::Policy::custom(|attempt| follow(attempt, same_origin)))
            .build()
            .map_err(SourceSettingsError::Client)?;
        let streaming = common()
            .read_timeout(settings.stream_silence)
            .redirect(redirect::Policy::custom(|attempt| follow(attempt, same_service)))
            .build()
            .map_err(SourceSettingsError::Client)?;
        Ok(Self {
            client,
            streaming,
            base,
            slots: Arc::new(Semaphore::new(settings.concurrency)),
            settings: Arc::new(settings),
        })
    }

    pub(crate) fn settings(&self) -> &SourceSettings {
        &self.settings
    }

    /// What `path` means below the base URL. Every segment is escaped.
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("the base URL was checked to be http or https")
            .pop_if_empty()
            .extend(path);
        url
    }

    /// Requests `url` until `read` can make sense of the answer, within the attempts allowed.
    pub(crate) async fn get<T>(
        &self,
        url: &Url,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, SourceError> {
        match self.get_if_changed(url, &Validators::default(), read).await? {
            Got::New { value, .. } => Ok(value),
            Got::Unchanged => Err(SourceError::NotJson {
                url: url.clone(),
                found: "a claim that nothing changed, which nobody asked for",
            }),
        }
    }

    /// Like [`get`](Self::get), for what these validators came with.
    pub(crate) async fn get_if_changed<T>(
        &self,
        url: &Url,
        validators: &Validators,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Got<T>, SourceError> {
        let mut attempts = Attempts::new(&self.settings);
        loop {
            match self.get_once(url, validators, &read).await {
                Err(error) if attempts.go_on_after(&error) => attempts.pause(&error).await,
                settled => return settled,
            }
        }
    }

    async fn get_once<T>(
        &self,
        url: &Url,
        validators: &Validators,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Got<T>, SourceError> {
        let request = validators.on(self.client.get(url.clone()));
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        let response = send(url, request).await?;
        if response.status() == StatusCode::NOT_MODIFIED && !validators.are_absent() {
            return Ok(Got::Unchanged);
        }
        let response = self.success(url, response).await?;
        let validators = Validators::of(&response);
        let body = self.body(url, response).await?;
        let value = read(&body).map_err(|error| error.at(url, &body))?;
        Ok(Got::New {
            value,
            validators,
            bytes: body.len(),
        })
    }

    /// Sends `body` to `url`, which is asked as often as a `GET` would be: the APIs here only read.
    pub(crate) async fn post<T>(
        &self,
        url: &Url,
        body: &impl serde::Serialize,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, SourceError> {
        let mut attempts = Attempts::new(&self.settings);
        loop {
            let request = self.client.post(url.clone()).json(body);
            match self.post_once(url, request, &read).await {
                Err(error) if attempts.go_on_after(&error) => attempts.pause(&error).await,
                settled => return settled,
            }
        }
    }

    async fn post_once<T>(
        &self,
        url: &Url,
        request: RequestBuilder,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, SourceError> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        let response = self.success(url, send(url, request).await?).await?;
        let body = self.body(url, response).await?;
        read(&body).map_err(|error| error.at(url, &body))
    }

    /// Opens the event stream at `url`. It takes no slot: a stream lasts.
    pub(crate) async fn events(&self, url: &Url) -> Result<EventStream, SourceError> {
        let request = self.streaming.get(url.clone());
        let sent = request.header(header::ACCEPT, "text/event-stream").send();
        let response = sent.await.map_err(|error| error::unreachable(url, &error))?;
        let response = self.success(url, response).await?;
        EventStream::new(url, response, self.settings.max_response_bytes)
    }

    /// The response, if its status says that it holds what was asked for.
    async fn success(&self, url: &Url, mut response: Response) -> Result<Response, SourceError> {
        if response.status().is_success() {
            return Ok(response);
        }
        let mut body = Vec::new();
        // What cannot be read of an error is no further error.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(MAX_ERROR_BODY - body.len())]);
            if body.len() == MAX_ERROR_BODY {
                break;
            }
        }
        Err(SourceError::Status(Box::new(Refusal {
            url: url.clone(),
            status: response.status(),
            message: error::message_in(&body),
            retry_after: error::retry_after(&response, self.settings.max_retry_after),
        })))
    }

    async fn body(&self, url: &Url, mut response: Response) -> Result<Vec<u8>, SourceError> {
        let limit = self.settings.max_response_bytes;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| error::unreachable(url, &error))?
        {
            if body.len() + chunk.len() > limit {
                return Err(SourceError::TooLarge {
                    url: url.clone(),
                    limit,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

async fn send(url: &Url, request: RequestBuilder) -> Result<Response, SourceError> {
    let sent = request.header(header::ACCEPT, "application/json").send();
    sent.await.map_err(|error| error::unreachable(url, &error))
}

/// A body of JSON.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(body).map_err(|_| Unreadable::Shape)
}

/// A redirect elsewhere would let the API choose which host we call.
fn follow(attempt: redirect::Attempt<'_>, allowed: fn(&Url, &Url) -> bool) -> redirect::Action {
    let first = attempt.previous().first();
    if !first.is_some_and(|first| allowed(first, attempt.url())) {
        attempt.error("it redirects to another origin")
    } else if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("it redirects too often")
    } else {
        attempt.follow()
    }
}

fn same_origin(from: &Url, to: &Url) -> bool {
    from.origin() == to.origin()
}

/// Also a sister of the host we asked, over TLS: Firebase sends its listeners from
/// `name.firebaseio.com` to the machine that has the data, below the same domain.
fn same_service(from: &Url, to: &Url) -> bool {
    let domain = |url: &Url| {
        let (_, domain) = url.domain()?.split_once('.')?;
        domain.contains('.').then(|| domain.to_owned())
    };
    let sisters = || domain(from).is_some() && domain(from) == domain(to);
    same_origin(from, to) || (from.scheme() == "https" && to.scheme() == "https" && sisters())
}

#[cfg(test)]
mod tests;
