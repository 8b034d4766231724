//! `mcast recv`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::addresses::{source, target};
use super::common::any_format;
use super::help::{self, ADVANCED, LIMITS, OUTPUT, Sections, TARGET};
use super::values::place;
use super::write_limit::{write_keep, write_limit};
use super::{CommonArgs, ObserverArgs, formats, rcvbuf, values};
use crate::assertion::Assertion;
use crate::format::kind::Choice;
use crate::input::Place;
use crate::report::Output;
use crate::target::{TargetPair, TargetRange, Zoned};
use crate::units::FileLimit;
use crate::units::rcvbuf::RcvbufRequest;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast recv",
    details: &[
        (
            "Metrics of --assert",
            "  \
  EXAMPLE            METRICS
  'lost <= 3'        datagrams bytes sources streams expected lost duplicates
                     loss_runs.count|longest reordered corrupt truncated
                     restarts kernel_drops checksum_errors missed_before
                     interface_copies dscp_changed hops.min|max
  'loss <= 0.1%'     loss
  'rate >= 900pps'   rate
  'bitrate > 5Mbit'  bitrate
  'delay.p99 < 5ms'  delay.min|mean|p50|p90|p99|p999|max jitter gap
                     pdv.min|mean|p50|p90|p99|p999|max
  'pair.lost == 0'   pair.lost|lost_a|lost_b
                     pair.skew.p50|skew.p99|skew.max
  of RTP             rtp.jitter|ts_df|ssrc_changes
  of MPEG-TS         ts.cc_errors|lost_min|lost_estimate
                     ts.sync_losses|transport_errors
                     ts.scrambled|null_ratio|iat.max
                     ts.pcr_interval.max|pcr_jitter.max
                     ts.pcr_accuracy.max ts.pat_interval.max
                     ts.pmt_interval.max mdi.df|mlr
  of market data     messages_lost market.messages|heartbeats
  of lighting        sacn.sources artnet.sources
  of PTP             ptp.grandmasters|grandmaster_changes
                     ptp.follow_ups_missing",
        ),
        formats::SECTION,
    ],
    examples: "  \
  Print ten datagrams:
    mcast recv --iface 10.0.0.101 --count 10
  Join two groups until Ctrl-C:
    mcast recv 239.1.1.1:5000 '[ff15::1234]:5000'
  Receive a group from one source (source-specific multicast):
    mcast recv 10.0.0.5@232.1.1.1:5000 --iface eth0
  Print only the summary of 100 groups after ten seconds:
    mcast recv 239.0.0.0+100:5000 --quiet --duration 10s
  Save the payloads of ten seconds to a file:
    mcast recv 239.1.1.1:5000 --output raw --duration 10s > stream.ts
  Record ten seconds for Wireshark:
    mcast recv 239.1.1.1:5000 --write out.pcapng --duration 10s
  Run a smoke test: exit with 0 if all three datagrams arrive:
    mcast recv --count 3 --timeout 10s -- \\
      mcast send --count 3 --interval 100ms
  Measure a capture of tcpdump or Wireshark:
    mcast recv --read capture.pcap 239.1.1.1:5000 --quiet
  Measure a stream and fail if it is not good enough:
    mcast recv --once --timeout 10s \\
      --assert 'loss == 0%' --assert 'delay.p99 < 5ms' -- \\
      mcast send --probe --count 1000 --rate 1kpps",
    exit_status: "  \
  0      success
  1      negative result: too few datagrams, failed --assert or failed COMMAND
  2      could not run or continue: wrong usage, unknown interface, full disk
  128+N  ended by signal N before --count or --once was reached, or by SIGHUP",
    environment: help::ENVIRONMENT,
};

/// The arguments of `mcast recv`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    arg(help::help_option()),
    mut_arg("iface", |iface| iface.short('i')),
)]
pub struct RecvArgs {
    /// Join this group: 239.1.1.1:5000 or SOURCE@232.1.1.1:5000 [default: 224.202.20.30:54321]
    ///
    /// Repeatable. Other forms: [ff02::1%eth0]:5000, the range 239.0.0.0+100:5000, group and port as
    /// two words (239.1.1.1 5000), and an address of this host. udp://:5000 receives on any address:
    /// also broadcasts, and groups that other programs joined. 0.0.0.0:5000 and [::]:5000 receive on
    /// any address of one family.
    #[arg(value_name = "TARGET", value_parser = target, help_heading = TARGET, display_order = 0)]
    pub targets: Vec<TargetRange>,

