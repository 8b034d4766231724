//! The plans of `mcast bench`.

use std::net::IpAddr;
use std::time::Duration;

use super::{BenchError, Content, Host, PlanError, Send, Sources, SpinLimit, StreamPlan};
use crate::cli::{BenchArgs, BenchCommand, CommonArgs, GroupsArgs, JoinArgs, ThroughputArgs};
use crate::host;
use crate::iface::{Cast, Family};
use crate::net::SendOptions;
use crate::notice::{Notice, advice};
use crate::sys::Backend;
use crate::target::{Endpoint, Listen, TargetRange, is_control_block};
use crate::units::{Period, Rate, Shape};

/// The header and the checksum of an Ethernet frame in bytes.
pub const FRAME_OVERHEAD: u16 = 18;

/// The frame sizes of RFC 2544, 9.1, without 64 bytes: no measured datagram fits such a frame.
const FRAME_SIZES: [u16; 6] = [128, 256, 512, 1024, 1280, 1518];

/// The limits of a benchmark without `--force`.
const MOST_BITS: f64 = 100e6;
const MOST_PACKETS: f64 = 100e3;
const MOST_GROUP_PACKETS: f64 = 10e3;
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The payload of a datagram of `bench groups` in bytes: that of a usual probe.
const GROUP_SIZE: u16 = 64;

/// A benchmark.
#[derive(Clone, Debug)]
pub enum Bench {
    Throughput(Throughput),
    Join(Join),
    Groups(Groups),
}

impl Bench {
    /// Plans a benchmark on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &BenchArgs, host: &Host) -> Result<Self, PlanError> {
        Ok(match &args.command {
            BenchCommand::Throughput(args) => Bench::Throughput(Throughput::new(args, host)?),
            BenchCommand::Join(args) => Bench::Join(Join::new(args, host)?),
            BenchCommand::Groups(args) => Bench::Groups(Groups::new(args, host)?),
        })
    }
}

/// An Ethernet frame and the payload of its datagram, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSize {
    /// The frame with its header and checksum, without preamble and gap.
    pub frame: u16,
    /// The UDP payload.
    pub payload: u16,
}

impl FrameSize {
    fn new(frame: u16, family: Family) -> Self {
        FrameSize { frame, payload: frame.saturating_sub(FRAME_OVERHEAD + headers(family)) }
    }

    /// Datagrams per second at `rate`, whose bits are those of frames.
    pub fn packets(self, rate: Rate) -> f64 {
        match rate {
            Rate::Packets(packets) => packets,
            Rate::Bits(bits) => bits / self.bits(1.0),
        }
    }

    /// The bits of this many frames.
    pub fn bits(self, frames: f64) -> f64 {
        frames * f64::from(self.frame) * 8.0
    }
}

/// The headers of IP and UDP in bytes (RFC 791, RFC 8200, RFC 768).
fn headers(family: Family) -> u16 {
    if family == Family::V4 { 28 } else { 48 }
}

/// The plan of `mcast bench throughput`.
#[derive(Clone, Debug)]
pub struct Throughput {
    pub at: Endpoint,
    pub sizes: Vec<FrameSize>,
    /// The loss of a trial that passes, as a part of 1.
    pub loss: f64,
    /// The length of a trial.
    pub trial: Duration,
    pub max: Rate,
    /// The width of the range at which the search ends, as a part of its upper end.
    pub resolution: f64,
    pub time_limit: Duration,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    options: SendOptions,
    backend: Backend,
}

impl Throughput {
    fn new(args: &ThroughputArgs, host: &Host) -> Result<Self, PlanError> {
        let at = one(host.endpoints(std::slice::from_ref(&args.target), &args.common.iface)?)?;
        is_bearable(&at)?;
        if !args.sending.force {
            limit_rate("--max-rate", args.max_rate, MOST_PACKETS)?;
            limit_time(args.sending.time_limit)?;
        }
        Ok(Throughput {
            sizes: frame_sizes(&args.size, &at)?,
            loss: args.loss,
            trial: args.trial,
            max: args.max_rate,
            resolution: args.resolution,
            time_limit: args.sending.time_limit,
            advice: advice_for_sender(
                host,
                std::slice::from_ref(&at),
                args.sending.ttl,
                &args.common,
            ),
            options: options(args.sending.ttl),
            backend: args.common.backend(),
            at,
        })
    }

