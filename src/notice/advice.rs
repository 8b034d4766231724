//! Advice about addresses and lengths, if the network treats them in a way that the user may not
//! expect. mcast gives each advice once, before the run starts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Id, Level, Notice};
use crate::host::Commands;
use crate::iface::{Cast, MacAddr};
use crate::target::{Endpoint, ethernet_address, is_control_block};
use crate::units::words::and_more;

/// Advice about groups.
struct Advice {
    /// Whether it applies to a group.
    applies: fn(IpAddr) -> bool,
    /// The notice for the first of these groups and the number of others.
    notice: fn(IpAddr, usize) -> Notice,
}

const CONTROL_BLOCK: Advice =
    Advice { applies: |group| group.is_ipv4() && is_control_block(group), notice: control_block };
const RESERVED: Advice = Advice { applies: is_reserved, notice: reserved_range };
const PERMANENT: Advice = Advice { applies: is_permanent, notice: permanent_group };
const FLOODED: Advice = Advice { applies: is_flooded, notice: flooded_group };
const STAYS_LOCAL: Advice = Advice { applies: is_routed, notice: |group, _| stays_local(group) };
const STAYS_ON_HOST: Advice = Advice { applies: |_| true, notice: |group, _| stays_on_host(group) };

/// The advice for a sender that asked for this TTL.
pub fn for_sender(endpoints: &[Endpoint], ttl: Option<u8>) -> Vec<Notice> {
    let about_groups = [CONTROL_BLOCK, RESERVED, PERMANENT, FLOODED];
    let about_ttl = match ttl {
        None => Some(STAYS_LOCAL),
        Some(0) => Some(STAYS_ON_HOST),
        Some(_) => None,
    };
    let on_loopback = |at: &&Endpoint| at.via.address.is_some_and(|address| address.is_loopback());
    let outward = endpoints.iter().filter(|at| !on_loopback(at));
    let mut notices = gather(endpoints.iter(), about_groups);
    notices.extend(gather(outward, about_ttl));
    notices
}

/// The last four digits of an address, behind a colon, may have been meant as the port of `group`.
pub fn bare_port((group, port): (Ipv6Addr, u16)) -> Notice {
    note(Id::BarePort, format!("{group}:{port} is one address without a port (RFC 3986, 3.2.2)"))
        .remedy(format!("for port {port}, write [{group}]:{port}"))
}

/// `-t` was typed for a run that has no end.
pub fn ttl_is_no_time(ttl: u8) -> Notice {
    note(
        Id::TtlIsNoTime,
        format!("-t {ttl} sets the TTL, not a time limit; this run ends only with Ctrl-C"),
    )
    .remedy(format!("to end it after {ttl} s, use --duration {ttl}s"))
}

/// Standard input has bytes, and an option such as `--count` describes the default message.
pub fn input_not_sent() -> Notice {
    note(Id::InputNotSent, "standard input is not sent".to_owned())
        .remedy("to send it, use --file - or --lines")
}

/// The payload in bytes that every network carries in one piece (RFC 8200, 5: 1280 bytes with the
/// headers). Up to this length the MTU does not matter.
const ALWAYS_FITS: usize = 1280 - 40 - 8;

/// The advice for a sender of payloads of `len` bytes. `mtus` returns the MTU of interfaces in
/// bytes, by index.
pub fn for_length(
    len: usize,
    endpoints: &[Endpoint],
    mtus: impl FnOnce() -> BTreeMap<u32, u32>,
) -> Option<Notice> {
    if len <= ALWAYS_FITS {
        return None;
    }
    let mtus = mtus();
    let fits = |at: &Endpoint| {
        let headers = if at.group.is_ipv4() { 20 + 8 } else { 40 + 8 };
        mtus.get(&at.via.index).map_or(usize::MAX, |mtu| (*mtu as usize).saturating_sub(headers))
    };
    let (group, fits) =
        endpoints.iter().map(|at| (at.group, fits(at))).find(|(_, fits)| *fits < len)?;
    Some(fragmented(group, len, fits))
}

