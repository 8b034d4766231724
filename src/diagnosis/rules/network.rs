//! The network beyond this host: queriers, switches that stop forwarding, and the bridges of this
//! host.

use super::membership;
use super::words::{either, is_flooded, membership_interval, protocol, rule_words, targets};
use crate::diagnosis::STREAM;
use crate::diagnosis::facts::{Facts, Queries};
use crate::diagnosis::firewall::DropRule;
use crate::host::Bridge;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::words::{count, list, seconds};

/// Somewhat more than a querier's usual interval (RFC 3376, 8.2: 125 s).
const ONE_INTERVAL: f64 = 130.0;

/// The time to leave a group and to receive the query that asks for other members.
const ONE_ANSWER: f64 = 0.2;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found = Vec::new();
    found.extend(querier(facts));
    found.extend(pruned(facts));
    found.extend(stopped(facts));
    found
        .extend(facts.bridges.iter().flatten().filter_map(|bridge| bridge_firewall(facts, bridge)));
    found.extend(facts.bridges.iter().flatten().filter_map(|bridge| bridge_tables(facts, bridge)));
    found.extend(
        facts.bridges.iter().flatten().filter_map(|bridge| bridge_drops_messages(facts, bridge)),
    );
    found.extend(facts.bridges.iter().flatten().filter_map(|bridge| bridge_state(facts, bridge)));
    found
}

fn querier(facts: &Facts) -> Option<Notice> {
    let frames = facts.frames.as_ref()?;
    let link =
        facts.expected().filter(|link| link.up && !link.loopback && link.carrier != Some(false))?;
    if facts.is_switched_off(link) || is_flooded(facts) {
        return None;
    }
    // A tunnel has no switch, and the queries on a port or member are for its master.
    if link.link.no_ethernet || facts.upper().is_some() {
        return None;
    }
    let name = &link.name;
    let heard: Vec<&Queries> =
        frames.queries.iter().filter(|queries| queries.iface == *name).collect();
    if heard.is_empty() {
        return no_querier(facts, name);
    }
    let each = heard.iter().map(|queries| {
        let protocol = if queries.querier.is_ipv4() { "IGMP" } else { "MLD" };
        let every = queries.interval.map(|every| format!(", every {every} s")).unwrap_or_default();
        format!("{} ({protocol}v{}{every})", queries.querier, queries.version)
    });
    let queriers = list(&each.collect::<Vec<_>>());
    let is_one = heard.iter().map(|queries| queries.count).sum::<u64>() == 1;
    let evidence = format!("{} from {queriers}", if is_one { "one query" } else { "queries" });
    if membership::drops_queries(facts) || membership::drops_reports(facts) {
        let what = format!(
            "a querier is active on {name}, but this host's firewall drops its queries or this host's reports"
        );
        return Some(Notice::note(Id::Querier, what, evidence));
    }
    let what = format!("a querier is active on {name} and keeps memberships alive");
    Some(Notice::pass(Id::Querier, what, evidence))
}

fn no_querier(facts: &Facts, name: &str) -> Option<Notice> {
    // An interrupted check left no group, and no querier had to send a query. The same is true if
    // the firewall dropped the report.
    if facts.seconds < ONE_ANSWER || membership::drops_reports(facts) {
        return None;
    }
    let protocol = protocol(facts);
    let what = format!("no {protocol} querier detected on {name} in {}", seconds(facts.seconds));
    let (rfc, interval, membership) =
        either(facts, ("RFC 3376", "8.2", "8.4"), ("RFC 3810", "9.2", "9.4"));
    let meaning = format!(
        "without a querier, a switch with {protocol} snooping stops forwarding the group after {} s \
         ({rfc}, {membership})",
        membership_interval(None)
    );
    if facts.seconds < ONE_INTERVAL {
        let evidence = format!(
            "this host left a group to trigger a query, and none arrived; {meaning}; a network \
             without snooping needs no querier"
        );
        return Some(
            Notice::note(Id::NoQuerier, what, evidence)
                .remedy("listen for a full query interval")
                .run(
                    Place::Here,
                    format!("{} --duration {ONE_INTERVAL:.0}s", facts.target.check(Some(name))),
                ),
        );
    }
    Some(
        Notice::warning(
            Id::NoQuerier,
            what,
            format!(
                "a querier sends a query every 125 s by default ({rfc}, {interval}); {meaning}"
            ),
        )
        .remedy("enable a querier on the router or on one of the switches")
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1"),
    )
}

