//! `--ca-file`: a server whose certificate an authority of one's own vouches for.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use running::{Running, kill_at_deadline};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

type Authority = CertifiedIssuer<'static, KeyPair>;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

/// A gateway behind TLS, and the file with the authority that vouches for it.
struct Secured {
    url: String,
    authority: PathBuf,
    _server: Running,
}

impl Drop for Secured {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.authority);
    }
}

impl Secured {
    fn start(test: &str) -> Self {
        let server = Running::start(&["--builtin", "showcase"]);
        let authority = authority();
        let file = std::env::temp_dir().join(format!("pontoon-tls-{test}-{}.pem", std::process::id()));
        std::fs::write(&file, authority.pem()).expect("the temporary directory can be written to");
        Self {
            url: format!("https://localhost:{}/mcp", secure(&authority, &server.address)),
            authority: file,
            _server: server,
        }
    }
}

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("no names are valid names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("there is randomness");
    CertifiedIssuer::self_signed(params, key).expect("the parameters are complete")
}

/// TLS before what listens at `plain`, by the name `localhost`; returns its port.
fn secure(authority: &Authority, plain: &str) -> u16 {
    let acceptor = acceptor(authority);
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let port = listener.local_addr().expect("it is bound").port();
    listener.set_nonblocking(true).expect("it can be");
    let plain = plain.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("there are resources");
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    // A client that does not believe us leaves; nobody here minds.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut server = TcpStream::connect(plain).await.expect("it listens");
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
                });
            }
        });
    });
    port
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().expect("there is randomness");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("the name is valid");
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
    TlsAcceptor::from(Arc::new(config))
}

fn run(
    command: &str,
    authority: Option<&Path>,
    words: &[&str],
    input: &str,
) -> (Option<i32>, String, String) {
    let mut pontoon = Command::new(env!("CARGO_BIN_EXE_pontoon"));
    pontoon.arg(command);
    if let Some(file) = authority {
        pontoon.arg("--ca-file").arg(file);
    }
    let mut child = pontoon
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let _alive = kill_at_deadline(child.id());
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it fits the pipe");
    drop(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("it can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn call_believes_an_authority_of_ones_own_and_nobody_else() {
    let server = Secured::start("call");
    let words = [server.url.as_str(), "echo", "message=hi"];
    for era in ["modern", "legacy"] {
        let words = [&words[..], &["--era", era]].concat();
        let (code, out, log) = run("call", Some(&server.authority), &words, "");
        assert_eq!((code, out.as_str()), (Some(0), "hi\n"), "{log}");
    }
    let (code, out, log) = run("call", None, &words, "");
    assert_eq!((code, out.as_str()), (Some(10), ""), "{log}");
    assert!(log.contains("certificate") && log.contains("--ca-file"), "{log}");
}

#[test]
fn connect_believes_an_authority_of_ones_own_and_nobody_else() {
    let server = Secured::start("connect");
    let (input, words) = (format!("{INITIALIZE}\n"), [server.url.as_str()]);
    let (code, out, log) = run("connect", Some(&server.authority), &words, &input);
    assert_eq!(code, Some(0), "{log}");
    assert!(out.contains("pontoon-showcase"), "{out}{log}");
    let (_, out, log) = run("connect", None, &words, &input);
    let answer: serde_json::Value = serde_json::from_str(&out).expect("it is answered");
    let told = answer["error"]["message"].as_str().expect("it is an error");
    assert!(told.contains("certificate"), "{told}\n{log}");
}
