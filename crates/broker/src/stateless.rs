//! Requests of modern clients: whose server they use, and what they are retries of.

use std::sync::Arc;

use pontoon_downstream::Target;
use pontoon_jsonrpc::{Raw, Request};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{Askable, LegacyRevision, method};
use pontoon_policy::{Caller, Permit};
use pontoon_translate::{
    Client, Fault, Incoming, Introduction, Modern, Reason, Retry, Server, Sharing, stale,
};

use crate::endpoint::Endpoint;
use crate::eras::Speaks;
use crate::guard::RestartGuard;
use crate::lease::{Lease, Opening};
use crate::registry::{Full, LeaseKey};
use crate::sealed::{Invalid, Origin};
use crate::seat::Seat;
use crate::settings::LeasePolicy;
use crate::wiring::Owner;

/// What a call of an account needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// A server.
    Lease,
    /// One that asks nobody else meanwhile.
    Seat,
}

/// A lease, and the seat where one was needed.
type Found = (Arc<Lease>, Option<Seat>);

impl Endpoint {
    /// A modern request.
    pub(crate) async fn serve_stateless(
        &self,
        caller: &Caller,
        meta: RequestMeta,
        request: Permit<Request>,
        target: Target,
    ) {
        let origin = Origin::of(caller, request.message());
        let (request, slots) = request.split();
        let owner = Owner::new(target, slots);
        let mut modern = Box::new(Modern {
            meta,
            account: self.shared.seals.account_of(caller),
            retry: None,
        });
        let now = self.shared.clock.now();
        let opened = origin
            .as_ref()
            .map_or(Ok(None), |origin| self.shared.seals.open(origin, now));
        match opened {
            Ok(None) => self.send(caller, modern, request, (owner, origin)).await,
            Ok(Some(opened)) => {
                modern.retry = Some(opened.retry);
                match modern.retry {
                    Some(Retry::Parked(_)) => {
                        self.resume(opened.lease, modern, request, owner.asked(origin, None));
                    }
                    _ => self.send(caller, modern, request, (owner, origin)).await,
                }
            }
            // Nothing of it goes further: a client could have made it up.
            Err(Invalid) => owner.refuse(&request.id, &stale()),
        }
    }

    async fn send(
        &self,
        caller: &Caller,
        modern: Box<Modern>,
        request: Request,
        (owner, origin): (Owner, Option<Origin>),
    ) {
        let (lease, seat) = match self.stateless_lease(caller, &modern.meta, &request.method).await {
            Ok((lease, seat)) => (Ok(lease), seat),
            Err(fault) => (Err(fault), None),
        };
        let owner = owner.asked(origin, seat);
        self.run(lease, Client::Modern(modern), request, owner).await;
    }

    /// The client of a parked call is back.
    fn resume(&self, lease: u64, modern: Box<Modern>, request: Request, owner: Owner) {
        if self.shared.is_draining() {
            return owner.fail(&request.id, &Fault::before(Reason::ShuttingDown));
        }
        let Some(lease) = self.shared.registry.find(lease) else {
            return owner.refuse(&request.id, &stale());
        };
        lease.resume(Incoming {
            owner: owner.holding(&lease),
            client: Client::Modern(modern),
            request,
        });
    }

    /// The lease of a modern request for `method`, and its seat where it needs one.
    async fn stateless_lease(
        &self,
        caller: &Caller,
        meta: &RequestMeta,
        method: &str,
    ) -> Result<(Arc<Lease>, Option<Seat>), Fault> {
        let registry = &self.shared.registry;
        let lease = match self.shared.settings.hosting.legacy() {
            Some(LeasePolicy::Shared) => {
                let crashes = || self.shared.crashes.of_everybody();
                self.common(self.shared_legacy_lease()?, LeaseKey::SharedModern, crashes)
                    .await
            }
            Some(LeasePolicy::Principal) => {
                let account = caller.account().to_string();
                let key = LeaseKey::PrincipalModern(account.clone());
                let crashes = || self.shared.crashes.of_account(&account);
                self.common(self.principal_lease(caller)?, key, crashes).await
            }
            Some(LeasePolicy::Session) => {
                let may_be_asked = method::may_ask(method) && meta.capabilities.answers_any();
                let need = if may_be_asked && !self.says_whom_it_asks() {
                    Need::Seat
                } else {
                    Need::Lease
                };
                return self.in_turn(need, caller, meta).await;
            }
            // Log messages do not say which request they are about: one that
            // asks for them has a connection of its own.
            None if meta.log_level.is_some() => {
                let crashes = self.shared.crashes.of_one();
                Ok(registry.register(self.modern_lease(Sharing::Shared, crashes)))
            }
            None => {
                let crashes = || self.shared.crashes.of_everybody();
                let lease = registry.keyed(LeaseKey::SharedModern, || {
                    self.modern_lease(Sharing::Shared, crashes())
                });
                Ok(lease?)
            }
        };
        Ok((lease?, None))
    }

