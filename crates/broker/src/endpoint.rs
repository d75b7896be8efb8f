//! One hosted server.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use pontoon_downstream::{Backend, SessionNeed, Target, UnknownQuestion};
use pontoon_jsonrpc::{Notification, Request, Response};
use pontoon_mcp::LegacyRevision;
use pontoon_mcp::meta::RequestMeta;
use pontoon_policy::{Caller, Gauge, Permit};
use pontoon_session::Session;
use pontoon_translate::{Account, Client, Fault, Incoming, Introduction, Reason, Server, Sharing};
use pontoon_upstream::Connector;
use tokio::sync::Notify;

use crate::attachment::Attachment;
use crate::counters::Counters;
use crate::eras::{Approach, Speaks};
use crate::guard::RestartGuard;
use crate::lease::{Lease, Opening};
use crate::registry::LeaseKey;
use crate::settings::{EndpointSettings, Hosting, LeasePolicy};
use crate::shared::Shared;
use crate::sweep;
use crate::wiring::Owner;

/// One hosted server, as the transports use it.
///
/// Must be made inside a tokio runtime: it starts the endpoint's own task. It
/// ends with [`Backend::drain`]; dropping it before leaves its servers running.
pub struct Endpoint {
    shared: Arc<Shared>,
}

impl Endpoint {
    /// Hosts what `connector` brings up. `all_processes` bounds the processes
    /// of all endpoints together.
    pub fn new(settings: EndpointSettings, connector: Arc<dyn Connector>, all_processes: Arc<Gauge>) -> Self {
        let shared = Shared::new(settings, connector, all_processes);
        shared.pool.refill(&shared);
        tokio::spawn(sweep::run(Arc::downgrade(&shared)));
        let endpoint = Self { shared };
        if endpoint.shared.settings.hosting == Hosting::Command(LeasePolicy::Shared)
            && let Ok(lease) = endpoint.shared_legacy_lease()
        {
            // The one process is needed by whoever comes first.
            tokio::spawn(async move { lease.ready().await });
        }
        endpoint
    }

    /// What was counted since the start.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Server processes that run now, warm ones included.
    pub fn processes(&self) -> usize {
        self.shared.processes.held()
    }

    /// Servers that are held for sessions, accounts or everybody.
    pub fn leases(&self) -> usize {
        self.shared.registry.living().len()
    }

    /// Requests that wait for an answer, `subscriptions/listen` included.
    pub fn in_flight(&self) -> usize {
        let leases = self.shared.registry.living();
        leases.iter().map(|lease| lease.in_flight()).sum()
    }

    async fn run(
        &self,
        lease: Result<Arc<Lease>, Fault>,
        client: Client,
        request: Permit<Request>,
        target: Target,
    ) {
        let (request, slots) = request.split();
        let owner = Owner::new(target, slots);
        let lease = match lease {
            Ok(_) if self.shared.is_draining() => Err(Fault::before(Reason::ShuttingDown)),
            lease => lease,
        };
        match lease {
            Ok(lease) => {
                let owner = owner.holding(&lease);
                let incoming = Incoming {
                    owner,
                    client,
                    request,
                };
                lease.serve(incoming).await;
            }
            Err(fault) => owner.fail(&request.id, &fault),
        }
    }

