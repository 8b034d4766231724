//! Datagrams that arrived, the interface they arrived on, and the absence of any.

use std::net::SocketAddr;

use super::words::{either, targets, ttl_name};
use crate::diagnosis::facts::{Facts, FlowFacts, FrameFacts, SenderFacts, rise_in};
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::target::bracketed;
use crate::units::order;
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
    // Without a socket on the port, the absence of datagrams means nothing.
    if facts.membership.port_not_permitted {
        return found;
    }
    if !explained {
        found.extend(ignored(facts));
    }
    // A stopped stream has its own finding. Any other silent receiver needs the next step, even
    // if a finding explains the silence.
    let is_silent = facts.stopped.is_none() && !facts.waited;
    found.extend((is_silent && (!explained || facts.receiving)).then(|| nothing(facts, others)));
    found
}

/// The senders whose datagrams arrived where they were expected, as a list.
pub fn senders(facts: &Facts) -> String {
    let all = order::set(facts.heard_where_expected().map(from));
    let mut named: Vec<String> = all.iter().take(FEW).cloned().collect();
    if all.len() > FEW {
        named.push(format!("{} more", all.len() - FEW));
    }
    list(&named)
}

/// A sender. The zone of a link-local address is the interface's name: the kernel's zone is a
/// number.
fn from(heard: &SenderFacts) -> String {
    match (heard.source, &heard.iface) {
        (SocketAddr::V6(source), Some(iface)) if source.scope_id() != 0 => {
            format!("[{}%{iface}]:{}", source.ip(), source.port())
        }
        (source, _) => source.to_string(),
    }
}

/// Whether only this host's own datagrams arrived, on an interface where others' could. Its own
/// address proves that only if no other host uses the address too.
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
        format!("{} arrives only from this host itself", facts.target),
        format!(
            "{} in {} from {}, which is this host: these datagrams did not cross the network, and \
             do not test it",
            count(here, "datagram"),
            seconds(facts.seconds),
            senders(facts)
        ),
    )
    .remedy("send from another host")
}

/// ` on e0`: the expected interface, or all interfaces with datagrams if none is expected.
fn places(facts: &Facts) -> String {
    let heard = order::set(facts.heard.iter().filter_map(|heard| heard.iface.as_deref()));
    match &facts.iface {
        Some(iface) => format!(" on {iface}"),
        None if heard.is_empty() => String::new(),
        None => format!(" on {}", list(&heard.into_iter().map(str::to_owned).collect::<Vec<_>>())),
    }
}

fn arrives(facts: &Facts, here: u64) -> Notice {
    let place = places(facts);
    let ttl = facts.heard_where_expected().filter_map(|heard| heard.ttl).min();
    let ttl = ttl.map(|ttl| format!(", lowest remaining {} {ttl}", ttl_name(facts)));
    let rate = here as f64 / facts.seconds.max(0.001);
    let rate = if rate >= 10.0 { format!("{rate:.0}") } else { format!("{rate:.1}") };
    Notice::pass(
        Id::Arrives,
        format!("{} arrives{place}", facts.target),
        format!(
            "{} in {} ({rate} per second) from {}{}{}",
            count(here, "datagram"),
            seconds(facts.seconds),
            senders(facts),
            ttl.unwrap_or_default(),
            match facts.own_drops {
                None | Some(0) => String::new(),
                Some(drops) => {
                    format!(
                        "; {drops} more were dropped: the receive buffer of this check was full"
                    )
                }
            }
        ),
    )
}

fn arrives_twice(facts: &Facts) -> Option<Notice> {
    let is_twice = |one: &&SenderFacts| {
        facts.heard.iter().any(|other| one.source == other.source && one.iface != other.iface)
    };
    let copies: Vec<&SenderFacts> = facts.heard.iter().filter(is_twice).collect();
    let named = order::set(copies.iter().filter_map(|heard| heard.iface.as_deref()));
    let unnamed = copies.iter().any(|heard| heard.iface.is_none());
    let ifaces: Vec<String> = named
        .into_iter()
        .chain(unnamed.then_some("another interface"))
        .map(str::to_owned)
        .collect();
    (!ifaces.is_empty()).then(|| {
        shared::arrives_twice(&ifaces).at(Level::Note).why(format!(
            "these interfaces receive {} from the same sender, which is consistent with interfaces \
             in one network",
            facts.target
        ))
    })
}

