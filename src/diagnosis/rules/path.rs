//! The place where the path ends: from a measured stream to the group, to a group that all switches
//! flood, and to this host's own addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::network::keep_member;
use super::routers;
use super::words::{either, ttl_name};
use crate::diagnosis::facts::{CheckedTarget, Facts, Leg, LegKind, Path};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::{is_control_block, is_link_scoped, is_source_specific};
use crate::units::order;
use crate::units::words::{count, list, seconds};

pub fn findings(facts: &Facts, others: &[Notice]) -> Option<Notice> {
    let Some(path) = &facts.path else { return no_stream(facts, others) };
    // A fault of this host hides the state of the path.
    let own = others.iter().find(|finding| finding.level == Level::Fault);
    let reached = facts.frames_here().filter(|frames| *frames > 0 && facts.heard_here() == 0);
    match (own, reached) {
        (_, Some(frames)) => {
            let what = format!("the path from {} ends inside this host", path.source);
            Some(Notice::note(
                Id::Path,
                what,
                format!("{} of the group arrived; {}", count(frames, "frame"), legs(facts, path)),
            ))
        }
        (Some(_), None) if facts.heard_here() == 0 => {
            let what = format!(
                "the state of the path from {} is unknown until the fault on this host is fixed",
                path.source
            );
            Some(Notice::note(Id::Path, what, legs(facts, path)))
        }
        _ => by_legs(facts, path),
    }
}

/// `--listen` waited for a measured stream, and none arrived.
fn no_stream(facts: &Facts, others: &[Notice]) -> Option<Notice> {
    let explained = others.iter().any(|finding| finding.level == Level::Fault);
    if !facts.waited || explained || facts.heard_here() > 0 {
        return None;
    }
    let what = format!(
        "no datagrams from a sender in {}, neither multicast nor unicast",
        seconds(facts.seconds)
    );
    Some(
        Notice::fault(
            Id::NoPath,
            what,
            "no measured stream arrived at any address in the command for the sender",
        )
        .remedy(either(
            facts,
            "Did the command run on the sender? If it did, the problem is not limited to \
             multicast: check that the sender's ping and UDP reach this host",
            "Did the command run on the sender? If it did, check that the sender's ping and UDP \
             reach this host. IPv6 finds neighbours by multicast: if a switch with MLD snooping \
             no longer lists this host as a member, it blocks unicast too. 'mcast check' without --listen detects \
             this while the sender is running",
        )),
    )
}

fn by_legs(facts: &Facts, path: &Path) -> Option<Notice> {
    let received =
        |kind| path.legs.iter().filter(|leg| leg.kind == kind).map(|leg| leg.received).sum::<u64>();
    if received(LegKind::Group) > 0 {
        return Some(group_arrives(facts, path));
    }
    // The remaining TTL of unicast shows the number of routers.
    let routers = path
        .legs
        .iter()
        .filter(|leg| leg.kind == LegKind::Unicast)
        .filter_map(|leg| leg.ttl)
        .map(|(sent, left)| (sent, sent.saturating_sub(left)))
        .max_by_key(|(_, hops)| *hops);
    if let Some((sent, hops @ 1..)) = routers {
        return Some(behind_routers(facts, path, sent, hops));
    }
    if received(LegKind::Flooded) > 0 {
        return Some(pruned(facts, path));
    }
    (received(LegKind::Unicast) > 0).then(|| multicast_filtered(facts, path))
}

fn group_arrives(facts: &Facts, path: &Path) -> Notice {
    let (source, evidence) = (path.source, legs(facts, path));
    let name = facts.iface.as_deref().unwrap_or("this host");
    let lost = path
        .legs
        .iter()
        .filter(|leg| leg.kind == LegKind::Group)
        .filter_map(|leg| Some(leg.sent?.saturating_sub(leg.received)))
        .sum::<u64>();
    match lost {
        0 => Notice::pass(Id::Path, format!("the path from {source} has no loss"), evidence),
        lost => Notice::warning(
            Id::Path,
            format!("the path from {source} lost {}", count(lost, "datagram")),
            evidence,
        )
        .remedy("measure the loss: start the receiver here, then the sender")
        .run(Place::Here, format!("mcast recv {} --once -q --iface {name}", facts.target))
        .run(Place::Sender, format!("mcast send --probe {} --iface IFACE", facts.target.to_send())),
    }
}

/// Unicast arrived through `hops` routers with the TTL `sent`, and the group did not.
fn behind_routers(facts: &Facts, path: &Path, sent: u8, hops: u8) -> Notice {
    let group = facts.target.group;
    if is_control_block(group) || is_link_scoped(group) {
        return never_routed(facts, path, hops);
    }
    // Without --ttl, mcast sends multicast with a TTL of 1, and unicast with the system's default:
    // one of these. With --ttl, both have the TTL of the option.
    if matches!(sent, 64 | 128 | 255) {
        ttl_too_low(facts, path, hops)
    } else {
        not_routed(facts, path, sent, hops)
    }
}

/// The group is one of those that stay on their link.
fn never_routed(facts: &Facts, path: &Path, hops: u8) -> Notice {
    let group = facts.target.group;
    let (rfc, routed) =
        either(facts, ("RFC 5771, 4", "239.0.0.0/8"), ("RFC 4291, 2.7", "ff15::/16"));
    Notice::fault(
        Id::NotRouted,
        format!(
            "{} between {} and this host, and routers never forward {group}",
            routers_are(hops),
            path.source
        ),
        format!(
            "{group} stays on its link with any {} ({rfc}); {}",
            ttl_name(facts),
            legs(facts, path)
        ),
    )
    .remedy(format!("use a group that is routed, for example one of {routed}"))
}