    /// The lease of a new legacy session.
    fn session_lease(&self) -> Result<Arc<Lease>, Fault> {
        match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Shared) => self.shared_legacy_lease(),
            Some(LeasePolicy::Session) | None => {
                let introduction = self.shared.introduction();
                let crashes = self.shared.crashes.of_one();
                let lease = self.opened_lease(
                    Server::Legacy,
                    Sharing::Exclusive,
                    introduction,
                    Opening::ByClient,
                    crashes,
                );
                Ok(self.shared.registry.register(lease))
            }
        }
    }

    fn shared_legacy_lease(&self) -> Result<Arc<Lease>, Fault> {
        self.shared.registry.keyed(LeaseKey::SharedLegacy, || {
            let opening = Opening::ByGateway(LegacyRevision::NEWEST);
            let crashes = self.shared.crashes.of_everybody();
            let introduction = self.shared.introduction();
            self.opened_lease(Server::Legacy, Sharing::Shared, introduction, opening, crashes)
        })
    }

    /// The lease that all share, for a modern client. Of a server that speaks
    /// both eras there are two, so that every client is served straight.
    async fn shared_lease(&self) -> Result<Arc<Lease>, Fault> {
        let lease = self.shared_legacy_lease()?;
        let eras = &self.shared.eras;
        if eras.speaks(Server::Modern) == Speaks::No || self.shared.is_draining() {
            return Ok(lease);
        }
        lease.ready().await?;
        if lease.server() == Server::Modern {
            return Ok(lease);
        }
        if eras.speaks(Server::Modern) == Speaks::Unknown {
            lease.inquire().await;
        }
        match eras.speaks(Server::Modern) {
            Speaks::Yes => self.shared.registry.keyed(LeaseKey::SharedModern, || {
                self.modern_lease(Sharing::Shared, self.shared.crashes.of_everybody())
            }),
            Speaks::No | Speaks::Unknown => Ok(lease),
        }
    }

    /// The lease of a modern request.
    async fn stateless_lease(&self, caller: &Caller, meta: &RequestMeta) -> Result<Arc<Lease>, Fault> {
        let registry = &self.shared.registry;
        match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Shared) => self.shared_lease().await,
            Some(LeasePolicy::Session) => self.account_lease(caller, meta),
            // Log messages do not say which request they are about: one that
            // asks for them has a connection of its own.
            None if meta.log_level.is_some() => {
                let crashes = self.shared.crashes.of_one();
                Ok(registry.register(self.modern_lease(Sharing::Shared, crashes)))
            }
            None => registry.keyed(LeaseKey::SharedModern, || {
                self.modern_lease(Sharing::Shared, self.shared.crashes.of_everybody())
            }),
        }
    }

    fn account_lease(&self, caller: &Caller, meta: &RequestMeta) -> Result<Arc<Lease>, Fault> {
        // Its questions could not be brought to a modern client yet.
        let capabilities = meta.capabilities.across_eras();
        let key = LeaseKey::Account {
            account: caller.account().to_string(),
            capabilities: capabilities.raw().as_str().to_owned(),
        };
        self.shared.registry.keyed(key, || {
            let crashes = self.shared.crashes.of_account(&caller.account().to_string());
            if self.shared.eras.speaks(Server::Modern) == Speaks::Yes {
                return self.modern_lease(Sharing::Exclusive, crashes);
            }
            let client_info = meta.client_info.clone();
            let introduction = Introduction {
                client_info: client_info.unwrap_or_else(|| self.shared.settings.client_info.clone()),
                capabilities,
            };
            let opening = Opening::ByGateway(LegacyRevision::NEWEST);
            self.opened_lease(Server::Modern, Sharing::Exclusive, introduction, opening, crashes)
        })
    }

    /// A lease whose server has to be opened. It is made for clients of an era,
    /// and its server is spoken to in that one first.
    fn opened_lease(
        &self,
        client: Server,
        sharing: Sharing,
        introduction: Introduction,
        opening: Opening,
        crashes: Arc<RestartGuard>,
    ) -> Arc<Lease> {
        let shared = Arc::clone(&self.shared);
        let approach = match shared.settings.hosting.legacy() {
            Some(_) => shared.eras.approach(client),
            None => Approach::Given(client),
        };
        Lease::new(shared, approach, sharing, introduction, opening, crashes)
    }

    /// A lease whose server is known to be modern, for modern clients.
    fn modern_lease(&self, sharing: Sharing, crashes: Arc<RestartGuard>) -> Arc<Lease> {
        let introduction = self.shared.introduction();
        let shared = Arc::clone(&self.shared);
        let approach = Approach::Given(Server::Modern);
        Lease::new(shared, approach, sharing, introduction, Opening::None, crashes)
    }
}

/// What a link tells accounts apart by. It goes no further than this process.
fn account_of(caller: &Caller) -> Account {
    let mut hasher = DefaultHasher::new();
    caller.account().hash(&mut hasher);
    Account(hasher.finish())
}

impl Backend for Endpoint {
    type Attachment = Attachment;

    fn name(&self) -> &str {
        &self.shared.settings.name
    }

    fn session_need(&self) -> SessionNeed {
        match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Session) => SessionNeed::Required,
            Some(LeasePolicy::Shared) | None => SessionNeed::Optional,
        }
    }

    fn bell(&self) -> &Arc<Notify> {
        &self.shared.bell
    }

    async fn open(
        &self,
        _caller: &Caller,
        session: &Arc<Session<Attachment>>,
        request: Permit<Request>,
        target: Target,
    ) {
        if session.attachment().is_none() {
            match self.session_lease() {
                Ok(lease) => {
                    let member = lease.join(session);
                    // Of two that come at once the first stays; dropping the
                    // other lets go of it.
                    let _ = session.attach(Attachment { lease, member });
                }
                Err(fault) => {
                    let (request, slots) = request.split();
                    return Owner::new(target, slots).fail(&request.id, &fault);
                }
            }
        }
        self.request(session, request, target).await;
    }

    async fn request(&self, session: &Arc<Session<Attachment>>, request: Permit<Request>, target: Target) {
        match session.attachment() {
            Some(attachment) => {
                let lease = Ok(Arc::clone(&attachment.lease));
                let client = Client::Member(attachment.member);
                self.run(lease, client, request, target).await;
            }
            None => {
                let (request, slots) = request.split();
                let fault = Fault::before(Reason::SessionEnded);
                Owner::new(target, slots).fail(&request.id, &fault);
            }
        }
    }

    async fn notification(&self, session: &Arc<Session<Attachment>>, notification: Permit<Notification>) {
        if let Some(attachment) = session.attachment() {
            attachment
                .lease
                .notification(attachment.member, notification.message());
        }
    }

    fn reply(
        &self,
        session: &Arc<Session<Attachment>>,
        response: Permit<Response>,
    ) -> Result<(), UnknownQuestion> {
        let attachment = session.attachment().ok_or(UnknownQuestion)?;
        let (response, _slots) = response.split();
        attachment
            .lease
            .reply(attachment.member, response)
            .map_err(|_| UnknownQuestion)
    }

    async fn once(
        &self,
        _caller: &Caller,
        _revision: LegacyRevision,
        request: Permit<Request>,
        target: Target,
    ) {
        let lease = self.shared_legacy_lease();
        self.run(lease, Client::Alone, request, target).await;
    }

    async fn stateless(&self, caller: &Caller, meta: RequestMeta, request: Permit<Request>, target: Target) {
        let lease = self.stateless_lease(caller, &meta).await;
        let client = Client::Modern(meta, account_of(caller));
        self.run(lease, client, request, target).await;
    }

    fn close(&self, session: &Arc<Session<Attachment>>) {
        if let Some(attachment) = session.attachment() {
            attachment.lease.depart(attachment.member);
        }
    }

    async fn drain(&self) {
        sweep::drain(&self.shared).await;
    }
}
