//! What came, where it came, and what to think of nothing.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::words::{either, targets, ttl_name};
use crate::diagnosis::facts::{Facts, FlowFacts, FrameFacts, SenderFacts, rise_in};
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::target::bracketed;
use crate::units::words::{count, list, seconds};

/// How many senders are named.
const FEW: usize = 3;

pub fn findings(facts: &Facts, others: &[Notice]) -> Vec<Notice> {
    let mut found = Vec::new();
    let here = facts.heard_here();
    if here > 0 {
        found.push(if is_only_own(facts) { only_own(facts, here) } else { arrives(facts, here) });
        found.extend(arrives_twice(facts));
        return found;
    }
    let elsewhere =
        wrong_interface(facts).or_else(|| other_source(facts)).or_else(|| other_port(facts));
    let explained = others
        .iter()
        .any(|finding| finding.level == Level::Fault || finding.id == Id::InterfaceMember)
        || elsewhere.is_some();
    found.extend(elsewhere);
    // Without a socket on the port nothing arrives, whatever comes.
    if facts.membership.port_not_permitted {
        return found;
    }
    if !explained {
        found.extend(ignored(facts));
    }
    // A receiver whose stream has stopped is told of that; any other is told where to look closer,
    // whatever explains it.
    let is_silent = facts.stopped.is_none() && !facts.waited;
    found.extend((is_silent && (!explained || facts.receiving)).then(|| nothing(facts, others)));
    found
}

/// Who was heard where it was expected.
pub fn senders(facts: &Facts) -> String {
    let all: BTreeSet<String> = facts.heard_where_expected().map(from).collect();
    let mut named: Vec<String> = all.iter().take(FEW).cloned().collect();
    if all.len() > FEW {
        named.push(format!("{} more", all.len() - FEW));
    }
    list(&named)
}

/// A sender, with the zone of a link-local address by the name of its interface: what it is to the
/// kernel is a number.
fn from(heard: &SenderFacts) -> String {
    match (heard.source, &heard.iface) {
        (SocketAddr::V6(source), Some(iface)) if source.scope_id() != 0 => {
            format!("[{}%{iface}]:{}", source.ip(), source.port())
        }
        (source, _) => source.to_string(),
    }
}

/// Whether this host hears only itself, where others could be heard. That an address is its own
/// says so only where nobody else has it too.
pub fn is_only_own(facts: &Facts) -> bool {
    let own = |address| {
        facts.interfaces.iter().any(|link| link.addresses.iter().any(|own| own.ip == address))
    };
    let from_outside = |address| facts.flows_of_group().any(|flow| flow.source == address);
    let mut here = facts.heard_where_expected().peekable();
    let is_loopback = facts.expected().is_some_and(|link| link.loopback);
    !is_loopback
        && here.peek().is_some()
        && here.all(|heard| own(heard.source.ip()) && !from_outside(heard.source.ip()))
}

fn only_own(facts: &Facts, here: u64) -> Notice {
    Notice::note(
        Id::Arrives,
        format!("only this host itself sends {}", facts.target),
        format!(
            "{} in {} from {}, which is this host: they never crossed the network, so whether \
             others' arrive is not known",
            count(here, "datagram"),
            seconds(facts.seconds),
            senders(facts)
        ),
    )
    .remedy("have another host send")
}

/// Where it was heard, in words: the expected interface, or, where nobody expects it anywhere, all.
fn places(facts: &Facts) -> String {
    let heard: BTreeSet<&str> =
        facts.heard.iter().filter_map(|heard| heard.iface.as_deref()).collect();
    match &facts.iface {
        Some(iface) => format!(" on {iface}"),
        None if heard.is_empty() => String::new(),
        None => format!(" on {}", list(&heard.into_iter().map(str::to_owned).collect::<Vec<_>>())),
    }
}

fn arrives(facts: &Facts, here: u64) -> Notice {
    let place = places(facts);
    let ttl = facts.heard_where_expected().filter_map(|heard| heard.ttl).min();
    let ttl = ttl.map(|ttl| format!(", {} {ttl} left", ttl_name(facts)));
    let rate = here as f64 / facts.seconds.max(0.001);
    let rate = if rate >= 10.0 { format!("{rate:.0}") } else { format!("{rate:.1}") };
    Notice::pass(
        Id::Arrives,
        format!("{} arrives{place}", facts.target),
        format!(
            "{} in {} ({rate} a second) from {}{}{}",
            count(here, "datagram"),
            seconds(facts.seconds),
            senders(facts),
            ttl.unwrap_or_default(),
            match facts.own_drops {
                None | Some(0) => String::new(),
                Some(drops) => format!("; {drops} more came faster than this check reads"),
            }
        ),
    )
}

