//! Words that depend on the target.

use std::fmt::Display;
use std::net::{IpAddr, Ipv6Addr};

use crate::diagnosis::facts::{Facts, rise_in};
use crate::diagnosis::firewall::DropRule;
use crate::target::is_control_block;
use crate::units::words::and_more;

/// What a receiver listens to, for a sentence: its first target, and how many more.
pub fn targets(facts: &Facts) -> impl Display {
    and_more(&facts.target, facts.more, "target")
}

/// The one that is meant, for the version of IP that the target is of: what a counter, a field or a
/// document is called differs.
pub fn either<T>(facts: &Facts, v4: T, v6: T) -> T {
    if facts.is_ipv4() { v4 } else { v6 }
}

/// The protocol of memberships.
pub fn protocol(facts: &Facts) -> &'static str {
    either(facts, "IGMP", "MLD")
}

/// Whether switches send the group to every port, whoever has joined (RFC 4541, 2.1.2 and 3).
pub fn is_flooded(facts: &Facts) -> bool {
    match facts.target.group {
        IpAddr::V4(_) => is_control_block(facts.target.group),
        IpAddr::V6(group) => group == Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
    }
}

/// For how many seconds a switch remembers a member: two intervals of a querier, which is 125 s
/// unless it says otherwise, and its slowest answer (RFC 3376, 8.4; RFC 3810, 9.4).
pub fn membership_interval(query_interval: Option<u64>) -> u64 {
    2 * query_interval.unwrap_or(125) + 10
}

/// Where in the firewall a rule is.
pub fn place(rule: &DropRule) -> String {
    format!("chain {} of table {} {}", rule.chain, rule.family, rule.table)
}

/// A rule that drops something, with its place.
pub fn rule_words(rule: &DropRule) -> String {
    match &rule.rule {
        Some(words) => format!("{}: {words}", place(rule)),
        None => format!("{}: its policy is drop, and no rule of it lets this through", place(rule)),
    }
}

/// How many UDP datagrams had a wrong checksum. For a socket of IPv6 Linux counts those that it
/// finds in poll(2) as those of IPv4 (net/ipv4/udp.c, `__first_packet_length`).
pub fn wrong_checksums(facts: &Facts) -> u64 {
    let rise = |name| facts.counters.as_ref().map_or(0, |counters| rise_in(counters, name));
    let of_v6 = if facts.is_ipv4() { 0 } else { rise("Udp6.InCsumErrors") };
    of_v6 + rise("Udp.InCsumErrors")
}

/// What limits the number of routers, in the words of the version of IP.
pub fn ttl_name(facts: &Facts) -> &'static str {
    either(facts, "TTL", "hop limit")
}