/// The TTL is sufficient for all routers on the path, and one of them does not forward the group.
fn not_routed(facts: &Facts, path: &Path, sent: u8, hops: u8) -> Notice {
    let CheckedTarget { group, .. } = &facts.target;
    let name = ttl_name(facts);
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let between = if hops == 1 {
        "the router between".to_owned()
    } else {
        format!("one of the {hops} routers between")
    };
    let rendezvous_point = if is_source_specific(*group) { "" } else { "the rendezvous point, " };
    let first = routers::first(facts);
    let first = first.map(|router| format!(", beginning with {router}")).unwrap_or_default();
    let finding = Notice::fault(
        Id::NotRouted,
        format!("{between} {} and this host does not forward {group}", path.source),
        format!(
            "unicast arrives, and {name} {sent} is sufficient for {}: {}; {}",
            count(hops.into(), "router"),
            legs(facts, path),
            last_router(facts)
        ),
    )
    .remedy(format!(
        "check on each router{first}: members of the group, its route, the route back to the \
         source, PIM neighbours, {rendezvous_point}multicast boundaries, access lists and {name} \
         thresholds"
    ));
    routers::ask(facts, Some(path.source), finding)
        .run(Place::Here, format!("mcast check --listen {}{iface}", facts.target))
}

/// The traces of a router in this network: queries and PIM hellos.
fn last_router(facts: &Facts) -> String {
    let name = facts.iface.as_deref().unwrap_or("this host");
    let Some(frames) = &facts.frames else {
        return "run as root, this check also detects queriers and PIM routers".to_owned();
    };
    let is_here = |iface: &String| facts.iface.as_ref().is_none_or(|expected| expected == iface);
    let queries = frames.queries.iter().filter(|queries| is_here(&queries.iface));
    let queriers = order::set(queries.map(|queries| queries.querier));
    let routers = order::set(routers::routers(facts).into_iter().map(|router| router.router));
    let from = |found: &BTreeSet<IpAddr>, what: &str| {
        let found: Vec<String> = found.iter().map(IpAddr::to_string).collect();
        if found.is_empty() {
            format!("no {what}")
        } else {
            format!("{what} from {}", list(&found))
        }
    };
    // RFC 7761, 4.11.
    let wait = if routers.is_empty() && facts.seconds < routers::ONE_HELLO {
        " (sent every 30 s)"
    } else {
        ""
    };
    format!(
        "seen on {name} in {}: {}, {}{wait}",
        seconds(facts.seconds),
        from(&queriers, "membership query"),
        from(&routers, "PIM hello")
    )
}

fn ttl_too_low(facts: &Facts, path: &Path, hops: u8) -> Notice {
    let (name, least) = (ttl_name(facts), u16::from(hops) + 1);
    Notice::fault(
        Id::TtlTooLow,
        format!(
            "{} between {} and this host, and multicast is sent with {name} 1 by default",
            routers_are(hops),
            path.source
        ),
        legs(facts, path),
    )
    .remedy(format!(
        "send with {name} {least} or more. If the sender already used --ttl, the routers do not \
         forward the group: check their multicast routing, PIM and rendezvous point"
    ))
    .run(
        Place::Sender,
        format!("mcast send {} --ttl {least} --iface IFACE", facts.target.to_send()),
    )
}

fn pruned(facts: &Facts, path: &Path) -> Notice {
    let name = facts.iface.as_deref().unwrap_or("this host");
    let what = format!(
        "a switch between {} and {name} does not forward {} to this host",
        path.source, facts.target.group
    );
    let evidence = format!(
        "{}; flooded multicast arrives, and this host is a member of the group",
        legs(facts, path)
    );
    keep_member(facts, Notice::fault(Id::SnoopingPruned, what, evidence))
}

fn multicast_filtered(facts: &Facts, path: &Path) -> Notice {
    Notice::fault(
        Id::MulticastFiltered,
        format!("unicast from {} arrives, but multicast does not", path.source),
        legs(facts, path),
    )
    .remedy(
        "check the path for an access point or switch that filters multicast, and for a cloud or \
         container network without multicast; check that the sender sends on its interface in this \
         network",
    )
}

fn routers_are(hops: u8) -> String {
    if hops == 1 { "there is a router".to_owned() } else { format!("there are {hops} routers") }
}

/// The received and sent counts of each address, with the TTLs.
fn legs(facts: &Facts, path: &Path) -> String {
    // The sender sends as many datagrams to each address. A silent address has no count.
    let most = path.legs.iter().filter_map(|leg| leg.sent).max();
    let words = |leg: &Leg| {
        let of = leg.sent.or(most).map(|sent| format!(" of {sent}")).unwrap_or_default();
        let kind = match leg.kind {
            LegKind::Group => None,
            LegKind::Flooded => Some("flooded by switches".to_owned()),
            LegKind::Unicast => Some("unicast".to_owned()),
        };
        let ttl =
            leg.ttl.map(|(sent, left)| format!("{} {sent} sent, {left} received", ttl_name(facts)));
        let details: Vec<String> = kind.into_iter().chain(ttl).collect();
        let details = match details.len() {
            0 => String::new(),
            _ => format!(" ({})", details.join("; ")),
        };
        format!("{}{of} to {}{details}", leg.received, leg.to)
    };
    format!("received {}", list(&path.legs.iter().map(words).collect::<Vec<_>>()))
}