fn arrives_twice(facts: &Facts) -> Option<Notice> {
    let is_twice = |one: &&SenderFacts| {
        facts.heard.iter().any(|other| one.source == other.source && one.iface != other.iface)
    };
    let copies: Vec<&SenderFacts> = facts.heard.iter().filter(is_twice).collect();
    let named: BTreeSet<&str> = copies.iter().filter_map(|heard| heard.iface.as_deref()).collect();
    let unnamed = copies.iter().any(|heard| heard.iface.is_none());
    let ifaces: Vec<String> = named
        .into_iter()
        .chain(unnamed.then_some("another interface"))
        .map(str::to_owned)
        .collect();
    (!ifaces.is_empty()).then(|| {
        shared::arrives_twice(&ifaces).at(Level::Note).why(format!(
            "{} arrives there from the same sender: they are on its network",
            facts.target
        ))
    })
}

/// It arrives, but on another interface than the expected one.
fn wrong_interface(facts: &Facts) -> Option<Notice> {
    let expected = facts.iface.as_ref()?;
    let is_elsewhere =
        |heard: &&SenderFacts| heard.iface.as_ref().is_some_and(|iface| iface != expected);
    let Some(elsewhere) = facts.heard.iter().find(is_elsewhere) else {
        return on_a_member(facts);
    };
    let (asked, name) = (&facts.target, elsewhere.iface.as_ref()?);
    let count = count(
        facts
            .heard
            .iter()
            .filter(|heard| heard.iface.as_ref() == Some(name))
            .map(|heard| heard.datagrams)
            .sum(),
        "datagram",
    );
    let why = if facts.named {
        format!("{expected} is the one that was named")
    } else {
        format!(
            "{expected} is the one of the kernel's route to the group, which a program joins on \
             that names none"
        )
    };
    Some(
        Notice::fault(
            Id::WrongInterface,
            format!("{asked} arrives on {name}, not on {expected}"),
            format!(
                "{count} from {} came on {name} in {}, none on {expected}; {why}",
                from(elsewhere),
                seconds(facts.seconds)
            ),
        )
        .remedy(format!("join on {name}"))
        .run(Place::Here, format!("mcast recv {asked} --iface {name}")),
    )
}

/// It arrives at a member of another interface, so it is that one's.
fn on_a_member(facts: &Facts) -> Option<Notice> {
    let (asked, name, master) = (&facts.target, facts.iface.as_ref()?, facts.upper()?);
    let frames = facts.frames_here().filter(|frames| *frames > 0)?;
    let (member, upper) = (shared::membership(&master), &master.name);
    Some(
        Notice::fault(
            Id::WrongInterface,
            format!("{asked} arrives on {name}, which is {member}, and goes to that"),
            format!(
                "{} came in; the kernel hands what comes in there to {upper} before IP sees it",
                count(frames, "frame")
            ),
        )
        .remedy(format!("join on {upper}"))
        .run(Place::Here, format!("mcast recv {asked} --iface {upper}")),
    )
}

/// A source-specific join, and somebody else sends.
fn other_source(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    // Those that are wanted come too, and are lost in this host.
    if facts.frames_here().is_some_and(|frames| frames > 0) {
        return None;
    }
    let of_port = |flow: &&FlowFacts| flow.port.is_none_or(|port| port == asked.port);
    let flow = facts
        .flows_of_group()
        .filter(of_port)
        .find(|flow| !asked.sources.is_empty() && !asked.sources.contains(&flow.source))?;
    let wanted: Vec<String> = asked.sources.iter().map(ToString::to_string).collect();
    let target = std::net::SocketAddr::new(asked.group, asked.port);
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    Some(
        Notice::fault(
            Id::OtherSource,
            format!(
                "{target} arrives from {}, and was joined from {} alone",
                flow.source,
                list(&wanted)
            ),
            format!(
                "{} from {} reached {}, none from there",
                count(flow.frames, "frame"),
                flow.source,
                flow.iface
            ),
        )
        .remedy(
            "name the source that really sends; if a NAT on the way rewrites the source, exempt \
             the group there",
        )
        .run(Place::Here, format!("mcast recv {}@{target}{iface}", bracketed(flow.source))),
    )
}

/// The group arrives, for another port.
fn other_port(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    if facts.frames_here().is_some_and(|frames| frames > 0) {
        return None;
    }
    let flow =
        facts.flows_of_group().find(|flow| flow.port.is_some_and(|port| port != asked.port))?;
    let port = flow.port?;
    let other = std::net::SocketAddr::new(asked.group, port);
    Some(
        Notice::fault(
            Id::OtherPort,
            format!("{} arrives on port {port}, not on {}", asked.group, asked.port),
            format!(
                "{} from {} to port {port} reached {}, none to port {}",
                count(flow.frames, "frame"),
                flow.source,
                flow.iface,
                asked.port
            ),
        )
        .remedy("listen there, or send here")
        .run(Place::Here, format!("mcast recv {other} --iface {}", flow.iface)),
    )
}