    /// Whether several calls that may ask can be under way on one connection.
    fn says_whom_it_asks(&self) -> bool {
        self.shared.attributes() || self.shared.eras.speaks(Server::Modern) == Speaks::Yes
    }

    /// The lease that several share, for a modern client. Of a server that speaks
    /// both eras there are two, so that every client is served straight.
    async fn common(
        &self,
        lease: Arc<Lease>,
        modern: LeaseKey,
        crashes: impl FnOnce() -> Arc<RestartGuard>,
    ) -> Result<Arc<Lease>, Fault> {
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
            Speaks::Yes => {
                let made = || self.modern_lease(Sharing::Shared, crashes());
                Ok(self.shared.registry.keyed(modern, made)?)
            }
            Speaks::No | Speaks::Unknown => Ok(lease),
        }
    }

    /// What a call of this account needs. Where the account has all that it may have, the call waits for its turn, as
    /// long as a server may be silent.
    async fn in_turn(&self, need: Need, caller: &Caller, meta: &RequestMeta) -> Result<Found, Fault> {
        let patience = self.shared.settings.timeouts.call;
        let turn = tokio::time::timeout(patience, self.turn(need, caller, meta)).await;
        turn.unwrap_or_else(|_| Err(Fault::before(Reason::NoTurn)))
    }

    async fn turn(&self, need: Need, caller: &Caller, meta: &RequestMeta) -> Result<Found, Fault> {
        loop {
            let freed = self.shared.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.shared.is_draining() {
                return Err(Fault::before(Reason::ShuttingDown));
            }
            let found = match need {
                Need::Lease => self.free_lease(caller, meta)?,
                Need::Seat => self.free_seat(caller, meta).await?,
            };
            if let Some(found) = found {
                return Ok(found);
            }
            freed.await;
        }
    }

    /// The lease of this account for calls that ask nothing; none while the account uses all of its share.
    fn free_lease(&self, caller: &Caller, meta: &RequestMeta) -> Result<Option<Found>, Fault> {
        match self.account_lease(caller, meta, 0) {
            Ok(lease) => Ok(Some((lease, None))),
            Err(Full::Account) => Ok(None),
            Err(full) => Err(full.into()),
        }
    }

    /// The first free seat of this account, on a server that is up; a new one if there is none, within its share.
    async fn free_seat(&self, caller: &Caller, meta: &RequestMeta) -> Result<Option<Found>, Fault> {
        for number in 0.. {
            let found = match self.account_lease(caller, meta, number) {
                Ok(lease) => match lease.take_seat() {
                    Some(seat) => lease.ready().await.map(|()| (lease, Some(seat))),
                    None => continue,
                },
                Err(Full::Account) => return Ok(None),
                Err(full) => Err(full.into()),
            };
            return match found {
                Ok(found) => Ok(Some(found)),
                // There are servers that this account has already: one of them will do.
                Err(fault) if number > 0 && fault.reason == Reason::TooManyProcesses => Ok(None),
                Err(fault) => Err(fault),
            };
        }
        Ok(None)
    }

    fn account_lease(&self, caller: &Caller, meta: &RequestMeta, seat: usize) -> Result<Arc<Lease>, Full> {
        let account = caller.account().to_string();
        let asks = Askable::of(&meta.capabilities);
        let key = LeaseKey::Account {
            account: account.clone(),
            asks,
            seat,
        };
        self.shared.registry.keyed(key, || {
            let crashes = self.shared.crashes.of_account(&account);
            if self.shared.eras.speaks(Server::Modern) == Speaks::Yes {
                return self.modern_lease(Sharing::Exclusive, crashes);
            }
            let client_info = meta.client_info.as_ref().map(Raw::detached);
            let introduction = Introduction {
                client_info: client_info.unwrap_or_else(|| self.shared.settings.client_info.clone()),
                // Those of every client that shares the lease.
                capabilities: asks.to_capabilities(),
            };
            let opening = Opening::ByGateway(LegacyRevision::NEWEST);
            self.opened_lease(Server::Modern, Sharing::Exclusive, introduction, opening, crashes)
        })
    }
}
