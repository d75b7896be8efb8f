//! Whether a server that all share, and that was opened by `initialize`, speaks 2026-07-28 as well.

use pontoon_translate::{Inquiry, Refusal, Server};

use super::{Desk, Lease};

impl Lease {
    /// What its server speaks, as far as is known.
    pub(crate) fn server(&self) -> Server {
        self.lock().link.server()
    }

    /// Asks the server, on the connection that it has: that takes one round trip, and no second process. What it says
    /// is remembered.
    pub(crate) async fn inquire(&self) {
        let mut asked = false;
        self.until(|| self.ask(&mut asked)).await;
    }

    /// Asks once, where nobody else does.
    fn ask(&self, asked: &mut bool) -> Option<()> {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        if !std::mem::replace(asked, true) {
            link.inquire(now, wiring);
        }
        if link.inquiry() == Inquiry::UnderWay {
            desk.inquires = true;
            return None;
        }
        self.note_inquiry(&desk);
        Some(())
    }

    /// Notes what the server has answered, also where nobody waits for that any more, and tells who does.
    pub(super) fn conclude_inquiry(&self, desk: &mut Desk) {
        if desk.inquires && desk.link.inquiry() != Inquiry::UnderWay {
            desk.inquires = false;
            self.note_inquiry(desk);
            self.changed.notify_waiters();
        }
    }

    fn note_inquiry(&self, desk: &Desk) {
        let eras = &self.shared.eras;
        match desk.link.inquiry() {
            // It was ended by the gateway.
            _ if desk.is_closed() => {}
            Inquiry::Yes => eras.note_spoken(Server::Modern),
            Inquiry::No => eras.note_refused(Server::Modern, Refusal::Stated),
            Inquiry::Unclear => eras.note_refused(Server::Modern, Refusal::Unclear),
            // It could not be reached: who comes next asks again.
            Inquiry::Open | Inquiry::UnderWay | Inquiry::Unheard => {}
        }
    }

    /// A server that said no is gone, and its successor has not been asked.
    pub(super) fn forget_what_it_refused(&self, desk: &Desk) {
        if desk.link.inquiry() == Inquiry::No {
            self.shared.eras.forget_refusal(Server::Modern);
        }
    }
}
