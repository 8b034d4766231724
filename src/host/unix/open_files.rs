//! The open files that this process may have, and what it leaves to the commands that it starts.

use std::process::Command;
use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

use crate::sys;

/// The soft limit of open files that this process began with, once it was raised.
static BEGAN_WITH: OnceLock<rlim_t> = OnceLock::new();

/// How many sockets this process may open, for a wish of `wanted`. The soft limit of open files is
/// raised as far as the wish needs and the hard limit lets it; some are left for everything that is
/// no socket of a group: standard streams, signals, netlink, COMMAND.
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
    // Where there are hardly any, the system itself may say when they are used up.
    let reserve = (allowed / 4).clamp(16, RESERVE).min(allowed);
    usize::try_from(allowed - reserve).unwrap_or(usize::MAX).max(1)
}

/// Makes a command start with the limits that this process began with.
pub fn restore_limits_for(command: &mut Command) {
    if let Some(soft) = BEGAN_WITH.get() {
        sys::start_with_open_files(command, *soft);
    }
}

/// The limit of open files of this process, if it has one.
pub fn open_files() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    #[allow(clippy::unnecessary_cast, reason = "signed on FreeBSD")]
    Some(soft as u64)
}
