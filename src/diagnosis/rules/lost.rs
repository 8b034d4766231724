//! Losses inside this host by the kernel's counters: reverse-path filtering, checksums, lengths,
//! fragments, damaged or oversized frames, a duplicate address. The counters cover the whole host:
//! the rules compare them with the frames and datagrams of the target.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::words::{either, wrong_checksums};
use crate::diagnosis::facts::{Facts, FlowFacts, LinkFacts};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::is_link_scoped;
use crate::units::order;
use crate::units::words::{count, list, seconds, setting};

/// Fewer of anything may belong to other traffic.
const FEW: u64 = 3;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let reasons = [
        rp_filter(facts),
        no_checksum(facts).or_else(|| bad_checksum(facts)),
        bad_length(facts),
        fragments_lost(facts),
        too_long(facts),
        damaged(facts),
        duplicate_address(facts),
    ];
    reasons.into_iter().flatten().collect()
}

/// The senders whose frames reached the expected interface, and of which no datagram was delivered.
fn unheard(facts: &Facts) -> BTreeSet<IpAddr> {
    let heard = order::set(facts.heard_where_expected().map(|heard| heard.source.ip()));
    let sources = facts.flows_to_take().map(|flow| flow.source);
    order::set(sources.filter(|source| !heard.contains(source)))
}

/// How likely it is that the datagrams that the kernel counted as lost belonged to the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    /// Frames of the target arrived and were not delivered.
    Sure,
    /// No datagram was delivered, and there is no capture: any datagram may be lost.
    Possible,
    /// All frames were delivered, or no frame arrived.
    None,
}

impl Suspicion {
    /// The counter rose by `lost`. If that is less than half of the frames that were not delivered,
    /// the counter may show other traffic while the target is lost elsewhere.
    fn of(facts: &Facts, lost: u64) -> Self {
        let unheard = unheard(facts);
        let frames: u64 = facts
            .flows_here()
            .filter(|flow| unheard.contains(&flow.source))
            .map(|flow| flow.frames)
            .sum();
        match facts.frames_here() {
            Some(_) if frames > 0 && lost >= frames.div_ceil(2) => Suspicion::Sure,
            None if facts.heard_here() == 0 => Suspicion::Possible,
            _ => Suspicion::None,
        }
    }

    /// The level of a finding that would explain it.
    fn level(self) -> Level {
        match self {
            Suspicion::Sure => Level::Fault,
            Suspicion::Possible => Level::Warning,
            Suspicion::None => Level::Note,
        }
    }

    /// The end of the evidence.
    fn reserve(self) -> &'static str {
        match self {
            Suspicion::Sure => "",
            Suspicion::Possible => {
                "; this counter covers the whole host: it does not prove that the target is affected"
            }
            Suspicion::None => "; none of these datagrams is known to belong to the target",
        }
    }
}

fn rp_filter(facts: &Facts) -> Option<Notice> {
    let link = facts.expected();
    let mode = link.and_then(|link| link.rp_filter).filter(|_| facts.is_ipv4())?;
    let name = &link?.name;
    let dropped = facts.rise("TcpExt.IPReversePathFilter", "");
    let meaning = match mode {
        0 => "off",
        1 => "strict: the route to the source must lead through the same interface",
        _ => "loose: the source must be reachable through any interface",
    };
    let conf = setting(name);
    let rule = format!(
        "effective rp_filter on {name} is {mode}, {meaning} (maximum of conf.{conf} and conf.all; \
         RFC 3704)"
    );
    if dropped == 0 {
        return Some(Notice::pass(
            Id::RpFilter,
            "the reverse-path filter dropped no datagrams",
            rule,
        ));
    }
    let sources: Vec<String> = unheard(facts).iter().map(IpAddr::to_string).collect();
    let of = if sources.is_empty() { String::new() } else { format!(" from {}", list(&sources)) };
    let what = format!("this host's reverse-path filter drops datagrams{of} on {name}");
    let evidence = format!("TcpExt: IPReversePathFilter +{dropped}; {rule}");
    let suspicion = if mode == 0 { Suspicion::None } else { Suspicion::of(facts, dropped) };
    if suspicion == Suspicion::None {
        let what = format!(
            "this host's reverse-path filter dropped {}, none of them known to belong to {}",
            count(dropped, "datagram"),
            facts.target
        );
        return Some(Notice::note(Id::RpFilter, what, evidence));
    }
    let finding = Notice::fault(Id::RpFilter, what, format!("{evidence}{}", suspicion.reserve()))
        .at(suspicion.level());
    Some(route_or_looser_filter(finding, name, mode, sources.first()))
}

