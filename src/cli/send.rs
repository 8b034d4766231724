//! `mcast send`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::addresses::destination;
use super::common::text_or_json;
use super::help::{self, ADVANCED, LIMITS, OUTPUT, PACE, PAYLOAD, Sections, TARGET};
use super::hex_bytes::{HexBytes, hex_bytes};
use super::values::PaceBy;
use super::{CommonArgs, ObserverArgs, ReplayArgs, ReportArgs, ShapeArgs, reports, values};
use crate::input::Place;
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};
use crate::units::Rate;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast send",
    details: &[reports::SECTION],
    examples: "  \
  Send 'hello world' to 224.202.20.30:54321 every 2 s:
    mcast send
  Send ten datagrams a second:
    mcast send 239.1.1.1:5000 --message tick --interval 100ms
  Send five datagrams over IPv6:
    mcast send '[ff15::1234]:5000' --iface eth0 --count 5
  Send one datagram to each of 100 groups on every interface:
    mcast send 239.0.0.0+100:5000 --iface all --count 1
  Cross up to 15 routers, marked as voice:
    mcast send 239.1.1.1:5000 --ttl 16 --dscp ef
  Send a measured stream for 'mcast recv':
    mcast send 239.1.1.1:5000 --probe --rate 1kpps --duration 10s
  Send one, and show what all receivers with 'recv --reply' received:
    mcast send 239.1.1.1:5000 --probe --reports 1s --duration 10s
  Send each line of a program's output as a datagram:
    journalctl -f | mcast send 239.1.1.1:5000 --lines
  Send a file at 8 Mbit/s:
    mcast send 239.1.1.1:5000 --file video.ts --rate 8Mbit
  Send the datagrams of a capture to their own groups, at its pace:
    mcast send --replay capture.pcapng
  Send full Ethernet frames as fast as possible for two seconds:
    mcast send 239.1.1.1:5000 --probe --size 1472 --flood --duration 2s",
    exit_status: "  \
  0      success
  1      datagrams not sent, empty input, no receiver reported, failed --assert
  2      could not run or continue: wrong usage, unknown interface, full disk
  128+N  ended by signal N before --count was reached, or by SIGHUP",
    environment: help::ENVIRONMENT,
};

/// The arguments of `mcast send`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, arg(help::help_option()))]
pub struct SendArgs {
    /// Send to this group and port: 239.1.1.1:5000 [default: 224.202.20.30:54321]
    ///
    /// Repeatable. Other forms: [ff02::1%eth0]:5000, the range 239.0.0.0+100:5000, group and port as
    /// two words (239.1.1.1 5000), and unicast or broadcast addresses.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, hide_default_value = true, value_parser = destination, help_heading = TARGET, display_order = 0)]
    pub targets: Vec<TargetRange>,

    /// Set the TTL or hop limit; 1: local network only [default: 1; unicast: the system's]
    ///
    /// Each router decrements it. A router that reaches 0 drops the datagram.
    #[arg(short, long, value_name = "N", value_parser = values::ttl, allow_hyphen_values = true, help_heading = TARGET, display_order = 2)]
    pub ttl: Option<u8>,

