//! nginx with one worker, buffering off, keeping connections to its backend.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Scratch, free_address, wait_for};
use crate::backend;
use crate::process::Program;

/// Where Debian and others put it.
pub(crate) fn binary() -> Option<PathBuf> {
    ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// Before the server that does next to nothing.
pub(crate) fn start(binary: &Path) -> anyhow::Result<(Program, SocketAddr, Scratch)> {
    before(binary, backend::start()?)
}

/// Before this server.
pub(crate) fn before(binary: &Path, backend: SocketAddr) -> anyhow::Result<(Program, SocketAddr, Scratch)> {
    let address = free_address()?;
    let files = Scratch::new()?;
    let home = files.path().display();
    let configuration = format!(
        "daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n\
           fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n\
           keepalive_requests 1000000;\n\
           upstream backend {{ server {backend}; keepalive 64; keepalive_requests 1000000; }}\n\
           server {{ listen {address}; location / {{ proxy_pass http://backend; proxy_http_version 1.1;\n\
             proxy_set_header Connection \"\"; proxy_set_header Host $http_host; proxy_buffering off; }} }} }}\n"
    );
    let file = files.write("nginx.conf", &configuration)?;
    let program = Program::start(Command::new(binary).arg("-c").arg(&file).stdin(Stdio::null()))?;
    wait_for(address)?;
    Ok((program, address, files))
}
