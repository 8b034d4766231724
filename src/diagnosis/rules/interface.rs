//! The interface where the target is expected.

use super::words::either;
use crate::diagnosis::facts::{Facts, LinkFacts};
use crate::host;
use crate::iface::Family;
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::units::words::{list, setting};

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
    (!link.up).then(|| {
        shared::interface_down(name)
            .at(Level::Fault)
            .why("the flag UP is not set: an administrator, or nobody yet, brought it up")
            .remedy(either(
                facts,
                "bring it up",
                "bring it up; IPv6 addresses that were given by hand are gone, and to be given \
                 again",
            ))
            .run(Place::Here, format!("ip link set {name} up"))
    })
}

fn no_carrier(link: &LinkFacts) -> Option<Notice> {
    (link.carrier == Some(false)).then(|| {
        Notice::fault(
            Id::NoCarrier,
            format!("{} has no carrier", link.name),
            "the flag LOWER_UP is not set: what is sent there is dropped without an error, and \
             nothing can arrive",
        )
        .remedy("plug in the cable, or bring the other end up")
        .run(Place::Switch, "ip link set IFACE up")
    })
}

/// An interface that is up, in words.
fn carrier(link: &LinkFacts) -> &'static str {
    if link.carrier.is_some() { "it is up and its wire carries" } else { "it is up" }
}

fn mtu(link: &LinkFacts) -> String {
    link.mtu.map(|mtu| format!(", MTU {mtu}")).unwrap_or_default()
}

/// A port of a bridge, or a member of a bond.
fn member(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let master = facts.upper()?;
    // Frames that came in are the subject of a finding of their own.
    let came = facts.frames_here().is_some_and(|frames| frames > 0);
    let level = if came { Level::Note } else { Level::Warning };
    Some(
        shared::interface_member(&link.name, &master)
            .at(level)
            .why(format!(
                "{}{}; the kernel hands what comes in there to {} before IP sees it",
                carrier(link),
                mtu(link),
                master.name
            ))
            .remedy(format!("use {}", master.name))
            .run(Place::Here, facts.target.check(Some(&master.name))),
    )
}

fn l3_ipvlan(link: &LinkFacts) -> Option<Notice> {
    link.link.is_l3_ipvlan.then(|| {
        shared::l3_ipvlan(&link.name).at(Level::Fault).why(
            "it is of the kind ipvlan, and its flag NOARP is set; in these modes the kernel neither \
             sends nor receives groups by it (ipvlan.rst)",
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
        let which = if members.is_empty() { String::new() } else { format!(": {}", list(&members)) };
        Notice::warning(
            Id::Vrf,
            format!("{} is a VRF: groups are joined on the interfaces that belong to it", link.name),
            "a join on the VRF itself sends no report: switches and routers do not forward the group",
        )
        .remedy(format!("name an interface of the VRF{which}"))
    })
}

/// A VRF keeps what comes in from sockets that are not bound to it.
fn vrf(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let vrf = facts.vrf().filter(|_| !link.link.is_vrf())?;
    let name = &link.name;
    let accept = facts.l3mdev_accept?;
    let setting = format!("{} is {}", host::L3MDEV_ACCEPT, u8::from(accept));
    if accept {
        return Some(Notice::pass(
            Id::Vrf,
            format!("{name} belongs to the VRF {vrf}, and every program can receive there"),
            format!("{setting}; mcast binds its sockets to {vrf}"),
        ));
    }
    Some(
        Notice::note(
            Id::Vrf,
            format!(
                "{name} belongs to the VRF {vrf}: programs must bind to {vrf} to receive there"
            ),
            format!("{setting}; mcast binds its sockets to {vrf} (SO_BINDTODEVICE)"),
        )
        .remedy("start other programs in the VRF, or let all sockets receive from it")
        .run(Place::Here, format!("ip vrf exec {vrf} PROGRAM"))
        .run(Place::Here, format!("sysctl -w {}=1", host::L3MDEV_ACCEPT)),
    )
}

fn ipv6_disabled(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let (name, conf) = (&link.name, setting(&link.name));
    facts.is_switched_off(link).then(|| {
        Notice::fault(
            Id::Ipv6Disabled,
            format!("IPv6 is switched off on {name}"),
            format!(
                "net.ipv6.conf.{conf}.disable_ipv6 is 1: nothing of IPv6 comes in or goes out \
                 there"
            ),
        )
        .remedy(
            "switch it on; a link-local address comes with it, and others are to be given again",
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
                "{}{}; without an address its reports of membership come from nobody, and some \
                 switches take no notice of them",
                carrier(link),
                mtu(link)
            ),
        )
        .remedy(format!("give it an {family} address of its network"))
        .run(
            Place::Here,
            format!("ip addr add {} dev {name}", either(facts, "ADDRESS/24", "ADDRESS/64")),
        )
    })
}

