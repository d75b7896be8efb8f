//! What happens before the first message.

use std::io::Write;
use std::time::Duration;

use crate::flags::Flags;
use crate::offspring;

/// Returns the exit code if the program is to end here.
pub(crate) fn run(flags: &Flags) -> Option<u8> {
    if flags.ignore_term {
        // SAFETY: SIG_IGN is a valid disposition and no other thread runs yet.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    }
    if let Some(text) = &flags.stderr {
        eprintln!("{text}");
    }
    if let Some(code) = flags.exit_on_start {
        eprintln!("cannot start: pretending to lack a module");
        return Some(code);
    }
    if flags.fork {
        offspring::fork();
    }
    if flags.fork_holding {
        offspring::fork_holding();
    }
    if flags.double_fork {
        offspring::double_fork(if flags.orphan_exits {
            "exit 0"
        } else {
            "exec sleep 3600"
        });
    }
    if flags.stderr_flood {
        std::thread::spawn(flood_stderr);
    }
    if let Some(ms) = flags.slow_start {
        std::thread::sleep(Duration::from_millis(ms));
    }
    if flags.never_read {
        idle();
    }
    None
}

/// Does nothing for ever.
pub(crate) fn idle() -> ! {
    loop {
        std::thread::park();
    }
}

fn flood_stderr() {
    let chunk = [b'e'; 16 * 1024];
    while std::io::stderr().write_all(&chunk).is_ok() {}
}
