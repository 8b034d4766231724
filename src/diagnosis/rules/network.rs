//! The network beyond this host, as far as it shows: queriers, switches that forget, bridges of
//! this host.

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

/// What it takes to leave a group, and to hear a querier ask whether others are left.
const AN_ANSWER: f64 = 0.2;

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
    // No switch is in a tunnel, and the queries that come in by a member are for its master.
    if link.link.no_ethernet || facts.upper().is_some() {
        return None;
    }
    let (name, protocol) = (&link.name, protocol(facts));
    let heard: Vec<&Queries> =
        frames.queries.iter().filter(|queries| queries.iface == *name).collect();
    if heard.is_empty() {
        return no_querier(facts, name);
    }
    let each = heard.iter().map(|queries| {
        let every = queries.interval.map(|every| format!(", every {every} s")).unwrap_or_default();
        format!("{} ({protocol}v{}{every})", queries.querier, queries.version)
    });
    let who = list(&each.collect::<Vec<_>>());
    let is_one = heard.iter().map(|queries| queries.count).sum::<u64>() == 1;
    let evidence =
        format!("{} heard from {who}", if is_one { "a query was" } else { "queries were" });
    if membership::drops_queries(facts) || membership::drops_reports(facts) {
        let what = format!(
            "a querier asks for members on {name}, and this host's firewall keeps it from hearing \
             an answer"
        );
        return Some(Notice::note(Id::Querier, what, evidence));
    }
    let what = format!("a querier keeps memberships alive on {name}");
    Some(Notice::pass(Id::Querier, what, evidence))
}

fn no_querier(facts: &Facts, name: &str) -> Option<Notice> {
    // An interrupted run left no group, so no querier had to ask. Neither had it if the firewall
    // dropped the report.
    if facts.seconds < AN_ANSWER || membership::drops_reports(facts) {
        return None;
    }
    let what =
        format!("no {} querier was heard on {name} in {}", protocol(facts), seconds(facts.seconds));
    let (rfc, interval, membership) =
        either(facts, ("RFC 3376", "8.2", "8.4"), ("RFC 3810", "9.2", "9.4"));
    let meaning = format!(
        "where a switch snoops and nobody asks, it forgets members after {} s ({rfc}, \
         {membership}): multicast that stops after four minutes",
        membership_interval(None)
    );
    if facts.seconds < ONE_INTERVAL {
        let evidence = format!(
            "this host left a group, which makes a querier ask, and none did; {meaning}. Where \
             none snoops, none is needed"
        );
        return Some(
            Notice::note(Id::NoQuerier, what, evidence)
                .remedy("listen until one would have asked of itself")
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
            format!("a querier asks every 125 s ({rfc}, {interval}); {meaning}"),
        )
        .remedy("switch a querier on, in the router or in one of the switches")
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1"),
    )
}

/// The group came back as soon as this host reported its membership anew.
fn pruned(facts: &Facts) -> Option<Notice> {
    let came = facts.after_report.filter(|came| *came > 0)?;
    let name = facts.iface.as_deref()?;
    // One in some seconds comes when its time has come, reported or not.
    if came < STREAM {
        return Some(Notice::note(
            Id::SnoopingPruned,
            format!(
                "a switch between the sender and {name} may have forgotten that this host is a \
                 member of {}",
                facts.target.group
            ),
            format!(
                "nothing came before this host reported its membership anew, and then {} within a \
                 second: so it is where a switch forgot it, and where it is sent seldom",
                count(came, "frame")
            ),
        ));
    }
    Some(keep_member(
        facts,
        Notice::fault(
            Id::SnoopingPruned,
            format!(
                "a switch between the sender and {name} had forgotten that this host is a member \
                 of {}",
                facts.target.group
            ),
            format!(
                "nothing came in {}, though this host was a member all the time; then it reported \
                 its membership anew, and {} came within a second",
                seconds(facts.seconds),
                count(came, "frame")
            ),
        ),
    ))
}

