//! What this host is like: its interface, its route, its membership, its limits, and what it hears
//! of itself.

use super::either;
use crate::diagnosis::facts::{Facts, LinkFacts};
use crate::iface::Family;
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::target::{bracketed, is_source_specific};
use crate::units::words::{count, list, setting};

/// A receive buffer below this holds less than a tenth of a second of a TV channel.
const SMALL_RCVBUF: u64 = 512 * 1024;

/// No more interfaces than these are named in one sentence.
const MANY: usize = 5;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found = interface(facts);
    found.extend(route(facts));
    found.extend(membership(facts));
    found.extend(any_source(facts));
    found.extend(version(facts));
    found.extend(limits(facts));
    found.extend(self_test(facts));
    found
}

fn interface(facts: &Facts) -> Vec<Notice> {
    let Some(link) = facts.expected() else { return no_interface(facts) };
    let name = &link.name;
    if !link.up {
        return vec![
            shared::interface_down(name)
                .at(Level::Fault)
                .why("the flag UP is not set: an administrator, or nobody yet, brought it up")
                .remedy(either(
                    facts,
                    "bring it up",
                    "bring it up; IPv6 addresses that were given by hand are gone, and to be given \
                 again",
                ))
                .run(Place::Here, format!("ip link set {name} up")),
        ];
    }
    if link.carrier == Some(false) {
        return vec![
            Notice::fault(
                Id::NoCarrier,
                format!("{name} has no carrier"),
                "the flag LOWER_UP is not set: what is sent there is dropped without an error, \
                 and nothing can arrive",
            )
            .remedy("plug in the cable, or bring the other end up")
            .run(Place::Switch, "ip link set IFACE up"),
        ];
    }
    let addresses: Vec<String> = of_the_family(facts, link);
    let carrier = if link.carrier.is_some() { "it is up and its wire carries" } else { "it is up" };
    let mtu = link.mtu.map(|mtu| format!(", MTU {mtu}")).unwrap_or_default();
    let mut found = Vec::new();
    if let Some(bridge) = facts.bridge_above() {
        found.push(
            Notice::note(
                Id::Interface,
                format!(
                    "{name} is a port of the bridge {}, and what comes in there goes to that",
                    bridge.name
                ),
                format!("{carrier}{mtu}; IP listens at the bridge"),
            )
            .remedy("ask about the bridge")
            .run(Place::Here, facts.target.check(Some(&bridge.name))),
        );
    } else if facts.is_switched_off(link) {
        found.push(
            Notice::fault(
                Id::Ipv6Disabled,
                format!("IPv6 is switched off on {name}"),
                format!(
                    "net.ipv6.conf.{}.disable_ipv6 is 1: nothing of IPv6 comes in or goes out \
                     there",
                    setting(name)
                ),
            )
            .remedy(
                "switch it on; a link-local address comes with it, and others are to be given \
                 again",
            )
            .run(Place::Here, format!("sysctl -w net.ipv6.conf.{}.disable_ipv6=0", setting(name))),
        );
    } else if addresses.is_empty() {
        let family = Family::of(facts.target.group);
        found.push(
            Notice::warning(
                Id::NoAddress,
                format!("{name} has no {family} address"),
                format!(
                    "{carrier}{mtu}; without an address its reports of membership come from \
                     nobody, and some switches take no notice of them"
                ),
            )
            .remedy(format!("give it an {family} address of its network"))
            .run(
                Place::Here,
                format!(
                    "ip addr add {} dev {name}",
                    if facts.is_ipv4() { "ADDRESS/24" } else { "ADDRESS/64" }
                ),
            ),
        );
    } else {
        let what = if link.loopback {
            "is the loopback interface: nothing of it ever leaves this host"
        } else {
            "can carry multicast"
        };
        found.push(Notice::pass(
            Id::Interface,
            format!("{name} {what}"),
            format!("{carrier}: {}{mtu}", addresses.join(", ")),
        ));
    }
    if !link.multicast && !link.loopback {
        found.push(
            Notice::note(
                Id::InterfaceFlags,
                format!("{name} says that it cannot carry multicast"),
                "the flag MULTICAST is not set; Linux sends and receives all the same, routing \
                 daemons leave such interfaces out",
            )
            .run(Place::Here, format!("ip link set {name} multicast on")),
        );
    }
    found
}

