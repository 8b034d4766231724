//! Words that depend on the target.

use std::fmt::Display;

use crate::diagnosis::facts::{Facts, rise_in};
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
