//! The firewall of this host, as nft prints it, and whether this process may see it.

use std::fmt;

/// Why the firewall cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems have no nft"))]
pub enum Unread {
    /// It takes CAP_NET_ADMIN.
    NotPermitted,
    /// There is no nft on this host.
    NoTool,
    /// What nft, or the system, says.
    Failed(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unread::NotPermitted => f.write_str("reading the firewall takes CAP_NET_ADMIN"),
            Unread::NoTool => f.write_str("there is no nft on this host"),
            Unread::Failed(why) => write!(f, "nft: {why}"),
        }
    }
}

impl std::error::Error for Unread {}

/// Whether there are tables of the old iptables, which nft does not list. Only root can tell.
pub fn has_legacy_rules() -> bool {
    ["ip_tables_names", "ip6_tables_names"].iter().any(|file| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))
            .is_ok_and(|names| !names.trim().is_empty())
    })
}
