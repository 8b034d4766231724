//! The interface on which the target should arrive.

use super::elsewhere::is_bsd;
use super::words::{either, system};
use crate::diagnosis::facts::{Facts, LinkFacts};
use crate::host;
use crate::iface::Family;
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::units::words::{count, list, setting};

/// One sentence names at most this many interfaces.
const MANY: usize = 5;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let Some(link) = facts.expected() else { return vec![no_interface(facts)] };
    if let Some(finding) = down(facts, link).or_else(|| no_carrier(link)) {
        return vec![finding];
    }
    let state = member(facts, link)
        .or_else(|| vrf_itself(facts, link))
        .or_else(|| l3_ipvlan(link))
        .or_else(|| ipv6_disabled(facts, link))
        .or_else(|| no_address(facts, link))
        .or_else(|| no_multicast_flag(facts, link))
        .unwrap_or_else(|| able(facts, link));
    [Some(state), vrf(facts, link)].into_iter().flatten().collect()
}

fn down(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let name = &link.name;
    if facts.system == "windows" {
        return (!link.up).then(|| {
            shared::interface_not_operational(name)
                .at(Level::Fault)
                .why("Windows reports this for a disabled adapter, and for one without a link")
        });
    }
    (!link.up).then(|| {
        shared::interface_down(name)
            .at(Level::Fault)
            .why("its flag UP is not set")
            .remedy(either(
                facts,
                "bring the interface up",
                "bring the interface up, and add its static IPv6 addresses again: the kernel \
                 removes them when an interface goes down",
            ))
            .run(Place::Here, format!("ip link set {name} up"))
    })
}

fn no_carrier(link: &LinkFacts) -> Option<Notice> {
    (link.carrier == Some(false)).then(|| {
        Notice::fault(
            Id::NoCarrier,
            format!("{} has no carrier", link.name),
            "flag LOWER_UP not set (possible causes: cable unplugged, link partner down); the \
             interface drops outgoing datagrams without an error",
        )
        .remedy("plug in the cable, or bring the link partner up")
        .run(Place::Switch, "ip link set IFACE up")
    })
}

/// `up with carrier, 10.0.0.101/24, MTU 1500`: the state of an interface that is up.
fn state(facts: &Facts, link: &LinkFacts) -> String {
    let carrier = if link.carrier.is_some() { "up with carrier" } else { "up" };
    let mtu = link.mtu.map(|mtu| format!("MTU {mtu}"));
    let parts = [carrier.to_owned()].into_iter().chain(addresses(facts, link)).chain(mtu);
    parts.collect::<Vec<_>>().join(", ")
}

/// A port of a bridge, or a member of a bond.
fn member(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let master = facts.upper()?;
    // Frames that arrived have a finding of their own.
    let arrived = facts.frames_here().is_some_and(|frames| frames > 0);
    let level = if arrived { Level::Note } else { Level::Warning };
    Some(
        shared::interface_member(&link.name, &master)
            .at(level)
            .why(format!(
                "{}; the kernel passes frames of {} to {} before IP sees them",
                state(facts, link),
                link.name,
                master.name
            ))
            .remedy(format!("use {}", master.name))
            .run(Place::Here, facts.target.check(Some(&master.name))),
    )
}

fn l3_ipvlan(link: &LinkFacts) -> Option<Notice> {
    link.link.is_l3_ipvlan.then(|| {
        shared::l3_ipvlan(&link.name).at(Level::Fault).why(
            "interface kind ipvlan with flag NOARP; in these modes the kernel neither sends nor \
             receives multicast (ipvlan.rst)",
        )
    })
}

fn vrf_itself(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    link.link.is_vrf().then(|| {
        let members: Vec<String> = facts
            .interfaces
            .iter()
            .filter(|other| other.index != link.index && other.link.vrf("") == Some(&link.name))
            .map(|other| other.name.clone())
            .collect();
        let which =
            if members.is_empty() { String::new() } else { format!(": {}", list(&members)) };
        Notice::warning(
            Id::Vrf,
            format!("{} is a VRF device, and joins on it have no effect in the network", link.name),
            "a join on a VRF device sends no report, and switches and routers do not forward the \
             group",
        )
        .remedy(format!("join on an interface of the VRF{which}"))
    })
}

