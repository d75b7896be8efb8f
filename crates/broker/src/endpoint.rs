//! One hosted server.

use std::sync::Arc;

use pontoon_downstream::{Backend, SessionNeed, Target, UnknownQuestion};
use pontoon_jsonrpc::{Notification, Request, Response};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{ClientCapabilities, LegacyRevision, MirroredParameter};
use pontoon_policy::{Caller, Gauge, Permit};
use pontoon_session::Session;
use pontoon_translate::{Client, Fault, Incoming, Introduction, Reason, Server, Sharing};
use pontoon_upstream::Connector;
use tokio::sync::Notify;

use crate::attachment::Attachment;
use crate::counters::Counters;
use crate::eras::Approach;
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
    pub(crate) shared: Arc<Shared>,
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

    /// Calls that wait for clients that were asked something.
    pub fn parked(&self) -> usize {
        let leases = self.shared.registry.living();
        leases.iter().map(|lease| lease.parked()).sum()
    }

    /// Requests that wait for an answer, `subscriptions/listen` included.
    pub fn in_flight(&self) -> usize {
        let leases = self.shared.registry.living();
        leases.iter().map(|lease| lease.in_flight()).sum()
    }

    pub(crate) async fn run(
        &self,
        lease: Result<Arc<Lease>, Fault>,
        client: Client,
        request: Request,
        owner: Owner,
    ) {
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
    fn session_lease(&self, caller: &Caller) -> Result<Arc<Lease>, Fault> {
        match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Shared) => self.shared_legacy_lease(),
            Some(LeasePolicy::Principal) => self.principal_lease(caller),
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

    pub(crate) fn shared_legacy_lease(&self) -> Result<Arc<Lease>, Fault> {
        self.common_lease(LeaseKey::SharedLegacy, || self.shared.crashes.of_everybody())
    }

    /// The lease that all clients of this account share.
    pub(crate) fn principal_lease(&self, caller: &Caller) -> Result<Arc<Lease>, Fault> {
        let account = caller.account().to_string();
        self.common_lease(LeaseKey::Principal(account.clone()), || {
            self.shared.crashes.of_account(&account)
        })
    }

    fn common_lease(
        &self,
        key: LeaseKey,
        crashes: impl FnOnce() -> Arc<RestartGuard>,
    ) -> Result<Arc<Lease>, Fault> {
        let lease = self.shared.registry.keyed(key, || {
            let opening = Opening::ByGateway(LegacyRevision::NEWEST);
            let introduction = match self.shared.settings.hosting {
                // It asks in the answer to somebody's request, and so that one.
                Hosting::Remote(_) => Introduction {
                    capabilities: ClientCapabilities::all_questions(),
                    ..self.shared.introduction()
                },
                // A process cannot say whom it asks.
                Hosting::Command(_) | Hosting::InProcess => self.shared.introduction(),
            };
            self.opened_lease(Server::Legacy, Sharing::Shared, introduction, opening, crashes())
        });
        Ok(lease?)
    }

    /// A lease whose server has to be opened. It is made for clients of an era,
    /// and its server is spoken to in that one first.
    pub(crate) fn opened_lease(
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
    pub(crate) fn modern_lease(&self, sharing: Sharing, crashes: Arc<RestartGuard>) -> Arc<Lease> {
        let introduction = self.shared.introduction();
        let shared = Arc::clone(&self.shared);
        let approach = Approach::Given(Server::Modern);
        Lease::new(shared, approach, sharing, introduction, Opening::None, crashes)
    }
}

impl Backend for Endpoint {
    type Attachment = Attachment;

    fn name(&self) -> &str {
        &self.shared.settings.name
    }

    fn session_need(&self) -> SessionNeed {
        match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Session) => SessionNeed::Required,
            Some(LeasePolicy::Shared | LeasePolicy::Principal) | None => SessionNeed::Optional,
        }
    }

    fn bell(&self) -> &Arc<Notify> {
        &self.shared.bell
    }

    async fn open(
        &self,
        caller: &Caller,
        session: &Arc<Session<Attachment>>,
        request: Permit<Request>,
        target: Target,
    ) {
        if session.attachment().is_none() {
            match self.session_lease(caller) {
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
                let (request, slots) = request.split();
                self.run(lease, client, request, Owner::new(target, slots)).await;
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
        caller: &Caller,
        _revision: LegacyRevision,
        request: Permit<Request>,
        target: Target,
    ) {
        let lease = match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Principal) => self.principal_lease(caller),
            _ => self.shared_legacy_lease(),
        };
        let (request, slots) = request.split();
        self.run(lease, Client::Alone, request, Owner::new(target, slots))
            .await;
    }

    async fn stateless(&self, caller: &Caller, meta: RequestMeta, request: Permit<Request>, target: Target) {
        self.serve_stateless(caller, meta, request, target).await;
    }

    fn close(&self, session: &Arc<Session<Attachment>>) {
        if let Some(attachment) = session.attachment() {
            attachment.lease.depart(attachment.member);
        }
    }

    fn mirrored(&self, tool: &str) -> Option<Arc<[MirroredParameter]>> {
        self.shared.annotations.of(tool)
    }

    async fn drain(&self) {
        sweep::drain(&self.shared).await;
    }
}