/// The advice for a receiver. It did not choose the group, and gets less advice than a sender.
pub fn for_receiver<'a>(endpoints: impl Iterator<Item = &'a Endpoint> + Clone) -> Vec<Notice> {
    gather(endpoints, [RESERVED, FLOODED])
}

/// The advice about the interfaces of receivers and senders.
pub fn for_interfaces<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> Vec<Notice> {
    let mut named: Vec<&str> = Vec::new();
    let mut advice = Vec::new();
    for Endpoint { group, via, .. } in endpoints.filter(|at| at.cast == Cast::Multicast) {
        if named.contains(&via.name.as_str()) {
            continue;
        }
        if via.link.is_wireguard() {
            advice.push(wireguard(*group, &via.name));
        } else if via.no_multicast {
            advice.push(no_multicast_flag(&via.name, Commands::HERE));
        } else {
            continue;
        }
        named.push(&via.name);
    }
    advice
}

/// The kernel routes `group` to `tunnel`, although `other` can carry multicast too.
pub fn tunnel_route(group: IpAddr, tunnel: &str, other: &str) -> Notice {
    note(
        Id::TunnelRoute,
        format!(
            "the kernel routes {group} to the tunnel {tunnel}; {other} can also carry multicast"
        ),
    )
    .remedy(format!("if the group is on the network of {other}, use --iface {other}"))
}

fn gather<'a>(
    endpoints: impl Iterator<Item = &'a Endpoint> + Clone,
    advice: impl IntoIterator<Item = Advice>,
) -> Vec<Notice> {
    let notice = |Advice { applies, notice }: Advice| {
        let mut groups: Vec<IpAddr> = Vec::new();
        endpoints.clone().filter(|at| at.cast == Cast::Multicast && applies(at.group)).for_each(
            |at| {
                // Ports and interfaces of one group stand together.
                if groups.last() != Some(&at.group) {
                    groups.push(at.group);
                }
            },
        );
        groups.sort_unstable();
        groups.dedup();
        Some(notice(*groups.first()?, groups.len() - 1))
    };
    advice.into_iter().filter_map(notice).collect()
}

/// Whether RFC 5771, 3 calls the range of a group reserved, except ranges that were assigned later:
/// 224.252.0.0/14, the transient groups of DIS in IANA's registry, and 234.0.0.0/8 (RFC 6034).
fn is_reserved(group: IpAddr) -> bool {
    let IpAddr::V4(group) = group else { return false };
    matches!(group.octets(), [224, 1 | 5..=251, ..] | [225..=231 | 235..=238, ..])
}

/// Whether IANA assigns an IPv6 group permanently (flag T is 0: RFC 4291, 2.7).
fn is_permanent(group: IpAddr) -> bool {
    matches!(group, IpAddr::V6(group) if group.octets()[1] & 0x10 == 0)
}

/// Whether a group outside the control block has the Ethernet address of a group inside it.
fn is_flooded(group: IpAddr) -> bool {
    let IpAddr::V4(v4) = group else { return false };
    !is_control_block(group) && is_control_block(same_mac(v4).into())
}

/// Whether routers forward a group: IPv6 groups of a scope beyond the link, from site-local (5) on,
/// and IPv4 groups outside the control block and the local scope 239.255.0.0/16 (RFC 2365, 6.1).
fn is_routed(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(v4) => !is_control_block(group) && v4.octets()[..2] != [239, 255],
        IpAddr::V6(group) => group.octets()[1] & 0x0f >= 5,
    }
}

/// The group of 224.0.0.0/9 that has the same Ethernet address (RFC 1112, 6.4).
fn same_mac(group: Ipv4Addr) -> Ipv4Addr {
    let [_, second, third, fourth] = group.octets();
    Ipv4Addr::new(224, second & 0x7f, third, fourth)
}

fn note(id: Id, what: String) -> Notice {
    Notice::new(Level::Note, id, what)
}

/// `one` if there are no more groups, else `many`.
fn number<'a>(more: usize, one: &'a str, many: &'a str) -> &'a str {
    if more == 0 { one } else { many }
}

