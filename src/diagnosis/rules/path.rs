//! Where on the way it ends: a measured stream that its sender sent to the group, to a group that
//! every switch floods, and to this host alone.

use super::network::keep_member;
use super::words::{either, ttl_name};
use crate::diagnosis::facts::{Facts, Leg, LegKind, Path};
use crate::notice::{Id, Level, Notice, Place};
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
        .map(|(sent, left)| sent.saturating_sub(left))
        .max();
    if let Some(hops @ 1..) = routers {
        return Some(ttl_too_low(facts, path, hops));
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
    .remedy(format!("send with a {name} of {least} at least, and have the routers route multicast"))
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