/// Adds the remedy for a filter in this mode that drops datagrams from `source` on `name`.
fn route_or_looser_filter(
    finding: Notice,
    name: &str,
    mode: u8,
    source: Option<&String>,
) -> Notice {
    let conf = setting(name);
    let get = source.map_or(String::new(), |source| {
        format!(" ('ip route get {source}' shows the current route)")
    });
    match (mode, source) {
        (1, _) => finding
            .remedy(format!("use loose mode, or add a route to the sender through {name}{get}"))
            .run(Place::Here, format!("sysctl -w net.ipv4.conf.{conf}.rp_filter=2")),
        // The larger of the two settings applies, so both must be 0.
        (_, Some(source)) => finding
            .remedy(format!(
                "add a route to the sender{get}, or disable the filter \
                 (net.ipv4.conf.all.rp_filter and net.ipv4.conf.{conf}.rp_filter)"
            ))
            .run(Place::Here, format!("ip route add {source}/32 dev {name}")),
        (_, None) => finding.remedy("add a route to the sender, or disable the filter").run(
            Place::Here,
            format!("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{conf}.rp_filter=0"),
        ),
    }
}

/// IPv6 drops datagrams without a checksum, and counts those to a group as `IgnoredMulti`, like
/// datagrams that no socket wanted.
fn no_checksum(facts: &Facts) -> Option<Notice> {
    let unheard = unheard(facts);
    let lost = facts
        .flows_here()
        .filter(|flow| flow.unsummed && !facts.is_ipv4() && unheard.contains(&flow.source));
    let frames: u64 = lost.map(|flow| flow.frames).sum();
    (frames > 0).then(|| {
        Notice::fault(
            Id::BadChecksum,
            "UDP datagrams arrive without a checksum, and the kernel drops them",
            format!(
                "{} arrived with UDP checksum 0, which IPv4 permits but IPv6 does not (RFC 8200, \
                 8.1); Udp6: IgnoredMulti +{}",
                count(frames, "frame"),
                facts.rise("", "Udp6.IgnoredMulti")
            ),
        )
        .remedy(
            "enable UDP checksums on the sender: remove the socket option UDP_NO_CHECK6_TX in the \
             program, or change the setting of the device",
        )
    })
}

