//! This host: its route, membership, limits, and the self-test.

use std::net::IpAddr;

use super::words::either;
use super::{elsewhere, routers};
use crate::diagnosis::facts::{Facts, LinkFacts, MembershipFacts, SelfTestFacts};
use crate::host::PortUser;
use crate::notice::shared::SourceJoins;
use crate::notice::{Id, Level, Notice, Place, System, Variant, shared};
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
    // The loopback interface is always named. Members of other interfaces have no routes, and a VRF
    // has its own.
    if expected.loopback || facts.upper().is_some() || facts.vrf().is_some() {
        return None;
    }
    // The kernel adds a route to the IPv6 groups for each interface, and removes it when the
    // interface goes down.
    if !facts.is_ipv4() && (!expected.up || facts.is_switched_off(expected)) {
        return None;
    }
    let ip = if facts.is_ipv4() { "ip route" } else { "ip -6 route" };
    if elsewhere::is_bsd(facts) && !facts.is_ipv4() {
        return None;
    }
    let get = if elsewhere::is_bsd(facts) {
        format!("route -n get {group}")
    } else {
        format!("{ip} get {group}")
    };
    Some(match facts.route.as_deref() {
        Some(route) if route == name => Notice::pass(
            Id::Route,
            format!("the kernel's route to {group} uses {name}"),
            format!("{get}: dev {route}"),
        ),
        // IPv6 has an equal route for each interface, and the kernel takes the first.
        Some(_) if !facts.is_ipv4() => Notice::pass(
            Id::Route,
            format!("{group} is expected on {name}, as requested"),
            "IPv6 has an equal route to each group on every interface; programs must name one",
        ),
        Some(route) => Notice::note(
            Id::RouteDiffers,
            format!("the kernel's route to {group} uses {route}, not {name}"),
            format!("{get}: dev {route}; programs that name no interface join and send on {route}"),
        )
        .remedy(format!("name {name} in these programs, or change the route to the group"))
        .run(Place::Here, format!("{ip} replace {group} dev {name}")),
        None => Notice::note(
            Id::NoRoute,
            format!("the kernel has no route to {group}"),
            format!(
                "{get}: unreachable; programs that name no interface cannot join (ENODEV) or send \
                 (ENETUNREACH)"
            ),
        )
        .remedy(format!("name {name} in these programs, or add a route to the group"))
        // An 'unreachable' or 'prohibit' route exists too: 'add' would fail, 'replace' works.
        .run(Place::Here, format!("{ip} replace {group} dev {name}")),
    })
}

fn membership(facts: &Facts) -> Vec<Notice> {
    let failure = match &facts.membership {
        MembershipFacts { port_taken: true, .. } => Some(port_taken(facts)),
        MembershipFacts { port_not_permitted: true, error: None, .. } => {
            Some(port_not_permitted(facts))
        }
        _ => join_failed(facts),
    };
    [failure, interfaces_left_out(&facts.membership), membership_seen(facts)]
        .into_iter()
        .flatten()
        .collect()
}

/// The tunnel for which the kernel itself may hold the port. No program has the socket open then.
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
        format!("; the kernel itself may hold the port for the tunnel {tunnel}")
    });
    let users = facts
        .port_users
        .iter()
        .flatten()
        .filter(|user| !user.own)
        .map(super::programs::name)
        .collect::<Vec<_>>();
    let holders = if users.is_empty() { "another program".to_owned() } else { list(&users) };
    let hold = if users.len() > 1 { "hold" } else { "holds" };
    Notice::fault(
        Id::PortTaken,
        format!("{holders} {hold} UDP port {} exclusively", asked.port),
        format!(
            "cannot bind the port (EADDRINUSE): it is held without SO_REUSEADDR, and no other \
             program on this host can receive {asked}; SO_REUSEPORT alone shares a port only among \
             programs of one user{kernel}"
        ),
    )
    .remedy(if users.len() > 1 {
        "stop these programs, or make them share the port (SO_REUSEADDR)"
    } else {
        "stop this program, or make it share the port (SO_REUSEADDR)"
    })
    .run(Place::Here, format!("ss -ulnp sport = :{}", asked.port))
}

/// A note, not a fault: a program with more rights can bind the port.
fn port_not_permitted(facts: &Facts) -> Notice {
    let port = facts.target.port;
    Notice::note(
        Id::PortNotPermitted,
        format!("mcast is not permitted to bind UDP port {port}"),
        format!(
            "cannot bind the port (EACCES); mcast joined the group on another port, and sees \
             datagrams to port {port} only as frames, which needs CAP_NET_RAW"
        ),
    )
    .remedy("run the check as root, or allow all programs to bind the port")
    .run(Place::Here, format!("sysctl -w net.ipv4.ip_unprivileged_port_start={port}"))
}

