//! The multicast routers in this network, from their PIM hellos and membership queries, and the
//! commands that show the state of a group on a router.

use std::net::IpAddr;

use super::words::{either, is_flooded};
use crate::diagnosis::facts::{Facts, PimRouter, Queries};
use crate::iface::Address;
use crate::notice::{Id, Level, Notice, Place, System, Variant};
use crate::target::{is_control_block, is_link_scoped, is_source_specific};
use crate::units::order::sort_by_key;
use crate::units::words::{list, plural, seconds};

/// Somewhat more than the default interval of hellos (RFC 7761, 4.11: 30 s).
pub const ONE_HELLO: f64 = 35.0;

/// How many seconds to listen for a hello, and for a query too (RFC 3376, 8.2: 125 s).
const LISTEN: [u32; 2] = [40, 130];

/// How many routers are named: a forger can make any number.
const FEW: usize = 4;

pub fn findings(facts: &Facts, others: &[Notice]) -> Option<Notice> {
    let link = facts.expected().filter(|link| link.up && !link.loopback)?;
    let concerns = link.carrier != Some(false) && facts.upper().is_none();
    if !concerns || facts.frames.is_none() || never_routed(facts) || facts.is_switched_off(link) {
        return None;
    }
    let routers = routers(facts);
    if routers.is_empty() {
        return no_pim_router(facts, &link.name, others);
    }
    let (name, evidence) = (&link.name, evidence(facts, &routers));
    let finding = Notice::pass(Id::LastHopRouter, named(facts, name, &routers), evidence);
    // A finding about the path has these commands too.
    let explained = others.iter().any(|other| other.level == Level::Fault);
    let far = asked(facts).is_none_or(|source| is_far(facts, source));
    if is_silent(facts) && !explained && facts.path.is_none() && far {
        let first = last_hop(&routers).router;
        let finding = finding.at(Level::Note).remedy(format!(
            "{}check on {first}: members of the group, its route, the route back to the source, \
             PIM neighbours{}",
            if asked(facts).is_some() { "" } else { "if the sender is in another network, " },
            if is_source_specific(facts.target.group) { "" } else { ", the rendezvous point" }
        ));
        return Some(ask(facts, asked(facts), finding));
    }
    Some(finding)
}

/// The routers that run PIM on the expected interface, in the order in which they are preferred as
/// the designated router.
pub fn routers(facts: &Facts) -> Vec<&PimRouter> {
    let all = facts.frames.iter().flat_map(|frames| &frames.pim_routers);
    let here = |router: &&PimRouter| facts.is_expected(&router.iface) && !router.has_left();
    let mut routers: Vec<&PimRouter> = all.filter(here).collect();
    // A router without a priority makes the addresses count alone (RFC 7761, 4.3.2).
    let by_priority = routers.iter().all(|router| router.dr_priority.is_some());
    let rank = |router: &PimRouter| (router.dr_priority.filter(|_| by_priority), router.router);
    sort_by_key(&mut routers, |router| std::cmp::Reverse(rank(router)));
    routers
}

/// The router that forwards groups to this network, as far as hellos arrived.
fn last_hop<'a>(routers: &[&'a PimRouter]) -> &'a PimRouter {
    routers[0]
}

/// Adds the commands that show on a router where the group ends, in the order in which to look.
pub fn ask(facts: &Facts, source: Option<IpAddr>, finding: Notice) -> Notice {
    let group = facts.target.group;
    let source = source.map_or("SOURCE".to_owned(), |source| source.to_string());
    let junos = |run: String| Variant { system: System::Junos, run };
    let (ip, inet, inet6) = either(facts, ("ip", "", ""), ("ipv6", "inet6 ", " inet6"));
    let (members, of_junos) = either(facts, ("igmp", "igmp"), ("mld", "mld"));
    let finding = finding
        .ask_router(
            format!("show {ip} {members} groups"),
            vec![junos(format!("show {of_junos} group {group}"))],
        )
        .ask_router(
            format!("show {ip} mroute {group}"),
            vec![junos(format!("show multicast route {inet}group {group}"))],
        )
        .ask_router(
            format!("show {ip} rpf {source}"),
            vec![junos(format!("show multicast rpf {inet}{source}"))],
        )
        .ask_router(
            format!("show {ip} pim neighbor"),
            vec![junos(format!("show pim neighbors{inet6}"))],
        );
    if is_source_specific(group) {
        return finding;
    }
    let frr = Variant { system: System::Frr, run: format!("show {ip} pim rp-info") };
    finding.ask_router(
        either(
            facts,
            format!("show ip pim rp mapping {group}"),
            format!("show ipv6 pim group-map {group}"),
        ),
        vec![frr, junos(format!("show pim rps{inet6}"))],
    )
}