/// The group arrived as soon as this host repeated its membership report.
fn pruned(facts: &Facts) -> Option<Notice> {
    let came = facts.after_report.filter(|came| *came > 0)?;
    let (name, group) = (facts.iface.as_deref()?, facts.target.group);
    let frames = count(came, "frame");
    // A sender that sends once in some seconds may send by chance after the report.
    if came < STREAM {
        let what = format!(
            "a switch between the sender and {name} may have stopped forwarding {group} to this host"
        );
        let evidence = format!(
            "no frames arrived until this host repeated its membership report, and {frames} \
             followed within a second: consistent with a switch that lost the membership, and with \
             a sender that rarely sends"
        );
        return Some(Notice::note(Id::SnoopingPruned, what, evidence));
    }
    let what = format!(
        "a switch between the sender and {name} had stopped forwarding {group} to this host"
    );
    let evidence = format!(
        "no frames arrived in {}, although this host was a member; it repeated its membership \
         report, and {frames} followed within a second",
        seconds(facts.seconds)
    );
    Some(keep_member(facts, Notice::fault(Id::SnoopingPruned, what, evidence)))
}

/// Adds the remedy that keeps the membership alive in switches: an active querier, and a firewall
/// that accepts its queries and this host's reports.
pub fn keep_member(facts: &Facts, finding: Notice) -> Notice {
    if let Some(rule) = membership::dropped(facts).next() {
        let protocol = protocol(facts);
        let why = finding.why.as_deref().unwrap_or_default();
        let evidence = format!(
            "{why}; this host's firewall drops the {protocol} messages that maintain the membership: {}",
            rule_words(rule)
        );
        let commands = membership::commands(membership::dropped(facts));
        let until = membership::until_boot(commands.len());
        let finding = finding
            .why(evidence)
            .remedy(format!("accept {protocol} in this host's firewall. {until}"));
        return commands.into_iter().fold(finding, |to, command| to.run(Place::Here, command));
    }
    finding
        .remedy(format!(
            "enable an {} querier on the router or on one of the switches. A Linux bridge that \
             detected another querier waits 255 s before it sends queries; to avoid the wait, take \
             it down and up{}",
            protocol(facts),
            either(facts, "", ". MLD queries need an IPv6 link-local address on the bridge")
        ))
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1")
        .run(Place::Switch, "ip link set BRIDGE down; ip link set BRIDGE up")
}

/// Datagrams arrived, and then no more.
fn stopped(facts: &Facts) -> Option<Notice> {
    let stopped = facts.stopped?;
    let name = facts.iface.as_deref().unwrap_or("this host");
    let is_member = facts.membership.seen != Some(false);
    let member =
        if is_member { "this host is still a member" } else { "this host is no longer a member" };
    let what = format!(
        "{} stopped: no datagrams for {}, after {} in {}",
        targets(facts),
        seconds(stopped.silent),
        count(stopped.datagrams, "datagram"),
        seconds(stopped.flowed)
    );
    if is_flooded(facts) {
        let evidence = format!(
            "{member}; switches forward {} to every port: the sender has probably stopped",
            facts.target.group
        );
        return Some(
            Notice::warning(Id::StreamStopped, what, evidence)
                .remedy("check that the sender is running. For a full diagnosis, run mcast check")
                .run(Place::Here, facts.target.check(facts.iface.as_deref())),
        );
    }
    Some(forgotten(facts, what, member, name))
}