fn of_the_family(facts: &Facts, link: &LinkFacts) -> Vec<String> {
    let same = link.addresses.iter().filter(|address| address.ip.is_ipv4() == facts.is_ipv4());
    same.map(|address| match address.prefix {
        Some(prefix) => format!("{}/{prefix}", address.ip),
        None => address.ip.to_string(),
    })
    .collect()
}

/// Nobody named an interface, and no route does.
fn no_interface(facts: &Facts) -> Vec<Notice> {
    let target = &facts.target;
    if let Some(name) = facts.iface.as_ref().filter(|_| facts.receiving) {
        return vec![Notice::fault(
            Id::NoInterface,
            format!("{name} is gone"),
            "the system does not list it any more; as soon as it is back, the group is joined \
             there again",
        )];
    }
    let able: Vec<&LinkFacts> =
        facts.interfaces.iter().filter(|link| is_able(facts, link)).collect();
    if able.is_empty() {
        return vec![
            Notice::fault(
                Id::NoInterface,
                format!("no interface of this host can carry {}", target.group),
                format!(
                    "none is up, carries multicast and has an {} address; 'mcast ifaces' lists \
                     them",
                    Family::of(target.group)
                ),
            )
            .remedy("bring one up, and give it an address"),
        ];
    }
    let names: Vec<String> = able.iter().map(|link| link.name.clone()).collect();
    let choice = match names.len() {
        0..=MANY => format!("which of {}", list(&names)),
        many => format!("which of {many} interfaces"),
    };
    // Where it arrives is where it is to be joined; else any would be a guess.
    let arrives = facts.heard.iter().find_map(|heard| heard.iface.clone());
    let (bits, via) = (
        if facts.is_ipv4() { "224.0.0.0/4" } else { "ff00::/8" },
        arrives.as_ref().unwrap_or(&names[0]),
    );
    let ip = if facts.is_ipv4() { "ip route" } else { "ip -6 route" };
    let table = if facts.is_ipv4() { "" } else { " table local metric 1" };
    let guess = if arrives.is_some() {
        format!("it arrives on {via}")
    } else {
        "choose the interface of its network".to_owned()
    };
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
    vec![
        Notice::fault(
            Id::NoRoute,
            format!("it is not known on {choice} to join {}", target.group),
            why,
        )
        .remedy(format!("name the interface, or give the group a route: {guess}"))
        .run(Place::Here, format!("{ip} add {bits} dev {via}{table}")),
    ]
}

/// Whether an interface can carry the target, by its own account.
pub fn is_able(facts: &Facts, link: &LinkFacts) -> bool {
    link.up
        && link.multicast
        && link.addresses.iter().any(|address| address.ip.is_ipv4() == facts.is_ipv4())
}

fn route(facts: &Facts) -> Option<Notice> {
    let (expected, group) = (facts.expected()?, facts.target.group);
    let name = &expected.name;
    // A link-local group has a zone in the place of a route, and the loopback interface is always
    // named.
    if expected.loopback || facts.bridge_above().is_some() {
        return None;
    }
    // The kernel gives each interface its route to the groups of IPv6, and takes it away when it
    // goes down.
    if !facts.is_ipv4() && (!expected.up || facts.is_switched_off(expected)) {
        return None;
    }
    let ip = if facts.is_ipv4() { "ip route" } else { "ip -6 route" };
    let get = format!("{ip} get {group}");
    Some(match facts.route.as_deref() {
        Some(route) if route == name => Notice::pass(
            Id::Route,
            format!("the kernel's route to {group} leaves by {name} too"),
            format!("{get}: dev {route}"),
        ),
        // IPv6 has an equal route for each interface, and takes the first.
        Some(_) if !facts.is_ipv4() => Notice::pass(
            Id::Route,
            format!("{group} is joined on {name}, because it was named"),
            "IPv6 has a route to every group on each interface, so programs have to name theirs",
        ),
        Some(route) => Notice::note(
            Id::RouteDiffers,
            format!("the kernel's route to {group} leaves by {route}, not by {name}"),
            format!("{get}: dev {route}; programs that name no interface join and send there"),
        )
        .remedy(format!("name {name} in those programs, or give the group a route of its own"))
        .run(Place::Here, format!("{ip} replace {group} dev {name}")),
        None => Notice::note(
            Id::NoRoute,
            format!("the kernel has no route to {group}"),
            format!(
                "{get}: unreachable; programs that name no interface cannot join (ENODEV) or send \
                 (ENETUNREACH)"
            ),
        )
        .remedy(format!(
            "name {name} in those programs, as with --iface, or give the group a route"
        ))
        // One that says 'unreachable' or 'prohibit' is a route too: it is to be replaced, or to be
        // narrower than this one.
        .run(Place::Here, format!("{ip} replace {group} dev {name}")),
    })
}