    /// Send TEXT in each datagram [default: hello world]
    ///
    /// With -, the text is standard input up to its end.
    ///
    /// If standard input is a pipe or a file and no option sets a payload, mcast sends that input as
    /// with --file -. With --count, --duration, --interval, --rate, --burst or --flood it does not.
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true, help_heading = PAYLOAD)]
    pub message: Option<String>,

    /// Send these bytes in each datagram, in hex: 'ef 01 0203', 0xef01 or ef:01
    #[arg(long, value_name = "BYTES", value_parser = hex_bytes, conflicts_with_all = ["message", "probe", "file", "lines", "replay"], allow_hyphen_values = true, hide_short_help = true, help_heading = PAYLOAD)]
    pub hex: Option<HexBytes>,

    /// Send a measured stream; recv reports loss and delay
    ///
    /// Each datagram carries a sequence number, a timestamp and a checksum. Datagrams are then
    /// printed only with -v.
    #[arg(long, conflicts_with = "message", help_heading = PAYLOAD)]
    pub probe: bool,

    /// Send FILE in datagrams of --size; - is standard input
    ///
    /// The default pace is a datagram every 1 ms (10.5 Mbit/s). The run ends with FILE, which can
    /// be a FIFO. The last datagram may be shorter. If a pipe pauses for 100 ms, mcast sends an
    /// incomplete datagram.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["message", "probe", "replay"], group = "repeatable", help_heading = PAYLOAD)]
    pub file: Option<Place>,

    /// Send each line of standard input or --file as a datagram
    ///
    /// The lines leave as they come, without LF or CR LF. --interval and --rate set a pace. An
    /// empty line is a datagram without payload. To addresses that every host must process, the
    /// default pace is --rate 1000pps.
    #[arg(long, conflicts_with_all = ["message", "probe", "replay"], help_heading = PAYLOAD)]
    pub lines: bool,

    /// Send a transport stream in RTP (RFC 2250)
    ///
    /// The payload type is 33 (MP2T). The timestamp states when the datagram was due.
    #[arg(long, conflicts_with_all = ["message", "probe", "lines", "replay"], hide_short_help = true, help_heading = PAYLOAD)]
    pub rtp: bool,

    /// Set the payload size of each datagram [unit: bytes] [default: --probe: 64; --file: 1316]
    ///
    /// A message is repeated up to this size. --probe needs at least 48 bytes, with --reports 144.
    #[arg(short, long, value_name = "BYTES", value_parser = values::payload_size, conflicts_with_all = ["lines", "replay"], allow_hyphen_values = true, hide_short_help = true, help_heading = PAYLOAD)]
    pub size: Option<u16>,

    /// Send a datagram to each target every TIME [unit: us, ms, s, m, h] [default: 2s; --probe: 100ms]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = PACE)]
    pub interval: Option<Duration>,

    /// Send at RATE, shared by all targets [unit: pps, kpps, Mpps, kbit, Mbit, Gbit]
    ///
    /// Replaces --interval. Each round sends one datagram to each target. Bit rates count only the
    /// payload.
    #[arg(long, value_name = "RATE", conflicts_with = "interval", allow_hyphen_values = true, help_heading = PACE)]
    pub rate: Option<Rate>,

    /// Set the pace of a transport stream: pcr or rate [default: pcr]
    ///
    /// 'rate' is the pace of --rate or --interval, and these options select it. Without --pace,
    /// mcast sends a file that is no transport stream in pieces.
    #[arg(long, value_name = "BY", value_parser = values::pace_by, conflicts_with_all = ["message", "probe", "lines", "replay"], hide_short_help = true, help_heading = PACE)]
    pub pace: Option<PaceBy>,

    /// Send as fast as possible; an endless run requires --force
    ///
    /// Datagrams are then printed only with -v.
    #[arg(long, conflicts_with_all = ["interval", "rate"], hide_short_help = true, help_heading = PACE)]
    pub flood: bool,

    /// Send N datagrams back to back at the same mean rate [default: 1]
    ///
    /// mcast sends the N datagrams to each target in a row.
    #[arg(long, value_name = "N", value_parser = values::burst, default_value = "1", hide_default_value = true, allow_hyphen_values = true, hide_short_help = true, help_heading = PACE)]
    pub burst: u64,

    /// The options that shape the traffic.
    #[command(flatten)]
    pub shape: ShapeArgs,

    /// Set the CPU time for even gaps, as a share of a core [default: 50%; 100% if needed above 3.3 kpps]
    ///
    /// A core that sleeps wakes up late. mcast measures this, stops sleeping earlier and spins until
    /// the datagram is due. It spins less if its CPU time would exceed SHARE.
    #[arg(long, value_name = "SHARE", value_parser = values::share, conflicts_with_all = ["spin", "flood"], allow_hyphen_values = true, hide_short_help = true, help_heading = PACE)]
    pub spin_budget: Option<f64>,

    /// Send without sleeping: the most even gaps, keeps one core busy
    #[arg(long, hide_short_help = true, help_heading = PACE)]
    pub spin: bool,

    /// Allow endless floods, and floods to link-local groups and broadcast addresses
    ///
    /// Without it, mcast refuses more than 1000 datagrams a second in total to 224.0.0.0/24,
    /// ff02::/16 and broadcast addresses: every host there must process them. It also refuses
    /// an endless run at line rate.
    #[arg(long, hide_short_help = true, help_heading = PACE)]
    pub force: bool,

    /// The options of a replay.
    #[command(flatten)]
    pub replay: ReplayArgs,

    /// Stop after N datagrams per target [default: no limit]
    #[arg(short, long, value_name = "N", value_parser = values::count, allow_hyphen_values = true, help_heading = LIMITS)]
    pub count: Option<u64>,

    /// Stop after TIME [unit: us, ms, s, m, h]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = LIMITS)]
    pub duration: Option<Duration>,

    /// The options about reports.
    #[command(flatten)]
    pub reports: ReportArgs,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, hide_short_help = true, help_heading = OUTPUT)]
    pub output: Output,

    /// Disable multicast loopback to receivers on this host
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub no_loop: bool,

    /// Set the DSCP: 0 to 63, or a name (ef, af41, cs5) [default: 0]
    #[arg(long, value_name = "VALUE", value_parser = values::dscp, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub dscp: Option<u8>,

    /// Send from this UDP port [default: chosen by the system]
    #[arg(long, value_name = "PORT", value_parser = values::port, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub source_port: Option<u16>,

    /// Print statistics every TIME [unit: us, ms, s, m, h]
    ///
    /// Datagrams are then printed only with -v.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, hide_short_help = true, help_heading = OUTPUT)]
    pub stats: Option<Duration>,

    /// The options about observers.
    #[command(flatten)]
    pub observers: ObserverArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}