    /// Receive only from this source; repeatable
    ///
    /// A link-local address may name its interface: fe80::5%eth0.
    #[arg(long, value_name = "ADDR", value_parser = source, conflicts_with = "exclude", help_heading = TARGET, display_order = 2)]
    pub source: Vec<Zoned<IpAddr>>,

    /// Receive from all sources except this one; repeatable
    #[arg(long, value_name = "ADDR", value_parser = source, hide_short_help = true, help_heading = TARGET, display_order = 3)]
    pub exclude: Vec<Zoned<IpAddr>>,

    /// Report the losses of a stream that two targets carry: on A, B and both; repeatable
    ///
    /// mcast joins both targets. The redundant streams of SMPTE ST 2022-7 and the lines A and B of an
    /// exchange are pairs. Two ranges of as many targets are pairs in their order.
    #[arg(long, value_name = "A,B", value_parser = clap::value_parser!(TargetPair), hide_short_help = true, help_heading = TARGET, display_order = 4)]
    pub pair: Vec<TargetPair>,

    /// Read a capture file instead of the network; - is standard input
    ///
    /// FILE is pcap or pcapng. mcast joins nothing, and every time is that of the capture. TARGETs
    /// select datagrams; without TARGET, mcast takes all multicast. --iface selects interfaces of
    /// the capture by name, or by number from 0. mcast uses SAP and RTCP in the capture without
    /// --sap and --rtcp.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["command", "rcvbuf", "spin", "no_offload"], help_heading = TARGET, display_order = 5)]
    pub read: Option<Place>,

    /// Stop after N datagrams [default: no limit]
    #[arg(short, long, value_name = "N", value_parser = values::count, allow_hyphen_values = true, help_heading = LIMITS)]
    pub count: Option<u64>,

    /// Stop after TIME [unit: us, ms, s, m, h] [default: no limit]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = LIMITS)]
    pub duration: Option<Duration>,

    /// Exit with 1 if no datagrams arrive within TIME [unit: us, ms, s, m, h] [default: no limit]
    ///
    /// With --count, all N datagrams must arrive within TIME. With --once, all measured streams must
    /// end within TIME.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = LIMITS)]
    pub timeout: Option<Duration>,

    /// Stop when no datagrams arrive for TIME [unit: us, ms, s, m, h] [default: no limit]
    ///
    /// The limit applies after the first datagram.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, hide_short_help = true, help_heading = LIMITS)]
    pub idle: Option<Duration>,

    /// Stop when all detected measured streams have ended
    #[arg(long, help_heading = LIMITS)]
    pub once: bool,

    /// Send answers to 'mcast ping', 'mcast bench' and 'mcast send --reports'
    ///
    /// Without --reply, recv sends nothing. An answer is never longer than its request, and goes
    /// only to unicast addresses. See docs/replies.md.
    #[arg(long, conflicts_with = "read", hide_short_help = true, help_heading = LIMITS)]
    pub reply: bool,

