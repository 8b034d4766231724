//! Why the rules of the firewall cannot be read.

use std::fmt;
use std::time::Duration;

use crate::units::words::seconds;

/// Why the firewall cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "Linux only"))]
pub enum Unread {
    /// It needs CAP_NET_ADMIN.
    NotPermitted,
    /// This host has no nft.
    NoTool,
    /// nft was still running after this time.
    NoAnswer(Duration),
    /// nft failed without a message.
    NoMessage,
    /// The message of nft or the system.
    Failed(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unread::NotPermitted => f.write_str("CAP_NET_ADMIN is missing"),
            Unread::NoTool => f.write_str("nft is not installed"),
            Unread::NoAnswer(time) => {
                write!(f, "nft did not answer in {}", seconds(time.as_secs_f64()))
            }
            Unread::NoMessage => f.write_str("nft failed without a message"),
            Unread::Failed(message) => write!(f, "nft: {message}"),
        }
    }
}

impl std::error::Error for Unread {}

/// Whether legacy iptables has tables, which nft does not list. Always false without root.
pub fn has_legacy_rules() -> bool {
    ["ip_tables_names", "ip6_tables_names"].iter().any(|file| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))
            .is_ok_and(|names| !names.trim().is_empty())
    })
}