    /// The plan of a trial at a rate in datagrams per second.
    pub fn trial_at(&self, size: FrameSize, pps: f64, time: Duration) -> Send {
        let content = Content::Probe { size: size.payload };
        let period = Period::of(Rate::Packets(pps), 1, 0);
        let options = self.options.clone();
        let sender = sender(vec![self.at.clone()], content, period, options, self.backend);
        Send { duration: Some(time), ..sender }
    }
}

/// The plan of `mcast bench join`.
#[derive(Clone, Debug)]
pub struct Join {
    pub listen: Listen,
    pub cycles: u32,
    /// How long to wait for the first datagram.
    pub join_wait: Duration,
    /// How long to wait after a leave.
    pub leave_wait: Duration,
    /// The addresses of this host.
    pub local: Vec<IpAddr>,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    pub backend: Backend,
}

impl Join {
    fn new(args: &JoinArgs, host: &Host) -> Result<Self, PlanError> {
        let targets = std::slice::from_ref(&args.target);
        let listens = host.listens(targets, &args.common.iface, &Sources::default())?;
        let all = std::iter::once(&listens).flatten();
        let mut advice = advice::for_receiver(all.clone().map(|listen| &listen.at));
        advice.extend(host.advice(all.map(|listen| &listen.at)));
        let listen = one(listens)?;
        if listen.at.cast != Cast::Multicast {
            return Err(BenchError::NotAGroup(listen.at.group).into());
        }
        let members = host::groups();
        let joined = members.of(listen.at.via.index).unwrap_or_default();
        if joined.iter().any(|joined| joined.group == listen.at.group) {
            let iface = listen.at.via.name.clone();
            return Err(BenchError::AlreadyMember { group: listen.at.group, iface }.into());
        }
        Ok(Join {
            listen,
            cycles: args.cycles,
            join_wait: args.join_wait,
            leave_wait: args.leave_wait,
            local: host.addresses(),
            advice,
            backend: args.common.backend(),
        })
    }
}

/// The plan of `mcast bench groups`.
#[derive(Clone, Debug)]
pub struct Groups {
    pub endpoints: Vec<Endpoint>,
    pub rate: Rate,
    /// Datagrams to each group in a trial.
    pub count: u64,
    pub time_limit: Duration,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    options: SendOptions,
    backend: Backend,
}

impl Groups {
    fn new(args: &GroupsArgs, host: &Host) -> Result<Self, PlanError> {
        let targets: &[TargetRange] = std::slice::from_ref(&args.target);
        let endpoints = host.endpoints(targets, &args.common.iface)?;
        endpoints.iter().try_for_each(is_bearable)?;
        if let Some(other) = endpoints.iter().find(|at| at.via.index != endpoints[0].via.index) {
            return Err(several_interfaces(&endpoints[0], other));
        }
        if !args.sending.force {
            limit_rate("--rate", args.rate, MOST_GROUP_PACKETS)?;
            limit_time(args.sending.time_limit)?;
        }
        Ok(Groups {
            rate: args.rate,
            count: args.count,
            time_limit: args.sending.time_limit,
            advice: advice_for_sender(host, &endpoints, args.sending.ttl, &args.common),
            options: options(args.sending.ttl),
            backend: args.common.backend(),
            endpoints,
        })
    }

    /// The time between two datagrams.
    pub fn period(&self) -> Period {
        Period::of(self.rate, 1, usize::from(GROUP_SIZE))
    }

    /// The length of a datagram in bytes.
    pub fn size(&self) -> u16 {
        GROUP_SIZE
    }

    /// The plan of a trial with the first `groups` groups. A source supplies the datagrams.
    pub fn trial_with(&self, groups: usize) -> Send {
        let endpoints = self.endpoints[..groups].to_vec();
        let content = Content::Probe { size: GROUP_SIZE };
        sender(endpoints, content, self.period(), self.options.clone(), self.backend)
    }
}

