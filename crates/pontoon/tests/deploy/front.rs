//! Proxies with the configuration that is shipped; only addresses, certificates and times are others.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

use crate::running::DEADLINE;
use crate::scratch::{Scratch, put, shipped};

/// A proxy that listens.
pub(crate) struct Front {
    child: Child,
    pub(crate) address: String,
    _files: Scratch,
}

/// Nothing may stay behind.
impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first of these that is there.
fn installed(paths: &[&'static str]) -> Option<&'static str> {
    let found = paths.iter().copied().find(|path| Path::new(path).exists());
    if found.is_none() {
        eprintln!("skipped: none of {paths:?} is installed");
    }
    found
}

/// What `site.conf` says, at this address.
fn nginx_site(files: &Scratch, address: &str, backend: &str) -> String {
    // Shorter than the streams of the tests are silent, were it not for the comments.
    let snippet = put(
        &shipped("deploy/nginx/pontoon.conf"),
        "proxy_read_timeout 1h",
        "proxy_read_timeout 2s",
    );
    let snippet = files.write("pontoon.conf", &snippet);
    let site = shipped("deploy/nginx/site.conf");
    let site = put(&site, "server 127.0.0.1:3000;", &format!("server {backend};"));
    let site = put(&site, "listen 443 ssl http2;", &format!("listen {address};"));
    let site = put(&site, "listen [::]:443 ssl http2;", "");
    let site = put(&site, "snippets/pontoon.conf", &snippet);
    let lines = site.lines().filter(|line| !line.trim().starts_with("ssl_"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What is around a site.
pub(crate) fn nginx_main(files: &Scratch, site: &str) -> String {
    let home = files.path().display();
    format!(
        "daemon off; master_process off; pid {home}/pid; error_log stderr;\n\
         events {{ worker_connections 256; }}\n\
         http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n\
           fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n\
           include {site}; }}\n"
    )
}

pub(crate) fn nginx_binary() -> Option<&'static str> {
    installed(&["/usr/sbin/nginx", "/usr/bin/nginx"])
}

pub(crate) fn nginx(backend: &str) -> Option<Front> {
    let binary = nginx_binary()?;
    let (files, address) = (Scratch::new(), free_address());
    let site = files.write("site.conf", &nginx_site(&files, &address, backend));
    let main = files.write("nginx.conf", &nginx_main(&files, &site));
    let mut command = Command::new(binary);
    command.args(["-e", "stderr", "-c", &main]);
    Some(start(command, address, files))
}

pub(crate) fn haproxy(backend: &str) -> Option<Front> {
    let binary = installed(&["/usr/sbin/haproxy"])?;
    let (files, address) = (Scratch::new(), free_address());
    let text = shipped("deploy/haproxy/haproxy.cfg");
    let bind = "bind :443 ssl crt /etc/haproxy/certs/mcp.example.com.pem alpn h2,http/1.1";
    let text = put(&text, bind, &format!("bind {address}"));
    let text = put(&text, "127.0.0.1:3000", backend);
    let text = put(&text, "timeout server 1h", "timeout server 2s");
    let file = files.write("haproxy.cfg", &text);
    let mut command = Command::new(binary);
    command.args(["-db", "-f", &file]);
    Some(start(command, address, files))
}

pub(crate) fn caddy(backend: &str) -> Option<Front> {
    let binary = installed(&["/usr/bin/caddy"])?;
    let (files, address) = (Scratch::new(), free_address());
    let port = address.rsplit(':').next().expect("it has a port").to_owned();
    let text = shipped("deploy/caddy/Caddyfile");
    let site = format!("http://mcp.example.com:{port} {{\n\tbind 127.0.0.1\n");
    let text = put(&text, "\nmcp.example.com {\n", &format!("\n{site}"));
    let text = put(&text, "127.0.0.1:3000", backend);
    let file = files.write(
        "Caddyfile",
        &format!("{{\n\tadmin off\n\tauto_https off\n}}\n{text}"),
    );
    let mut command = Command::new(binary);
    command.args(["run", "--adapter", "caddyfile", "--config", &file]);
    command
        .env("HOME", files.path())
        .env("XDG_DATA_HOME", files.path())
        .env("XDG_CONFIG_HOME", files.path());
    Some(start(command, address, files))
}

fn start(mut command: Command, address: String, files: Scratch) -> Front {
    let log = files.path().join("log");
    let output = || fs::File::create(&log).expect("it is our folder");
    command.stdin(Stdio::null()).stdout(output()).stderr(output());
    let mut child = command.spawn().expect("it is installed");
    let started = Instant::now();
    while TcpStream::connect(&address).is_err() {
        let waiting = child.try_wait().expect("it is our child").is_none() && started.elapsed() < DEADLINE;
        assert!(
            waiting,
            "it does not listen: {}",
            fs::read_to_string(&log).unwrap_or_default()
        );
        thread::yield_now();
    }
    Front {
        child,
        address,
        _files: files,
    }
}

/// Free when it was asked for.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").to_string()
}
