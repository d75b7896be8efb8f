//! The trivial server that nginx and Pontoon stand in front of. It speaks as much MCP as that takes.

use std::convert::Infallible;
use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Answers every POST like a tool that echoes, in a thread and runtime of its own.
pub(crate) fn start() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { serve(TcpListener::from_std(listener)?).await })
    });
    Ok(address)
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new();
            // A connection that breaks is the load generator's to notice.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let request: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    if request["id"].is_null() {
        // A stream is not offered, and a notification needs no answer.
        let status = if body.is_empty() { 405 } else { 202 };
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        return Ok(response);
    }
    let answer = serde_json::json!({
        "jsonrpc": "2.0",
        "id": request["id"],
        "result": result(&request),
    });
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}

fn result(request: &serde_json::Value) -> serde_json::Value {
    match request["method"].as_str() {
        Some("initialize") => serde_json::json!({
            "protocolVersion": request["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "backend", "version": "1"},
        }),
        _ => {
            let text = request["params"]["arguments"].to_string();
            serde_json::json!({"content": [{"type": "text", "text": text}]})
        }
    }
}
