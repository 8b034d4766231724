//! What was lost inside this host, by the kernel's counters: reverse-path filtering, checksums,
//! lengths, fragments, frames that are damaged or too long, an address that two hosts have. The counters are the whole host's, so what they say is weighed against what came.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::words::{either, wrong_checksums};
use crate::diagnosis::facts::{Facts, FlowFacts, LinkFacts};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::is_link_scoped;
use crate::units::words::{count, list, seconds, setting};

/// Fewer of anything may be somebody else's.
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

/// The senders whose frames reached the host where they are expected, and of whom nothing was heard
/// there.
fn unheard(facts: &Facts) -> BTreeSet<IpAddr> {
    let heard: BTreeSet<IpAddr> =
        facts.heard_where_expected().map(|heard| heard.source.ip()).collect();
    facts.flows_to_take().map(|flow| flow.source).filter(|source| !heard.contains(source)).collect()
}

/// How sure it is that what the kernel counted as lost was of the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    /// Frames of it came, and were not heard.
    Sure,
    /// Nothing was heard, and frames are not seen: it may have been anything.
    Possible,
    /// All that came was heard, or nothing came.
    None,
}

impl Suspicion {
    /// Of so many that were lost. Fewer than half of the frames that were not heard do not explain
    /// that nothing was: those of others may have been lost so, and the target's in another
    /// place.
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

    /// What is to be said of it.
    fn reserve(self) -> &'static str {
        match self {
            Suspicion::Sure => "",
            Suspicion::Possible => {
                "; the counter is the whole host's, so that is consistent with it, and no proof"
            }
            Suspicion::None => "; none of them is known to be of it",
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
        1 => "strict: a source has to be reached by the interface that it comes in on",
        _ => "loose: a source has to be reached by some interface",
    };
    let conf = setting(name);
    let rule = format!(
        "net.ipv4.conf.{conf}.rp_filter, and that of all, come to {mode} ({meaning}; RFC 3704)"
    );
    if dropped == 0 {
        return Some(Notice::pass(
            Id::RpFilter,
            "no datagram failed the reverse-path filter",
            rule,
        ));
    }
    let sources: Vec<String> = unheard(facts).iter().map(IpAddr::to_string).collect();
    let of = if sources.is_empty() { String::new() } else { format!(" from {}", list(&sources)) };
    let what = format!("the reverse-path filter of this host drops what comes in on {name}{of}");
    let evidence = format!("TcpExt: IPReversePathFilter +{dropped}; {rule}");
    let suspicion = if mode == 0 { Suspicion::None } else { Suspicion::of(facts, dropped) };
    if suspicion == Suspicion::None {
        let what = format!(
            "the reverse-path filter of this host dropped {}, none of them known to be of {}",
            count(dropped, "datagram"),
            facts.target
        );
        return Some(Notice::note(Id::RpFilter, what, evidence));
    }
    let finding = Notice::fault(Id::RpFilter, what, format!("{evidence}{}", suspicion.reserve()))
        .at(suspicion.level());
    Some(route_or_looser_filter(finding, name, mode, sources.first()))
}

/// The remedy for a reverse-path filter in this mode that drops datagrams of `source` on `name`.
fn route_or_looser_filter(
    finding: Notice,
    name: &str,
    mode: u8,
    source: Option<&String>,
) -> Notice {
    let conf = setting(name);
    let get = source.map_or(String::new(), |source| {
        format!(" ('ip route get {source}' shows where it would answer)")
    });
    match (mode, source) {
        (1, _) => finding
            .remedy(format!(
                "make it loose, or give this host a route to the sender by {name}{get}"
            ))
            .run(Place::Here, format!("sysctl -w net.ipv4.conf.{conf}.rp_filter=2")),
        // The larger of the two counts, so both have to go.
        (_, Some(source)) => finding
            .remedy(format!(
                "give this host a route to the sender{get}, or switch the filter off \
                 (net.ipv4.conf.all.rp_filter and net.ipv4.conf.{conf}.rp_filter)"
            ))
            .run(Place::Here, format!("ip route add {source}/32 dev {name}")),
        (_, None) => {
            finding.remedy("give this host a route to the sender, or switch the filter off").run(
                Place::Here,
                format!("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{conf}.rp_filter=0"),
            )
        }
    }
}