fn membership(facts: &Facts) -> Vec<Notice> {
    let (asked, membership) = (&facts.target, &facts.membership);
    let mut found = Vec::new();
    if membership.port_taken {
        let who = facts
            .port_users
            .iter()
            .flatten()
            .filter(|user| !user.own)
            .map(super::programs::name)
            .collect::<Vec<_>>();
        let who = if who.is_empty() { "another program".to_owned() } else { list(&who) };
        found.push(
            Notice::fault(
                Id::PortTaken,
                format!("{who} holds UDP port {} for itself", asked.port),
                format!(
                    "binding it failed with EADDRINUSE: whoever holds it did not set \
                     SO_REUSEADDR, so no second program of this host can hear {asked}"
                ),
            )
            .remedy("stop that program, or have it share the port (SO_REUSEADDR)")
            .run(Place::Here, format!("ss -ulnp sport = :{}", asked.port)),
        );
    } else if let Some(error) = &membership.error {
        let finding = Notice::fault(
            Id::JoinFailed,
            format!("{} cannot be joined", asked.group),
            error.clone(),
        );
        found.push(match &membership.tip {
            Some(tip) => finding.remedy(tip.clone()),
            None => finding,
        });
    }
    if membership.left_out > 0 {
        found.push(Notice::note(
            Id::InterfacesLeftOut,
            format!("{} were not listened on", count(membership.left_out as u64, "interface")),
            "there are too many, or one of them could not be joined on; whether the target \
             arrives on one of them is not known",
        ));
    }
    let Some(name) = facts.iface.as_ref().filter(|_| membership.error.is_none()) else {
        return found;
    };
    let table = if facts.is_ipv4() { "/proc/net/igmp" } else { "/proc/net/igmp6" };
    match membership.seen {
        Some(true) => {
            let before = facts.expected().and_then(|link| link.members_before).unwrap_or(0);
            let others = match before {
                0 => String::new(),
                1 => "; another program had joined it before".to_owned(),
                many => format!("; {many} other sockets had joined it before"),
            };
            found.push(Notice::pass(
                Id::Membership,
                format!("{} can be joined on {name}", asked.group),
                format!("the kernel lists it in {table}{others}"),
            ));
        }
        Some(false) => found.push(
            Notice::fault(
                Id::JoinUnseen,
                format!("the kernel does not keep the membership of {} on {name}", asked.group),
                format!("the join succeeded, but {table} does not list the group"),
            )
            .remedy("take the interface down and up again")
            .run(Place::Here, format!("ip link set {name} down; ip link set {name} up")),
        ),
        None => {}
    }
    found
}

/// A group of the source-specific range, and no source.
fn any_source(facts: &Facts) -> Option<Notice> {
    let asked = &facts.target;
    let is_open = is_source_specific(asked.group) && asked.sources.is_empty();
    let link = facts.expected().filter(|link| is_open && !link.loopback)?;
    let heard = facts
        .heard
        .iter()
        .find(|heard| heard.iface.as_ref() == Some(&link.name))
        .map(|heard| heard.source.ip());
    let source = heard.map_or("SOURCE".to_owned(), bracketed);
    Some(
        shared::any_source_in_ssm_range(asked.group, 0)
        .why(
            "routers, and some switches, forward only what a source was named for (RFC 4607, 5.1)",
        )
        .remedy("name the source when joining")
        .run(Place::Here, format!("mcast check {source}@{asked} --iface {}", link.name)),
    )
}