fn bad_checksum(facts: &Facts) -> Option<Notice> {
    let bad = wrong_checksums(facts);
    let suspicion = Suspicion::of(facts, bad);
    (bad >= FEW).then(|| {
        Notice::fault(
            Id::BadChecksum,
            "UDP datagrams arrive with a wrong checksum, and the kernel drops them",
            format!(
                "{}: InCsumErrors +{bad}; possible causes: datagrams changed or damaged in the network, \
                 a replayed capture, or checksum offload that no device completes (bridge in \
                 user space, TAP interface of a virtual machine){}",
                either(facts, "Udp", "Udp and Udp6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "disable checksum offload on the sender, or correct the capture before you replay it \
             ('tcprewrite --fixcsum')",
        )
        .run(Place::Sender, "ethtool -K IFACE tx off")
        .at(suspicion.level())
    })
}

/// Wrong checksums, full buffers and a lack of memory have counters too. `InErrors` counts little
/// else.
fn bad_length(facts: &Facts) -> Option<Notice> {
    let rise = |name: &str| facts.rise(&format!("Udp.{name}"), &format!("Udp6.{name}"));
    let known: u64 = ["InCsumErrors", "RcvbufErrors", "MemErrors"].into_iter().map(rise).sum();
    let bad = rise("InErrors").saturating_sub(known);
    let suspicion = Suspicion::of(facts, bad);
    (bad >= FEW && suspicion != Suspicion::None).then(|| {
        Notice::fault(
            Id::BadLength,
            "the kernel drops UDP datagrams, probably because of a wrong length in their header",
            format!(
                "{}: InErrors +{bad}, excluding wrong checksums and full buffers; possible causes: a \
                 length field larger than the datagram or smaller than the header (RFC 768), or an \
                 IPsec policy{}",
                either(facts, "Udp", "Udp6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "correct the length in the program, tunnel or address translator that writes the UDP \
             header. To test the network with correct datagrams, send with mcast",
        )
        .run(Place::Sender, format!("mcast send --probe {} --iface IFACE", facts.target.to_send()))
        .at(suspicion.level())
    })
}

fn fragments_lost(facts: &Facts) -> Option<Notice> {
    let fragments = facts.rise("Ip.ReasmReqds", "Ip6.ReasmReqds");
    let whole = facts.rise("Ip.ReasmOKs", "Ip6.ReasmOKs");
    let suspicion = Suspicion::of(facts, fragments);
    if fragments < FEW || whole > 0 || suspicion == Suspicion::None {
        return None;
    }
    // If the capture shows frames of the target, some of them must be fragments.
    if suspicion == Suspicion::Sure && !facts.flows_here().any(|flow| flow.fragments) {
        return None;
    }
    let asked = &facts.target;
    let fits = either(facts, 1472, 1452);
    Some(
        Notice::fault(
            Id::FragmentsLost,
            "fragmented datagrams arrive incomplete, and the kernel cannot reassemble them",
            format!(
                "{}: ReasmReqds +{fragments}, ReasmOKs +0: some fragments of each datagram arrive and \
                 others do not{}",
                either(facts, "Ip", "Ip6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "send datagrams that fit one frame: with an MTU of 1500, up to 1472 bytes over IPv4 \
             and 1452 bytes over IPv6 (RFC 8085, 3.2)",
        )
        .run(
            Place::Sender,
            format!("mcast send --probe {} --size {fits} --iface IFACE", asked.to_send()),
        )
        .at(suspicion.level()),
    )
}

fn too_long(facts: &Facts) -> Option<Notice> {
    // Other systems count frames here for other reasons.
    let link = facts.expected().filter(|_| facts.system == "linux")?;
    let counters = link.counters?;
    let dropped = counters.rx_dropped;
    if dropped < FEW
        || facts.heard_here() > 0
        || facts.frames_here().is_some_and(|frames| frames > 0)
    {
        return None;
    }
    let (name, mtu) = (&link.name, link.mtu.unwrap_or(1500));
    let larger = if mtu < 9000 { 9000 } else { 65535 };
    let evidence =
        format!("{name}: rx_dropped +{dropped}, rx_packets +{}, MTU {mtu}", counters.rx_packets);
    let remedy = "set the same MTU on both ends of the link, or send shorter datagrams";
    let run = format!("ip link set {name} mtu {larger}");
    // The kernel also drops frames of protocols that it does not support, but counts these as
    // received first.
    if dropped > counters.rx_packets {
        let what = format!("{name} drops frames longer than its MTU of {mtu} before IP processing");
        return Some(
            Notice::fault(Id::MtuTooSmall, what, evidence).remedy(remedy).run(Place::Here, run),
        );
    }
    let what = format!(
        "{name} drops frames: they may exceed its MTU of {mtu}, or use a protocol that this host \
         does not support"
    );
    Some(Notice::note(Id::MtuTooSmall, what, evidence).remedy(remedy).run(Place::Here, run))
}

/// Frames that the network card could not use. Their groups are unknown.
fn damaged(facts: &Facts) -> Option<Notice> {
    let link = facts.expected()?;
    let counters = link.counters.filter(|counters| counters.rx_errors >= FEW)?;
    let (name, time) = (&link.name, seconds(facts.seconds));
    // A few damaged frames among very many do not explain that no datagram arrives.
    let many = counters.rx_errors >= counters.rx_packets / 100;
    let level = if many && facts.heard_here() == 0 { Level::Warning } else { Level::Note };
    Some(
        Notice::fault(
            Id::InterfaceErrors,
            format!(
                "{name} reports receive errors: {} in {time}",
                count(counters.rx_errors, "frame")
            ),
            format!(
                "{name}: rx_errors +{}, rx_packets +{}; possible causes: damage on the wire, or more \
                 frames than the network card can process; it is unknown which groups lost frames",
                counters.rx_errors, counters.rx_packets
            ),
        )
        .remedy(
            "replace the cable, the transceiver or the port, and check that both ends use the same \
             speed and duplex mode. The driver's counters show details",
        )
        .run(Place::Here, format!("ethtool -S {name}"))
        .at(level),
    )
}

fn duplicate_address(facts: &Facts) -> Option<Notice> {
    let has =
        |link: &&LinkFacts, address: IpAddr| link.addresses.iter().any(|own| own.ip == address);
    // If several interfaces have the address, the one on which the frames arrived.
    let own = |flow: &FlowFacts| {
        facts
            .interfaces
            .iter()
            .filter(|link| has(link, flow.source))
            .max_by_key(|link| link.name == flow.iface)
    };
    // All frames on the loopback interface come from this host.
    let comes_in = |flow: &&FlowFacts| facts.link(&flow.iface).is_none_or(|link| !link.loopback);
    let (flow, link) =
        facts.flows_here().filter(comes_in).find_map(|flow| Some((flow, own(flow)?)))?;
    // A second link to the same network, or an access point, returns this host's own datagrams.
    let sends_itself = facts.heard.iter().any(|heard| heard.source.ip() == flow.source);
    if link.name != flow.iface && is_link_scoped(flow.source) {
        // A host on another link may use the same address (RFC 4291, 2.5.6).
        return None;
    }
    if link.name != flow.iface || (facts.is_ipv4() && sends_itself) {
        let dropped = either(facts, ", and the kernel drops them", "");
        let what = format!(
            "datagrams that this host sends from {} on {} return on {}{dropped}",
            flow.source, link.name, flow.iface
        );
        let evidence = format!(
            "{} of {} arrived from this address",
            count(flow.frames, "frame"),
            facts.target.group
        );
        return Some(Notice::note(Id::DuplicateAddress, what, evidence));
    }
    let address = link.addresses.iter().find(|own| own.ip == flow.source)?;
    let prefix = address.prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
    // IPv6 still delivers the datagrams. Only replies are misdirected.
    let (level, effect) = if facts.is_ipv4() {
        (Level::Fault, "the kernel drops the datagrams as spoofed")
    } else {
        (Level::Warning, "replies do not leave this host")
    };
    Some(
        Notice::fault(
            Id::DuplicateAddress,
            format!("another host sends from this host's address {}, and {effect}", flow.source),
            format!(
                "{} of {} arrived on {} from this address, which is also assigned to {}",
                count(flow.frames, "frame"),
                facts.target.group,
                flow.iface,
                link.name
            ),
        )
        .remedy("give one of the two hosts another address")
        .run(
            Place::Sender,
            format!(
                "ip addr del {}{prefix} dev IFACE; ip addr add {} dev IFACE",
                flow.source,
                free_neighbour(facts, flow.source, address.prefix)
            ),
        )
        .at(level),
    )
}

/// Another address of the same network that this host does not use. Another host may use it.
fn free_neighbour(facts: &Facts, address: IpAddr, prefix: Option<u8>) -> String {
    let (IpAddr::V4(address), Some(prefix @ 1..=30)) = (address, prefix) else {
        return "ADDRESS".to_owned();
    };
    let known = |ip: u32| {
        facts
            .interfaces
            .iter()
            .any(|link| link.addresses.iter().any(|own| own.ip == IpAddr::V4(ip.into())))
    };
    let mask = u32::MAX >> prefix;
    let network = address.to_bits() & !mask;
    // From the end: addresses there are less often in use.
    let free = (network + 1..network + mask).rev().find(|ip| !known(*ip));
    free.map_or("ADDRESS".to_owned(), |ip| {
        format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(ip))
    })
}
