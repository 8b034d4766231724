//! Words that depend on the target.

use std::fmt::Display;
use std::net::{IpAddr, Ipv6Addr};

use crate::diagnosis::facts::{Facts, rise_in};
use crate::diagnosis::firewall::DropRule;
use crate::target::is_control_block;
use crate::units::words::and_more;

/// `239.1.1.1:5000 and 2 more targets`: the targets of a receiver.
pub fn targets(facts: &Facts) -> impl Display {
    and_more(&facts.target, facts.more, "target")
}

/// `v4` or `v6`, by the target's family.
pub fn either<T>(facts: &Facts, v4: T, v6: T) -> T {
    if facts.is_ipv4() { v4 } else { v6 }
}

/// IGMP or MLD.
pub fn protocol(facts: &Facts) -> &'static str {
    either(facts, "IGMP", "MLD")
}

/// Whether switches flood the group to all ports, members or not (RFC 4541, 2.1.2 and 3).
pub fn is_flooded(facts: &Facts) -> bool {
    match facts.target.group {
        IpAddr::V4(_) => is_control_block(facts.target.group),
        IpAddr::V6(group) => group == Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
    }
}

/// How many seconds a switch remembers a member: two query intervals (125 s by default) and the
/// slowest response (RFC 3376, 8.4; RFC 3810, 9.4).
pub fn membership_interval(query_interval: Option<u64>) -> u64 {
    2 * query_interval.unwrap_or(125) + 10
}

/// The chain and the table of a rule.
pub fn place(rule: &DropRule) -> String {
    format!("chain {} of table {} {}", rule.chain, rule.family, rule.table)
}

/// A rule that drops datagrams, with its place.
pub fn rule_words(rule: &DropRule) -> String {
    match &rule.rule {
        Some(words) => format!("{}: {words}", place(rule)),
        None => format!("{}: its policy is drop, and no rule accepts this traffic", place(rule)),
    }
}

/// How many UDP datagrams had a wrong checksum. Linux counts those that it detects in poll(2) in
/// the IPv4 counter, for IPv6 sockets too (net/ipv4/udp.c, `__first_packet_length`).
pub fn wrong_checksums(facts: &Facts) -> u64 {
    let rise = |name| facts.counters.as_ref().map_or(0, |counters| rise_in(counters, name));
    let of_v6 = if facts.is_ipv4() { 0 } else { rise("Udp6.InCsumErrors") };
    of_v6 + rise("Udp.InCsumErrors")
}

/// The name of the header field that limits the number of routers.
pub fn ttl_name(facts: &Facts) -> &'static str {
    either(facts, "TTL", "hop limit")
}

/// The name of a system, as its maker writes it.
pub fn system(name: &str) -> &str {
    match name {
        "macos" => "macOS",
        "windows" => "Windows",
        "freebsd" => "FreeBSD",
        other => other,
    }
}