fn join_failed(facts: &Facts) -> Option<Notice> {
    let MembershipFacts { error, tip, .. } = &facts.membership;
    let iface = facts.iface.as_ref().map(|iface| format!(" on {iface}")).unwrap_or_default();
    let what = format!("this host cannot join {}{iface}", facts.target.group);
    Some(Notice::fault(Id::JoinFailed, what, error.clone()?).maybe_remedy(tip.clone()))
}

fn interfaces_left_out(membership: &MembershipFacts) -> Option<Notice> {
    (membership.left_out > 0).then(|| {
        Notice::note(
            Id::InterfacesLeftOut,
            format!("mcast does not listen on {}", count(membership.left_out as u64, "interface")),
            "there are too many interfaces, or joining on one of them failed; the target may \
             arrive on an interface without a listener",
        )
    })
}

/// Whether the kernel lists the membership that was joined.
fn membership_seen(facts: &Facts) -> Option<Notice> {
    let group = facts.target.group;
    let name = facts.iface.as_ref().filter(|_| facts.membership.error.is_none())?;
    let table = match facts.system.as_str() {
        "windows" => "GetAdaptersAddresses",
        "macos" | "freebsd" => "the kernel's list ('netstat -gn')",
        _ => either(facts, "/proc/net/igmp", "/proc/net/igmp6"),
    };
    if !facts.membership.seen? {
        return Some(
            Notice::fault(
                Id::JoinUnseen,
                format!("the kernel has no membership of {group} on {name}"),
                format!("the join succeeded, but {table} does not list the group"),
            )
            .remedy("bring the interface down and up again")
            .run(Place::Here, format!("ip link set {name} down; ip link set {name} up")),
        );
    }
    let others = match facts.expected().and_then(|link| link.members_before).unwrap_or(0) {
        0 => String::new(),
        1 => "; another socket had already joined".to_owned(),
        many => format!("; {many} other sockets had already joined"),
    };
    Some(Notice::pass(
        Id::Membership,
        format!("this host is a member of {group} on {name}"),
        format!("{table} lists the group{others}"),
    ))
}

/// A join without a source in the source-specific range.
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
                "routers and some switches forward groups of this range only for joins that name a \
             source (RFC 4607, 5.1)",
            )
            .remedy("name the source in the join")
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
    // A forced newer version is not the reason if the kernel follows an older querier.
    let forced = link.forced_version.filter(|forced| *forced == version && version < selecting);
    // A version forced on all interfaces applies to this one too: both settings must go.
    let [sysctl, all] = [setting(name), "all".to_owned()].map(|conf| {
        format!(
            "net.ipv{}.conf.{conf}.force_{}_version",
            either(facts, 4, 6),
            protocol.to_lowercase()
        )
    });
    let why = match forced {
        Some(_) => format!("forced by sysctl: {sysctl} or {all}"),
        None => {
            let section = either(facts, "7.2.1", "8.2.1");
            match routers::querier_of(facts, version) {
                Some(querier) => {
                    format!("the querier {querier} is an older one ({rfc}, {section})")
                }
                None if elsewhere::is_bsd(facts) => elsewhere::old_version(facts).to_owned(),
                None => format!("an older querier was detected in this network ({rfc}, {section})"),
            }
        }
    };
    if version >= selecting {
        let older = either(facts, "IGMPv1/v2", "MLDv1");
        return Some(Notice::pass(
            Id::IgmpVersion,
            format!("{name} uses {protocol}v{version}, which can filter by source"),
            match link.forced_version {
                Some(forced) => format!("version {forced} is forced by sysctl"),
                None if elsewhere::is_bsd(facts) => format!("no {older} querier seen recently"),
                None => format!("no {older} querier seen recently; no version forced by sysctl"),
            },
        ));
    }
    let version = format!("{protocol}v{version}");
    if !selective {
        return Some(Notice::note(
            Id::IgmpVersion,
            format!("{name} uses {version}, which cannot filter by source"),
            format!("{why}; joins without a source are not affected"),
        ));
    }
    let in_range = Some(facts.target.group).filter(|group| is_source_specific(*group));
    let joins = SourceJoins { in_range, others: in_range.is_none() };
    let finding = shared::ssm_unsupported(name, &version, joins).why(why);
    Some(match forced {
        Some(_) => finding
            .remedy("let the kernel choose the version")
            .run(Place::Here, format!("sysctl -w {all}=0 {sysctl}=0")),
        None => ask_for_newer_querier(facts, finding, routers::querier_of(facts, link.version?)),
    })
}

fn ask_for_newer_querier(facts: &Facts, finding: Notice, querier: Option<IpAddr>) -> Notice {
    let (protocol, selecting, rfc) = source_filtering(facts);
    let section = either(facts, "8.12", "9.12");
    let protocol_name = protocol.to_lowercase();
    let address = querier.map(|querier| format!(" {querier}")).unwrap_or_default();
    let finding = finding.remedy(format!(
        "configure {protocol}v{selecting} on the querier{address}; this host keeps the old version \
         for some minutes ({rfc}, {section}: 260 s with the default query interval)"
    ));
    if facts.is_ipv4() && querier.is_some_and(|querier| routers::is_router(facts, querier)) {
        return finding.ask_router(
            "ip igmp version 3",
            vec![Variant {
                system: System::Junos,
                run: "set protocols igmp interface IFACE version 3".to_owned(),
            }],
        );
    }
    finding.run(
        Place::Switch,
        format!("ip link set BRIDGE type bridge mcast_{protocol_name}_version {selecting}"),
    )
}

