//! What happened, as data: the events that every output format writes, and the JSON that scripts
//! rely on.
//!
//! Field names carry their unit; what could not be measured is `null`. Each event is a JSON object
//! with its name in `event`.

mod check;
mod measured;
mod metric;
mod spans;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

pub use check::{CheckSummary, Checking};
use jiff::Timestamp;
pub use measured::{
    FiguresInfo, HopsInfo, LatenessInfo, MeasuredInfo, RunsInfo, StreamInfo, describe,
};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
pub use spans::{Span, spans};

use crate::assertion::Judgement;
use crate::iface::{Cast, Flag, Joined, MacAddr};
use crate::net::KernelDrops;
use crate::notice::{Finding, Warning};
use crate::stats::Meter;
use crate::target::{Endpoint, Filter, Listen, ethernet_address};
use crate::units::hex::Hex;
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::Verdict;

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// Every group is joined: what is sent from now on is heard.
    #[serde(rename = "ready")]
    Listening(Listening<'a>),
    /// The sockets are open: the first datagram follows.
    #[serde(rename = "ready")]
    Sending(Sending<'a>),
    /// The group is joined, and looked into.
    #[serde(rename = "ready")]
    Checking(Checking<'a>),
    /// A datagram came.
    #[serde(rename = "datagram")]
    Received(Received<'a>),
    /// A datagram went.
    #[serde(rename = "datagram")]
    Sent(Sent<'a>),
    /// Something the user should know.
    Warning(Notice<'a>),
    /// A group was left.
    Left(Left<'a>),
    /// What a receiver got since the last report.
    Interval(IntervalReport),
    /// What a receiver got; always the last.
    #[serde(rename = "summary")]
    RecvSummary(RecvSummary),
    /// What a sender did; always the last.
    #[serde(rename = "summary")]
    SendSummary(SendSummary),
    /// Something that was found.
    Finding(&'a Finding),
    /// Something that explains why a receiver hears nothing.
    #[serde(rename = "finding")]
    Explanation(&'a Finding),
    /// What was found, in one sentence; always the last.
    #[serde(rename = "summary")]
    CheckSummary(CheckSummary),
    /// An interface of this host.
    Interface(InterfaceInfo),
    /// How many interfaces there are; always the last.
    #[serde(rename = "summary")]
    IfacesSummary(IfacesSummary),
}

/// A target, with what it stands for on this host.
#[derive(Debug, Serialize)]
pub struct TargetInfo<'a> {
    /// The group; or the unicast or broadcast address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// Of a sender: the address and port that its datagrams carry. Of a receiver: the one source
    /// that is heard; `null` is any.
    pub source: Option<Origin>,
    /// Of a receiver: the sources that are not heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<&'a [IpAddr]>,
    /// The interface's name.
    pub iface: &'a str,
    /// The interface's index.
    pub ifindex: u32,
    /// The interface's address; `null` where it has none of the family.
    pub address: Option<IpAddr>,
    /// The Ethernet address of the group's frames; `null` for unicast.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// Of a sender: the TTL or hop limit.
    #[serde(skip)]
    pub ttl: Option<u8>,
}

/// Where datagrams come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Origin {
    /// An address, whatever the port.
    Address(IpAddr),
    /// An address and a port.
    Socket(SocketAddr),
}

impl<'a> TargetInfo<'a> {
    /// Describes an endpoint that is sent to.
    pub fn to(at: &'a Endpoint, source: SocketAddr, ttl: Option<u8>) -> Self {
        TargetInfo { ttl, ..TargetInfo::new(at, Some(Origin::Socket(source))) }
    }

    fn new(at: &'a Endpoint, source: Option<Origin>) -> Self {
        TargetInfo {
            group: at.group,
            port: at.port,
            source,
            excluded: None,
            iface: &at.via.name,
            ifindex: at.via.index,
            address: at.via.address,
            mac: if at.cast == Cast::Broadcast {
                Some(MacAddr([0xff; 6]))
            } else {
                ethernet_address(at.group)
            },
            ttl: None,
        }
    }

    /// Describes what is listened to: an entry for each source that is named.
    pub fn of(listen: &'a Listen) -> Vec<Self> {
        let heard = |source: Option<IpAddr>, excluded: &'a [IpAddr]| TargetInfo {
            excluded: Some(excluded),
            ..TargetInfo::new(&listen.at, source.map(Origin::Address))
        };
        match &*listen.filter {
            Filter::Any => vec![heard(None, &[])],
            Filter::Include(sources) => {
                sources.iter().map(|source| heard(Some(*source), &[])).collect()
            }
            Filter::Exclude(sources) => vec![heard(None, sources)],
        }
    }
}

/// A receiver is ready.
#[derive(Debug, Serialize)]
pub struct Listening<'a> {
    /// What was joined.
    pub targets: Vec<TargetInfo<'a>>,
    /// The receive buffer of each socket.
    pub rcvbuf_bytes: RcvbufInfo,
}

/// The receive buffer of each socket, in the bytes that `SO_RCVBUF` takes.
#[derive(Debug, Serialize)]
pub struct RcvbufInfo {
    /// What was asked for; `null` is as much as the system grants.
    pub asked: Option<usize>,
    /// What was granted.
    pub granted: Option<usize>,
    /// What it was asked for in words of: for scripts `asked` says it in bytes.
    #[serde(skip)]
    pub request: Option<RcvbufRequest>,
}

/// A sender is ready.
#[derive(Debug, Serialize)]
pub struct Sending<'a> {
    /// Where it sends to.
    pub targets: Vec<TargetInfo<'a>>,
    /// The TTL or hop limit of its datagrams; of those to the first target, where they differ.
    pub ttl: Option<u8>,
    /// The DSCP of its datagrams, where one was asked for.
    pub dscp: Option<u8>,
    /// The time between rounds; `null` where they follow as fast as they go.
    #[serde(rename = "interval_ns", serialize_with = "some_nanos")]
    pub interval: Option<Duration>,
    /// How many datagrams go to each target in a round.
    pub burst: u64,
    /// The length of their payload.
    pub len_bytes: usize,
    /// The run, in hex, where it is a measured one.
    #[serde(serialize_with = "measured::some_hex")]
    pub stream: Option<u64>,
}

/// A datagram that came.
#[derive(Debug, Serialize)]
pub struct Received<'a> {
    /// When the kernel took it.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// Who sent it.
    pub source: SocketAddr,
    /// The group it was heard on.
    pub group: IpAddr,
    /// The UDP port it was heard on.
    pub port: u16,
    /// The interface it arrived on.
    pub iface: Option<&'a str>,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// Its DSCP.
    pub dscp: Option<u8>,
    /// The length of its payload.
    pub len_bytes: usize,
    /// What it says of itself, where it is a measured one.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// Its payload: `text` where it is UTF-8, else `hex`.
    #[serde(flatten)]
    pub payload: Payload<'a>,
}

/// What a measured datagram says.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum ProbeInfo {
    /// It is one of a stream.
    Whole {
        /// The sender's run, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// Its number.
        seq: u64,
        /// From the sender to the receiver's kernel; `null` where the clocks are not known to
        /// agree.
        delay_ns: Option<i64>,
    },
    /// It was sent.
    Sent {
        /// The run, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// Its number.
        seq: u64,
    },
    /// It claims to be one, and is not to be believed.
    Damaged {
        /// `corrupt`, `truncated` or `unsupported`.
        damage: &'static str,
    },
}

/// The bytes of a datagram.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a>(pub &'a [u8]);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(self.0) {
            Ok(text) => map.serialize_entry("text", text)?,
            Err(_) => map.serialize_entry("hex", &Hex(self.0))?,
        }
        map.end()
    }
}