    /// Send at most N answers a second [default: 1000]
    ///
    /// One address gets at most 20 answers a second.
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "1000", hide_default_value = true, requires = "reply", allow_hyphen_values = true, hide_short_help = true, help_heading = LIMITS)]
    pub reply_limit: u64,

    /// Exit with 1 unless EXPR holds: 'loss == 0%'; repeatable
    ///
    /// mcast evaluates EXPR at the end of the run. EXPR is a metric, a comparison and a
    /// value with its unit. Comparisons: == != < <= > >=. The metrics are listed below.
    #[arg(long, value_name = "EXPR", help_heading = LIMITS)]
    pub assert: Vec<Assertion>,

    /// Run COMMAND after all joins; stop 0.5 s after it ends
    ///
    /// With --count, --once or --duration, recv continues after COMMAND succeeds. If COMMAND fails,
    /// recv exits with 1. The output of COMMAND goes to standard error. 'mcast' in COMMAND is this
    /// program, even if it is not installed.
    #[arg(last = true, value_name = "COMMAND", help_heading = LIMITS)]
    pub command: Vec<OsString>,

    /// Print text, json, hex or raw
    ///
    /// hex prints a hex dump of each payload. raw writes only the payloads.
    #[arg(short, long, value_name = "FORMAT", value_parser = any_format(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// Use FORMAT for every flow: rtp, ts, moldudp64, ... [default: auto]
    ///
    /// auto recognises the format of each flow. none measures only datagrams of mcast send --probe.
    /// A datagram that does not fit FORMAT is counted as corrupt. The formats are listed below.
    #[arg(long, value_name = "FORMAT", value_parser = formats::Parser, hide_possible_values = true, default_value = "auto", hide_default_value = true, hide_short_help = true, help_heading = OUTPUT)]
    pub format: Choice,

    /// Print statistics every TIME [unit: us, ms, s, m, h]
    ///
    /// Datagrams are then printed only with -v. A narrow terminal omits jitter, p99, max, p50, bit
    /// rate and rate, in this order.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = OUTPUT)]
    pub stats: Option<Duration>,

    /// Save the datagrams to FILE, a pcapng capture for Wireshark and tcpdump; - is standard output
    ///
    /// An existing file is overwritten. The kernel delivers only payloads: mcast rebuilds the IP and
    /// UDP headers. Datagrams are then printed only with -v, -o hex or -o raw. With -, all text goes
    /// to standard error. Attach FILE to a report about a stream. If the group does not arrive at
    /// all, attach the facts of mcast check --record.
    #[arg(short, long, value_name = "FILE", value_parser = place(), allow_hyphen_values = true, help_heading = OUTPUT)]
    pub write: Option<Place>,

    /// Start a new file at this SIZE or after this TIME [unit: kB, MB, GiB, s, m, h] [default: no limit]
    ///
    /// The files are numbered: with --write out.pcapng, they are out_00001.pcapng,
    /// out_00002.pcapng, ...
    #[arg(long, value_name = "SIZE|TIME", value_parser = write_limit, allow_hyphen_values = true, requires = "write", hide_short_help = true, help_heading = OUTPUT)]
    pub write_limit: Option<FileLimit>,

    /// Keep only the last N files of --write-limit [default: all]
    ///
    /// mcast deletes only files of this run.
    #[arg(long, value_name = "N", value_parser = write_keep, allow_hyphen_values = true, requires = "write_limit", hide_short_help = true, help_heading = OUTPUT)]
    pub write_keep: Option<usize>,

    /// Allow -o raw on a terminal, which interprets control characters in payloads
    #[arg(long, hide_short_help = true, help_heading = OUTPUT)]
    pub force: bool,

    /// Set the receive buffer of each socket: SIZE or RATE*PAUSE [unit: B, kB, MiB] [default: the system's maximum]
    ///
    /// RATE*PAUSE[/DATAGRAM] is the size for a stream of RATE if mcast does not read for PAUSE:
    /// 100Mbit*50ms, 10kpps*50ms/64. It includes the kernel's overhead. DATAGRAM is the payload
    /// size: by default 1316 bytes, or 1472 with pps.
    #[arg(long, value_name = "SIZE", value_parser = rcvbuf::rcvbuf, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub rcvbuf: Option<RcvbufRequest>,

    /// Set the media clock of RTP streams [unit: Hz, kHz, MHz] [default: detected]
    ///
    /// Jitter and TS-DF need it: 48000 or 48kHz for audio, 90kHz for video. SAP and most payload types
    /// below 96 state it. mcast estimates other clocks within about a second.
    #[arg(long, value_name = "RATE", value_parser = values::clock_rate, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub rtp_clock: Option<u32>,

    /// Join the groups of SAP, whose announcements name RTP streams and their clocks
    ///
    /// mcast joins 224.2.127.254, 239.195.255.255 and 239.255.255.255, port 9875, on the interfaces
    /// of the targets. Their datagrams do not count. mcast also uses announcements that arrive on a
    /// target.
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub sap: bool,

    /// Receive RTCP on the port above each target: RTP senders report losses at the end, and ends
    ///
    /// RTCP counts the datagrams that the sender has sent, and announces the end of its stream. The
    /// datagrams of RTCP do not count. mcast also uses RTCP that arrives on a target.
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub rtcp: bool,

    /// Use the send times of all senders as if their clocks agreed with this one
    ///
    /// mcast then reports the delays of streams whose datagrams contain a send time, for example of
    /// iperf and mgen. Without this option it reports only their variation.
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub trust_clock: bool,

    /// Poll without sleeping: reduces wake-up latency, keeps one core busy
    ///
    /// mcast then reads a datagram about 5 us after the kernel receives it, instead of 30 to 70 us.
    /// --spin reduces wakeup_ns, but not the delays, which end at the kernel's timestamp.
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub spin: bool,

    /// The options about observers.
    #[command(flatten)]
    pub observers: ObserverArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}
