//! Notices that are both a warning and a finding. Each use adds its own tip, and a finding adds its
//! evidence.

use std::net::IpAddr;

use super::{Id, Level, Notice};
use crate::iface::Master;
use crate::units::words::{and_more, list};

/// An interface is administratively down.
pub fn interface_down(iface: &str) -> Notice {
    let what = format!("interface {iface} is administratively down and cannot send or receive");
    Notice::new(Level::Warning, Id::InterfaceDown, what)
}

/// An interface on Windows is disabled, or has no link.
pub fn interface_not_operational(iface: &str) -> Notice {
    let what = format!("interface {iface} is not operational and cannot send or receive");
    Notice::new(Level::Warning, Id::InterfaceDown, what)
        .remedy("enable the interface, or connect its network")
}

/// An interface is a port or a member of another one, which receives its frames.
pub fn interface_member(iface: &str, master: &Master) -> Notice {
    let what =
        format!("{iface} is {}: its datagrams arrive on {}", membership(master), master.name);
    Notice::new(Level::Warning, Id::InterfaceMember, what)
}

/// `a port of the bridge br0`, `a member of the bond bond0`.
pub fn membership(master: &Master) -> String {
    format!("a {} of {master}", if master.has_ports() { "port" } else { "member" })
}

/// An ipvlan interface of a mode without multicast.
pub fn l3_ipvlan(iface: &str) -> Notice {
    let what =
        format!("{iface} is an ipvlan interface in mode L3 or L3S, which carries no multicast");
    Notice::new(Level::Warning, Id::Ipvlan, what)
        .remedy("use ipvlan in mode L2 or macvlan: 'ip link add ... type macvlan mode bridge'")
}

/// This process may open no netlink socket.
pub fn no_netlink() -> Notice {
    let what = "this process cannot open netlink sockets: mcast has incomplete information about \
                interfaces and routes";
    Notice::new(Level::Warning, Id::NoNetlink, what).remedy(
        "allow AF_NETLINK; a systemd service needs RestrictAddressFamilies=AF_INET AF_INET6 \
         AF_NETLINK",
    )
}

/// `group` and `more` groups of the source-specific range were joined from any source.
pub fn any_source_in_ssm_range(group: IpAddr, more: usize) -> Notice {
    let (are, were, them) = if more == 0 { ("is", "was", "it") } else { ("are", "were", "them") };
    let what = format!(
        "{} {are} in the SSM range but {were} joined without a source; routers will not forward \
         {them}",
        and_more(group, more, "group")
    );
    Notice::new(Level::Warning, Id::AnySourceInSsmRange, what)
}

/// The groups that were joined with a source filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceJoins {
    /// A group in the source-specific range, if there is one.
    pub in_range: Option<IpAddr>,
    /// There are groups outside of that range.
    pub others: bool,
}

/// Groups were joined with a source filter on an interface whose `version` of IGMP or MLD has none.
pub fn ssm_unsupported(iface: &str, version: &str, joins: SourceJoins) -> Notice {
    let ignored = joins.in_range.map(|group| {
        format!(
            "routers ignore {version} reports for the SSM range (RFC 4604) and do not forward \
             {group}"
        )
    });
    let filtered = "the network delivers datagrams from all sources, and this host filters them";
    let meaning = match ignored {
        Some(ignored) if joins.others => format!("{ignored}; for other groups, {filtered}"),
        Some(ignored) => ignored,
        None => filtered.to_owned(),
    };
    let what = format!("{iface} uses {version}, which cannot filter by source: {meaning}");
    Notice::new(Level::Warning, Id::SsmUnsupported, what)
}

/// The same datagrams arrive on each of these interfaces, two or more.
pub fn arrives_twice(ifaces: &[String]) -> Notice {
    let (all, times) = match ifaces.len() {
        ..=2 => ("both".to_owned(), "twice".to_owned()),
        many => (format!("all {many}"), format!("{many} times")),
    };
    let what = format!(
        "the same datagrams arrive on {}; a program that joins on {all} receives each datagram \
         {times}",
        list(ifaces)
    );
    Notice::new(Level::Warning, Id::ArrivesTwice, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pronouns_agree_with_the_number_of_groups() {
        let group = "232.1.1.1".parse().unwrap();
        assert_eq!(
            any_source_in_ssm_range(group, 0).what,
            "232.1.1.1 is in the SSM range but was joined without a source; routers will not \
             forward it"
        );
        assert_eq!(
            any_source_in_ssm_range(group, 2).what,
            "232.1.1.1 and 2 more groups are in the SSM range but were joined without a source; \
             routers will not forward them"
        );
    }

    #[test]
    fn only_groups_outside_of_the_ssm_range_arrive_from_all_sources() {
        let in_range = Some("232.1.1.1".parse().unwrap());
        let what = |in_range, others| {
            ssm_unsupported("e0", "IGMPv2", SourceJoins { in_range, others }).what
        };
        let all = "datagrams from all sources, and this host filters them";
        assert!(what(None, true).ends_with(all));
        let none = "do not forward 232.1.1.1";
        assert!(what(in_range, false).ends_with(none));
        let both = what(in_range, true);
        assert!(both.contains(none) && both.ends_with(all), "{both}");
    }

    #[test]
    fn each_interface_delivers_a_copy() {
        let ifaces = ["e0", "e1", "e2"].map(str::to_owned);
        let what = |number| arrives_twice(&ifaces[..number]).what;
        assert_eq!(
            what(2),
            "the same datagrams arrive on e0 and e1; a program that joins on both receives each \
             datagram twice"
        );
        assert!(what(3).ends_with("joins on all 3 receives each datagram 3 times"), "{}", what(3));
    }
}
