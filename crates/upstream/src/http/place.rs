//! Where requests go.

use hyper::Uri;
use url::{Position, Url};

/// An address on the origin of a server.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Without user and password.
    url: Url,
    /// Path and query, as the first line of a request names them.
    path: Uri,
}

impl Place {
    /// `None` if it is no http or https address.
    pub(crate) fn new(mut url: Url) -> Option<Self> {
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !is_http {
            return None;
        }
        // Neither fails for an address with a host.
        let _ = (url.set_username(""), url.set_password(None));
        let path = Uri::try_from(&url[Position::BeforePath..Position::AfterQuery]).ok()?;
        Some(Self { url, path })
    }

    pub(crate) fn path(&self) -> &Uri {
        &self.path
    }

    /// What a server names from here. `None` for another origin: credentials must not leave the server that they are
    /// for.
    pub(crate) fn join(&self, named: &str) -> Option<Self> {
        let url = self.url.join(named).ok()?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let stays = url.origin() == self.url.origin() && !has_user;
        Self::new(url).filter(|_| stays)
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}