fn named(facts: &Facts, name: &str, routers: &[&PimRouter]) -> String {
    if facts.seconds < ONE_HELLO {
        let all = some(routers.iter().map(|router| with_roles(router, &roles(facts, router))));
        return format!("PIM router{} on {name}: {all}", plural(routers.len() as u64));
    }
    let (first, others) = (last_hop(routers), &routers[1..]);
    let mut own = vec!["PIM designated router".to_owned()];
    own.extend(roles(facts, first));
    let first = with_roles(first, &own);
    let others = some(others.iter().map(|router| with_roles(router, &roles(facts, router))));
    let others = if others.is_empty() { others } else { format!("; other PIM routers: {others}") };
    format!("the last-hop router on {name} is {first}{others}")
}

fn with_roles(router: &PimRouter, roles: &[String]) -> String {
    match roles {
        [] => router.router.to_string(),
        roles => format!("{} ({})", router.router, roles.join(", ")),
    }
}

/// `IGMPv3 querier`: the version of the queries that the router sent.
fn roles(facts: &Facts, router: &PimRouter) -> Vec<String> {
    let sends = |queries: &&Queries| has(router, queries.querier);
    queries(facts).filter(sends).map(|queries| querier(facts, queries.version)).collect()
}

fn querier(facts: &Facts, version: u8) -> String {
    format!("{}v{version} querier", either(facts, "IGMP", "MLD"))
}

/// The queries of routers and hosts. A switch without an address queries from 0.0.0.0 (RFC 4541,
/// 2.1.1).
fn queries(facts: &Facts) -> impl Iterator<Item = &Queries> {
    let all = facts.frames.iter().flat_map(|frames| &frames.queries);
    all.filter(|queries| {
        let is_of_family = queries.querier.is_ipv4() == facts.is_ipv4();
        is_of_family && !queries.querier.is_unspecified() && facts.is_expected(&queries.iface)
    })
}

/// The address that sent queries of this version of IGMP or MLD.
pub fn querier_of(facts: &Facts, version: u8) -> Option<IpAddr> {
    queries(facts).find(|queries| queries.version == version).map(|queries| queries.querier)
}

/// Whether PIM runs at this address.
pub fn is_router(facts: &Facts, address: IpAddr) -> bool {
    routers(facts).into_iter().any(|router| has(router, address))
}

fn has(router: &PimRouter, address: IpAddr) -> bool {
    router.router == address || router.addresses.contains(&address)
}

/// A list of things, with a number in place of those beyond a few.
fn some(things: impl ExactSizeIterator<Item = String>) -> String {
    let more = things.len().saturating_sub(FEW);
    let more = (more > 0).then(|| format!("{more} more"));
    list(&things.take(FEW).chain(more).collect::<Vec<_>>())
}

fn evidence(facts: &Facts, routers: &[&PimRouter]) -> String {
    let mut words =
        vec![format!("PIM hellos from {}", some(routers.iter().map(|router| hello(router))))];
    let restarted = routers.iter().filter(|router| router.restarts > 0);
    words.extend(
        restarted.take(FEW).map(|router| format!("PIM started again on {}", router.router)),
    );
    let is_router = |address: IpAddr| routers.iter().any(|router| has(router, address));
    let others = queries(facts).filter(|queries| !is_router(queries.querier));
    words.extend(others.take(FEW).map(|queries| {
        format!(
            "the {} is {}, which sent no hello",
            querier(facts, queries.version),
            queries.querier
        )
    }));
    if facts.seconds < ONE_HELLO {
        words.push(format!(
            "hellos are sent every 30 s by default (RFC 7761, 4.11): a check of {} s may show more \
             routers",
            LISTEN[0]
        ));
    }
    words.join("; ")
}