/// A datagram that went.
#[derive(Debug, Serialize)]
pub struct Sent<'a> {
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface it left by.
    pub iface: &'a str,
    /// The length of its payload.
    pub len_bytes: usize,
    /// What it says of itself, where it is a measured one.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// Its payload, for the formats that show it.
    #[serde(skip)]
    pub payload: Payload<'a>,
}

/// A warning, as an event.
#[derive(Debug)]
pub struct Notice<'a>(pub &'a Warning);

impl Serialize for Notice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", self.0.id())?;
        map.serialize_entry("what", &self.0.to_string())?;
        map.serialize_entry("remedy", &self.0.remedy())?;
        map.end()
    }
}

/// A group that was left.
#[derive(Debug, Serialize)]
pub struct Left<'a> {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface.
    pub iface: &'a str,
    /// The interface's index.
    pub ifindex: u32,
}

/// What a receiver got, over all of the run.
#[derive(Debug, Serialize)]
pub struct RecvSummary {
    /// What was counted.
    #[serde(flatten)]
    pub figures: RecvFigures,
    /// What was asserted, and whether it held.
    pub assertions: Vec<Judgement>,
    /// What it proved.
    pub verdict: Verdict,
}

/// What a receiver got since the last report.
#[derive(Debug, Serialize)]
pub struct IntervalReport {
    /// When it began, from the moment when every group was joined.
    #[serde(rename = "since_ns", serialize_with = "nanos")]
    pub since: Duration,
    /// What was counted; the time is the length of the interval.
    #[serde(flatten)]
    pub figures: RecvFigures,
}

