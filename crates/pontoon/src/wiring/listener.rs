//! The listener's part of the configuration.

use anyhow::Context as _;
use pontoon_config::{Accept, Config, RoutePath};
use pontoon_downstream::{AcceptPolicy, Compat, ExtraPath, Settings};
use pontoon_policy::{Authority, Network, OriginGuard, TrustedProxies};
use pontoon_session::{SessionLimits, StreamLimits};

pub(crate) fn settings(config: &Config) -> Settings {
    let limits = &config.limits;
    let text = |path: &RoutePath| path.as_str().to_owned();
    let extra_paths = config.servers.iter().flat_map(|server| {
        let name = server.name.as_str();
        server.paths.iter().map(move |path| ExtraPath {
            server: name.to_owned(),
            path: text(path),
        })
    });
    Settings {
        prefix: config.path_prefix.as_ref().map(text).unwrap_or_default(),
        public_prefix: public_prefix(config),
        trusted_proxies: TrustedProxies::new(config.trusted_proxies.iter().filter_map(network).collect()),
        extra_paths: extra_paths.collect(),
        accept: match config.accept {
            Accept::Lenient => AcceptPolicy::Lenient,
            Accept::Strict => AcceptPolicy::Strict,
        },
        keep_alive: config.keep_alive,
        max_body_bytes: limits.max_body_bytes,
        max_header_bytes: limits.max_header_bytes,
        max_headers: limits.max_headers,
        header_timeout: limits.header_timeout,
        body_timeout: limits.body_timeout,
        min_body_rate: limits.min_body_rate,
        idle_timeout: limits.connection_idle_timeout,
        write_timeout: limits.write_timeout,
        max_connections: limits.max_connections,
        max_connections_per_address: limits.max_connections_per_address,
        sessions: SessionLimits {
            total: limits.max_sessions,
            per_principal: limits.max_sessions_per_principal,
            idle: limits.session_idle_timeout,
            age: limits.session_max_age,
        },
        streams: StreamLimits {
            queue_bytes: limits.max_queue_bytes,
            replay_bytes: limits.max_event_log_bytes,
            streams: limits.max_streams_per_session,
        },
        compat: Compat {
            legacy_connect_event: config.compat.legacy_connect_event,
            get_channel_responses: config.compat.get_channel_responses,
            direct_tool_methods: config.compat.direct_tool_methods,
        },
        ..Settings::default()
    }
}

/// `config` has seen to it that there are so many bits.
fn network(proxy: &pontoon_config::Network) -> Option<Network> {
    Network::new(proxy.address, proxy.bits)
}

/// The path of the public URL: a proxy in front strips it.
fn public_prefix(config: &Config) -> String {
    let after_scheme = config.public_url.as_deref().and_then(|url| url.split_once("://"));
    let path = after_scheme.and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    path.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// Which `Host` and `Origin` are served. A listener that others reach is
/// reached by its addresses too.
pub(crate) fn guard(config: &Config) -> anyhow::Result<OriginGuard> {
    let mut guard = OriginGuard::loopback();
    if !config.listen.ip().is_loopback() {
        guard = guard.with_any_address();
    }
    for host in &config.allowed_hosts {
        let host: Authority = host.parse().with_context(|| format!("allowed_hosts: {host:?}"))?;
        guard = guard.with_host(host);
    }
    for origin in &config.allowed_origins {
        guard = match origin.as_str() {
            "null" => guard.with_null_origin(),
            origin => guard.with_origin(origin).context("allowed_origins")?,
        };
    }
    Ok(guard)
}