/// Sockets that are not bound to a VRF do not receive its datagrams, unless a setting permits it.
fn vrf(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let vrf = facts.vrf().filter(|_| !link.link.is_vrf())?;
    let name = &link.name;
    let accept = facts.l3mdev_accept?;
    let setting = format!("{} is {}", host::L3MDEV_ACCEPT, u8::from(accept));
    if accept {
        return Some(Notice::pass(
            Id::Vrf,
            format!("{name} belongs to the VRF {vrf}, and all programs can receive on it"),
            format!("{setting}; mcast binds its sockets to {vrf}"),
        ));
    }
    Some(
        Notice::note(
            Id::Vrf,
            format!(
                "{name} belongs to the VRF {vrf}; programs must bind to {vrf} to receive on {name}"
            ),
            format!("{setting}; mcast binds its sockets to {vrf} (SO_BINDTODEVICE)"),
        )
        .remedy("start other programs in the VRF, or allow all sockets to receive from it")
        .run(Place::Here, format!("ip vrf exec {vrf} PROGRAM"))
        .run(Place::Here, format!("sysctl -w {}=1", host::L3MDEV_ACCEPT)),
    )
}

fn ipv6_disabled(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let (name, conf) = (&link.name, setting(&link.name));
    facts.is_switched_off(link).then(|| {
        Notice::fault(
            Id::Ipv6Disabled,
            format!("IPv6 is disabled on {name}"),
            format!(
                "net.ipv6.conf.{conf}.disable_ipv6 is 1: {name} neither sends nor receives IPv6"
            ),
        )
        .remedy(
            "enable IPv6, and add its static addresses again: the kernel adds only the link-local \
             one",
        )
        .run(Place::Here, format!("sysctl -w net.ipv6.conf.{conf}.disable_ipv6=0"))
    })
}

fn no_address(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let (name, family) = (&link.name, Family::of(facts.target.group));
    addresses(facts, link).is_empty().then(|| {
        Notice::warning(
            Id::NoAddress,
            format!("{name} has no {family} address"),
            format!(
                "{}; without an address, membership reports have the source {}, and some switches \
                 ignore them",
                state(facts, link),
                either(facts, "0.0.0.0", "::")
            ),
        )
        .remedy(format!("assign an {family} address of the network to {name}"))
        .run(
            Place::Here,
            format!("ip addr add {} dev {name}", either(facts, "ADDRESS/24", "ADDRESS/64")),
        )
    })
}

fn able(facts: &Facts, link: &LinkFacts) -> Notice {
    let what = if link.loopback {
        "is the loopback interface: its datagrams never leave this host"
    } else {
        "can carry multicast"
    };
    Notice::pass(Id::Interface, format!("{} {what}", link.name), state(facts, link))
}

fn no_multicast_flag(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let name = &link.name;
    if link.link.is_wireguard() {
        return Some(wireguard(facts, link));
    }
    if facts.system == "windows" && !link.multicast && !link.loopback {
        return Some(Notice::warning(
            Id::InterfaceFlags,
            format!("{name} carries no multicast"),
            format!("{}; its driver reports that (IP_ADAPTER_NO_MULTICAST)", state(facts, link)),
        ));
    }
    if is_bsd(facts) && !link.multicast && !link.loopback {
        // sys/netinet/ip_output.c and in_mcast.c of FreeBSD, and bsd/netinet of xnu.
        return Some(Notice::warning(
            Id::InterfaceFlags,
            format!("{name} does not have the flag MULTICAST"),
            format!(
                "{}; {} refuses to join groups and to send to groups on this interface",
                state(facts, link),
                system(&facts.system)
            ),
        ));
    }
    (!link.multicast && !link.loopback).then(|| {
        Notice::note(
            Id::InterfaceFlags,
            format!("{name} does not have the flag MULTICAST"),
            format!(
                "{}; Linux sends and receives multicast anyway, but routing daemons ignore \
                 interfaces without the flag",
                state(facts, link)
            ),
        )
        .remedy("set the flag")
        .run(Place::Here, format!("ip link set {name} multicast on"))
    })
}

