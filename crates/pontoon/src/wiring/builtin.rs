//! The servers inside Pontoon.

use std::sync::Arc;

use anyhow::Context as _;
use pontoon_config::{Builtin, Limits, Newsnow};
use pontoon_servers::{HackerNews, HackerNewsSettings, Hn, HnSettings, NewsNow, NewsNowSettings, showcase};
use pontoon_upstream::{Connector, InProcess, InProcessSettings};

/// The way to a built-in server for the clients of the server `name`.
pub(super) fn connector(
    builtin: &Builtin,
    name: &str,
    limits: &Limits,
) -> anyhow::Result<Arc<dyn Connector>> {
    let bounds = InProcessSettings {
        max_queue: limits.max_queue_bytes,
        max_message: limits.max_line_bytes,
    };
    match builtin {
        Builtin::Showcase => {
            let factory = showcase()?;
            // Clones share what they show: a stateless client sees the change that it made.
            let common = factory();
            let connector = InProcess::new(name, factory, bounds);
            Ok(Arc::new(connector.with_common(move || common.clone())))
        }
        Builtin::Hackernews { base_url } => {
            let mut settings = HackerNewsSettings::default();
            set(&mut settings.base_url, base_url);
            let server = HackerNews::new(settings).context("the built-in server hackernews")?;
            Ok(Arc::new(InProcess::new(name, move || server.clone(), bounds)))
        }
        Builtin::Hn(settings) => {
            let server = Hn::new(hn(settings)).context("the built-in server hn")?;
            Ok(Arc::new(InProcess::new(name, move || server.session(), bounds)))
        }
        Builtin::Newsnow(settings) => {
            let server = NewsNow::new(newsnow(settings)).context("the built-in server newsnow")?;
            Ok(Arc::new(InProcess::new(name, move || server.session(), bounds)))
        }
    }
}

fn hn(written: &pontoon_config::Hn) -> HnSettings {
    let mut settings = HnSettings::default();
    set(&mut settings.http.base_url, &written.base_url);
    set(&mut settings.search.base_url, &written.search_url);
    if let Some(interval) = written.poll_interval {
        settings.poll_interval = interval;
    }
    settings
}

fn newsnow(written: &Newsnow) -> NewsNowSettings {
    let mut settings = NewsNowSettings::default();
    set(&mut settings.http.base_url, &written.base_url);
    settings.sources_url.clone_from(&written.sources_url);
    settings.poll_interval = written.poll_interval;
    settings
}

/// What is not written keeps the server's own default.
fn set(setting: &mut String, written: &Option<String>) {
    if let Some(written) = written {
        setting.clone_from(written);
    }
}
