//! What this host allows: open files for this process, and the limits that an administrator sets.

use crate::sys;
/// The soft limit of open files that this process began with, once it was raised.
#[cfg(unix)]
static BEGAN_WITH: std::sync::OnceLock<nix::sys::resource::rlim_t> = std::sync::OnceLock::new();

/// How many sockets this process may open, for a wish of `wanted`. The soft limit of open files is
/// raised as far as the wish needs and the hard limit lets it; some are left for everything that is
/// no socket of a group: standard streams, signals, netlink, COMMAND.
pub fn sockets_for(wanted: usize) -> usize {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
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
    #[cfg(not(unix))]
    wanted
}

/// Makes a command start with the limits that this process began with.
pub fn restore_for(command: &mut std::process::Command) {
    #[cfg(unix)]
    if let Some(soft) = BEGAN_WITH.get() {
        sys::start_with_open_files(command, *soft);
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// The limit of open files of this process, where it has one.
pub fn open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
        #[allow(clippy::unnecessary_cast, reason = "signed on FreeBSD")]
        Some(soft as u64)
    }
    #[cfg(not(unix))]
    None
}

/// A limit that an administrator sets, by its name: `net.ipv4.igmp_max_memberships`. `None` where
/// the system has no such thing.
pub fn sysctl(name: &str) -> Option<u64> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// What became of IPv6 on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6 {
    /// It is there.
    On,
    /// It is switched off (disable_ipv6).
    Off,
    /// The interface does without, because its MTU is too small.
    Missing,
}

/// What became of IPv6 on an interface; `None` where the system does not tell, or has no IPv6 at
/// all.
pub fn ipv6_of(iface: &str) -> Option<Ipv6> {
    let settings = std::path::Path::new("/proc/sys/net/ipv6/conf");
    if !settings.is_dir() {
        return None;
    }
    match std::fs::read_to_string(settings.join(iface).join("disable_ipv6")) {
        Ok(value) if value.trim() == "0" => Some(Ipv6::On),
        Ok(_) => Some(Ipv6::Off),
        Err(_) => Some(Ipv6::Missing),
    }
}

/// How many groups of IPv4 one socket may join (Linux: 20 unless changed; ip-sysctl.rst).
pub const MOST_GROUPS: &str = "net.ipv4.igmp_max_memberships";

/// How many sources one socket may name for an IPv4 group (Linux: 10 unless changed).
pub const MOST_SOURCES_V4: &str = "net.ipv4.igmp_max_msf";

/// The same for IPv6 (64 unless changed).
pub const MOST_SOURCES_V6: &str = "net.ipv6.mld_max_msf";

/// How many bytes a socket's options may take, memberships among them.
pub const MOST_OPTIONS: &str = "net.core.optmem_max";

/// The largest receive buffer that a socket gets without CAP_NET_ADMIN, in bytes of `SO_RCVBUF`.
pub const MOST_RCVBUF: &str = "net.core.rmem_max";

/// How many groups one socket may join, and from how many sources each; `None` where the system has
/// no such limit, or does not show it.
pub fn membership_limits(ipv4: bool) -> (Option<u64>, Option<u64>) {
    if ipv4 {
        (sysctl(MOST_GROUPS), sysctl(MOST_SOURCES_V4))
    } else {
        (None, sysctl(MOST_SOURCES_V6))
    }
}

/// The value of [`MOST_RCVBUF`], where the system has and shows it.
pub fn most_rcvbuf() -> Option<u64> {
    sysctl(MOST_RCVBUF)
}
