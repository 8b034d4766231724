//! Why this host cannot carry out a command line.

use std::net::IpAddr;

use thiserror::Error;

use super::IfaceError;
use crate::host::{self, Ipv6};
use crate::iface::{Cast, Family};
use crate::net::NetError;
use crate::target::{Endpoint, MOST_TARGETS, TargetRange, Zoned};
use crate::units::Rate;
use crate::units::words::{and_more, list};

impl PlanError {
    /// Whether waiting can help: the interface has just come up and will get a link-local address.
    pub fn is_passing(&self) -> bool {
        let PlanError::Iface(IfaceError::NoAddress { name, family: Family::V6, choices, .. }) =
            self
        else {
            return false;
        };
        host::ipv6_of(name) == Some(Ipv6::On) && choices.carries(name)
    }
}

/// Why this host cannot carry out a command line.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No interface for a target.
    #[error(transparent)]
    Iface(#[from] IfaceError),
    /// The system refused to list the interfaces.
    #[error(transparent)]
    Net(#[from] NetError),
    /// `--source` or `--exclude` has an address of a family that no target has; or a target has no
    /// source of its family.
    #[error("--{option} {source_address} is {s}, but {group} is {g}\n  tip: name an {g} source, for example --{option} {example}",
        s = Family::of(*.source_address), g = Family::of(*.group), example = if .group.is_ipv4() { "10.0.0.5" } else { "2001:db8::5" })]
    SourceFamily {
        /// `source` or `exclude`.
        option: &'static str,
        /// The address.
        source_address: IpAddr,
        /// The group.
        group: IpAddr,
    },
    /// The group is joined on interfaces to which no source of `--source` belongs.
    #[error(
        "cannot join {group} on {iface}: --source names only {}\n  tip: use the interface of the \
         source: --iface {}",
        list(&.sources.iter().map(ToString::to_string).collect::<Vec<_>>()),
        .sources.iter().find_map(Zoned::<IpAddr>::zone).map_or("IFACE", String::as_str)
    )]
    SourceElsewhere {
        /// The sources of `--source`.
        sources: Vec<Zoned<IpAddr>>,
        /// The group.
        group: IpAddr,
        /// The interface.
        iface: String,
    },
    /// Unescaped payloads to a terminal.
    #[error(
        "cannot write raw payloads to a terminal: it would interpret control characters in them\n  \
         tip: write to a file (mcast recv -o raw > FILE), use -o hex, or add --force"
    )]
    RawToTerminal,
    /// A source filter on a unicast or broadcast address.
    #[error(
        "cannot filter by source on {0}: it is not a multicast group\n  tip: remove --source and \
         --exclude, or use a group, for example 232.1.1.1:5000"
    )]
    SourceOfUnicast(IpAddr),
    /// A target with a source, together with `--exclude`.
    #[error(
        "cannot join {group} from {included} only and exclude other sources\n  tip: keep either the \
         source or --exclude"
    )]
    IncludeAndExclude {
        /// The group.
        group: IpAddr,
        /// The source of the target.
        included: IpAddr,
    },
    /// The same group both from one source and from any.
    #[error(
        "cannot join {group} both from {included} only and from any source\n  tip: keep one of the \
         two"
    )]
    OneAndAny {
        /// The group.
        group: IpAddr,
        /// The one source.
        included: IpAddr,
    },
    /// The unspecified address, together with another address or group at the same port.
    #[error(
        "cannot receive {any} and {other} in one run: the port is the same\n  tip: keep one of \
         them; {any} also receives the groups that other programs of this host have joined"
    )]
    AnyAndOther {
        /// The unspecified address.
        any: Endpoint,
        /// The other address.
        other: Endpoint,
    },
    /// A range of targets for `check`.
    #[error("cannot check {count} targets in one run ({range})\n  tip: use one target, for example {first}", first = range.targets().next().map_or_else(String::new, |first| std::net::SocketAddr::new(first.group, first.port).to_string()))]
    NotOne {
        /// The range that was typed.
        range: TargetRange,
        /// The number of its targets.
        count: u64,
    },
    /// A unicast or broadcast address for `check`.
    #[error(
        "cannot check {0}: it is not a multicast group\n  tip: use a group, for example 239.1.1.1:5000"
    )]
    NotAGroup(IpAddr),
    /// A target of a scan without a port, and no frames that would show the ports.
    #[error(
        "cannot find the ports of {range}: {reason}\n  tip: name the port or ports, for example \
         {example}"
    )]
    NoPorts {
        /// The groups.
        range: String,
        /// Why mcast captures no frames.
        reason: String,
        /// The groups with a port.
        example: String,
    },
    /// More targets, counted on each interface, than a run takes.
    #[error(
        "cannot use more than {MOST_TARGETS} targets in one run, counted on each interface\n  tip: \
         name fewer targets or fewer interfaces"
    )]
    TooMany,
    /// A rate in bits of payload, and no payload.
    #[error(
        "cannot send datagrams without payload at --rate {0}: they have no bit rate\n  tip: add a \
         --message, or use a rate in datagrams, for example --rate 1000pps"
    )]
    NothingToPace(Rate),
    /// An endless run at line rate.
    #[error(
        "cannot send {rate} without a limit: it can saturate the link\n  tip: add \
         a limit, for example --duration 2s or --count 1000000, or add --force"
    )]
    EndlessFlood {
        /// The total rate, or "as fast as possible".
        rate: String,
    },
    /// Too many datagrams to addresses that every host must process.
    #[error(
        "cannot send {rate} to {}: {}, and more than {most} datagrams per second can {}\n  tip: send \
         to another group (for example {}), lower the rate (--rate {most}pps{}), or add --force",
        and_more(.group, *.more, "target"),
        if *.cast == Cast::Broadcast {
            "every host on the network must process a broadcast".to_owned()
        } else {
            format!("network protocols use {group}")
        },
        if *.cast == Cast::Broadcast { "overload them" } else { "disrupt them" },
        if .group.is_ipv4() { "239.1.1.1" } else { "ff12::1234" },
        if *.in_bursts { ", without --burst" } else { "" }
    )]
    FloodOfEveryHost {
        /// The first address.
        group: IpAddr,
        /// The number of further addresses.
        more: usize,
        /// Distinguishes a broadcast address from a group.
        cast: Cast,
        /// The rate to all of them, or "as fast as possible".
        rate: String,
        /// The maximum in datagrams per second.
        most: f64,
        /// Several datagrams leave together.
        in_bursts: bool,
    },
    /// The payload exceeds the maximum of a datagram.
    #[error(
        "cannot send {len} bytes to {group}: a datagram carries at most {max} bytes of payload\n  \
         tip: send less; up to {} bytes fit one Ethernet frame",
        if .group.is_ipv4() { 1472 } else { 1452 }
    )]
    TooLong {
        /// The length of the payload in bytes.
        len: usize,
        /// The group.
        group: IpAddr,
        /// The maximum in bytes.
        max: usize,
    },
}
