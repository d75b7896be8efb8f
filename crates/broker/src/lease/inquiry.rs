//! Whether a server that all share, and that was opened by `initialize`, speaks 2026-07-28 as well.

use pontoon_translate::{Inquiry, Server};

use super::{Desk, Lease};
use crate::eras::Speaks;

impl Lease {
    /// What its server speaks, as far as is known.
    pub(crate) fn server(&self) -> Server {
        self.lock().link.server()
    }

    /// Asks the server, on the connection that it has: that takes one round trip, and no second process. What it says
    /// is remembered.
    pub(crate) async fn inquire(&self) {
        let mut asked = false;
        let inquiry = self.until(|| self.ask(&mut asked)).await;
        let speaks = match inquiry {
            Inquiry::Yes => Speaks::Yes,
            Inquiry::No => Speaks::No,
            // It was lost meanwhile, or could not be reached: who comes next asks again.
            Inquiry::Open | Inquiry::UnderWay | Inquiry::Unheard => return,
        };
        self.shared.eras.note(Server::Modern, speaks);
    }

    /// Asks once, where nobody else does.
    fn ask(&self, asked: &mut bool) -> Option<Inquiry> {
        let now = self.shared.clock.now();
        let mut desk = self.lock();
        let Desk { link, wiring, .. } = &mut *desk;
        if !std::mem::replace(asked, true) {
            link.inquire(now, wiring);
        }
        match link.inquiry() {
            Inquiry::UnderWay => {
                desk.inquires = true;
                None
            }
            known => Some(known),
        }
    }

    /// Tells who waits that the server has answered.
    pub(super) fn conclude_inquiry(&self, desk: &mut Desk) {
        if desk.inquires && desk.link.inquiry() != Inquiry::UnderWay {
            desk.inquires = false;
            self.changed.notify_waiters();
        }
    }
}
