//! The limit of open files of this process and of the commands that it starts.

use std::process::Command;
use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

use crate::sys;

/// The soft limit before this process raised it.
static BEGAN_WITH: OnceLock<rlim_t> = OnceLock::new();

/// The number of sockets that this process may open, at most `wanted`. Raises the soft limit as far
/// as needed and permitted by the hard limit. Reserves some files for everything else: standard
/// streams, signals, netlink, COMMAND.
pub fn sockets_for(wanted: usize) -> usize {
    const RESERVE: rlim_t = 64;
    let needed = rlim_t::try_from(wanted).unwrap_or(rlim_t::MAX).saturating_add(RESERVE);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    if soft >= needed {
        return wanted;
    }
    let raised = needed.min(hard);
    let allowed = match setrlimit(Resource::RLIMIT_NOFILE, raised, hard) {
        Ok(()) => raised,
        Err(_) => soft,
    };
    if allowed > soft {
        let _ = BEGAN_WITH.set(soft);
    }
    tracing::debug!(soft, hard, allowed, "open files");
    // With a very low limit, the system may report its exhaustion itself.
    let reserve = (allowed / 4).clamp(16, RESERVE).min(allowed);
    usize::try_from(allowed - reserve).unwrap_or(usize::MAX).max(1)
}

/// Starts a command with the original limit.
pub fn restore_limits_for(command: &mut Command) {
    if let Some(soft) = BEGAN_WITH.get() {
        sys::start_with_open_files(command, *soft);
    }
}

/// The limit of open files, if there is one.
pub fn open_files() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    #[allow(clippy::unnecessary_cast, reason = "signed on FreeBSD")]
    Some(soft as u64)
}
