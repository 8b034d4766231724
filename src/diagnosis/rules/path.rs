//! Where on the way it ends: a measured stream that its sender sent to the group, to a group that
//! every switch floods, and to this host alone.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::network::keep_member;
use super::words::{either, ttl_name};
use crate::diagnosis::facts::{CheckedTarget, Facts, Leg, LegKind, Path};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::{is_control_block, is_link_scoped, is_source_specific};
use crate::units::words::{count, list, seconds};

pub fn findings(facts: &Facts, others: &[Notice]) -> Option<Notice> {
    let Some(path) = &facts.path else { return nobody(facts, others) };
    // What this host itself does to it is not the path's fault.
    let own = others.iter().find(|finding| finding.level == Level::Fault);
    let reached = facts.frames_here().filter(|frames| *frames > 0 && facts.heard_here() == 0);
    match (own, reached) {
        (_, Some(frames)) => {
            let what = format!("the path from {} ends inside this host", path.source);
            Some(Notice::note(
                Id::Path,
                what,
                format!("{} of the group came in; {}", count(frames, "frame"), legs(facts, path)),
            ))
        }
        (Some(_), None) if facts.heard_here() == 0 => {
            let what = format!(
                "whether the path from {} is whole cannot be told before this host lets it in",
                path.source
            );
            Some(Notice::note(Id::Path, what, legs(facts, path)))
        }
        _ => by_legs(facts, path),
    }
}

/// A sender was waited for, and none was heard.
fn nobody(facts: &Facts, others: &[Notice]) -> Option<Notice> {
    let explained = others.iter().any(|finding| finding.level == Level::Fault);
    if !facts.waited || explained || facts.heard_here() > 0 {
        return None;
    }
    let what = format!(
        "nothing came from a sender in {}: neither multicast, nor what was sent to this host alone",
        seconds(facts.seconds)
    );
    Some(
        Notice::fault(
            Id::NoPath,
            what,
            "no measured stream was heard, at any of the addresses that it was to be sent to",
        )
        .remedy(either(
            facts,
            "was it typed there? Then this is no matter of multicast: see whether the sender's \
             'ping' reaches this host, and whether UDP does",
            "was it typed there? Then see whether the sender's 'ping' reaches this host, and \
             whether UDP does. Neighbours of IPv6 find each other by multicast, so a switch that \
             snoops and has forgotten this host keeps unicast away too: 'mcast check' without \
             --listen, while the group is sent to, finds that",
        )),
    )
}

fn by_legs(facts: &Facts, path: &Path) -> Option<Notice> {
    let received =
        |kind| path.legs.iter().filter(|leg| leg.kind == kind).map(|leg| leg.received).sum::<u64>();
    if received(LegKind::Group) > 0 {
        return Some(group_arrives(facts, path));
    }
    // The TTL that is left of unicast shows how many routers there are.
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
        0 => Notice::pass(Id::Path, format!("the path from {source} is whole"), evidence),
        lost => Notice::warning(
            Id::Path,
            format!("the path from {source} loses some: {}", count(lost, "datagram")),
            evidence,
        )
        .remedy("measure it: begin here, then send there")
        .run(Place::Here, format!("mcast recv {} --once -q --iface {name}", facts.target))
        .run(Place::Sender, format!("mcast send --probe {} --iface IFACE", facts.target.to_send())),
    }
}

/// Unicast came by way of `hops` routers with the TTL `sent`, and the group did not come.
fn behind_routers(facts: &Facts, path: &Path, sent: u8, hops: u8) -> Notice {
    let group = facts.target.group;
    if is_control_block(group) || is_link_scoped(group) {
        return never_routed(facts, path, hops);
    }
    // mcast sends to a group with a TTL of 1 and to unicast with the system's, unless it is given
    // one for both. No system has another than these.
    if matches!(sent, 64 | 128 | 255) {
        ttl_too_low(facts, path, hops)
    } else {
        not_routed(facts, path, sent, hops)
    }
}

/// The group is one of those that stay on their link.
fn never_routed(facts: &Facts, path: &Path, hops: u8) -> Notice {
    let group = facts.target.group;
    let (rfc, routed) = either(
        facts,
        ("RFC 5771, 4", "one of 239.0.0.0/8"),
        ("RFC 4291, 2.7", "one of a wider scope, as ff15::/16"),
    );
    Notice::fault(
        Id::NotRouted,
        format!(
            "{} between {} and this host, and no router forwards {group}",
            routers_are(hops),
            path.source
        ),
        format!(
            "{group} stays on its link, whatever the {} ({rfc}); {}",
            ttl_name(facts),
            legs(facts, path)
        ),
    )
    .remedy(format!("use a group that is routed: {routed}"))
}