/// How a switch is made to remember this member: somebody asks for members, and this host's
/// firewall lets the question and the answer through.
pub fn keep_member(facts: &Facts, finding: Notice) -> Notice {
    if let Some(rule) = membership::dropped(facts).next() {
        let protocol = protocol(facts);
        let why = finding.why.as_deref().unwrap_or_default();
        let evidence = format!(
            "{why}; this host's firewall drops the {protocol} that keeps it a member: {}",
            rule_words(rule)
        );
        let finding = finding.why(evidence).remedy(format!(
            "let {protocol} through this host's firewall; a rule that is typed lasts until the next \
             boot, so write it into your firewall's configuration as well"
        ));
        let commands = membership::commands(membership::dropped(facts));
        return commands.into_iter().fold(finding, |to, command| to.run(Place::Here, command));
    }
    finding
        .remedy(format!(
            "switch an {} querier on, in the router or in one of the switches; a Linux bridge \
             that has heard another one waits 255 s for it, unless it is taken down and up{}",
            protocol(facts),
            either(facts, "", ", and asks from an IPv6 link-local address, which it has to have")
        ))
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1")
        .run(Place::Switch, "ip link set BRIDGE down; ip link set BRIDGE up")
}

/// Something came, and then no more, while this host stayed a member.
fn stopped(facts: &Facts) -> Option<Notice> {
    let stopped = facts.stopped?;
    let name = facts.iface.as_deref().unwrap_or("this host");
    let has = if facts.more == 0 { "has" } else { "have" };
    let target = targets(facts);
    let is_member = facts.membership.seen != Some(false);
    let still =
        if is_member { "this host is still a member" } else { "this host is no member any more" };
    let what = format!(
        "{target} {has} stopped: nothing for {}, after {} in {}",
        seconds(stopped.silent),
        count(stopped.datagrams, "datagram"),
        seconds(stopped.flowed)
    );
    if is_flooded(facts) {
        let evidence = format!(
            "{still}; switches send {} to every port, so it seems that nobody sends any more",
            facts.target.group
        );
        return Some(
            Notice::warning(Id::StreamStopped, what, evidence)
                .remedy("see whether its sender still sends; mcast check looks closer")
                .run(Place::Here, facts.target.check(facts.iface.as_deref())),
        );
    }
    Some(forgotten(facts, what, still, name))
}

/// The stream has stopped, and a switch may have forgotten this host: its firewall drops what keeps
/// it a member, or no querier asks.
fn forgotten(facts: &Facts, what: String, still: &str, name: &str) -> Notice {
    let (protocol, check) = (protocol(facts), facts.target.check(facts.iface.as_deref()));
    let rfc = either(facts, "RFC 3376, 8.4", "RFC 3810, 9.4");
    let start = format!(
        "{still}; either nobody sends any more, or a switch that snoops has \
                         forgotten this host"
    );
    if let Some(rule) = membership::dropped(facts).next() {
        let messages = if membership::drops_queries(facts) { "queries" } else { "messages" };
        let messages = if membership::drops_reports(facts) { "reports" } else { messages };
        let evidence = format!(
            "{start}: its firewall drops the {protocol} {messages}, which is consistent with it \
             ({rfc}); {}",
            rule_words(rule)
        );
        let finding = Notice::warning(Id::StreamStopped, what, evidence)
            .remedy(format!("let {protocol} through this host's firewall, then restart it"));
        let commands = membership::commands(membership::dropped(facts));
        return commands
            .into_iter()
            .fold(finding, |finding, command| finding.run(Place::Here, command))
            .run(Place::Here, check);
    }
    let reason = if facts.firewall.read {
        "because no querier asks".to_owned()
    } else {
        format!(
            "because no querier asks, or because a firewall of this host drops {protocol}: its \
             queries or this host's reports"
        )
    };
    let evidence =
        format!("{start}, {reason} ({} s after the last report: {rfc})", membership_interval(None));
    Notice::warning(Id::StreamStopped, what, evidence)
        .remedy(format!(
            "start it anew: if that brings it back, a switch forgot {name}, and the network needs \
             a querier; mcast check, while this goes on, finds out which"
        ))
        .run(Place::Here, check)
        .run(Place::Switch, "ip link set BRIDGE type bridge mcast_querier 1")
}

