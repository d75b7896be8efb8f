//! Adopting orphans.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

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

/// Whether zombies may be given to us.
pub(crate) fn is_active() -> bool {
    ACTIVE.load(Relaxed)
}

/// Reaps zombies that were given to us. `leaders` are the children we started: their owners reap them.
pub(crate) fn reap_adopted<'a>(processes: impl Iterator<Item = &'a Entry>, leaders: &[Pid]) {
    if !is_active() {
        return;
    }
    let own = Some(getpid());
    let adopted =
        processes.filter(|entry| entry.is_zombie() && entry.parent == own && !leaders.contains(&entry.pid));
    for zombie in adopted {
        let _ = waitpid(Some(zombie.pid), WaitOptions::NOHANG);
    }
}
