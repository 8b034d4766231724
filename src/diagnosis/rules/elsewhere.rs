//! macOS and FreeBSD: their counters, limits and refusals, and what mcast cannot examine there. The
//! counters of Windows.

use super::words::{either, system};
use crate::diagnosis::facts::{Facts, SelfTestFacts, rise_in};
use crate::notice::{Id, Level, Notice};
use crate::units::words::{count, list};

/// Fewer may belong to other traffic.
const FEW: u64 = 3;

/// Apple's systems ask for a permission since this version (Apple TN3179).
const LOCAL_NETWORK_SINCE: u64 = 15;

/// Whether the facts are of macOS or FreeBSD.
pub fn is_bsd(facts: &Facts) -> bool {
    matches!(facts.system.as_str(), "macos" | "freebsd")
}

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let found =
        [full_buffers(facts), bad_checksums(facts), fragments(facts), receive_errors(facts)];
    found.into_iter().flatten().collect()
}

/// The end of the evidence: the counters cover all sockets and groups.
const WHOLE_HOST: &str =
    "this counter covers the whole host: it does not prove that the target is affected";

fn rise(facts: &Facts, name: &str) -> u64 {
    facts.system_counters.as_ref().map_or(0, |counters| rise_in(counters, name))
}

/// The increase of these counters, if it is worth a finding.
fn risen(facts: &Facts, names: &[&str]) -> Option<u64> {
    Some(names.iter().map(|name| rise(facts, name)).sum()).filter(|sum| *sum >= FEW)
}

/// Nothing was delivered: the counter may be the reason.
fn level(facts: &Facts) -> Level {
    if facts.heard_here() == 0 { Level::Warning } else { Level::Note }
}

/// `udps_fullsock` of netinet/udp_var.h, of IPv4 and IPv6.
fn full_buffers(facts: &Facts) -> Option<Notice> {
    let full = risen(facts, &["udp.fullsock"])?;
    Some(
        Notice::fault(
            Id::BufferOverflow,
            "a UDP receive buffer on this host was full",
            format!("net.inet.udp.stats: {} dropped; {WHOLE_HOST}", count(full, "datagram")),
        )
        .remedy(
            "raise the receive buffer of the program (recv --rcvbuf), and its limit \
             kern.ipc.maxsockbuf if needed",
        )
        .at(Level::Note),
    )
}

/// `udps_badsum`.
fn bad_checksums(facts: &Facts) -> Option<Notice> {
    let bad = risen(facts, &["udp.badsum"])?;
    Some(
        Notice::fault(
            Id::BadChecksum,
            "this host drops datagrams with a wrong UDP checksum",
            format!(
                "net.inet.udp.stats: {} with a bad checksum; {WHOLE_HOST}",
                count(bad, "datagram")
            ),
        )
        .remedy("check the sender's network card and its checksum offload")
        .at(level(facts)),
    )
}

/// `ips_fragdropped` and `ips_fragtimeout` of netinet/ip_var.h: IPv4 alone.
fn fragments(facts: &Facts) -> Option<Notice> {
    let lost = risen(facts, &["ip.fragdropped", "ip.fragtimeout"]).filter(|_| facts.is_ipv4())?;
    Some(
        Notice::fault(
            Id::FragmentsLost,
            "this host could not reassemble fragmented datagrams",
            format!(
                "net.inet.ip.stats: {} dropped or expired; {WHOLE_HOST}",
                count(lost, "fragment")
            ),
        )
        .remedy("send datagrams that fit one frame (RFC 8085, 3.2)")
        .at(level(facts)),
    )
}

/// `dwInErrors` of MIB_UDPSTATS, of IPv4 and IPv6.
fn receive_errors(facts: &Facts) -> Option<Notice> {
    let errors = risen(facts, &["udp.InErrors"])?;
    Some(
        Notice::fault(
            Id::UdpErrors,
            "this host could not deliver received UDP datagrams",
            format!(
                "GetUdpStatisticsEx: {}, without a reason; {WHOLE_HOST}",
                count(errors, "receive error")
            ),
        )
        .remedy(
            "raise the receive buffer of the program (recv --rcvbuf), and check the sender's \
             checksum offload",
        )
        .at(level(facts)),
    )
}

/// Why an interface uses a version before the newest one.
pub fn old_version(facts: &Facts) -> &'static str {
    either(
        facts,
        "an older querier was detected in this network (RFC 3376, 7.2.1), or \
         net.inet.igmp.default_version is older",
        "an older querier was detected in this network (RFC 3810, 8.2.1)",
    )
}