/// What a receiver counts.
#[derive(Debug, Serialize)]
pub struct RecvFigures {
    /// From the moment when every group was joined, or of the interval.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates.
    #[serde(flatten)]
    pub meter: Totals,
    /// What this host's kernel dropped because the receive buffer was full.
    pub kernel_drops: Option<u64>,
    /// It did not drop more. Where datagrams arrive that were sent as one, what was dropped as one
    /// counts as one. `null` where the system does not tell.
    pub kernel_drops_exact: Option<bool>,
    /// How many datagrams were cut: longer than the buffer, or shorter than they say that they
    /// were sent.
    pub truncated: u64,
    /// How many sources were heard.
    pub sources: usize,
    /// How many datagrams had already arrived on another interface: the same ones, and no
    /// duplicates of the network. `null` where each group is joined on one interface only.
    pub interface_copies: Option<u64>,
    /// The longest time between a datagram and the next, whoever sent them.
    #[serde(rename = "gap_ns", serialize_with = "some_nanos")]
    pub gap: Option<Duration>,
    /// Datagrams that claimed to be measured ones, with a wrong checksum or length.
    pub corrupt: u64,
    /// Datagrams that claimed to be measured ones, of a version or a kind that is not known.
    pub unsupported: u64,
    /// Measured datagrams of streams that were too many to be followed.
    pub untracked: u64,
    /// All measured streams together; `null` where there are none.
    pub measured: Option<MeasuredInfo>,
    /// Each measured stream.
    pub streams: Vec<StreamInfo>,
}

impl RecvFigures {
    /// What this host's kernel dropped.
    pub fn dropped(&self) -> Option<KernelDrops> {
        Some(KernelDrops { count: self.kernel_drops?, exact: self.kernel_drops_exact? })
    }
}

/// What a sender did.
#[derive(Debug, Serialize)]
pub struct SendSummary {
    /// From the moment when the sockets were open.
    #[serde(rename = "elapsed_ns", serialize_with = "nanos")]
    pub elapsed: Duration,
    /// Datagrams, bytes and rates, over all targets.
    #[serde(flatten)]
    pub meter: Totals,
    /// How many datagrams could not be sent.
    pub errors: u64,
    /// The same for each target.
    pub targets: Vec<TargetTotals>,
    /// How many rounds were due in the time that `--duration` gave, and were left out because the
    /// pace could not be kept.
    pub skipped: u64,
    /// How often the sender had to wait for room in the system's queues.
    pub waits: u64,
    /// How late rounds left.
    pub pace_ns: Option<LatenessInfo>,
    /// How much processor time the program took in that time; `null` where the system does not
    /// tell.
    #[serde(rename = "cpu_ns", serialize_with = "some_nanos")]
    pub cpu: Option<Duration>,
    /// What it proved.
    pub verdict: Verdict,
}

/// What went to one target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetTotals {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface.
    pub iface: String,
    /// How many datagrams were sent.
    pub datagrams: u64,
    /// How many bytes of payload.
    pub bytes: u64,
    /// How many datagrams could not be sent.
    pub errors: u64,
}

/// Datagrams, bytes of payload, and their rates from the first datagram to the last.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Totals {
    /// How many datagrams.
    pub datagrams: u64,
    /// How many bytes of payload.
    pub bytes: u64,
    /// Datagrams a second.
    pub rate_pps: Option<f64>,
    /// Bits of payload a second.
    pub bitrate_bps: Option<f64>,
    /// The time over which the rates were measured, for the formats that show them only where they
    /// mean something.
    #[serde(skip)]
    pub span: Option<Duration>,
}

