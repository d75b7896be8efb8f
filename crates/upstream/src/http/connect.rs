//! New connections: TCP, and TLS where the address wants it.

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tower_service::Service as _;
use url::{Position, Url};

use crate::http::HttpError;
use crate::http::failure::Failure;

/// How often a silent connection is asked whether it is still there. Streams may be silent for ever; that nobody is
/// there any more is noticed by this.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What bytes travel on.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections to one origin.
pub(crate) struct Connect {
    origin: Uri,
    way: Way,
}

enum Way {
    Plain(HttpConnector),
    Tls(HttpsConnector<HttpConnector>),
}

impl Connect {
    /// `extra_ca` is in PEM form and trusted besides the system's roots.
    pub(crate) fn new(url: &Url, extra_ca: Option<&[u8]>, patience: Duration) -> Result<Self, HttpError> {
        let origin = format!(
            "{}{}",
            &url[..Position::AfterScheme],
            // The URL type has checked it, and `Position` counts user and password out.
            format_args!("://{}/", &url[Position::BeforeHost..Position::AfterPort]),
        );
        let origin = Uri::try_from(origin).map_err(|_| HttpError::Url)?;
        let extra = extra_ca.map_or(Ok(Vec::new()), certificates)?;
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_connect_timeout(Some(patience));
        let way = if url.scheme() == "https" {
            tcp.enforce_http(false);
            Way::Tls(tls(extra, tcp)?)
        } else {
            Way::Plain(tcp)
        };
        Ok(Self { origin, way })
    }

    pub(crate) async fn stream(&self) -> Result<Stream, Failure> {
        let origin = self.origin.clone();
        match &self.way {
            Way::Plain(tcp) => {
                let stream = tcp.clone().call(origin).await;
                stream
                    .map(MaybeHttpsStream::Http)
                    .map_err(|error| Failure::unreachable(&error))
            }
            Way::Tls(tls) => {
                let stream = tls.clone().call(origin).await;
                stream.map_err(|error| Failure::unreachable(&*error))
            }
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or(HttpError::Certificate)
}

/// The system's roots, and these.
fn tls(
    extra: Vec<CertificateDer<'static>>,
    tcp: HttpConnector,
) -> Result<HttpsConnector<HttpConnector>, HttpError> {
    let failed = |error: rustls::Error| HttpError::Client(error.to_string());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(failed)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        // The name is rustls's for every verifier that is not its own.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config);
    Ok(connector.https_only().enable_http1().wrap_connector(tcp))
}