/// `10.1.0.1 (DR priority 1, hold time 105 s, also fd00::1)`.
fn hello(router: &PimRouter) -> String {
    let priority = router.dr_priority.map(|priority| format!("DR priority {priority}"));
    let hold = router.hold_time.map(|time| match time {
        u16::MAX => "unlimited hold time".to_owned(),
        time => format!("hold time {time} s"),
    });
    let of_family =
        router.addresses.iter().filter(|also| also.is_ipv4() == router.router.is_ipv4());
    let also: Vec<String> = of_family.take(FEW).map(IpAddr::to_string).collect();
    let also = (!also.is_empty()).then(|| format!("also {}", list(&also)));
    with_roles(router, &priority.into_iter().chain(hold).chain(also).collect::<Vec<_>>())
}

/// The source of the check is in another network, and no router in this network runs PIM.
fn no_pim_router(facts: &Facts, name: &str, others: &[Notice]) -> Option<Notice> {
    let source = asked(facts).filter(|source| is_far(facts, *source))?;
    let explained = others.iter().any(|other| other.level == Level::Fault);
    // The finding about a measured stream includes the routers.
    if !is_silent(facts) || explained || facts.path.is_some() {
        return None;
    }
    let time = seconds(facts.seconds);
    let what =
        format!("no PIM router detected on {name} in {time}, and {source} is in another network");
    let next = facts.next_hop.map(|router| {
        let asks = queries(facts).find(|queries| queries.querier == router);
        let role = asks.map(|queries| format!(" ({})", querier(facts, queries.version)));
        format!("the router towards {source} is {router}{}; ", role.unwrap_or_default())
    });
    let interval = "PIM routers send a hello every 30 s by default (RFC 7761, 4.11)";
    let known = format!("{}{interval}", next.unwrap_or_default());
    if facts.seconds >= ONE_HELLO {
        return Some(routed_without_pim(facts, Notice::warning(Id::NoPimRouter, what, known)));
    }
    let listen = LISTEN[usize::from(queries(facts).next().is_none())];
    Some(
        Notice::note(
            Id::NoPimRouter,
            what,
            format!("{known}: this check was too short to detect every router"),
        )
        .remedy("listen for a full hello interval")
        .run(Place::Here, format!("{} --duration {listen}s", facts.target.check(Some(name)))),
    )
}

/// Completes the finding that no router runs PIM: the ways to forward the group without it, and the
/// commands for the router.
fn routed_without_pim(facts: &Facts, finding: Notice) -> Notice {
    let others: Vec<String> = queries(facts)
        .filter(|queries| Some(queries.querier) != facts.next_hop)
        .map(|queries| queries.querier.to_string())
        .collect();
    let queriers = if queries(facts).next().is_none() {
        "; no querier was detected either".to_owned()
    } else if others.is_empty() {
        String::new()
    } else {
        let all = some(others.into_iter());
        format!("; the querier {all} can be a switch, or a router without PIM")
    };
    let evidence = format!(
        "{}{queriers}; this is consistent with no router that forwards groups to this network, \
         and with a router that sends no hellos: a passive PIM interface, an {} proxy or static \
         multicast routes",
        finding.why.as_deref().unwrap_or_default(),
        either(facts, "IGMP", "MLD")
    );
    let router = facts.next_hop.map_or("the router".to_owned(), |router| router.to_string());
    let (ip, inet, inet6) = either(facts, ("ip", "", ""), ("ipv6", "inet6 ", " inet6"));
    let (group, junos) = (facts.target.group, |run| vec![Variant { system: System::Junos, run }]);
    finding
        .why(evidence)
        .remedy(format!(
            "check on {router} that multicast routing and PIM run on its interface in this \
             network, or that its proxy or static routes have the group"
        ))
        .ask_router(
            format!("show {ip} pim interface"),
            junos(format!("show pim interfaces{inet6}")),
        )
        .ask_router(
            format!("show {ip} mroute {group}"),
            junos(format!("show multicast route {inet}group {group}")),
        )
}

