//! Why the rules of the firewall cannot be read, and the rules that nft does not list.

use std::fmt;
use std::time::Duration;

use crate::units::words::seconds;

/// Why the rules of the firewall cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems have no nft"))]
pub enum Unread {
    /// This process has no CAP_NET_ADMIN in the user namespace that owns the network.
    NotPermitted,
    /// nft is not installed.
    NoTool,
    /// nft was still running after this time.
    TimedOut(Duration),
    /// The error of nft or of the system.
    Failed(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unread::NotPermitted => f.write_str("needs CAP_NET_ADMIN"),
            Unread::NoTool => f.write_str("nft is not installed"),
            Unread::TimedOut(time) => {
                write!(f, "nft: no answer within {}", seconds(time.as_secs_f64()))
            }
            Unread::Failed(why) => write!(f, "nft: {why}"),
        }
    }
}

impl std::error::Error for Unread {}

/// Whether there are tables of the older iptables, which nft does not list. Only root can read them.
pub fn has_legacy_rules() -> bool {
    ["ip_tables_names", "ip6_tables_names"].iter().any(|file| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))
            .is_ok_and(|names| !names.trim().is_empty())
    })
}
