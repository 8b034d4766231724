//! This host: its route, its membership, its limits, and its test with datagrams to itself.

use super::words::either;
use crate::diagnosis::facts::{Facts, LinkFacts, MembershipFacts, SelfTestFacts};
use crate::host::PortUser;
use crate::notice::shared::SourceJoins;
use crate::notice::{Id, Level, Notice, Place, shared};
use crate::target::{bracketed, is_source_specific};
use crate::units::words::{count, list, setting};

/// A receive buffer below this holds less than a tenth of a second of a TV channel.
const SMALL_RCVBUF: u64 = 512 * 1024;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found: Vec<Notice> = route(facts).into_iter().collect();
    found.extend(membership(facts));
    found.extend(any_source(facts));
    found.extend(version(facts));
    found.extend(limits(facts));
    found.extend(self_test(facts));
    found
}

fn route(facts: &Facts) -> Option<Notice> {
    let (expected, group) = (facts.expected()?, facts.target.group);
    let name = &expected.name;
    // A link-local group has a zone in the place of a route, and the loopback interface is always
    // named. A VRF has routes of its own.
    if expected.loopback || facts.upper().is_some() || facts.vrf().is_some() {
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
    let refused = match &facts.membership {
        MembershipFacts { port_taken: true, .. } => Some(port_taken(facts)),
        MembershipFacts { port_not_permitted: true, error: None, .. } => {
            Some(port_not_permitted(facts))
        }
        _ => join_failed(facts),
    };
    [refused, interfaces_left_out(&facts.membership), membership_seen(facts)]
        .into_iter()
        .flatten()
        .collect()
}

/// The tunnel that the kernel itself may hold the port for: no program has it open then.
fn tunnel_of_the_kernel(facts: &Facts) -> Option<&str> {
    const KINDS: [&str; 4] = ["bareudp", "geneve", "vxlan", "wireguard"];
    let is_known = |user: &PortUser| user.own || user.program.is_some() || user.uid != 0;
    if facts.port_users.iter().flatten().all(is_known) {
        return None;
    }
    let is_tunnel =
        |link: &&LinkFacts| link.link.kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
    facts.interfaces.iter().find(is_tunnel).map(|link| link.name.as_str())
}

fn port_taken(facts: &Facts) -> Notice {
    let asked = &facts.target;
    let kernel = tunnel_of_the_kernel(facts).map_or_else(String::new, |tunnel| {
        format!("; the kernel itself may hold it, for the tunnel {tunnel}")
    });
    let users = facts
        .port_users
        .iter()
        .flatten()
        .filter(|user| !user.own)
        .map(super::programs::name)
        .collect::<Vec<_>>();
    let who = if users.is_empty() { "another program".to_owned() } else { list(&users) };
    Notice::fault(
        Id::PortTaken,
        format!("{who} holds UDP port {} for itself", asked.port),
        format!(
            "binding it failed with EADDRINUSE: whoever holds it did not set SO_REUSEADDR, so no \
             second program of this host can receive {asked}; SO_REUSEPORT alone shares the port \
             among programs of one user{kernel}"
        ),
    )
    .remedy("stop that program, or have it share the port (SO_REUSEADDR)")
    .run(Place::Here, format!("ss -ulnp sport = :{}", asked.port))
}

/// A port that this process may not bind says nothing about the host.
fn port_not_permitted(facts: &Facts) -> Notice {
    let port = facts.target.port;
    Notice::note(
        Id::PortNotPermitted,
        format!("mcast may not listen on UDP port {port} without more rights"),
        format!(
            "binding it failed with EACCES; the group is joined on another port, so datagrams to \
             port {port} are seen as frames alone (CAP_NET_RAW)"
        ),
    )
    .remedy("run the check as root, or let every program bind the port")
    .run(Place::Here, format!("sysctl -w net.ipv4.ip_unprivileged_port_start={port}"))
}

fn join_failed(facts: &Facts) -> Option<Notice> {
    let MembershipFacts { error, tip, .. } = &facts.membership;
    let what = format!("{} cannot be joined", facts.target.group);
    Some(Notice::fault(Id::JoinFailed, what, error.clone()?).maybe_remedy(tip.clone()))
}

fn interfaces_left_out(membership: &MembershipFacts) -> Option<Notice> {
    (membership.left_out > 0).then(|| {
        Notice::note(
            Id::InterfacesLeftOut,
            format!("{} were not listened on", count(membership.left_out as u64, "interface")),
            "there are too many, or one of them could not be joined on; whether the target \
             arrives on one of them is not known",
        )
    })
}

/// Whether the kernel lists the membership.
fn membership_seen(facts: &Facts) -> Option<Notice> {
    let group = facts.target.group;
    let name = facts.iface.as_ref().filter(|_| facts.membership.error.is_none())?;
    let table = either(facts, "/proc/net/igmp", "/proc/net/igmp6");
    if !facts.membership.seen? {
        return Some(
            Notice::fault(
                Id::JoinUnseen,
                format!("the kernel does not keep the membership of {group} on {name}"),
                format!("the join succeeded, but {table} does not list the group"),
            )
            .remedy("take the interface down and up again")
            .run(Place::Here, format!("ip link set {name} down; ip link set {name} up")),
        );
    }
    let others = match facts.expected().and_then(|link| link.members_before).unwrap_or(0) {
        0 => String::new(),
        1 => "; another program had joined it before".to_owned(),
        many => format!("; {many} other sockets had joined it before"),
    };
    Some(Notice::pass(
        Id::Membership,
        format!("{group} can be joined on {name}"),
        format!("the kernel lists it in {table}{others}"),
    ))
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

/// IGMP or MLD, its first version that can filter by source, and the RFC of that version.
fn source_filtering(facts: &Facts) -> (&'static str, u8, &'static str) {
    either(facts, ("IGMP", 3, "RFC 3376"), ("MLD", 2, "RFC 3810"))
}

/// The version of IGMP or MLD in force.
fn version(facts: &Facts) -> Option<Notice> {
    let link = facts.expected().filter(|link| !link.loopback)?;
    let (protocol, selecting, rfc) = source_filtering(facts);
    let (name, version) = (&link.name, link.version?);
    let selective = !facts.target.sources.is_empty() || is_source_specific(facts.target.group);
    // A newer version that is forced does not keep the kernel from an older querier's.
    let forced = link.forced_version.filter(|forced| *forced == version && version < selecting);
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
            "no older querier was heard there lately, and no older version is forced",
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
    let in_range = Some(facts.target.group).filter(|group| is_source_specific(*group));
    let joins = SourceJoins { in_range, others: in_range.is_none() };
    let finding = shared::ssm_unsupported(name, &speaks, joins).why(why);
    Some(match forced {
        Some(_) => finding
            .remedy("leave the choice to the kernel")
            .run(Place::Here, format!("sysctl -w {all}=0 {sysctl}=0")),
        None => ask_for_newer_querier(facts, finding),
    })
}

fn ask_for_newer_querier(facts: &Facts, finding: Notice) -> Notice {
    let (protocol, selecting, rfc) = source_filtering(facts);
    let section = either(facts, "8.12", "9.12");
    let protocol_name = protocol.to_lowercase();
    finding
        .remedy(format!(
            "have the querier speak {protocol}v{selecting}; this host goes on as before for some \
             minutes more ({rfc}, {section}: 260 s, unless the querier asked more often)"
        ))
        .run(
            Place::Switch,
            format!("ip link set BRIDGE type bridge mcast_{protocol_name}_version {selecting}"),
        )
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
    // IP neither sends nor listens at a member of another interface.
    if facts.upper().is_some() {
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
        return not_heard(facts, test, name);
    }
    let port = if test.same_port {
        ""
    } else if facts.membership.port_not_permitted {
        ", on another port"
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

/// Where it was lost is for the firewall's chapter; without counters nobody knows. Where all rules
/// are known and none drops the target, it says nothing of what others send.
fn not_heard(facts: &Facts, test: &SelfTestFacts, name: &str) -> Option<Notice> {
    let all_read = facts.firewall.read && !facts.firewall.legacy;
    let is_passed = all_read && facts.judged().is_some() && facts.firewall.inbound.is_empty();
    let finding = Notice::warning(
        Id::SelfTestFailed,
        "this host does not hear what it sends to itself",
        format!("{} sent by {name}, none came back", count(test.sent, "datagram")),
    );
    if is_passed {
        let why = finding.why.clone().unwrap_or_default();
        return Some(finding.at(Level::Note).why(format!(
            "{why}; no rule of its firewall drops what others send, so this is consistent with a \
             rule against those who send from this host's own address"
        )));
    }
    test.counters.is_none().then(|| finding.remedy("look for a firewall on this host"))
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
    if facts.rights.no_netlink {
        missing.push("routes and links (no netlink socket)".to_owned());
    }
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
    let found = if missing.is_empty() { None } else { Some(finding) };
    let no_netlink = facts.rights.no_netlink.then(|| {
        shared::no_netlink().at(Level::Note).why(
            "opening one failed; interfaces are read from /proc/net and by ioctl, and are listed \
             once a second",
        )
    });
    found.into_iter().chain(no_netlink).collect()
}

fn system(name: &str) -> &str {
    match name {
        "macos" => "macOS",
        "windows" => "Windows",
        "freebsd" => "FreeBSD",
        other => other,
    }
}
