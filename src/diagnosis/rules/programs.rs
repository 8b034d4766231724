//! The other programs on the port: whether they can receive the group, and whether they read fast
//! enough.

use std::net::SocketAddr;
use std::time::Duration;

use super::words::{either, wrong_checksums};
use crate::diagnosis::facts::Facts;
use crate::host::PortUser;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::Rate;
use crate::units::rcvbuf::RcvbufRequest;
use crate::units::words::{count, list, seconds};

pub fn findings(facts: &Facts) -> Vec<Notice> {
    bound_to_address(facts).into_iter().chain(buffer_overflow(facts)).collect()
}

/// The owner of a socket: `python3 (pid 1234)`.
pub fn name(user: &PortUser) -> String {
    user.program.clone().unwrap_or_else(|| format!("a program of user {}", user.uid))
}

/// A common mistake: bound to the interface's own address, a socket receives no multicast on Linux,
/// macOS and FreeBSD.
fn bound_to_address(facts: &Facts) -> Option<Notice> {
    let others =
        || facts.port_users.iter().flatten().filter(|user| !user.own && user.connected.is_none());
    // Bound to the address of an interface.
    let member = |user: &&PortUser| {
        facts.interfaces.iter().find(|link| {
            !link.loopback && link.addresses.iter().any(|address| address.ip == user.address)
        })
    };
    let (first, link) = others().find_map(|user| Some((user, member(&user)?)))?;
    let members = link.members_before.unwrap_or(0);
    let asked = &facts.target;
    let bound = SocketAddr::new(first.address, first.port);
    let what = format!(
        "{} cannot receive multicast on its socket, which is bound to {bound}",
        name(first)
    );
    let evidence = "a socket bound to a unicast address never matches the destination of a \
                    multicast datagram, and no error is reported";
    // A program without a membership may want unicast. With another socket bound correctly, the
    // membership may belong to that one.
    let able = others().any(|user| user.address.is_unspecified() || user.address == asked.group);
    if members == 0 || able {
        let why = if able {
            "another program is bound correctly"
        } else {
            "no program had joined the group"
        };
        return Some(Notice::note(
            Id::BoundToAddress,
            what,
            format!("{evidence}; {why}, and this program may want only unicast"),
        ));
    }
    let wanting = format!(
        "{evidence}; {} on this host had already joined {} on {}",
        count(members.into(), "socket"),
        asked.group,
        link.name
    );
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let any = either(facts, "0.0.0.0", "::");
    // The system does not show which socket has joined: it may be one on another port.
    let (level, reserve) = match facts.other_sockets {
        None | Some(0) => (Level::Fault, String::new()),
        Some(others) => (
            Level::Warning,
            format!(
                "; the member may be {} on another port, and this program may want only unicast",
                other_sockets(others)
            ),
        ),
    };
    Some(
        Notice::fault(Id::BoundToAddress, what, wanting + &reserve)
            .remedy(format!(
                "bind the program to {} or {any}, and join with the interface's {}; mcast recv \
                 shows that the group arrives",
                asked.group,
                either(facts, "address or index", "index")
            ))
            .run(Place::Here, format!("mcast recv {asked}{iface}"))
            .at(level),
    )
}

fn other_sockets(others: usize) -> String {
    if others == 1 {
        "the socket bound to the group".to_owned()
    } else {
        format!("one of {others} sockets bound to the group")
    }
}

/// Sockets of other programs whose receive buffer was full.
fn buffer_overflow(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    // A socket that is connected, or bound to a unicast address, receives unicast.
    let receives = |user: &&PortUser| {
        user.connected.is_none() && (user.address.is_unspecified() || user.address == asked.group)
    };
    let dropping: Vec<&PortUser> = facts
        .port_users
        .iter()
        .flatten()
        .filter(|user| !user.own && user.drops > 0)
        .filter(receives)
        .collect();
    if dropping.is_empty() { overflow_elsewhere(facts) } else { overflow(facts, &dropping) }
}

/// The minimum and maximum number of `drops` because of a full buffer. A wrong checksum increases
/// the same counter of the socket, but another one of the protocol.
fn full_buffers(facts: &Facts, drops: u64) -> (u64, u64) {
    let rise = |name: &str| facts.rise(&format!("Udp.{name}"), &format!("Udp6.{name}"));
    let wrong = wrong_checksums(facts);
    if wrong == 0 {
        return (drops, drops);
    }
    let full = rise("RcvbufErrors") + rise("MemErrors");
    let least = drops.saturating_sub(wrong);
    (least, drops.min(full).max(least))
}

/// The kernel's table of UDP sockets, and the name of its UDP counters.
fn udp_table(facts: &Facts) -> (&'static str, &'static str) {
    either(facts, ("/proc/net/udp", "Udp"), ("/proc/net/udp6", "Udp6"))
}

