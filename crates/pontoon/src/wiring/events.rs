//! The event channel's part of the configuration.

use anyhow::Context as _;
use pontoon_config::{Config, EventPing, Events, Server, TokenCarrier};
use pontoon_downstream::{ChannelToken, EventChannel, Hub, HubSettings, Ping};

/// Where the events come from, if they are wanted.
pub(crate) fn hub(config: &Config) -> Option<Hub> {
    let events = &config.events;
    let settings = || HubSettings {
        max_clients: events.max_clients,
        queue_bytes: events.max_queue_bytes,
        replay_bytes: events.max_replay_bytes,
        keep_alive: events.keep_alive,
        ping: match events.ping {
            EventPing::Comment => Ping::Comment,
            EventPing::Event => Ping::Event,
        },
        retry: Some(events.retry),
        ..HubSettings::default()
    };
    events.enable.then(|| Hub::new(settings()))
}

/// Whether everybody on the channel sees what a server tells its clients.
pub(crate) fn is_mirrored(config: &Config, server: &Server) -> bool {
    config
        .events
        .mirror
        .iter()
        .any(|name| name == server.name.as_str())
}

/// What is served at `/sse/connect`.
pub(crate) fn channel(config: &Config, hub: Hub) -> anyhow::Result<EventChannel> {
    Ok(EventChannel {
        hub,
        max_per_address: config.events.max_clients_per_address,
        token: token(&config.events).context("events.token")?,
    })
}

fn token(events: &Events) -> anyhow::Result<Option<ChannelToken>> {
    let Some(token) = &events.token else {
        return Ok(None);
    };
    let mut token = ChannelToken::new(token)?;
    for carrier in &events.token_in {
        token = match carrier {
            TokenCarrier::Query => token.also_in_query(),
            TokenCarrier::Cookie => token.also_in_cookie(),
        };
    }
    Ok(Some(token))
}

/// What an operator should know of what was switched on.
pub(crate) fn report(config: &Config) {
    let events = &config.events;
    if events.enable && events.token.is_none() && !events.mirror.is_empty() {
        tracing::warn!(servers = ?events.mirror, "whoever reaches the listener sees what these servers tell their clients; set events.token");
    }
    if config.compat.get_channel_responses {
        tracing::warn!(
            "compat.get_channel_responses is on: replies go to GET streams, which no revision of MCP has"
        );
    }
}