fn control_block(group: IpAddr, more: usize) -> Notice {
    let (is, it) = (number(more, "is", "are"), number(more, "it", "them"));
    note(
        Id::ControlBlock,
        format!(
            "{} {is} in the local network control block 224.0.0.0/24: routers never forward {it}, \
             whatever the TTL, and switches flood {it} (RFC 5771, 4; RFC 4541, 2.1.2)",
            and_more(group, more, "group")
        ),
    )
}

fn reserved_range(group: IpAddr, more: usize) -> Notice {
    note(
        Id::ReservedRange,
        format!(
            "{} {} (RFC 5771, 3)",
            and_more(group, more, "group"),
            number(more, "is in an IANA-reserved range", "are in IANA-reserved ranges")
        ),
    )
    .remedy("for private use, choose a group in 239.0.0.0/8 (RFC 2365)")
}

fn permanent_group(group: IpAddr, more: usize) -> Notice {
    note(
        Id::PermanentGroup,
        format!(
            "{} {} by IANA (flag T is 0; RFC 4291, 2.7)",
            and_more(group, more, "group"),
            number(more, "is a permanent group, assigned", "are permanent groups, assigned")
        ),
    )
    .remedy("for private use, choose a group that begins with ff1, for example ff15::1234")
}

fn flooded_group(group: IpAddr, more: usize) -> Notice {
    let mac = ethernet_address(group).unwrap_or(MacAddr([0; 6]));
    let other = if let IpAddr::V4(group) = group { same_mac(group) } else { Ipv4Addr::UNSPECIFIED };
    note(
        Id::FloodedGroup,
        format!(
            "{} {} with 224.0.0.0/24, which switches flood to every port ({group} and {other} both \
             map to {mac}; RFC 1112, 6.4; RFC 4541, 2.1.2)",
            and_more(group, more, "group"),
            number(more, "shares an Ethernet address", "share Ethernet addresses")
        ),
    )
}

fn wireguard(group: IpAddr, iface: &str) -> Notice {
    let all = if group.is_ipv4() { "224.0.0.0/4" } else { "ff00::/8" };
    note(
        Id::NoMulticastFlag,
        format!(
            "{iface} is a WireGuard tunnel without the MULTICAST flag: it carries {group} only to \
             the peer whose allowed IPs contain it"
        ),
    )
    .remedy(format!("list them with 'wg show {iface} allowed-ips'; {all} covers all groups"))
}

/// An interface that cannot carry multicast, according to its flags or its driver.
pub(crate) fn no_multicast_flag(iface: &str, commands: Commands) -> Notice {
    let off = format!("the MULTICAST flag of {iface} is off");
    let what = match commands {
        Commands::Linux => {
            format!("{off}: Linux still carries multicast on it, but other programs may not use it")
        }
        // sys/netinet/ip_output.c and in_mcast.c of FreeBSD, and bsd/netinet of xnu.
        Commands::Macos | Commands::FreeBsd => {
            format!("{off}: this system refuses to join groups and to send to groups on it")
        }
        Commands::Windows => {
            format!("the driver of {iface} reports that the interface carries no multicast")
        }
    };
    let remedy = (commands == Commands::Linux)
        .then(|| format!("set it with 'ip link set {iface} multicast on'"));
    note(Id::NoMulticastFlag, what).maybe_remedy(remedy)
}

fn stays_local(group: IpAddr) -> Notice {
    let (name, rfc) =
        if group.is_ipv4() { ("TTL 1", "RFC 1112, 6.1") } else { ("hop limit 1", "RFC 8200, 3") };
    note(
        Id::StaysLocal,
        format!("these datagrams have {name}: routers will not forward them ({rfc})"),
    )
    .remedy("to cross up to 15 routers, use --ttl 16")
}

fn stays_on_host(group: IpAddr) -> Notice {
    let (name, rfc) =
        if group.is_ipv4() { ("TTL 0", "RFC 1112, 6.1") } else { ("hop limit 0", "RFC 8200, 3") };
    note(
        Id::StaysOnHost,
        format!("these datagrams have {name}: they will not leave this host ({rfc})"),
    )
    .remedy("to reach this network, use --ttl 1")
}

