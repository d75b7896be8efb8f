//! A scripted backend, and clients that speak to the gateway without a socket.

pub(crate) mod backend;
pub(crate) mod client;
pub(crate) mod raw;

use std::sync::Arc;

use pontoon_downstream::{Gateway, Settings};
use pontoon_policy::{OriginGuard, Policy};

pub(crate) use backend::{Fake, Held, Seen};
pub(crate) use client::{Client, Events};
pub(crate) use raw::Raw;

/// A gateway with one fake server called `fake`, which is the default.
pub(crate) struct House {
    pub(crate) gateway: Gateway<Fake>,
    pub(crate) backend: Arc<Fake>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Fake::new("fake"), Settings::default())
    }

    pub(crate) fn with_settings(settings: Settings) -> Self {
        Self::with(Fake::new("fake"), settings)
    }

    pub(crate) fn with(backend: Fake, settings: Settings) -> Self {
        Self::with_policy(backend, settings, Policy::new(1_000))
    }

    pub(crate) fn with_policy(backend: Fake, settings: Settings, policy: Policy) -> Self {
        let backend = Arc::new(backend);
        let other = Arc::new(Fake::new("other"));
        let backends = vec![Arc::clone(&backend), other];
        let guard = OriginGuard::loopback();
        let gateway = Gateway::new(settings, Arc::new(policy), guard, backends, Some(0)).unwrap();
        Self { gateway, backend }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.gateway.clone())
    }
}