/// The only one of several results: the target has one group and one port, on one interface.
fn one<T: HasEndpoint>(mut all: Vec<T>) -> Result<T, PlanError> {
    match (all.pop(), all.first()) {
        (Some(last), None) => Ok(last),
        (Some(last), Some(first)) if first.endpoint().group == last.endpoint().group => {
            Err(several_interfaces(first.endpoint(), last.endpoint()))
        }
        (_, first) => {
            let first = first.map(|first| first.endpoint().to_string()).unwrap_or_default();
            Err(BenchError::NotOne { first }.into())
        }
    }
}

fn several_interfaces(one: &Endpoint, other: &Endpoint) -> PlanError {
    BenchError::SeveralInterfaces([one, other].map(|at| at.via.name.clone())).into()
}

/// An endpoint, or a value with one.
trait HasEndpoint {
    fn endpoint(&self) -> &Endpoint;
}

impl HasEndpoint for Endpoint {
    fn endpoint(&self) -> &Endpoint {
        self
    }
}

impl HasEndpoint for Listen {
    fn endpoint(&self) -> &Endpoint {
        &self.at
    }
}

/// Whether a benchmark may send to an address at all: every host would process a broadcast or the
/// groups of network protocols.
fn is_bearable(at: &Endpoint) -> Result<(), BenchError> {
    match at.cast {
        Cast::Multicast if is_control_block(at.group) => Err(BenchError::OfProtocols(at.group)),
        Cast::Multicast => Ok(()),
        _ => Err(BenchError::NotAGroup(at.group)),
    }
}

fn limit_rate(option: &'static str, rate: Rate, most_packets: f64) -> Result<(), BenchError> {
    let (exceeds, most) = match rate {
        Rate::Packets(packets) => (packets > most_packets, Rate::Packets(most_packets)),
        Rate::Bits(bits) => (bits > MOST_BITS, Rate::Bits(MOST_BITS)),
    };
    if exceeds { Err(BenchError::TooFast { option, rate, most }) } else { Ok(()) }
}

fn limit_time(time: Duration) -> Result<(), BenchError> {
    if time > LONGEST { Err(BenchError::TooLong { time, most: LONGEST }) } else { Ok(()) }
}

/// The sizes to test. The default sizes are those that fit the interface's MTU.
fn frame_sizes(typed: &[u16], at: &Endpoint) -> Result<Vec<FrameSize>, PlanError> {
    let family = Family::of(at.group);
    let smallest = FRAME_OVERHEAD + headers(family) + crate::format::probe::MIN_LEN as u16;
    let mtu = host::mtus().get(&at.via.index).copied();
    let largest = mtu.map_or(u32::MAX, |mtu| mtu.saturating_add(FRAME_OVERHEAD.into()));
    if let Some(size) = typed.iter().find(|size| **size < smallest) {
        return Err(BenchError::FrameTooSmall { size: *size, smallest, family }.into());
    }
    if let (Some(size), Some(mtu)) = (typed.iter().find(|size| u32::from(**size) > largest), mtu) {
        let iface = at.via.name.clone();
        return Err(BenchError::FrameTooLarge { size: *size, iface, mtu }.into());
    }
    let mut sizes = if typed.is_empty() { FRAME_SIZES.to_vec() } else { typed.to_vec() };
    sizes.retain(|size| u32::from(*size) <= largest);
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes.into_iter().map(|size| FrameSize::new(size, family)).collect())
}

fn advice_for_sender(
    host: &Host,
    endpoints: &[Endpoint],
    ttl: Option<u8>,
    common: &CommonArgs,
) -> Vec<Notice> {
    let mut found = advice::for_sender(endpoints, ttl);
    found.extend(host.advice(endpoints.iter()));
    found.extend(common.typed.bare_ports.iter().copied().map(advice::bare_port));
    found
}

fn options(ttl: Option<u8>) -> SendOptions {
    SendOptions { ttl, loopback: true, dscp: None, source_port: None, answers: true }
}