/// Programs that read too slowly; `None` if wrong checksums explain the drops of their sockets.
fn overflow(facts: &Facts, dropping: &[&PortUser]) -> Option<Notice> {
    let asked = &facts.target;
    let (table, _) = udp_table(facts);
    let all: u64 = dropping.iter().map(|user| user.drops).sum();
    let names = list(&dropping.iter().map(|user| name(user)).collect::<Vec<_>>());
    let rose = format!("{table}: drops +{all} on port {}", asked.port);
    let (least, most) = full_buffers(facts, all);
    if most == 0 {
        return None;
    }
    if least == 0 {
        return Some(unclear_overflow(facts, &names, &rose, most));
    }
    let what = format!(
        "{names} {} too slowly: the kernel dropped {}{} in {}",
        if dropping.len() == 1 { "reads" } else { "read" },
        if least < most { "at least " } else { "" },
        count(least, "datagram"),
        seconds(facts.seconds)
    );
    if facts.heard_here() == 0 {
        let why = format!("{rose}; {}", unknown_target(facts));
        return Some(Notice::note(Id::BufferOverflow, what, why));
    }
    let iface = facts.iface.as_ref().map(|iface| format!(" --iface {iface}")).unwrap_or_default();
    let kib = buffer_for_one_second(facts).div_ceil(1024);
    let finding = Notice::fault(
        Id::BufferOverflow,
        what,
        format!("{rose}: the receive buffer was full; the network did not lose these datagrams"),
    )
    .remedy(format!(
        "give the socket a larger receive buffer (SO_RCVBUF, up to net.core.rmem_max), or read \
         faster; {kib} KiB holds one second of this traffic"
    ))
    .run(Place::Here, format!("mcast recv {asked}{iface} --rcvbuf {kib}KiB"));
    Some(finding)
}

/// Either full buffers or wrong checksums explain the drops.
fn unclear_overflow(facts: &Facts, names: &str, rose: &str, most: u64) -> Notice {
    let (_, counters) = udp_table(facts);
    Notice::note(
        Id::BufferOverflow,
        format!(
            "{names} may read too slowly: the kernel dropped up to {}",
            count(most, "datagram")
        ),
        format!(
            "{rose}; {counters}: RcvbufErrors and InCsumErrors both rose, and wrong checksums \
             also increase drops; mcast cannot separate the two causes"
        ),
    )
}

/// Whether the dropped datagrams of another program may be the target's, although none arrived
/// here. They are not if this program listened on the same port, to all sources, and received
/// nothing on any interface.
fn unknown_target(facts: &Facts) -> String {
    let asked = &facts.target;
    let listened = !facts.membership.port_taken
        && facts.membership.error.is_none()
        && asked.sources.is_empty();
    if listened && facts.heard.is_empty() {
        format!(
            "no datagrams for {asked} arrived during the check: the dropped datagrams were for \
             another group, or unicast"
        )
    } else {
        format!("whether datagrams for {asked} are among them is unknown")
    }
}

/// The counter of the whole host rose, and no socket on the port explains it.
fn overflow_elsewhere(facts: &Facts) -> Option<Notice> {
    let (table, counters) = udp_table(facts);
    let errors = facts
        .rise("Udp.RcvbufErrors", "Udp6.RcvbufErrors")
        .saturating_sub(facts.own_drops.unwrap_or(0));
    (errors > 0).then(|| {
        Notice::note(
            Id::BufferOverflow,
            format!(
                "a program on this host reads too slowly: the kernel dropped {} (receive buffer \
                 full)",
                count(errors, "datagram")
            ),
            match facts.port_users {
                Some(_) => format!(
                    "{counters}: RcvbufErrors +{errors}, none in a socket that can receive the \
                     group on port {}",
                    facts.target.port
                ),
                None => format!("{counters}: RcvbufErrors +{errors}; the port is unknown"),
            },
        )
        .remedy(format!(
            "give the socket a larger receive buffer (SO_RCVBUF, up to net.core.rmem_max); the \
             column 'drops' of {table} shows which socket"
        ))
    })
}

/// The bytes of `SO_RCVBUF` that hold one second of the received datagrams.
fn buffer_for_one_second(facts: &Facts) -> usize {
    let datagrams = facts.heard_here() as f64 / facts.seconds.max(0.1);
    let longest = facts.heard_where_expected().map(|heard| heard.longest).max().unwrap_or(1472);
    RcvbufRequest::Pause {
        rate: Rate::Packets(datagrams),
        pause: Duration::from_secs(1),
        payload: longest,
    }
    .bytes()
}
