//! What makes a request conditional (RFC 9110, section 13).

use reqwest::{
    RequestBuilder, Response,
    header::{self, HeaderValue},
};

/// The validators that came with an answer, to be sent when it is asked for again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl Validators {
    pub(super) fn of(response: &Response) -> Self {
        let header = |name| response.headers().get(name).cloned();
        Self {
            etag: header(header::ETAG),
            last_modified: header(header::LAST_MODIFIED),
        }
    }

    pub(super) fn are_absent(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    pub(super) fn on(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(etag) = &self.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = &self.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, date);
        }
        request
    }
}
