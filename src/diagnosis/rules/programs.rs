//! The other programs of this host that use the port: whether they can hear the group, and whether
//! they read it fast enough.

use std::net::SocketAddr;
use std::time::Duration;

use super::{count, either, list, seconds};
use crate::diagnosis::facts::Facts;
use crate::host::PortUser;
use crate::notice::finding::{Finding, Level, Place};
use crate::units::Rate;
use crate::units::rcvbuf::RcvbufRequest;

pub fn findings(facts: &Facts) -> Vec<Finding> {
    bound_to_address(facts).into_iter().chain(buffer_overflow(facts)).collect()
}

/// Who a socket belongs to.
pub fn name(user: &PortUser) -> String {
    user.program.clone().unwrap_or_else(|| format!("a program of user {}", user.uid))
}

/// The classic mistake: bound to the interface's own address, a socket hears no multicast on Linux,
/// macOS and FreeBSD.
fn bound_to_address(facts: &Facts) -> Option<Finding> {
    let others =
        || facts.port_users.iter().flatten().filter(|user| !user.own && user.connected.is_none());
    // On an interface where a program has joined the group; elsewhere it means something else.
    let member = |user: &&PortUser| {
        facts.interfaces.iter().find(|link| {
            !link.loopback && link.addresses.iter().any(|address| address.ip == user.address)
        })
    };
    let (first, link) = others().find_map(|user| Some((user, member(&user)?)))?;
    let members = link.members_before.unwrap_or(0);
    let asked = &facts.target;
    let bound = SocketAddr::new(first.address, first.port);
    let what = format!("{} is bound to {bound}, and hears no multicast there", name(first));
    let evidence = "its socket is bound to a unicast address, which the destination of a \
                    multicast datagram never matches; no error says so";
    // Who has joined nothing may mean unicast; and the member may be somebody who listens rightly.
    let able = others().any(|user| user.address.is_unspecified() || user.address == asked.group);
    if members == 0 || able {
        let why = if able {
            "another program listens rightly"
        } else {
            "no program had joined the group"
        };
        return Some(Finding::note(
            "bound-to-address",
            what,
            format!("{evidence}; {why}, so it may want unicast alone"),
        ));
    }
    let wanting = format!(
        "{evidence}, and {} of this host had joined {} on {} before",
        count(members.into(), "socket"),
        asked.group,
        link.name
    );
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let any = either(facts, "0.0.0.0", "::");
    // Which socket has joined, the system does not tell: it may be one that listens at another
    // port.
    let (level, reserve) = match facts.other_sockets {
        None | Some(0) => (Level::Fault, String::new()),
        Some(others) => (
            Level::Warning,
            format!(
                "; that may have been {} at another port, and this one may want unicast alone",
                count_of(others)
            ),
        ),
    };
    Some(
        Finding::fault("bound-to-address", what, wanting + &reserve)
            .remedy(format!(
                "have it bind {} or {any}, and join with the interface's {}; mcast shows that it \
                 then arrives",
                asked.group,
                either(facts, "address or index", "index")
            ))
            .run(Place::Here, format!("mcast recv {asked}{iface}"))
            .at(level),
    )
}

fn count_of(others: usize) -> String {
    if others == 1 {
        "the socket that is bound to the group".to_owned()
    } else {
        format!("one of {others} sockets that are bound to the group")
    }
}

/// Sockets of the port that found no room.
fn buffer_overflow(facts: &Facts) -> Option<Finding> {
    let asked = &facts.target;
    // What is connected, or bound to an address of its own, hears unicast.
    let hears = |user: &&PortUser| {
        user.connected.is_none() && (user.address.is_unspecified() || user.address == asked.group)
    };
    let dropping: Vec<&PortUser> = facts
        .port_users
        .iter()
        .flatten()
        .filter(|user| !user.own && user.drops > 0)
        .filter(hears)
        .collect();
    let dropped: u64 = dropping.iter().map(|user| user.drops).sum();
    let time = seconds(facts.seconds);
    let (table, counters) = either(facts, ("/proc/net/udp", "Udp"), ("/proc/net/udp6", "Udp6"));
    if dropped > 0 {
        let who = list(&dropping.iter().map(|user| name(user)).collect::<Vec<_>>());
        let room = room(facts);
        let iface =
            facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
        // Where this program listened at the same port, to all sources, and heard nothing anywhere,
        // what the other one dropped was something else.
        if facts.heard_here() == 0 {
            let listened = !facts.membership.port_taken
                && facts.membership.error.is_none()
                && asked.sources.is_empty();
            let whose = if listened && facts.heard.is_empty() {
                format!(
                    "nothing of {asked} came meanwhile, so they were of another group, or unicast"
                )
            } else {
                format!("whether any of them was of {asked} is not known")
            };
            return Some(Finding::note(
                "buffer-overflow",
                format!(
                    "{who} does not read fast enough: this host's kernel dropped {} in {time}",
                    count(dropped, "datagram")
                ),
                format!(
                    "the column 'drops' of {table} rose by {dropped} for port {}; {whose}",
                    asked.port
                ),
            ));
        }
        return Some(
            Finding::fault(
                "buffer-overflow",
                format!(
                    "{who} does not read fast enough: this host's kernel dropped {} in {time}",
                    count(dropped, "datagram")
                ),
                format!(
                    "the column 'drops' of {table} rose by {dropped} for port {}: its receive \
                     buffer was full, and the network lost nothing",
                    asked.port
                ),
            )
            .remedy(format!(
                "give the socket a larger buffer (SO_RCVBUF, up to net.core.rmem_max), or read \
                 faster; {} KiB hold a second of what arrives",
                room.div_ceil(1024)
            ))
            .run(
                Place::Here,
                format!("mcast recv {asked}{iface} --rcvbuf {}KiB", room.div_ceil(1024)),
            ),
        );
    }
    let elsewhere = facts
        .rise("Udp.RcvbufErrors", "Udp6.RcvbufErrors")
        .saturating_sub(facts.own_drops.unwrap_or(0));
    (elsewhere > 0).then(|| {
        Finding::note(
            "buffer-overflow",
            format!(
                "a program of this host does not read fast enough: {} found its receive buffer \
                 full",
                count(elsewhere, "datagram")
            ),
            match facts.port_users {
                Some(_) => format!(
                    "{counters}: RcvbufErrors +{elsewhere}, none of them in a socket that could \
                     hear the group on port {}",
                    asked.port
                ),
                None => format!(
                    "{counters}: RcvbufErrors +{elsewhere}; which port they were for is not known"
                ),
            },
        )
        .remedy(format!(
            "a larger SO_RCVBUF, up to net.core.rmem_max, lasts longer; the column 'drops' of \
             {table} names the socket"
        ))
    })
}

/// The bytes of `SO_RCVBUF` that hold a second of what came.
fn room(facts: &Facts) -> usize {
    let datagrams = facts.heard_here() as f64 / facts.seconds.max(0.1);
    let longest = facts.heard_where_expected().map(|heard| heard.longest).max().unwrap_or(1472);
    RcvbufRequest::Pause {
        rate: Rate::Packets(datagrams),
        pause: Duration::from_secs(1),
        payload: longest,
    }
    .bytes()
}