/// The router to look at first: the one that forwards groups to this network, or else the one
/// towards the source.
pub fn first(facts: &Facts) -> Option<IpAddr> {
    routers(facts).first().map(|router| router.router).or(facts.next_hop)
}

/// Whether no datagrams and no frames of the group arrived.
fn is_silent(facts: &Facts) -> bool {
    facts.heard_here() == 0 && facts.frames_here().is_none_or(|frames| frames == 0)
}

/// Whether routers never forward the group.
fn never_routed(facts: &Facts) -> bool {
    let group = facts.target.group;
    is_flooded(facts) || is_control_block(group) || is_link_scoped(group)
}

/// The source that the check names.
fn asked(facts: &Facts) -> Option<IpAddr> {
    facts.target.sources.first().copied()
}

/// Whether this address is certainly in no network of this host.
fn is_far(facts: &Facts, address: IpAddr) -> bool {
    let own = facts.interfaces.iter().flat_map(|link| &link.addresses);
    let mut of_family = own.filter(|own| own.ip.is_ipv4() == address.is_ipv4()).peekable();
    of_family.peek().is_some()
        && !is_link_scoped(address)
        && of_family.all(|own| contains(own, address) == Some(false))
}

/// Whether the network of this address contains another one; `None` if its size is unknown.
fn contains(network: &Address, address: IpAddr) -> Option<bool> {
    let prefix = u32::from(network.prefix?);
    let differ = match (network.ip, address) {
        (IpAddr::V4(own), IpAddr::V4(other)) => {
            (own.to_bits() ^ other.to_bits()).checked_shr(32_u32.checked_sub(prefix)?).unwrap_or(0)
                != 0
        }
        (IpAddr::V6(own), IpAddr::V6(other)) => {
            (own.to_bits() ^ other.to_bits()).checked_shr(128_u32.checked_sub(prefix)?).unwrap_or(0)
                != 0
        }
        _ => return None,
    };
    Some(!differ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_the_addresses_with_its_prefix() {
        let cases = [
            ("10.1.0.101", 24, "10.1.0.1", Some(true)),
            ("10.1.0.101", 24, "10.0.0.100", Some(false)),
            ("10.1.0.101", 32, "10.1.0.101", Some(true)),
            ("10.1.0.101", 0, "192.0.2.1", Some(true)),
            ("10.1.0.101", 33, "10.1.0.1", None),
            ("fd00:1::101", 64, "fd00:1::1", Some(true)),
            ("fd00:1::101", 64, "fd00::1", Some(false)),
            ("fd00:1::101", 64, "10.1.0.1", None),
        ];
        for (own, prefix, other, expected) in cases {
            let network = Address { ip: own.parse().unwrap(), prefix: Some(prefix) };
            assert_eq!(contains(&network, other.parse().unwrap()), expected, "{own} {other}");
        }
        let unknown = Address { ip: "10.1.0.101".parse().unwrap(), prefix: None };
        assert_eq!(contains(&unknown, "10.1.0.1".parse().unwrap()), None);
    }

    #[test]
    fn the_designated_router_has_the_highest_priority_then_address() {
        let router = |address: &str, dr_priority| PimRouter {
            iface: "e0".to_owned(),
            router: address.parse().unwrap(),
            dr_priority,
            ..PimRouter::default()
        };
        let first = |pim_routers: Vec<PimRouter>| {
            let frames = crate::diagnosis::FrameFacts { pim_routers, ..Default::default() };
            let facts =
                Facts { iface: Some("e0".to_owned()), frames: Some(frames), ..Facts::default() };
            routers(&facts)[0].router.to_string()
        };
        let [low, high] = ["10.1.0.1", "10.1.0.2"];
        assert_eq!(first(vec![router(low, Some(1)), router(high, Some(1))]), high);
        assert_eq!(first(vec![router(low, Some(9)), router(high, Some(1))]), low);
        assert_eq!(first(vec![router(low, Some(9)), router(high, None)]), high, "RFC 7761, 4.3.2");
        let leaving = PimRouter { hold_time: Some(0), ..router(high, Some(1)) };
        assert_eq!(first(vec![router(low, Some(1)), leaving]), low);
    }
}