impl Totals {
    /// What a sender did whose first round was of `first` datagrams of `len` bytes: that round only
    /// starts the clock.
    pub fn of_rounds(meter: &Meter, first: u64, len: usize) -> Self {
        let later = meter.datagrams.checked_sub(first).filter(|later| *later > 0);
        let a_second = |number: u64| Some(number as f64 / meter.span()?.as_secs_f64());
        let rate_pps = later.and_then(a_second);
        Totals {
            rate_pps,
            bitrate_bps: rate_pps.map(|rate| rate * len as f64 * 8.0),
            ..Totals::from(meter)
        }
    }
}

impl From<&Meter> for Totals {
    fn from(meter: &Meter) -> Self {
        Totals {
            datagrams: meter.datagrams,
            bytes: meter.bytes,
            rate_pps: meter.rate_pps(),
            bitrate_bps: meter.bitrate_bps(),
            span: meter.span(),
        }
    }
}

/// An interface of this host.
#[derive(Clone, Debug, Serialize)]
pub struct InterfaceInfo {
    /// Its name.
    pub name: String,
    /// Its index.
    pub ifindex: u32,
    /// Administratively up.
    pub up: bool,
    /// Its wire carries; `null` where it is down.
    pub carrier: Option<bool>,
    /// Able to carry multicast.
    pub multicast: bool,
    /// The loopback interface.
    pub loopback: bool,
    /// It leads to one other host.
    pub point_to_point: bool,
    /// All its flags.
    pub flags: Vec<Flag>,
    /// Its MTU.
    pub mtu_bytes: Option<u32>,
    /// Its Ethernet address.
    #[serde(serialize_with = "display_some")]
    pub mac: Option<MacAddr>,
    /// Its addresses, in the system's order.
    pub addresses: Vec<AddressInfo>,
    /// The version of IGMP that it speaks; `null` where it is down.
    pub igmp_version: Option<u8>,
    /// The version of MLD that it speaks; `null` where it is down or has no IPv6.
    pub mld_version: Option<u8>,
    /// The groups that it is a member of, by address.
    pub groups: Option<Vec<Joined>>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AddressInfo {
    /// The address.
    pub address: IpAddr,
    /// The length of its network's prefix in bits.
    pub prefix: Option<u8>,
}

/// What a list of the interfaces came to.
#[derive(Debug, Serialize)]
pub struct IfacesSummary {
    /// How many interfaces there are.
    pub interfaces: usize,
    /// What it proved.
    pub verdict: Verdict,
}

fn display_some<S: Serializer>(
    value: &Option<impl fmt::Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn some_nanos<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => nanos(duration, serializer),
        None => serializer.serialize_none(),
    }
}

fn nanos<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// RFC 3339 in UTC, to the nanosecond.
fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    match Timestamp::try_from(*time) {
        Ok(time) => serializer.collect_str(&format_args!("{time:.9}")),
        Err(_) => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_text_where_it_can_be_and_hex_where_not() {
        let event = |payload: &'static [u8]| {
            serde_json::to_string(&Event::Received(Received {
                time: SystemTime::UNIX_EPOCH + Duration::new(1_795_000_000, 5),
                source: "10.0.0.100:40000".parse().unwrap(),
                group: "239.1.1.1".parse().unwrap(),
                port: 5000,
                iface: Some("e0"),
                ttl: None,
                dscp: Some(46),
                len_bytes: payload.len(),
                probe: None,
                payload: Payload(payload),
            }))
            .unwrap()
        };
        assert_eq!(
            event(b"a\"\x1b\n"),
            r#"{"event":"datagram","time":"2026-11-18T11:06:40.000000005Z","source":"10.0.0.100:40000","group":"239.1.1.1","port":5000,"iface":"e0","ttl":null,"dscp":46,"len_bytes":4,"text":"a\"\u001b\n"}"#
        );
        assert!(
            event(b"\xff\x00").contains(r#""len_bytes":2,"hex":"ff00"}"#),
            "{}",
            event(b"\xff\x00")
        );
    }
}