/// The stream stopped, and a switch may have stopped forwarding it: this host's firewall drops IGMP
/// or MLD, or no querier is active.
fn forgotten(facts: &Facts, what: String, member: &str, name: &str) -> Notice {
    let (protocol, check) = (protocol(facts), facts.target.check(facts.iface.as_deref()));
    let rfc = either(facts, "RFC 3376, 8.4", "RFC 3810, 9.4");
    let start = format!(
        "{member}; possible causes: the sender stopped, or a switch with {protocol} snooping stopped \
         forwarding"
    );
    if let Some(rule) = membership::dropped(facts).next() {
        let messages = if membership::drops_queries(facts) { "queries" } else { "messages" };
        let messages = if membership::drops_reports(facts) { "reports" } else { messages };
        let evidence = format!(
            "{start}; this host's firewall drops {protocol} {messages}, which is consistent with \
             the second cause ({rfc}): {}",
            rule_words(rule)
        );
        let finding = Notice::warning(Id::StreamStopped, what, evidence).remedy(format!(
            "accept {protocol} in this host's firewall, then restart the receiver. If no datagrams \
             arrive, run mcast check"
        ));
        let commands = membership::commands(membership::dropped(facts));
        return commands
            .into_iter()
            .fold(finding, |finding, command| finding.run(Place::Here, command))
            .run(Place::Here, check);
    }
    let reason = if facts.firewall.read {
        "because no querier is active".to_owned()
    } else {
        format!(
            "because no querier is active or this host's firewall drops {protocol} queries or \
             reports"
        )
    };
    let evidence =
        format!("{start} {} s after the last report ({rfc}), {reason}", membership_interval(None));
    Notice::warning(Id::StreamStopped, what, evidence)
        .remedy(format!(
            "restart the receiver: if datagrams arrive again, a switch had stopped forwarding to \
             {name}, and the network needs a querier. To find the cause without a restart, run mcast check"
        ))
        .run(Place::Here, check)
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1")
}

/// br_netfilter passes bridged frames to the IP firewall, which drops them. Hosts with Docker lose
/// bridged multicast like this.
fn bridge_firewall(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let rules = facts.firewall.bridged.get(&bridge.name)?;
    let first = rules.iter().find(|rule| rule.family != BRIDGE)?;
    // Either setting is enough. Without br_netfilter, neither has an effect.
    let all = facts.bridge_netfilter?;
    let this = either(facts, bridge.nf_call_iptables, bridge.nf_call_ip6tables);
    let (version, tables) = either(facts, ("", "iptables"), ("v6", "ip6tables"));
    if !this && !all {
        return None;
    }
    let name = &bridge.name;
    let setting = if all {
        format!("net.bridge.bridge-nf-call-{tables}")
    } else {
        format!("nf_call_{tables} of {name}")
    };
    let mut finding = Notice::fault(
        Id::BridgeFirewall,
        format!("this host's firewall drops {} between the ports of bridge {name}", facts.target),
        format!(
            "{setting} is 1: bridged frames pass the forward hook of the IP{version} firewall; {}",
            rule_words(first)
        ),
    )
    .remedy("disable this setting (Docker enables it), or accept multicast in this chain");
    if all {
        finding =
            finding.run(Place::Here, format!("sysctl -w net.bridge.bridge-nf-call-{tables}=0"));
    }
    if this {
        finding =
            finding.run(Place::Here, format!("ip link set {name} type bridge nf_call_{tables} 0"));
    }
    Some(match (is_concerned(facts, bridge), first.certain && facts.heard_here() == 0) {
        (true, true) => finding,
        // Datagrams still reach this host. Only forwarding between the ports fails.
        (true, false) => finding.at(Level::Warning),
        // Another bridge does not keep the target from arriving here.
        (false, _) => finding.at(Level::Note),
    })
}

