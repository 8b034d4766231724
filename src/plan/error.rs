//! Why this host cannot carry out a command line.

use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use super::{BenchError, IfaceError};
use crate::capture::ReadError;
use crate::format::exchange::REPORT_LEN;
use crate::format::probe::MIN_LEN;
use crate::host::{self, Ipv6};
use crate::iface::{Cast, Family};
use crate::impair::MOST_HELD;
use crate::input::InputError;
use crate::net::NetError;
use crate::target::{Endpoint, MOST_TARGETS, TargetRange, Zoned};
use crate::units::Rate;
use crate::units::printable::Printable;
use crate::units::words::{and_more, as_typed, list};

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
    /// A benchmark that is not possible here.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// `--pace pcr` together with another pace.
    #[error("cannot pace by the PCR and by {option}\n  tip: remove {option}, or use --pace rate")]
    TwoPaces {
        /// The option of the other pace.
        option: &'static str,
    },
    /// `--pace rate` without a rate.
    #[error("--pace rate requires --rate or --interval, for example --pace rate --rate 5Mbit")]
    NoPace,
    /// An input that is no transport stream, although the options require one.
    #[error("not a transport stream\n  tip: to send any input in pieces, remove --pace and --rtp")]
    NotAStream,
    /// A pipe that must be sent more than once.
    #[error("a pipe cannot be sent more than once\n  tip: write it to a file, and use --file FILE")]
    Unrepeatable,
    /// A transport stream without a PCR.
    #[error(
        "the transport stream has no PCR in {packets} packets\n  tip: name its rate, for example \
         --pace rate --rate 5Mbit"
    )]
    NoPcr {
        /// The packets that were searched.
        packets: u64,
    },
    /// The size of a datagram with TS packets.
    #[error(
        "--size {size} is not a multiple of 188, the length of a TS packet\n  tip: send seven packets \
         in each datagram: --size 1316"
    )]
    NotWholePackets {
        /// The size in bytes.
        size: usize,
    },
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
    /// An interface that a capture cannot have.
    #[error(
        "cannot select interfaces of a capture with --iface {}: a capture has only names and \
         numbers of interfaces\n  tip: use a name or a number, for example --iface eth0 or --iface 0",
        Printable(.0)
    )]
    IfaceOfCapture(String),
    /// Unescaped payloads to a terminal.
    #[error(
        "cannot write raw payloads to a terminal: it would interpret control characters in them\n  \
         tip: write to a file (mcast recv -o raw > FILE), use -o hex, or add --force"
    )]
    RawToTerminal,
    /// A recording to a terminal.
    #[error(
        "cannot write a capture to a terminal\n  tip: write to a file (mcast recv --write \
         out.pcapng), or pipe it to a program (mcast recv --write - | wireshark -k -i -)"
    )]
    RecordingToTerminal,
    /// A recording and something else on standard output.
    #[error(
        "cannot write raw payloads and a capture to standard output\n  tip: write the capture to a \
         file: mcast recv -o raw --write out.pcapng"
    )]
    TwoOutputs,
    /// Several files on standard output.
    #[error(
        "cannot start a new file on standard output\n  tip: name a file: mcast recv --write \
         out.pcapng --write-limit 100MB"
    )]
    LimitOfOutput,
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
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The input is no capture that mcast reads.
    #[error("cannot read {place}: {error}{tip}")]
    Capture {
        /// The place of the capture, in quotes.
        place: String,
        /// The reason.
        error: ReadError,
        /// A line with a tip, or nothing.
        tip: String,
    },
    /// `--loop` and a pipe.
    #[error(
        "cannot send {0} more than once: it is a pipe\n  tip: write it to a file, for example \
         capture.pcap, and use --replay capture.pcap"
    )]
    OnePass(String),
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
    /// A shape of traffic without a rate.
    #[error(
        "cannot shape datagrams that leave as they come\n  tip: add a rate, for example --rate 1kpps"
    )]
    NothingToShape,
    /// A rate in bits of lines, whose lengths differ.
    #[error(
        "cannot send lines at --rate {0}: their lengths differ\n  tip: use a rate in datagrams, for \
         example --rate 1000pps, or --interval"
    )]
    RateOfLines(Rate),
    /// Two different seeds.
    #[error(
        "cannot use two seeds: --seed {0} and seed={1} of --impair\n  tip: keep one of them; it \
         applies to all random choices"
    )]
    TwoSeeds(u64, u64),
    /// The delay of `--impair` holds too many bytes.
    #[error(
        "cannot hold {} of payload: --impair delays {} at most\n  tip: use a shorter delay or a \
         lower rate",
        bytesize::ByteSize::b(*.0 as u64), bytesize::ByteSize::b(MOST_HELD as u64)
    )]
    TooMuchHeld(usize),
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
    /// Too many requests to addresses that every host must process.
    #[error(
        "cannot send {rate} to {}: every host on the network must process each request, and more \
         than {most} per second can overload them\n  tip: use another group (for example {}), a \
         longer interval (--interval {}), or add --force",
        and_more(.group, *.more, "target"),
        if .group.is_ipv4() { "239.1.1.1" } else { "ff12::1234" },
        as_typed(*.shortest)
    )]
    PingOfEveryHost {
        /// The first address.
        group: IpAddr,
        /// The number of further addresses.
        more: usize,
        /// The rate to all of them.
        rate: String,
        /// The maximum in requests per second.
        most: f64,
        /// The shortest permitted interval.
        shortest: Duration,
    },
    /// A list of expected receivers that is too long.
    #[error("cannot read the expected receivers in {place}: it is longer than {most} bytes")]
    ExpectedTooLong {
        /// The place of the list, in quotes.
        place: String,
        /// The longest list.
        most: usize,
    },
    /// A list of expected receivers without an address.
    #[error(
        "cannot expect receivers: {place} has no addresses\n  tip: write the address of a receiver \
         on each line"
    )]
    NoneExpected {
        /// The place of the list, in quotes.
        place: String,
    },
    /// A line of the expected receivers that is not an address.
    #[error(
        "cannot read the expected receivers: line {line} of {place} is not the address of a host: \
         {word}\n  tip: write one address on each line, for example 10.0.0.101; # begins a comment"
    )]
    NotAnAddress {
        /// The place of the list, in quotes.
        place: String,
        /// The number of the line.
        line: usize,
        /// Its text.
        word: String,
    },
    /// `--message -` without a byte on standard input.
    #[error(
        "cannot send standard input as a message: it is empty\n  tip: to send datagrams without \
         payload, use --message ''"
    )]
    EmptyInput,
    /// Standard input does not fit one datagram.
    #[error(
        "cannot send standard input as one message: a datagram to {group} carries at most {max} \
         bytes of payload\n  tip: to send it in several datagrams, use --file -"
    )]
    InputTooLong {
        /// The group.
        group: IpAddr,
        /// The maximum in bytes.
        max: usize,
    },
    /// `--size` is smaller than the message.
    #[error(
        "cannot send a message of {len} bytes with --size {size}\n  tip: use --size {len} or more, \
         or a shorter message"
    )]
    SizeTooSmall {
        /// The length of the message in bytes.
        len: usize,
        /// The size in bytes.
        size: usize,
    },
    /// `--size` and an empty message.
    #[error(
        "cannot fill --size {size}: the message is empty\n  tip: to send zero bytes, use --hex 00"
    )]
    NothingToRepeat {
        /// The size in bytes.
        size: usize,
    },
    /// `--size` is smaller than the header of a measured datagram.
    #[error(
        "cannot send measured datagrams of {size} bytes: their header has {MIN_LEN} bytes\n  tip: \
         use --size {MIN_LEN} or more, for example --size 64"
    )]
    ProbeTooSmall {
        /// The size in bytes.
        size: u16,
    },
    /// `--size` is smaller than a report, which is never longer than the datagram that asks for it.
    #[error(
        "cannot ask for reports in datagrams of {size} bytes: a report has {REPORT_LEN} bytes, and \
         is never longer than the datagram that asks for it\n  tip: use --size {REPORT_LEN} or more"
    )]
    ReportsTooLong {
        /// The size in bytes.
        size: u16,
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