fn able(facts: &Facts, link: &LinkFacts) -> Notice {
    let what = if link.loopback {
        "is the loopback interface: nothing of it ever leaves this host"
    } else {
        "can carry multicast"
    };
    let addresses = addresses(facts, link).join(", ");
    Notice::pass(
        Id::Interface,
        format!("{} {what}", link.name),
        format!("{}: {addresses}{}", carrier(link), mtu(link)),
    )
}

fn no_multicast_flag(facts: &Facts, link: &LinkFacts) -> Option<Notice> {
    let name = &link.name;
    if link.link.is_wireguard() {
        return Some(wireguard(facts, link));
    }
    (!link.multicast && !link.loopback).then(|| {
        Notice::note(
            Id::InterfaceFlags,
            format!("the flag MULTICAST of {name} is off"),
            format!(
                "{}: {}{}; Linux sends and receives all the same, routing daemons leave such \
                 interfaces out",
                carrier(link),
                addresses(facts, link).join(", "),
                mtu(link)
            ),
        )
        .remedy("set it")
        .run(Place::Here, format!("ip link set {name} multicast on"))
    })
}

/// WireGuard sends a datagram to the one peer whose allowed IPs hold its destination, and takes from
/// a peer what comes from them.
fn wireguard(facts: &Facts, link: &LinkFacts) -> Notice {
    let (name, group) = (&link.name, facts.target.group);
    Notice::note(
        Id::InterfaceFlags,
        format!("{name} is a WireGuard tunnel: it carries the groups that allowed IPs name"),
        format!(
            "{}: {}{}; it sends {group} to the one peer whose allowed IPs hold it, and accepts it \
             from a peer whose allowed IPs hold the sender",
            carrier(link),
            addresses(facts, link).join(", "),
            mtu(link)
        ),
    )
    .remedy(format!(
        "see the allowed IPs; on the sender, add {} to those of the peer",
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

/// There is no interface where the target is expected.
fn no_interface(facts: &Facts) -> Notice {
    if let Some(name) = facts.iface.as_ref().filter(|_| facts.receiving) {
        return Notice::fault(
            Id::NoInterface,
            format!("{name} is gone"),
            "the system does not list it any more; as soon as it is back, the group is joined \
             there again",
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

/// Whether an interface can carry the target, by its own account.
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
            "none is up, carries multicast and has an {} address; 'mcast ifaces' lists them",
            Family::of(group)
        ),
    )
    .remedy("bring one up, and give it an address")
}

/// The user names no interface, no route does, and each of `able` would do.
fn no_route(facts: &Facts, able: &[String]) -> Notice {
    let choice = match able.len() {
        0..=MANY => format!("which of {}", list(able)),
        many => format!("which of {many} interfaces"),
    };
    let ip = either(facts, "ip route", "ip -6 route");
    let why = match facts.route.as_ref().filter(|_| !facts.is_ipv4()) {
        Some(first) => format!(
            "IPv6 has an equal route to every group on each interface (ip -6 route show table \
             local), and a program that names none joins on the first, which is {first} here"
        ),
        None => format!(
            "there is no route to the group ({ip} get), and a program that names no interface \
             fails with ENODEV or joins where nothing comes"
        ),
    };
    // Without an arrival, any interface would be a guess.
    let arrives = facts.heard.iter().find_map(|heard| heard.iface.as_ref());
    let guess = match arrives {
        Some(via) => format!("it arrives on {via}"),
        None => "choose the interface of its network".to_owned(),
    };
    let via = arrives.unwrap_or(&able[0]);
    let (groups, table) = either(facts, ("224.0.0.0/4", ""), ("ff00::/8", " table local metric 1"));
    Notice::fault(
        Id::NoRoute,
        format!("it is not known on {choice} to join {}", facts.target.group),
        why,
    )
    .remedy(format!("name the interface, or give the group a route: {guess}"))
    .run(Place::Here, format!("{ip} add {groups} dev {via}{table}"))
}
