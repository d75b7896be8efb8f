//! How many descriptors this program may have open, and how many its children.

use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What we were started with.
static INHERITED: OnceLock<Rlimit> = OnceLock::new();

/// Allows this program as many descriptors as its hard limit permits, and tells how many that are; `None` is no
/// limit.
///
/// Systems start programs with a soft limit of 1,024 for the sake of those that use `select(2)`, which breaks above
/// it; whoever needs more is expected to ask (systemd.exec(5), `LimitNOFILE=`). Children may be such programs: they
/// start with the limit that we were started with.
///
/// For the binary, once at start-up.
pub fn raise_descriptor_limit() -> Option<u64> {
    let inherited = *INHERITED.get_or_init(|| getrlimit(Resource::Nofile));
    let raised = Rlimit {
        current: inherited.maximum,
        ..inherited
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(error) => {
            tracing::debug!(%error, "the limit on descriptors stays as it is");
            inherited.current
        }
    }
}

/// Gives a child the limit that we were started with. Only system calls: it runs between fork and exec.
pub(crate) fn restore() {
    if let Some(inherited) = INHERITED.get() {
        // It was ours, so it is allowed; a child with a higher limit than it expects works in any case.
        let _ = setrlimit(Resource::Nofile, *inherited);
    }
}
