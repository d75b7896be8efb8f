//! Adopting orphans.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::process::{
    Pid, WaitId, WaitIdOptions, WaitOptions, getpid, set_child_subreaper, waitid, waitpid,
};

use crate::procfs::Entry;

static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Makes this program the parent of all orphans among its descendants (prctl(2), `PR_SET_CHILD_SUBREAPER`),
/// so that what a child leaves behind stays in sight and its zombies are reaped.
///
/// For the binary, once at start-up. From then on every zombie child of this process that [`Process`](crate::Process)
/// did not start is reaped here: a program that starts children by other means must not call this.
///
/// # Errors
/// What the kernel says; kernels before 3.4 do not know it. Without it survivors are still found by their mark.
pub fn become_subreaper() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    ACTIVE.store(true, Relaxed);
    Ok(())
}

/// Whether there are zombies that may have been given to us: one call, where a look at all processes takes hundreds.
pub(crate) fn is_needed() -> bool {
    let only_look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    ACTIVE.load(Relaxed) && matches!(waitid(WaitId::All, only_look), Ok(Some(_)))
}

/// Reaps zombies that were given to us. `leaders` are the children we started: their owners reap them.
pub(crate) fn reap_adopted<'a>(processes: impl Iterator<Item = &'a Entry>, leaders: &[Pid]) {
    if !ACTIVE.load(Relaxed) {
        return;
    }
    let own = Some(getpid());
    let adopted =
        processes.filter(|entry| entry.is_zombie() && entry.parent == own && !leaders.contains(&entry.pid));
    for zombie in adopted {
        let _ = waitpid(Some(zombie.pid), WaitOptions::NOHANG);
    }
}