/// The TTL is large enough for all routers on the way, and one of them does not forward the group.
fn not_routed(facts: &Facts, path: &Path, sent: u8, hops: u8) -> Notice {
    let CheckedTarget { group, .. } = &facts.target;
    let name = ttl_name(facts);
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let between = if hops == 1 {
        "the router between".to_owned()
    } else {
        format!("one of the {hops} routers between")
    };
    let (ip, members) = either(facts, ("ip", "igmp"), ("ipv6", "mld"));
    let meeting = if is_source_specific(*group) {
        String::new()
    } else {
        format!(", its rendezvous point for the group ('show {ip} pim rp mapping')")
    };
    Notice::fault(
        Id::NotRouted,
        format!("{between} {} and this host does not forward {group}", path.source),
        format!(
            "unicast passes it, and a {name} of {sent} is enough for {}: {}; {}",
            count(hops.into(), "router"),
            legs(facts, path),
            last_router(facts)
        ),
    )
    .remedy(format!(
        "inspect each router: whether multicast routing and PIM are on at both of its interfaces \
         ('show {ip} pim interface'), its PIM neighbours ('show {ip} pim neighbor'){meeting}, its \
         members ('show {ip} {members} groups'), its entry for the group ('show {ip} mroute \
         {group}'), and boundaries, access lists or a {name} threshold on the way"
    ))
    .run(Place::Here, format!("mcast check --listen {}{iface}", facts.target))
}

/// What the router of this network shows of itself.
fn last_router(facts: &Facts) -> String {
    let name = facts.iface.as_deref().unwrap_or("this host");
    let Some(frames) = &facts.frames else {
        return "as root, this check also looks for a querier and for PIM".to_owned();
    };
    let is_here = |iface: &String| facts.iface.as_ref().is_none_or(|expected| expected == iface);
    let queriers: BTreeSet<IpAddr> = frames
        .queries
        .iter()
        .filter(|queries| is_here(&queries.iface))
        .map(|queries| queries.querier)
        .collect();
    let routers: BTreeSet<IpAddr> = frames
        .pim_routers
        .iter()
        .filter(|(iface, _)| is_here(iface))
        .map(|(_, router)| *router)
        .collect();
    let from = |found: &BTreeSet<IpAddr>, what: &str| {
        let found: Vec<String> = found.iter().map(IpAddr::to_string).collect();
        if found.is_empty() {
            format!("no {what}")
        } else {
            format!("{what} from {}", list(&found))
        }
    };
    // RFC 7761, 4.11.
    let wait = if routers.is_empty() && facts.seconds < 35.0 { " (sent every 30 s)" } else { "" };
    format!(
        "heard on {name} in {}: {}, {}{wait}",
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
            "{} between {} and this host, and multicast leaves with a {name} of 1 unless told \
             otherwise",
            routers_are(hops),
            path.source
        ),
        legs(facts, path),
    )
    .remedy(format!(
        "send with a {name} of {least} at least. If the sender already had a --ttl, the routers do \
         not route the group: look there at multicast routing, PIM and the rendezvous point"
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
        "{}; what every switch floods does arrive, so the way is there, and this host has joined",
        legs(facts, path)
    );
    keep_member(facts, Notice::fault(Id::SnoopingPruned, what, evidence))
}

fn multicast_filtered(facts: &Facts, path: &Path) -> Notice {
    Notice::fault(
        Id::MulticastFiltered,
        format!("unicast from {} arrives, and no multicast does", path.source),
        legs(facts, path),
    )
    .remedy(
        "look between the two for an access point or a switch that filters multicast, a cloud \
         that does not carry it, or a container's network; and whether the sender's multicast \
         leaves by this network's interface",
    )
}

fn routers_are(hops: u8) -> String {
    if hops == 1 { "there is a router".to_owned() } else { format!("there are {hops} routers") }
}

/// For each address, how many datagrams left and how many came.
fn legs(facts: &Facts, path: &Path) -> String {
    // What never came cannot say how much it was; it was as much as went elsewhere.
    let most = path.legs.iter().filter_map(|leg| leg.sent).max();
    let words = |leg: &Leg| {
        let of = leg.sent.or(most).map(|sent| format!(" of {sent}")).unwrap_or_default();
        let kind = match leg.kind {
            LegKind::Group => "",
            LegKind::Flooded => ", which switches flood,",
            LegKind::Unicast => ", which is unicast,",
        };
        let hops = leg
            .ttl
            .map(|(sent, left)| format!(" ({} {sent} as sent, {left} left)", ttl_name(facts)))
            .unwrap_or_default();
        format!("{}{of} to {}{kind} came{hops}", leg.received, leg.to)
    };
    list(&path.legs.iter().map(words).collect::<Vec<_>>())
}
