//! The other programs of this host that use the port: whether they can hear the group, and whether
//! they read it fast enough.

use std::net::SocketAddr;
use std::time::Duration;

use super::words::either;
use crate::diagnosis::facts::Facts;
use crate::host::PortUser;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::Rate;
use crate::units::rcvbuf::RcvbufRequest;
use crate::units::words::{count, list, seconds};

pub fn findings(facts: &Facts) -> Vec<Notice> {
    bound_to_address(facts).into_iter().chain(buffer_overflow(facts)).collect()
}

/// Who a socket belongs to.
pub fn name(user: &PortUser) -> String {
    user.program.clone().unwrap_or_else(|| format!("a program of user {}", user.uid))
}

/// The classic mistake: bound to the interface's own address, a socket hears no multicast on Linux,
/// macOS and FreeBSD.
fn bound_to_address(facts: &Facts) -> Option<Notice> {
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
        return Some(Notice::note(
            Id::BoundToAddress,
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
        Notice::fault(Id::BoundToAddress, what, wanting + &reserve)
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

/// Sockets of other programs whose receive buffer was full.
fn buffer_overflow(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    // A socket that is connected, or bound to an address of its own, receives unicast.
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
    if dropping.is_empty() { overflow_elsewhere(facts) } else { Some(overflow(facts, &dropping)) }
}

/// The kernel's table of UDP sockets, and the name of its UDP counters.
fn udp_table(facts: &Facts) -> (&'static str, &'static str) {
    either(facts, ("/proc/net/udp", "Udp"), ("/proc/net/udp6", "Udp6"))
}

/// Sockets of the port that `dropping` programs do not read fast enough.
fn overflow(facts: &Facts, dropping: &[&PortUser]) -> Notice {
    let asked = &facts.target;
    let (table, _) = udp_table(facts);
    let dropped: u64 = dropping.iter().map(|user| user.drops).sum();
    let what = format!(
        "{} does not read fast enough: this host's kernel dropped {} in {}",
        list(&dropping.iter().map(|user| name(user)).collect::<Vec<_>>()),
        count(dropped, "datagram"),
        seconds(facts.seconds)
    );
    let rose = format!("the column 'drops' of {table} rose by {dropped} for port {}", asked.port);
    if facts.heard_here() == 0 {
        let why = format!("{rose}; {}", unknown_target(facts));
        return Notice::note(Id::BufferOverflow, what, why);
    }
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let kib = room(facts).div_ceil(1024);
    Notice::fault(
        Id::BufferOverflow,
        what,
        format!("{rose}: its receive buffer was full, and the network lost nothing"),
    )
    .remedy(format!(
        "give the socket a larger buffer (SO_RCVBUF, up to net.core.rmem_max), or read faster; \
         {kib} KiB hold a second of what arrives"
    ))
    .run(Place::Here, format!("mcast recv {asked}{iface} --rcvbuf {kib}KiB"))
}

/// Whether the datagrams that another program lost may be of the target, of which nothing came
/// where it was expected. They are not if this program listened at the same port, to all sources,
/// and received nothing on any interface.
fn unknown_target(facts: &Facts) -> String {
    let asked = &facts.target;
    let listened = !facts.membership.port_taken
        && facts.membership.error.is_none()
        && asked.sources.is_empty();
    if listened && facts.heard.is_empty() {
        format!("nothing of {asked} came meanwhile, so they were of another group, or unicast")
    } else {
        format!("whether any of them was of {asked} is not known")
    }
}

/// The whole host's counter rose, and no socket of the port explains it.
fn overflow_elsewhere(facts: &Facts) -> Option<Notice> {
    let (table, counters) = udp_table(facts);
    let errors = facts
        .rise("Udp.RcvbufErrors", "Udp6.RcvbufErrors")
        .saturating_sub(facts.own_drops.unwrap_or(0));
    (errors > 0).then(|| {
        Notice::note(
            Id::BufferOverflow,
            format!(
                "a program of this host does not read fast enough: {} found its receive buffer \
                 full",
                count(errors, "datagram")
            ),
            match facts.port_users {
                Some(_) => format!(
                    "{counters}: RcvbufErrors +{errors}, none of them in a socket that could \
                     hear the group on port {}",
                    facts.target.port
                ),
                None => format!(
                    "{counters}: RcvbufErrors +{errors}; which port they were for is not known"
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