/// IPv6 takes no datagram without a checksum, and counts those of a group as if nobody had wanted
/// them.
fn no_checksum(facts: &Facts) -> Option<Notice> {
    let unheard = unheard(facts);
    let lost = facts
        .flows_here()
        .filter(|flow| flow.unsummed && !facts.is_ipv4() && unheard.contains(&flow.source));
    let frames: u64 = lost.map(|flow| flow.frames).sum();
    (frames > 0).then(|| {
        Notice::fault(
            Id::BadChecksum,
            "UDP datagrams arrive here without a checksum, and IPv6 drops them",
            format!(
                "{} came in whose UDP checksum is 0, which IPv4 permits and IPv6 does not (RFC \
                 8200, 8.1); Udp6: IgnoredMulti +{}",
                count(frames, "frame"),
                facts.rise("", "Udp6.IgnoredMulti")
            ),
        )
        .remedy(
            "have the sender fill it in: a program does unless it says otherwise \
             (UDP_NO_CHECK6_TX), a device may have a setting for it",
        )
    })
}

fn bad_checksum(facts: &Facts) -> Option<Notice> {
    let bad = wrong_checksums(facts);
    let suspicion = Suspicion::of(facts, bad);
    (bad >= FEW).then(|| {
        Notice::fault(
            Id::BadChecksum,
            "UDP datagrams arrive here with a wrong checksum, and are dropped",
            format!(
                "{}: InCsumErrors +{bad}: they were changed or damaged on the way, are replayed from \
                 a capture, or left a host whose network card was to fill the checksum in and did \
                 not (a bridge in user space, a virtual machine's tap){}",
                either(facts, "Udp", "Udp and Udp6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "have the sender fill it in itself: switch its checksum offload off, or correct a \
             capture before its replay ('tcprewrite --fixcsum')",
        )
        .run(Place::Sender, "ethtool -K IFACE tx off")
        .at(suspicion.level())
    })
}

/// UDP counts few other errors: checksums and full buffers have counters of their own, and so has
/// the lack of memory.
fn bad_length(facts: &Facts) -> Option<Notice> {
    let rise = |name: &str| facts.rise(&format!("Udp.{name}"), &format!("Udp6.{name}"));
    let known: u64 = ["InCsumErrors", "RcvbufErrors", "MemErrors"].into_iter().map(rise).sum();
    let bad = rise("InErrors").saturating_sub(known);
    let suspicion = Suspicion::of(facts, bad);
    (bad >= FEW && suspicion != Suspicion::None).then(|| {
        Notice::fault(
            Id::BadLength,
            "UDP datagrams arrive here whose header tells a wrong length, and are dropped",
            format!(
                "{}: InErrors +{bad} beyond wrong checksums and full buffers: the length in the \
                 header is more than there is, or less than a header (RFC 768), or a policy of \
                 IPsec refuses them{}",
                either(facts, "Udp", "Udp6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "have whoever builds that header, a program with a raw socket, a tunnel or a \
             translator of addresses, write the length of header and payload; mcast shows whether \
             the network carries what is whole",
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
    // Where frames are seen, those of the target are to be fragments.
    if suspicion == Suspicion::Sure && !facts.flows_here().any(|flow| flow.fragments) {
        return None;
    }
    let asked = &facts.target;
    let fits = either(facts, 1472, 1452);
    Some(
        Notice::fault(
            Id::FragmentsLost,
            "datagrams arrive here in fragments, and never all of them",
            format!(
                "{}: ReasmReqds +{fragments}, ReasmOKs +0: of each datagram some fragments come \
                 and others are lost on the way, so that none of {asked} can be put together{}",
                either(facts, "Ip", "Ip6"),
                suspicion.reserve()
            ),
        )
        .remedy(
            "send datagrams that a frame holds: up to 1472 bytes over IPv4 and 1452 over IPv6, \
             with an MTU of 1500 (RFC 8085, 3.2)",
        )
        .run(
            Place::Sender,
            format!("mcast send --probe {} --size {fits} --iface IFACE", asked.to_send()),
        )
        .at(suspicion.level()),
    )
}

fn too_long(facts: &Facts) -> Option<Notice> {
    let link = facts.expected()?;
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
    let evidence = format!(
        "rx_dropped of {name} +{dropped}, rx_packets +{}; its MTU is {mtu}",
        counters.rx_packets
    );
    let remedy = "give both ends of the wire the same MTU, or send shorter datagrams";
    let run = format!("ip link set {name} mtu {larger}");
    // Frames of protocols that nobody here speaks are dropped too, and those are counted as
    // received before.
    if dropped > counters.rx_packets {
        let what = format!(
            "{name} drops frames before IP has seen them: they are longer than its MTU of {mtu}"
        );
        return Some(
            Notice::fault(Id::MtuTooSmall, what, evidence).remedy(remedy).run(Place::Here, run),
        );
    }
    let what = format!(
        "{name} drops frames: they may be longer than its MTU of {mtu}, or of a protocol that \
         this host does not speak"
    );
    Some(Notice::note(Id::MtuTooSmall, what, evidence).remedy(remedy).run(Place::Here, run))
}

/// Frames that the network card could not use. Whose they were is not known to anybody.
fn damaged(facts: &Facts) -> Option<Notice> {
    let link = facts.expected()?;
    let counters = link.counters.filter(|counters| counters.rx_errors >= FEW)?;
    let (name, time) = (&link.name, seconds(facts.seconds));
    // Where nearly all frames come whole, a few that do not are no reason to hear nothing.
    let many = counters.rx_errors >= counters.rx_packets / 100;
    let level = if many && facts.heard_here() == 0 { Level::Warning } else { Level::Note };
    Some(
        Notice::fault(
            Id::InterfaceErrors,
            format!(
                "{name} receives frames that it cannot use: {} in {time}",
                count(counters.rx_errors, "frame")
            ),
            format!(
                "rx_errors of {name} +{}, rx_packets +{}: damaged on the wire, or more than the \
                 network card could take; whose they were is not known",
                counters.rx_errors, counters.rx_packets
            ),
        )
        .remedy(
            "change the cable, the transceiver or the port; where both ends do not agree on speed \
             and duplex, have them do so. The driver's own counters say more",
        )
        .run(Place::Here, format!("ethtool -S {name}"))
        .at(level),
    )
}

fn duplicate_address(facts: &Facts) -> Option<Notice> {
    let has =
        |link: &&LinkFacts, address: IpAddr| link.addresses.iter().any(|own| own.ip == address);
    // That of the interface where it came, if several have it.
    let own = |flow: &FlowFacts| {
        facts
            .interfaces
            .iter()
            .filter(|link| has(link, flow.source))
            .max_by_key(|link| link.name == flow.iface)
    };
    // On the loopback interface all comes from this host.
    let comes_in = |flow: &&FlowFacts| facts.link(&flow.iface).is_none_or(|link| !link.loopback);
    let (flow, link) =
        facts.flows_here().filter(comes_in).find_map(|flow| Some((flow, own(flow)?)))?;
    // A second wire to the same network, or an access point, brings this host's own datagrams back
    // to it.
    let sends_itself = facts.heard.iter().any(|heard| heard.source.ip() == flow.source);
    if link.name != flow.iface && is_link_scoped(flow.source) {
        // Another link may have the same (RFC 4291, 2.5.6).
        return None;
    }
    if link.name != flow.iface || (facts.is_ipv4() && sends_itself) {
        let so = either(facts, ", where the kernel drops it", "");
        let what = format!(
            "what this host sends from {} on {} comes back in on {}{so}",
            flow.source, link.name, flow.iface
        );
        let evidence = format!(
            "{} of {} came in from that address",
            count(flow.frames, "frame"),
            facts.target.group
        );
        return Some(Notice::note(Id::DuplicateAddress, what, evidence));
    }
    let address = link.addresses.iter().find(|own| own.ip == flow.source)?;
    let prefix = address.prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
    // IPv6 takes the datagrams all the same; only what goes back goes astray.
    let (level, so) = if facts.is_ipv4() {
        (Level::Fault, "so the kernel takes it for a forgery")
    } else {
        (Level::Warning, "so what is sent back to it stays here")
    };
    Some(
        Notice::fault(
            Id::DuplicateAddress,
            format!("another host sends from {}, an address of this host, {so}", flow.source),
            format!(
                "{} of {} came in on {} from that address, and {} has it as well",
                count(flow.frames, "frame"),
                facts.target.group,
                flow.iface,
                link.name
            ),
        )
        .remedy("give one of the two another address")
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

/// Another address of the same network, that this host does not have. Whether somebody else has it
/// is not known here.
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
    // From the end, where addresses are less often in use.
    let free = (network + 1..network + mask).rev().find(|ip| !known(*ip));
    free.map_or("ADDRESS".to_owned(), |ip| {
        format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(ip))
    })
}