/// The family of the tables that see bridged frames without br_netfilter.
const BRIDGE: &str = "bridge";

/// Whether the target may pass from port to port of this bridge.
fn is_concerned(facts: &Facts, bridge: &Bridge) -> bool {
    let is_expected = |name: &String| facts.iface.as_ref() == Some(name);
    bridge.ports.len() > 1 && (is_expected(&bridge.name) || bridge.ports.iter().any(is_expected))
}

/// A table of the family `bridge` drops the target between the ports.
fn bridge_tables(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let rules = facts.firewall.bridged.get(&bridge.name)?;
    let rule = rules.iter().find(|rule| rule.family == BRIDGE)?;
    Some(between_ports(facts, bridge, rule, facts.target.to_string()))
}

/// The firewall drops IGMP or MLD between the ports of a bridge: switches behind one port do not
/// detect members behind another.
fn bridge_drops_messages(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let this = either(facts, bridge.nf_call_iptables, bridge.nf_call_ip6tables);
    // The remedy of `bridge_firewall` accepts these messages too.
    let mut by_ip = facts.firewall.bridged.get(&bridge.name).into_iter().flatten();
    let asks_ip = facts.bridge_netfilter.is_some_and(|all| all || this)
        && by_ip.all(|rule| rule.family == BRIDGE);
    let rules = facts.firewall.bridged_messages.get(&bridge.name)?;
    let rule = rules.iter().find(|rule| rule.family == BRIDGE || asks_ip)?;
    Some(between_ports(facts, bridge, rule, format!("{} messages", protocol(facts))))
}

/// The finding that `dropped` does not pass between the ports. It still reaches this host.
fn between_ports(facts: &Facts, bridge: &Bridge, rule: &DropRule, dropped: String) -> Notice {
    let name = &bridge.name;
    let is_sure = is_concerned(facts, bridge) && rule.certain;
    let what = format!("this host's firewall drops {dropped} between the ports of bridge {name}");
    let level = if is_sure { Level::Warning } else { Level::Note };
    Notice::new(level, Id::BridgeFirewall, what)
        .why(rule_words(rule))
        .remedy(format!("accept {dropped} in this chain if a receiver is behind one of the ports"))
        .run(Place::Here, rule.command.clone())
}

/// The snooping state of a bridge of this host.
fn bridge_state(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let name = &bridge.name;
    if facts.iface.as_ref() != Some(name)
        && !bridge.ports.iter().any(|port| facts.iface.as_ref() == Some(port))
    {
        return None;
    }
    if !bridge.snooping {
        return Some(Notice::note(
            Id::Bridge,
            format!("{name} is a bridge on this host and forwards every group to every port"),
            "mcast_snooping is 0",
        ));
    }
    let group = facts.target.group;
    let members = bridge.members.iter().filter(|member| member.group == group);
    let ports: Vec<String> = members.map(|member| member.port.clone()).collect();
    let members = if ports.is_empty() {
        format!("members of {group}: none")
    } else {
        format!("members of {group}: {}", list(&ports))
    };
    let finding = |querier: &str| {
        Notice::note(
            Id::Bridge,
            format!("{name} is a bridge on this host and forwards a group only to its members"),
            format!("mcast_snooping is 1; {querier}; {members}"),
        )
    };
    Some(
        match (bridge.querier, either(facts, bridge.other_querier, bridge.other_querier_of_ipv6)) {
            (true, _) => finding("the bridge itself is a querier (mcast_querier is 1)"),
            (false, Some(querier)) => finding(&format!("the querier is {querier}")),
            (false, None) => finding(
                "no querier detected: the bridge forwards to every port until it detects one, and \
                 may stop forwarding when that querier disappears",
            )
            .remedy("enable the querier of the bridge")
            .run(Place::Here, format!("ip link set {name} type bridge mcast_querier 1")),
        },
    )
}