/// The version of IGMP or MLD in force.
fn version(facts: &Facts) -> Option<Notice> {
    let link = facts.expected().filter(|link| !link.loopback)?;
    let (protocol, selecting, rfc) = either(facts, ("IGMP", 3, "RFC 3376"), ("MLD", 2, "RFC 3810"));
    let (name, version) = (&link.name, link.version?);
    let selective = !facts.target.sources.is_empty() || is_source_specific(facts.target.group);
    let forced = link.forced_version.filter(|forced| *forced > 0);
    // What is forced on all interfaces is forced on this one too, so both have to go.
    let [sysctl, all] = [setting(name), "all".to_owned()].map(|conf| {
        format!(
            "net.ipv{}.conf.{conf}.force_{}_version",
            either(facts, 4, 6),
            protocol.to_lowercase()
        )
    });
    let why = match forced {
        Some(_) => format!("an administrator forced it: {sysctl}, or that of all"),
        None => format!(
            "an older querier was heard in that network ({rfc}, {})",
            either(facts, "7.2.1", "8.2.1")
        ),
    };
    if version >= selecting {
        return Some(Notice::pass(
            Id::IgmpVersion,
            format!("{name} speaks {protocol}v{version}, which can select sources"),
            "no older querier was heard there lately, and none is forced",
        ));
    }
    let speaks = format!("{protocol}v{version}");
    if !selective {
        return Some(Notice::note(
            Id::IgmpVersion,
            format!("{name} speaks {speaks}, which knows no sources"),
            format!("{why}; for a join from any source it makes no difference"),
        ));
    }
    let finding = shared::ssm_unsupported(name, &speaks).why(why);
    Some(match forced {
        Some(_) => finding
            .remedy("leave the choice to the kernel")
            .run(Place::Here, format!("sysctl -w {all}=0 {sysctl}=0")),
        None => finding
            .remedy(format!(
                "have the querier speak {protocol}v{selecting}; this host goes on as before for \
                 some minutes more ({rfc}, {section}: 260 s, unless the querier asked more often)",
                section = either(facts, "8.12", "9.12")
            ))
            .run(
                Place::Switch,
                format!(
                    "ip link set BRIDGE type bridge mcast_{}_version {selecting}",
                    protocol.to_lowercase()
                ),
            ),
    })
}