/// br_netfilter hands what crosses a bridge to the firewall of IP, and that drops it: how Docker's
/// hosts lose bridged multicast.
fn bridge_firewall(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let rules = facts.firewall.bridged.get(&bridge.name)?;
    let first = rules.iter().find(|rule| rule.family != BRIDGE)?;
    // Either setting will do, and without br_netfilter neither does anything.
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
        format!(
            "this host's firewall drops {} between the ports of its bridge {name}",
            facts.target
        ),
        format!(
            "{setting} is 1, so frames that cross a bridge go through the forward hook of \
             IP{version}; {}",
            rule_words(first)
        ),
    )
    .remedy(
        "let bridged frames pass by the firewall of IP (Docker sets this on its hosts), or let \
         multicast through there",
    );
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
        // It comes to this host all the same; only what is between the ports does not get through.
        (true, false) => finding.at(Level::Warning),
        // What crosses a bridge that is not looked at does not keep anything from here.
        (false, _) => finding.at(Level::Note),
    })
}

/// The family of the tables that see what crosses a bridge by themselves.
const BRIDGE: &str = "bridge";

/// Whether the target may cross this bridge on its way. If it has one port, nothing goes from port
/// to port.
fn is_concerned(facts: &Facts, bridge: &Bridge) -> bool {
    let is_asked = |name: &String| facts.iface.as_ref() == Some(name);
    bridge.ports.len() > 1 && (is_asked(&bridge.name) || bridge.ports.iter().any(is_asked))
}

/// A table of the bridge itself drops the target between its ports.
fn bridge_tables(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let rules = facts.firewall.bridged.get(&bridge.name)?;
    let rule = rules.iter().find(|rule| rule.family == BRIDGE)?;
    Some(between_ports(facts, bridge, rule, facts.target.to_string()))
}

/// The firewall drops IGMP or MLD between the ports of a bridge: who is behind one of them is
/// forgotten behind the others.
fn bridge_drops_messages(facts: &Facts, bridge: &Bridge) -> Option<Notice> {
    let this = either(facts, bridge.nf_call_iptables, bridge.nf_call_ip6tables);
    // What lets bridged frames pass by the firewall of IP lets the messages pass too.
    let mut by_ip = facts.firewall.bridged.get(&bridge.name).into_iter().flatten();
    let asks_ip = facts.bridge_netfilter.is_some_and(|all| all || this)
        && by_ip.all(|rule| rule.family == BRIDGE);
    let rules = facts.firewall.bridged_messages.get(&bridge.name)?;
    let rule = rules.iter().find(|rule| rule.family == BRIDGE || asks_ip)?;
    Some(between_ports(facts, bridge, rule, format!("the {} of memberships", protocol(facts))))
}

/// This host itself still hears what is dropped there.
fn between_ports(facts: &Facts, bridge: &Bridge, rule: &DropRule, dropped: String) -> Notice {
    let name = &bridge.name;
    let is_sure = is_concerned(facts, bridge) && rule.certain;
    let what =
        format!("this host's firewall drops {dropped} between the ports of its bridge {name}");
    let level = if is_sure { Level::Warning } else { Level::Note };
    Notice::new(level, Id::BridgeFirewall, what)
        .why(rule_words(rule))
        .remedy("let it through there, if a receiver is behind one of the ports")
        .run(Place::Here, rule.command.clone())
}

/// What a bridge of this host knows of the group.
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
            format!("{name} is a bridge of this host that forwards every group to every port"),
            "mcast_snooping is 0",
        ));
    }
    let ports: Vec<String> = bridge
        .members
        .iter()
        .filter(|member| member.group == facts.target.group)
        .map(|member| member.port.clone())
        .collect();
    let known = if ports.is_empty() {
        "it knows no member of the group".to_owned()
    } else {
        format!("it knows members of the group at {}", list(&ports))
    };
    let finding = |asks: &str| {
        Notice::note(
            Id::Bridge,
            format!("{name} is a bridge of this host, and forwards a group to its members alone"),
            format!("mcast_snooping is 1; {asks}; {known}"),
        )
    };
    Some(
        match (bridge.querier, either(facts, bridge.other_querier, bridge.other_querier_of_ipv6)) {
            (true, _) => finding("it asks for members itself (mcast_querier)"),
            (false, Some(querier)) => finding(&format!("{querier} asks for members")),
            (false, None) => finding(
                "no querier is known, so it forwards to every port until one is heard, and prunes \
                 for good when that one is gone",
            )
            .remedy("let it ask for members itself")
            .run(Place::Here, format!("ip link set {name} type bridge mcast_querier 1")),
        },
    )
}
