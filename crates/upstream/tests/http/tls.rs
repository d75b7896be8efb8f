//! Whom https servers are believed to be.

use std::sync::Arc;

use bytes::Bytes;
use pontoon_upstream::{EventRequest, EventSource, Failure, HttpTarget, HttpTransport, SourceSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::connect;
use super::stateless::modern;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("no names are valid names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("there is randomness");
    CertifiedIssuer::self_signed(params, key).expect("the parameters are complete")
}

/// A server that `authority` vouches for under this name; returns its port.
async fn server(authority: &Authority, name: &str) -> u16 {
    let key = KeyPair::generate().expect("there is randomness");
    let params = CertificateParams::new([name.to_owned()]).expect("the name is valid");
    let certificate = params
        .signed_by(&key, authority)
        .expect("the parameters are complete");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key is a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has ports");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut asked = Vec::new();
            while !asked.ends_with(b"}}}") && stream.read_buf(&mut asked).await.is_ok_and(|read| read > 0) {}
            let body = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;
            let head = "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length";
            let answer = format!("{head}: {}\r\n\r\n{body}", body.len());
            // Whether the client still listens is what the test looks at.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

/// Asks the server, trusting `authority` besides the system's.
async fn ask(port: u16, authority: &Authority) -> Result<String, Failure> {
    let target = HttpTarget {
        url: format!("https://localhost:{port}/mcp"),
        headers: Vec::new(),
        extra_ca: Some(authority.pem().into_bytes()),
    };
    let (heard, connection) = connect(&target, HttpTransport::Streamable).await;
    connection
        .send(Bytes::from(modern(1, "tools/list", r#""a":1"#)))
        .expect("there is room");
    tokio::select! {
        result = heard.result(1) => Ok(result),
        failure = heard.failure(1) => Err(failure),
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let (ours, theirs) = (authority(), authority());
    let port = server(&ours, "localhost").await;
    assert_eq!(ask(port, &ours).await.expect("it is trusted"), r#"{"tools":[]}"#);
    let refused = ask(port, &theirs).await.expect_err("nobody vouches for it");
    assert!(matches!(refused, Failure::Unreachable(_)), "{refused}");
    assert!(refused.to_string().contains("certificate"), "{refused}");
}

#[tokio::test]
async fn a_certificate_is_good_for_its_own_name_only() {
    let ours = authority();
    let port = server(&ours, "elsewhere.example").await;
    let refused = ask(port, &ours).await.expect_err("it is somebody else's");
    assert!(matches!(refused, Failure::Unreachable(_)), "{refused}");
}

#[tokio::test]
async fn a_stream_of_events_is_asked_for_in_the_same_way() {
    let (ours, theirs) = (authority(), authority());
    let port = server(&ours, "localhost").await;
    for (authority, words) in [(&ours, "status 200"), (&theirs, "certificate")] {
        let target = HttpTarget {
            url: format!("https://localhost:{port}/events"),
            headers: Vec::new(),
            extra_ca: Some(authority.pem().into_bytes()),
        };
        let request = EventRequest {
            method: "POST".to_owned(),
            body: Bytes::from_static(br#"{"a":{"b":{}}}"#),
            ..EventRequest::default()
        };
        let source = EventSource::new(&target, request, SourceSettings::default());
        let next = source.expect("the target is well formed").next().await;
        let error = next.expect_err("it is no stream, or nobody's").to_string();
        assert!(error.contains(words), "{error}");
    }
}