fn fragmented(group: IpAddr, len: usize, fits: usize) -> Notice {
    note(
        Id::Fragmented,
        format!(
            "a payload of {len} bytes to {group} exceeds the {fits} bytes that fit one frame and \
             is fragmented: losing one fragment loses the datagram (RFC 8085, 3.2)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::iface::Via;

    fn endpoints(groups: &[&str]) -> Vec<Endpoint> {
        let via = Arc::new(Via {
            name: "e0".to_owned(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
            ..Via::default()
        });
        let at = |group: &&str| {
            let group: IpAddr = group.parse().unwrap();
            let cast = if group.is_multicast() { Cast::Multicast } else { Cast::Unicast };
            Endpoint { group, port: 5000, cast, via: Arc::clone(&via) }
        };
        groups.iter().map(at).collect()
    }

    fn ids(group: &str, ttl: Option<u8>) -> Vec<Id> {
        for_sender(&endpoints(&[group]), ttl).iter().map(|notice| notice.id).collect()
    }

    #[test]
    fn a_payload_that_does_not_fit_one_frame_is_fragmented() {
        let advice = |group: &str, len| {
            for_length(len, &endpoints(&[group]), || BTreeMap::from([(2, 1500)]))
                .map(|notice| notice.what)
        };
        assert_eq!(
            (advice("239.1.1.1", 1472), advice("ff15::1", 1452), advice("239.1.1.1", 64)),
            (None, None, None)
        );
        assert!(
            advice("239.1.1.1", 1473)
                .unwrap()
                .contains("1473 bytes to 239.1.1.1 exceeds the 1472 bytes that fit one frame")
        );
        assert!(advice("ff15::1", 1453).unwrap().contains("exceeds the 1452 bytes"));
        assert_eq!(
            for_length(9000, &endpoints(&["239.1.1.1"]), BTreeMap::new),
            None,
            "the MTU is unknown"
        );
    }

    #[test]
    fn each_range_of_groups_has_its_advice() {
        use Id::*;
        for (group, expected) in [
            ("224.0.0.251", &[ControlBlock][..]),
            ("224.202.20.30", &[ReservedRange, StaysLocal]),
            ("238.128.0.5", &[ReservedRange, FloodedGroup, StaysLocal]),
            ("239.0.0.1", &[FloodedGroup, StaysLocal]),
            ("239.128.0.1", &[FloodedGroup, StaysLocal]),
            ("239.1.1.1", &[StaysLocal]),
            ("239.255.1.1", &[]),
            ("232.1.1.1", &[StaysLocal]),
            ("234.1.1.1", &[StaysLocal]),
            ("224.2.1.1", &[StaysLocal]),
            ("ff02::fb", &[PermanentGroup]),
            ("ff12::1", &[]),
            ("ff15::1", &[StaysLocal]),
            ("10.0.0.5", &[]),
        ] {
            assert_eq!(ids(group, None), expected, "{group}");
        }
        assert_eq!(ids("239.1.1.1", Some(1)), [], "--ttl 1 was typed");
        for group in ["239.1.1.1", "224.0.0.251", "ff15::1"] {
            assert!(ids(group, Some(0)).contains(&StaysOnHost), "{group}");
        }
        assert_eq!(ids("10.0.0.5", Some(0)), []);
    }

    #[test]
    fn several_groups_share_one_advice() {
        let groups = endpoints(&["239.0.0.2", "239.0.0.1", "239.0.0.1", "224.0.0.9", "239.1.1.1"]);
        let advice: Vec<String> =
            for_sender(&groups, None).into_iter().map(|notice| notice.what).collect();
        assert_eq!(advice.len(), 3, "{advice:#?}");
        assert!(
            advice[1].starts_with("239.0.0.1 and 1 more group share Ethernet addresses"),
            "{}",
            advice[1]
        );
        assert!(
            advice[1].contains("239.0.0.1 and 224.0.0.1 both map to 01:00:5e:00:00:01"),
            "{}",
            advice[1]
        );
        assert!(advice.iter().all(|what| what.contains("RFC")), "{advice:#?}");
    }

    #[test]
    fn a_receiver_gets_less_advice() {
        assert_eq!(for_receiver(endpoints(&["224.0.0.251", "239.1.1.1"]).iter()), []);
        assert_eq!(for_receiver(endpoints(&["225.1.1.1"]).iter()).len(), 1);
    }
}