/// A sender without limits.
fn sender(
    endpoints: Vec<Endpoint>,
    content: Content,
    period: Period,
    options: SendOptions,
    backend: Backend,
) -> Send {
    Send {
        stats: None,
        endpoints,
        content,
        fallback: None,
        stream: StreamPlan { is_required: false, is_timed: false, size: 0, rtp: false },
        passes: 1,
        period: Some(period),
        shape: Shape::Even,
        impair: None,
        reports: None,
        seed: None,
        burst: 1,
        spin: SpinLimit::Usual,
        count: None,
        duration: None,
        options,
        show: false,
        advice: Vec::new(),
        backend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::menu::Answer;
    use crate::cli::{self, Command};
    use crate::iface::{Address, Interface};

    fn interface(index: u32, name: &str, address: &str) -> Interface {
        let address = Address { ip: address.parse().unwrap(), prefix: Some(24) };
        Interface {
            name: name.to_owned(),
            // An index that no interface of this host has: its MTU is unknown.
            index: 70_000 + index,
            addresses: vec![address],
            up: true,
            multicast: true,
            ..Interface::default()
        }
    }

    fn plan(line: &str) -> Result<Bench, String> {
        let interfaces = vec![interface(2, "e0", "10.0.0.100"), interface(3, "e1", "10.1.0.100")];
        let ask = |_: IpAddr, _: &[&Interface]| Answer::NoTerminal;
        let cli = cli::parse(format!("mcast bench {line}").split(' ').map(Into::into)).unwrap();
        let Command::Bench(args) = cli.command else { panic!("{line}") };
        Bench::new(&args, &Host::with(interfaces, &ask)).map_err(|error| error.to_string())
    }

    fn throughput(line: &str) -> Throughput {
        match plan(line) {
            Ok(Bench::Throughput(plan)) => plan,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_frame_contains_all_headers() {
        let sizes = throughput("throughput --iface e0").sizes;
        assert_eq!(sizes.iter().map(|size| size.frame).collect::<Vec<_>>(), FRAME_SIZES);
        assert_eq!(sizes[5], FrameSize { frame: 1518, payload: 1472 });
        let size = throughput("throughput --iface e0 --size 94 --size 94").sizes;
        assert_eq!(size, [FrameSize { frame: 94, payload: 48 }]);
        assert_eq!(size[0].packets(Rate::Bits(752_000.0)), 1000.0);
        assert_eq!(FrameSize::new(114, Family::V6).payload, 48);
    }

    #[test]
    fn the_limits_need_force() {
        for (line, part) in [
            ("throughput --iface e0 --max-rate 101Mbit", "--max-rate 101Mbit without --force"),
            ("throughput --iface e0 --max-rate 200kpps", "the limit is 100kpps"),
            ("throughput --iface e0 --time-limit 31m", "the limit is 1800s"),
            ("groups 239.1.0.0/28:5000 --iface e0 --rate 20kpps", "the limit is 10kpps"),
        ] {
            let error = plan(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
            assert!(plan(&format!("{line} --force")).is_ok(), "{line}");
        }
    }

    #[test]
    fn protocols_are_never_benchmarked() {
        for group in ["224.0.0.1:5000", "224.0.0.251:5353"] {
            for line in ["throughput", "groups"] {
                let error = plan(&format!("{line} {group} --iface e0 --force")).unwrap_err();
                assert!(error.contains("network protocols use"), "{error}");
            }
        }
        let error = plan("throughput 10.0.0.5:5000 --iface e0 --force").unwrap_err();
        assert!(error.contains("10.0.0.5 is not a multicast group"), "{error}");
    }

    #[test]
    fn one_group_on_one_interface_is_measured() {
        for line in ["throughput 239.1.1.1+2:5000 --iface e0", "join 239.1.1.1+2:5000 --iface e0"] {
            assert!(plan(line).unwrap_err().contains("one group and one port"), "{line}");
        }
        for line in ["throughput", "join", "groups 239.1.0.0/30:5000"] {
            let error = plan(&format!("{line} --iface e0 --iface e1")).unwrap_err();
            assert!(error.contains("on two interfaces (e0 and e1)"), "{error}");
        }
        let Ok(Bench::Groups(groups)) = plan("groups 239.1.0.0/30:5000 --iface e1") else {
            panic!("no plan");
        };
        assert_eq!(groups.trial_with(3).endpoints.len(), 3);
    }
}
