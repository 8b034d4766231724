//! Why a command line cannot be carried out on this host.

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
    /// Whether an interface has no IPv6 address, and will have a link-local one: it has just come
    /// up.
    pub fn is_passing(&self) -> bool {
        let PlanError::Iface(IfaceError::NoAddress { name, family: Family::V6, choices, .. }) =
            self
        else {
            return false;
        };
        host::ipv6_of(name) == Some(Ipv6::On) && choices.carries(name)
    }
}

/// Why a command line cannot be carried out on this host.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No interface for a target.
    #[error(transparent)]
    Iface(#[from] IfaceError),
    /// The interfaces could not be listed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// `--source` or `--exclude` names an address of a family that no target has, or that a target
    /// does not have.
    #[error("--{option} {source_address} is {s} and {group} is {g}; name a source of each family that is listened to, as in --{option} {example}",
        s = Family::of(*.source_address), g = Family::of(*.group), example = if .group.is_ipv4() { "10.0.0.5" } else { "2001:db8::5" })]
    SourceFamily {
        /// `source` or `exclude`.
        option: &'static str,
        /// The address.
        source_address: IpAddr,
        /// The group.
        group: IpAddr,
    },
    /// No source of `--source` lies on an interface where the group is joined.
    #[error(
        "{group} is joined on {iface}, and --source names only {}\n  tip: join it where the source \
         is: --iface {}",
        list(&.sources.iter().map(ToString::to_string).collect::<Vec<_>>()),
        .sources.iter().find_map(Zoned::<IpAddr>::zone).map_or("IFACE", String::as_str)
    )]
    SourceElsewhere {
        /// What `--source` names.
        sources: Vec<Zoned<IpAddr>>,
        /// The group.
        group: IpAddr,
        /// The interface.
        iface: String,
    },
    /// Payloads as they are, on a terminal.
    #[error(
        "cannot write raw payloads to a terminal: it obeys the control characters in them\n  tip: \
         write to a file (mcast recv -o raw > FILE), use -o hex, or add --force"
    )]
    RawToTerminal,
    /// A source filter on a unicast or broadcast address.
    #[error(
        "{0} is no multicast group, and only a group is joined by source; leave --source and \
         --exclude out, or name a group such as 232.1.1.1:5000"
    )]
    SourceOfUnicast(IpAddr),
    /// A target that names its source, together with `--exclude`.
    #[error(
        "{group} is joined from {included} alone, so there is nobody to exclude; keep either the \
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
        "{group} is asked for from {included} alone and from anybody as well; keep one of the two"
    )]
    OneAndAny {
        /// The group.
        group: IpAddr,
        /// The one source.
        included: IpAddr,
    },
    /// Any address, together with an address or a group at the same port.
    #[error(
        "{any} and {other} cannot be received at the same port in one run; keep one of them\n  \
         tip: {any} also receives every group that another program of this host has joined"
    )]
    AnyAndOther {
        /// Any address.
        any: Endpoint,
        /// The other one.
        other: Endpoint,
    },
    /// Several targets, where one is checked at a time.
    #[error("{range} stands for {count} targets, and one is checked at a time; name one, such as {first}", first = range.targets().next().map_or_else(String::new, |first| std::net::SocketAddr::new(first.group, first.port).to_string()))]
    NotOne {
        /// What was typed.
        range: TargetRange,
        /// How many that is.
        count: u64,
    },
    /// A unicast or broadcast address, where a group is checked.
    #[error(
        "{0} is no multicast group, and check looks into groups; name one, such as 239.1.1.1:5000"
    )]
    NotAGroup(IpAddr),
    /// More targets and interfaces than one run takes.
    #[error(
        "{0} targets on their interfaces are more than the {MOST_TARGETS} that a run takes; name \
         fewer, or fewer interfaces"
    )]
    TooMany(usize),
    /// A rate in bits of payload, and no payload.
    #[error(
        "datagrams without payload come to no bit rate, so --rate {0} would have no bound; give \
         them a --message, or a rate in datagrams, such as --rate 1000pps"
    )]
    NothingToPace(Rate),
    /// An endless run at line rate.
    #[error(
        "cannot send {rate} without an end: it fills the link until it is stopped\n  tip: add an \
         end, such as --duration 2s or --count 1000000, or add --force"
    )]
    EndlessFlood {
        /// How much it sends.
        rate: String,
    },
    /// Too much for addresses whose datagrams every host has to process.
    #[error(
        "cannot send {rate} to {}: {}, and more than {most} datagrams a second can {}\n  tip: send \
         to a group such as {}, lower the rate (--rate {most}pps{}), or add --force",
        and_more(.group, *.more, "target"),
        if *.cast == Cast::Broadcast {
            "every host on the network must process a broadcast".to_owned()
        } else {
            format!("the protocols of the network use {group}")
        },
        if *.cast == Cast::Broadcast { "overload them" } else { "stop them" },
        if .group.is_ipv4() { "239.1.1.1" } else { "ff12::1234" },
        if *.in_bursts { ", without --burst" } else { "" }
    )]
    FloodOfEveryHost {
        /// The first address.
        group: IpAddr,
        /// How many more there are.
        more: usize,
        /// Whether it is a broadcast address.
        cast: Cast,
        /// How much it would get.
        rate: String,
        /// How many datagrams a second it may get.
        most: f64,
        /// Several datagrams leave together.
        in_bursts: bool,
    },
    /// The payload is longer than a datagram can be.
    #[error(
        "the payload is {len} bytes long, and a datagram to {group} carries at most {max}\n  tip: \
         send less, or split it; up to 1472 bytes travel unfragmented on Ethernet"
    )]
    TooLong {
        /// The length of the payload in bytes.
        len: usize,
        /// The group.
        group: IpAddr,
        /// The most that fits, in bytes.
        max: usize,
    },
}