/// The target arrives on another interface than the expected one.
fn wrong_interface(facts: &Facts) -> Option<Notice> {
    let expected = facts.iface.as_ref()?;
    let is_elsewhere =
        |heard: &&SenderFacts| heard.iface.as_ref().is_some_and(|iface| iface != expected);
    let Some(elsewhere) = facts.heard.iter().find(is_elsewhere) else {
        return on_a_member(facts);
    };
    let (asked, name) = (&facts.target, elsewhere.iface.as_ref()?);
    let count = count(elsewhere.datagrams, "datagram");
    let why = if facts.named {
        format!("{expected} is the requested interface")
    } else {
        format!(
            "the kernel's route to the group uses {expected}, and programs that name no interface \
             join there"
        )
    };
    Some(
        Notice::fault(
            Id::WrongInterface,
            format!("{asked} arrives on {name}, not on {expected}"),
            format!(
                "{count} from {} arrived on {name} in {}, none on {expected}; {why}",
                from(elsewhere),
                seconds(facts.seconds)
            ),
        )
        .remedy(format!("join on {name}"))
        .run(Place::Here, format!("mcast recv {asked} --iface {name}")),
    )
}

/// Frames arrive on a port or member of another interface, which takes them.
fn on_a_member(facts: &Facts) -> Option<Notice> {
    let (asked, name, master) = (&facts.target, facts.iface.as_ref()?, facts.upper()?);
    let frames = facts.frames_here().filter(|frames| *frames > 0)?;
    let (member, upper) = (shared::membership(&master), &master.name);
    Some(
        Notice::fault(
            Id::WrongInterface,
            format!("{name} is {member}, and IP receives {asked} on {upper} instead"),
            format!(
                "{} arrived on {name}; the kernel passes frames of {name} to {upper} before IP \
                 sees them",
                count(frames, "frame")
            ),
        )
        .remedy(format!("join on {upper}"))
        .run(Place::Here, format!("mcast recv {asked} --iface {upper}")),
    )
}

/// The join names a source, and the datagrams come from another one.
fn other_source(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    // Frames from the wanted source arrive too: the loss is in this host.
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
                "{target} comes from {}, but was joined from {} only",
                flow.source,
                list(&wanted)
            ),
            format!(
                "{} from {} reached {}, none from {}",
                count(flow.frames, "frame"),
                flow.source,
                flow.iface,
                list(&wanted)
            ),
        )
        .remedy(
            "join from the actual source; if a NAT on the path rewrites the source address, exempt \
             the group from NAT",
        )
        .run(Place::Here, format!("mcast recv {}@{target}{iface}", bracketed(flow.source))),
    )
}

/// The group arrives on another port.
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
        .remedy(format!("receive on port {port}, or send to port {}", asked.port))
        .run(Place::Here, format!("mcast recv {other} --iface {}", flow.iface)),
    )
}

/// Datagrams without a socket stopped when this check left the group.
fn ignored(facts: &Facts) -> Option<Notice> {
    const FEW: f64 = 3.0;
    let ignored = facts.ignored_multicast();
    let after = facts.ignored_after_leave.filter(|_| facts.frames.is_none())?;
    let expected = ignored as f64 * after.seconds / facts.seconds.max(0.1);
    // Datagrams that continue belong to other groups, of which this host is still a member.
    if expected < FEW || after.ignored as f64 > expected / 4.0 {
        return None;
    }
    Some(
        Notice::warning(
            Id::IgnoredMulticast,
            format!(
                "{} multicast {} reached this host on a port without a socket",
                ignored,
                if ignored == 1 { "datagram" } else { "datagrams" }
            ),
            format!(
                "{}: IgnoredMulti +{ignored} (without broadcasts) in {}, and +{} in {} after this \
                 check left the group; this is consistent with {} arriving on a port other than {}",
                either(facts, "Udp", "Udp6"),
                seconds(facts.seconds),
                after.ignored,
                seconds(after.seconds),
                facts.target.group,
                facts.target.port
            ),
        )
        .remedy("run mcast check as root: it shows the port"),
    )
}