pub fn limits(facts: &Facts) -> Option<Notice> {
    let limits = &facts.limits;
    let sysctl = either(facts, "net.inet.ip.mcast", "net.inet6.ip6.mcast");
    let all: Vec<String> = [
        limits.sources.map(|most| format!("{most} sources per socket ({sysctl}.maxsocksrc)")),
        limits.rcvbuf.map(|most| {
            format!("{} KiB of socket buffer with its overhead (kern.ipc.maxsockbuf)", most / 1024)
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    let asked = facts.target.sources.len() as u64;
    if limits.sources.is_some_and(|most| asked > most) {
        let what = format!("the target names {asked} sources, more than this host permits");
        return Some(
            Notice::fault(Id::Limits, what, list(&all))
                .remedy("raise the limit")
                .at(Level::Warning),
        );
    }
    (!all.is_empty()).then(|| Notice::pass(Id::Limits, "the limits of this host", list(&all)))
}

/// The refusal of a datagram of the self-test.
pub fn refused(facts: &Facts, test: &SelfTestFacts, error: &str) -> Option<Notice> {
    let group = facts.target.group;
    if !is_bsd(facts) {
        return None;
    }
    if test.refused {
        let what = format!("this host refuses to send datagrams to {group}");
        let remedy = match filters(facts).next() {
            Some(filter) => {
                format!("look for a rule that blocks the group: {}", look(facts, filter))
            }
            None => "look for a packet filter that blocks the group".to_owned(),
        };
        return Some(
            Notice::fault(Id::FirewallOutput, what, format!("sending failed: {error}"))
                .remedy(remedy)
                .at(Level::Warning),
        );
    }
    let link = facts.expected().filter(|link| link.up && link.carrier != Some(false))?;
    let can_send = !link.addresses.is_empty() && !link.loopback;
    if facts.system != "macos" || !test.unreachable || !can_send || !asks_for_permission(facts) {
        return None;
    }
    let route = match facts.route.as_deref() {
        Some(route) if route == link.name => " and the kernel's route to the group uses it",
        _ => "",
    };
    Some(
        Notice::warning(
            Id::LocalNetwork,
            format!("macOS may deny mcast access to the local network of {}", link.name),
            format!(
                "sending to {group} failed: {error}; {} is up{route}: this is consistent with a \
                 missing permission (Local Network privacy, Apple TN3179){}",
                link.name,
                if pf_acts(facts) { ", or with a rule of pf" } else { "" }
            ),
        )
        .remedy(
            "allow the program that starts mcast (the terminal or mcast itself) in System \
             Settings, Privacy & Security, Local Network; a run as root needs no permission",
        ),
    )
}

/// Whether this version of macOS has Local Network privacy. An unknown version may have it.
fn asks_for_permission(facts: &Facts) -> bool {
    let version = facts
        .system_version
        .as_deref()
        .and_then(|version| version.strip_prefix("macOS ")?.split('.').next()?.parse::<u64>().ok());
    version.is_none_or(|version| version >= LOCAL_NETWORK_SINCE)
}

/// Whether pf is enabled, as far as mcast may know.
fn pf_acts(facts: &Facts) -> bool {
    facts.firewall.pf_enabled != Some(false)
}

/// The packet filters that may have rules.
fn filters(facts: &Facts) -> impl Iterator<Item = &str> {
    let present = facts.firewall.present.iter().map(String::as_str);
    present.filter(|filter| *filter != "pf" || pf_acts(facts))
}

/// How to look at the rules of a packet filter.
fn look(facts: &Facts, filter: &str) -> &'static str {
    match filter {
        "ipfw" => "'ipfw list', as root, shows the rules",
        _ if facts.firewall.pf_enabled == Some(true) => "'pfctl -sr', as root, shows the rules",
        _ => "'pfctl -si', as root, shows whether pf is enabled, and 'pfctl -sr' its rules",
    }
}

/// What was examined on this system, and what was not.
pub fn blind_spots(facts: &Facts) -> Vec<Notice> {
    let link = facts.expected().or(facts.interfaces.first());
    let version = link.and_then(|link| link.version);
    let has_pf = facts.firewall.present.iter().any(|filter| filter == "pf");
    let pf = match facts.firewall.pf_enabled {
        Some(true) => "pf (enabled)",
        Some(false) => "pf (disabled)",
        None => "whether pf is enabled",
    };
    let examined = [
        (true, "the state of interfaces"),
        (facts.route.is_some(), "the route"),
        (facts.membership.seen.is_some(), "memberships"),
        (version.is_some(), either(facts, "the IGMP version", "the MLD version")),
        (facts.system_counters.is_some(), "counters of UDP and IP"),
        (link.is_some_and(|link| link.counters.is_some()), "counters of interfaces"),
        (facts.self_test.is_some(), "the self-test"),
    ]
    .into_iter()
    .chain(has_pf.then_some((facts.firewall.pf_enabled.is_some(), pf)));
    let words = |is: bool| {
        let chosen = examined.clone().filter(|(known, _)| *known == is);
        chosen.map(|(_, words)| words.to_owned()).collect::<Vec<String>>()
    };
    let mut missing = words(false);
    missing.extend(
        ["frames and queriers", "programs on the port", "bridges", "firewall rules"]
            .map(str::to_owned),
    );
    let finding = Notice::note(
        Id::NotAvailable,
        format!("{} provides less information than Linux", system(&facts.system)),
        format!("checked: {}; not checked: {}", list(&words(true)), list(&missing)),
    );
    let filters: Vec<String> = filters(facts)
        .map(|filter| {
            let known = filter == "pf" && facts.firewall.pf_enabled == Some(true);
            let state = if known { "enabled" } else { "present" };
            let look = look(facts, filter);
            format!("{filter} is {state}, and mcast does not read its rules: {look}")
        })
        .collect();
    vec![if filters.is_empty() { finding } else { finding.remedy(filters.join("; ")) }]
}