/// WireGuard sends a datagram to the one peer whose allowed IPs contain its destination, and
/// accepts it from a peer only if the peer's allowed IPs contain its source.
fn wireguard(facts: &Facts, link: &LinkFacts) -> Notice {
    let (name, group) = (&link.name, facts.target.group);
    Notice::note(
        Id::InterfaceFlags,
        format!("{name} is a WireGuard tunnel, which carries only the groups in its allowed IPs"),
        format!(
            "{}; {name} sends {group} to the one peer whose allowed IPs contain the group, and \
             accepts it from a peer whose allowed IPs contain the sender",
            state(facts, link)
        ),
    )
    .remedy(format!(
        "check the allowed IPs; on the sender, add {} to the allowed IPs of the peer",
        either(facts, "224.0.0.0/4", "ff00::/8")
    ))
    .run(Place::Here, format!("wg show {name} allowed-ips"))
}

/// The addresses of the target's family.
fn addresses(facts: &Facts, link: &LinkFacts) -> Vec<String> {
    let same = link.addresses.iter().filter(|address| address.ip.is_ipv4() == facts.is_ipv4());
    same.map(|address| match address.prefix {
        Some(prefix) => format!("{}/{prefix}", address.ip),
        None => address.ip.to_string(),
    })
    .collect()
}

/// No interface is selected, or the selected one is missing.
fn no_interface(facts: &Facts) -> Notice {
    if let Some(name) = facts.iface.as_ref().filter(|_| facts.receiving) {
        return Notice::fault(
            Id::NoInterface,
            format!("interface {name} disappeared"),
            "the system no longer lists the interface; mcast will rejoin the group when it returns",
        );
    }
    let able: Vec<String> = facts
        .interfaces
        .iter()
        .filter(|link| is_able(facts, link))
        .map(|link| link.name.clone())
        .collect();
    if able.is_empty() { none_able(facts) } else { no_route(facts, &able) }
}

/// Whether an interface can carry the target, by its flags and addresses.
fn is_able(facts: &Facts, link: &LinkFacts) -> bool {
    link.up
        && link.multicast
        && link.addresses.iter().any(|address| address.ip.is_ipv4() == facts.is_ipv4())
}

fn none_able(facts: &Facts) -> Notice {
    let group = facts.target.group;
    Notice::fault(
        Id::NoInterface,
        format!("no interface of this host can carry {group}"),
        format!(
            "no interface is up with the flag MULTICAST and an {} address ('mcast ifaces' lists \
             all interfaces)",
            Family::of(group)
        ),
    )
    .remedy("bring an interface up, and assign an address to it")
}

/// Neither the user nor a route selects an interface, and each of `able` can carry the target.
fn no_route(facts: &Facts, able: &[String]) -> Notice {
    let group = facts.target.group;
    let choice = match able {
        [most @ .., last] if (1..MANY).contains(&most.len()) => {
            format!("whether to join {group} on {} or {last}", most.join(", "))
        }
        [only] => format!("whether to join {group} on {only}"),
        _ => format!("on which of {} to join {group}", count(able.len() as u64, "interface")),
    };
    let ip = either(facts, "ip route", "ip -6 route");
    let why = match facts.route.as_ref().filter(|_| !facts.is_ipv4()) {
        Some(first) => format!(
            "IPv6 has an equal route to each group on every interface (ip -6 route show table \
             local); programs that name no interface join on the first, which is {first}"
        ),
        None => format!(
            "there is no route to the group ({ip} get); programs that name no interface fail with \
             ENODEV, or may join on the wrong interface"
        ),
    };
    let arrives = facts.heard.iter().find_map(|heard| heard.iface.as_ref());
    let choose = match arrives {
        Some(via) => format!("name {via}, where the group arrives"),
        None => "name the interface in the sender's network".to_owned(),
    };
    let via = arrives.unwrap_or(&able[0]);
    let (groups, table) = either(facts, ("224.0.0.0/4", ""), ("ff00::/8", " table local metric 1"));
    Notice::fault(Id::NoRoute, format!("mcast cannot determine {choice}"), why)
        .remedy(format!("{choose}, or add a route to the group"))
        .run(Place::Here, format!("{ip} add {groups} dev {via}{table}"))
}