fn limits(facts: &Facts) -> Option<Notice> {
    let limits = &facts.limits;
    let asked = facts.target.sources.len() as u64;
    let groups = limits.groups.filter(|_| facts.is_ipv4());
    let all: Vec<String> = [
        groups.map(|most| format!("{most} groups a socket (net.ipv4.igmp_max_memberships)")),
        limits.sources.map(|most| match asked {
            0 => format!("{most} sources a group"),
            asked => format!("{most} sources a group ({asked} asked for)"),
        }),
        limits
            .rcvbuf
            .map(|most| format!("{} KiB of receive buffer (net.core.rmem_max)", most / 1024)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let evidence = list(&all);
    if limits.groups == Some(0) && facts.is_ipv4() {
        return Some(
            Notice::fault(Id::Limits, "this host may join no group at all", evidence)
                .remedy("allow some")
                .run(Place::Here, "sysctl -w net.ipv4.igmp_max_memberships=20"),
        );
    }
    match limits.rcvbuf {
        None if all.is_empty() => None,
        Some(most) if most < SMALL_RCVBUF => Some(
            Notice::note(
                Id::Limits,
                "receive buffers are small here",
                format!(
                    "{evidence}; a buffer of {} KiB holds {} datagrams of 64 bytes, or {} of 1316",
                    most / 1024,
                    2 * most / 832,
                    2 * most / 2304
                ),
            )
            .remedy("for fast streams, allow larger ones")
            .run(Place::Here, "sysctl -w net.core.rmem_max=8388608"),
        ),
        _ => Some(Notice::pass(Id::Limits, "the system's limits leave room for it", evidence)),
    }
}

fn self_test(facts: &Facts) -> Option<Notice> {
    let test = facts.self_test.as_ref()?;
    let name = test.iface.as_deref().or(facts.iface.as_deref()).unwrap_or("this host");
    // Nobody can send by an interface that is down; that it is has been said.
    if facts.expected().is_some_and(|link| !link.up || facts.is_switched_off(link)) {
        return None;
    }
    if let Some(error) = &test.error {
        if test.refused {
            let what =
                format!("a firewall of this host lets nothing out to {}", facts.target.group);
            return Some(
                Notice::fault(
                    Id::FirewallOutput,
                    what,
                    format!("sending to it was refused: {error}"),
                )
                .remedy(
                    "allow it on the way out: 'nft list ruleset' (as root) shows the chain that \
                     drops it; this host cannot send, whether it can receive is another matter",
                )
                .run(Place::Here, "nft list ruleset")
                .at(Level::Warning),
            );
        }
        let finding = Notice::warning(
            Id::SelfTestFailed,
            format!("this host could not send to {} by {name}", facts.target.group),
            error.clone(),
        );
        return Some(match &test.tip {
            Some(tip) => finding.remedy(tip.clone()),
            None => finding,
        });
    }
    if test.heard == 0 {
        // Where it was lost is for the firewall's chapter; without counters nobody knows.
        return test.counters.is_none().then(|| {
            Notice::warning(
                Id::SelfTestFailed,
                "this host does not hear what it sends to itself",
                format!("{} sent by {name}, none came back", count(test.sent, "datagram")),
            )
            .remedy("look for a firewall on this host")
        });
    }
    let port = if test.same_port {
        ""
    } else {
        ", on another port, lest a program of this host take them for data"
    };
    Some(Notice::pass(
        Id::SelfTest,
        "this host hears what it sends to itself",
        format!(
            "{} of {} sent to the group by {name} came back{port}; they never left the host, so \
             that says nothing of cable, switch or routers",
            test.heard, test.sent
        ),
    ))
}

/// What could not be seen, and what it would take.
pub fn blind_spots(facts: &Facts) -> Vec<Notice> {
    if facts.system != "linux" {
        let finding = Notice::note(
            Id::NotAvailable,
            format!("{} tells less than Linux", system(&facts.system)),
            "not looked at: memberships and their versions, the kernel's counters, frames, \
             firewall rules, bridges, the programs on the port, queries for members",
        );
        // Its firewall drops without a word, and nothing here can see it.
        let windows = "where nothing comes, allow mcast in Windows Defender Firewall, for the \
                       profile (private or public) of this network: Get-NetConnectionProfile \
                       shows it";
        return vec![if facts.system == "windows" { finding.remedy(windows) } else { finding }];
    }
    let mut missing = Vec::new();
    if facts.counters.is_none() {
        missing.push("the kernel's counters (/proc/net)".to_owned());
    }
    if !facts.rights.capture {
        missing.push(
            "frames before the firewall, and the queries of a querier (CAP_NET_RAW)".to_owned(),
        );
    }
    if !facts.rights.firewall {
        missing.push("firewall rules (CAP_NET_ADMIN)".to_owned());
    } else if let Some(why) = facts.firewall.unread.as_ref() {
        missing.push(format!("firewall rules ({why})"));
    }
    if facts.firewall.legacy {
        missing
            .push("the rules of the older iptables ('iptables-legacy-save' shows them)".to_owned());
    }
    let unprivileged = !(facts.rights.capture && facts.rights.firewall);
    let finding = Notice::note(Id::NotSeen, "some things could not be looked at", list(&missing));
    let finding = if unprivileged {
        finding.remedy("as root, or with these rights, it says more")
    } else {
        finding
    };
    if missing.is_empty() { Vec::new() } else { vec![finding] }
}

fn system(name: &str) -> &str {
    match name {
        "macos" => "macOS",
        "windows" => "Windows",
        "freebsd" => "FreeBSD",
        other => other,
    }
}