/// No datagrams arrived, and no fault on this host explains it.
fn nothing(facts: &Facts, others: &[Notice]) -> Notice {
    let asked = &facts.target;
    let target = targets(facts);
    let finding = Notice::warning(
        Id::NothingArrives,
        format!("no datagrams for {target} in {}", seconds(facts.seconds)),
        nothing_evidence(facts),
    )
    .at(if facts.expects_traffic { Level::Fault } else { Level::Warning });
    let sending = if facts.expected().is_some_and(|link| link.loopback) {
        "Is a program on this host sending, on this interface?".to_owned()
    } else {
        format!(
            "Is the sender running, on an interface in this network, with a high enough {}?",
            ttl_name(facts)
        )
    };
    if facts.receiving {
        let is_explained = others.iter().any(|finding| finding.level >= Level::Warning);
        let remedy = if is_explained {
            "run mcast check for a full diagnosis".to_owned()
        } else {
            format!("{sending} If it is, run mcast check for a full diagnosis")
        };
        let upper = facts.upper().map(|master| master.name);
        let iface = upper.as_deref().or(facts.iface.as_deref());
        return finding.remedy(remedy).run(Place::Here, asked.check(iface));
    }
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let divide = "To find where the path ends, run this command here; it prints a command for the \
                  sender";
    let reached = facts.frames_here().is_some_and(|frames| frames > 0);
    finding
        .remedy(if reached { divide.to_owned() } else { format!("{sending} {divide}") })
        .run(Place::Here, format!("mcast check --listen {asked}{iface}"))
}

/// How far datagrams of the target came: to the interface, or not.
fn nothing_evidence(facts: &Facts) -> String {
    let place = facts.iface.as_deref().unwrap_or("this host");
    match (&facts.frames, facts.expected().and_then(|link| link.counters)) {
        (Some(frames), _) => match facts.frames_here() {
            Some(seen @ 1..) => {
                format!(
                    "{} reached {place}, but no datagrams were delivered",
                    count(seen, "matching frame")
                )
            }
            _ => no_frames(facts, frames),
        },
        (None, Some(counters)) if counters.rx_packets == 0 => {
            format!("no frames of any kind arrived on {place}")
        }
        (None, Some(counters)) => {
            let unseen = unseen_by_ip(facts, counters.rx_packets);
            format!(
                "{place} received {} of any kind, but no matching datagrams were delivered{unseen}",
                count(counters.rx_packets, "frame")
            )
        }
        (None, None) => "no matching datagrams were delivered".to_owned(),
    }
}

/// The number of frames that arrived but that IP did not see, with possible causes: without frames,
/// only root can distinguish them.
fn unseen_by_ip(facts: &Facts, frames: u64) -> String {
    const FEW: u64 = 10;
    let rise = |name| facts.counters.as_ref().map_or(0, |counters| rise_in(counters, name));
    let seen = rise("Ip.InReceives") + rise("Ip6.InReceives");
    match frames.saturating_sub(seen) {
        unseen @ FEW.. if facts.counters.is_some() => format!(
            "; IP did not see {unseen} of these frames, which is consistent with a VLAN tag, \
             another host's MAC address, an ingress filter or other protocols (mcast check, run as \
             root, shows which)"
        ),
        _ => String::new(),
    }
}

fn no_frames(facts: &Facts, frames: &FrameFacts) -> String {
    let place = facts.iface.as_deref().unwrap_or("any interface");
    let others: u64 = frames
        .others
        .iter()
        .filter(|(iface, _)| facts.is_expected(iface))
        .map(|(_, frames)| frames)
        .sum();
    let others = if others == 0 {
        "and no other multicast".to_owned()
    } else {
        format!("but {} for other groups", count(others, "frame"))
    };
    match frames.missed {
        0 => format!("no matching frames seen on {place}, {others}"),
        missed => format!(
            "no matching frames seen on {place}, {others}; this check was too slow to read {}",
            count(missed, "frame")
        ),
    }
}