/// Datagrams that no socket wanted stopped when the group was left.
fn ignored(facts: &Facts) -> Option<Notice> {
    const FEW: f64 = 3.0;
    let ignored = facts.ignored_multicast();
    let after = facts.ignored_after_leave.filter(|_| facts.frames.is_none())?;
    let expected = ignored as f64 * after.seconds / facts.seconds.max(0.1);
    // Those that go on are of other groups, which this host is still a member of.
    if expected < FEW || after.ignored as f64 > expected / 4.0 {
        return None;
    }
    Some(
        Notice::warning(
            Id::IgnoredMulticast,
            format!(
                "multicast reaches this host for which no socket is open: {}",
                count(ignored, "datagram")
            ),
            format!(
                "{}: IgnoredMulti +{ignored} without broadcasts in {}, and +{} in {} after this \
                 check had left the group: it is consistent with {} coming to another port than {}",
                either(facts, "Udp", "Udp6"),
                seconds(facts.seconds),
                after.ignored,
                seconds(after.seconds),
                facts.target.group,
                facts.target.port
            ),
        )
        .remedy("as root, mcast check names the port"),
    )
}

/// Nothing came, and nothing on this host explains it.
fn nothing(facts: &Facts, others: &[Notice]) -> Notice {
    let asked = &facts.target;
    let target = targets(facts);
    let finding = Notice::warning(
        Id::NothingArrives,
        format!("nothing of {target} arrived in {}", seconds(facts.seconds)),
        nothing_evidence(facts),
    )
    .at(if facts.expects_traffic { Level::Fault } else { Level::Warning });
    let sending = if facts.expected().is_some_and(|link| link.loopback) {
        "is a program of this host sending, by this interface?".to_owned()
    } else {
        format!(
            "is somebody sending, by an interface of this network, with a {} that reaches here?",
            ttl_name(facts)
        )
    };
    if facts.receiving {
        let closer = "mcast check looks closer";
        let is_reasoned = others.iter().any(|finding| finding.level >= Level::Warning);
        let remedy = if is_reasoned { closer.to_owned() } else { format!("{sending} {closer}") };
        let upper = facts.upper().map(|master| master.name);
        let iface = upper.as_deref().or(facts.iface.as_deref());
        return finding.remedy(remedy).run(Place::Here, asked.check(iface));
    }
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    finding
        .remedy(format!(
            "{sending} Find out where it ends: run this, and type on the sender what it says"
        ))
        .run(Place::Here, format!("mcast check --listen {asked}{iface}"))
}

/// How far datagrams of the target came, as far as this host shows it.
fn nothing_evidence(facts: &Facts) -> String {
    let place = facts.iface.as_deref().unwrap_or("any interface");
    match (&facts.frames, facts.expected().and_then(|link| link.counters)) {
        (Some(frames), _) => match facts.frames_here() {
            Some(came @ 1..) => {
                let came = count(came, "frame");
                format!("{came} of it reached {place}, and no datagram was delivered")
            }
            _ => no_frames(facts, place, frames),
        },
        (None, Some(counters)) => {
            let unseen = unseen_by_ip(facts, counters.rx_packets);
            format!(
                "{place} received {} of any kind, and no datagram of it was delivered{unseen}",
                count(counters.rx_packets, "frame")
            )
        }
        (None, None) => "no datagram of it was delivered".to_owned(),
    }
}

/// What is to be said of frames that came in and that IP did not see. Without root nobody knows
/// what they are.
fn unseen_by_ip(facts: &Facts, frames: u64) -> String {
    const FEW: u64 = 10;
    let rise = |name| facts.counters.as_ref().map_or(0, |counters| rise_in(counters, name));
    let seen = rise("Ip.InReceives") + rise("Ip6.InReceives");
    match frames.saturating_sub(seen) {
        unseen @ FEW.. if facts.counters.is_some() => format!(
            "; IP did not see {unseen} of them, which is consistent with a VLAN tag, with frames to \
             another host's MAC address, with an ingress filter, and with other protocols (as \
             root, mcast check tells which)"
        ),
        _ => String::new(),
    }
}

fn no_frames(facts: &Facts, place: &str, frames: &FrameFacts) -> String {
    let others: u64 = frames
        .others
        .iter()
        .filter(|(iface, _)| facts.is_expected(iface))
        .map(|(_, frames)| frames)
        .sum();
    let others = if others == 0 {
        "no other multicast did either".to_owned()
    } else {
        format!("{} of other groups did", count(others, "frame"))
    };
    match frames.missed {
        0 => format!("no frame of it reached {place}; {others}"),
        missed => format!(
            "no frame of it was seen on {place}; {others}, and {} came faster than this check \
             reads",
            count(missed, "frame")
        ),
    }
}
