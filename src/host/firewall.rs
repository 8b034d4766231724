//! The firewall of this host, as nft prints it.

use std::fmt;
use std::time::Duration;

use crate::units::words::seconds;

/// Why the rules of the firewall cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nft is a tool of Linux"))]
pub enum Unread {
    /// This process lacks CAP_NET_ADMIN.
    NotPermitted,
    /// No nft was found.
    NoTool,
    /// nft did not end within this time.
    NoAnswer(Duration),
    /// nft failed and printed no reason.
    NoReason,
    /// nft could not be run, or it failed with this message.
    Failed(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unread::NotPermitted => f.write_str("nft needs CAP_NET_ADMIN"),
            Unread::NoTool => f.write_str("nft not found"),
            Unread::NoAnswer(patience) => {
                write!(f, "nft did not answer within {}", seconds(patience.as_secs_f64()))
            }
            Unread::NoReason => f.write_str("nft failed without a message"),
            Unread::Failed(why) => write!(f, "nft: {why}"),
        }
    }
}

impl std::error::Error for Unread {}

/// Whether iptables-legacy has tables, which nft does not list. Only root can read their names.
pub fn has_legacy_rules() -> bool {
    ["ip_tables_names", "ip6_tables_names"].iter().any(|file| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))
            .is_ok_and(|names| !names.trim().is_empty())
    })
}