fn limits(facts: &Facts) -> Option<Notice> {
    if elsewhere::is_bsd(facts) {
        return elsewhere::limits(facts);
    }
    let limits = &facts.limits;
    let asked = facts.target.sources.len() as u64;
    let groups = limits.groups.filter(|_| facts.is_ipv4());
    let all: Vec<String> = [
        groups.map(|most| format!("{most} groups per socket (net.ipv4.igmp_max_memberships)")),
        limits.sources.map(|most| match asked {
            0 => format!("{most} sources per group"),
            asked => format!("{most} sources per group ({asked} requested)"),
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
            Notice::fault(
                Id::Limits,
                "this host cannot join any group (net.ipv4.igmp_max_memberships is 0)",
                evidence,
            )
            .remedy("raise the limit")
            .run(Place::Here, "sysctl -w net.ipv4.igmp_max_memberships=20"),
        );
    }
    match limits.rcvbuf {
        None if all.is_empty() => None,
        Some(most) if most < SMALL_RCVBUF => Some(
            Notice::note(
                Id::Limits,
                format!("the maximum receive buffer of this host is small ({} KiB)", most / 1024),
                format!(
                    "{evidence}; {} KiB holds {} datagrams of 64 bytes, or {} of 1316 bytes",
                    most / 1024,
                    2 * most / 960,
                    2 * most / 2304
                ),
            )
            .remedy("raise the limit for fast streams")
            .run(Place::Here, "sysctl -w net.core.rmem_max=8388608"),
        ),
        _ => Some(Notice::pass(Id::Limits, "the limits of this host are sufficient", evidence)),
    }
}

fn self_test(facts: &Facts) -> Option<Notice> {
    let test = facts.self_test.as_ref()?;
    let name = test.iface.as_deref().or(facts.iface.as_deref()).unwrap_or("this host");
    // Another finding reports that the interface is down.
    if facts.expected().is_some_and(|link| !link.up || facts.is_switched_off(link)) {
        return None;
    }
    // IP neither sends nor receives on a member of another interface.
    if facts.upper().is_some() {
        return None;
    }
    if let Some(error) = &test.error {
        if let Some(finding) = elsewhere::refused(facts, test, error) {
            return Some(finding);
        }
        if test.refused {
            let what =
                format!("this host's firewall drops outgoing datagrams to {}", facts.target.group);
            return Some(
                Notice::fault(Id::FirewallOutput, what, format!("sending failed: {error}"))
                    .remedy(
                        "accept the group in the chain that drops it ('nft list ruleset', as root, \
                     shows the chain); the rule affects sending, not receiving",
                    )
                    .run(Place::Here, "nft list ruleset")
                    .at(Level::Warning),
            );
        }
        let finding = Notice::warning(
            Id::SelfTestFailed,
            format!("cannot send to {} on {name}", facts.target.group),
            error.clone(),
        );
        return Some(match &test.tip {
            Some(tip) => finding.remedy(tip.clone()),
            None => finding,
        });
    }
    if test.heard == 0 {
        return not_received(facts, test, name);
    }
    let port = if test.same_port {
        ""
    } else if facts.membership.port_not_permitted {
        " (to another port)"
    } else {
        // A program that listens on the port would take the test for data.
        " (to an unused port)"
    };
    Some(Notice::pass(
        Id::SelfTest,
        "this host receives its own datagrams",
        format!(
            "{} of {} datagrams sent to the group on {name}{port} came back; they did not leave \
             the host, and do not test cables, switches or routers",
            test.heard, test.sent
        ),
    ))
}

/// The rules of the firewall find the place of the loss from the counters. If all rules are known
/// and none drops the target, the loss does not concern other senders.
fn not_received(facts: &Facts, test: &SelfTestFacts, name: &str) -> Option<Notice> {
    let all_read = facts.firewall.read && !facts.firewall.legacy;
    let is_passed = all_read && facts.judged().is_some() && facts.firewall.inbound.is_empty();
    let finding = Notice::warning(
        Id::SelfTestFailed,
        "this host does not receive its own datagrams",
        format!("{} sent on {name}, none came back", count(test.sent, "datagram")),
    );
    if is_passed {
        let why = finding.why.clone().unwrap_or_default();
        return Some(finding.at(Level::Note).why(format!(
            "{why}; no firewall rule drops datagrams of other hosts; this is consistent with \
             a rule against this host's own source address"
        )));
    }
    test.counters.is_none().then(|| finding.remedy("check the firewall of this host"))
}
