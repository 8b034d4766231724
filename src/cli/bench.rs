//! `mcast bench`: three benchmarks, each with its own command.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::ResultFileArgs;
use super::addresses::{destination, target};
use super::common::text_or_json;
use super::help::{self, ADVANCED, LIMITS, OUTPUT, PACE, PAYLOAD, Sections, TARGET};
use super::{CommonArgs, DisplayArgs, values};
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};
use crate::units::Rate;

const EXIT_STATUS: &str = "  \
  0      measured
  1      not measured: no receiver, no traffic, or too little time
  2      could not run or continue: wrong usage, unknown interface, no route
  128+N  ended by signal N before the benchmark was complete";

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast bench COMMAND",
    details: &[],
    examples: "  \
  Find the highest rate without loss, from this host to all receivers:
    mcast recv --reply 239.1.1.1:5000 --iface eth0
    mcast bench throughput 239.1.1.1:5000 --iface eth0
  Measure the join and leave latency on a receiving host:
    sudo mcast bench join 239.1.1.1:5000 --iface eth0",
    exit_status: EXIT_STATUS,
    environment: help::ENVIRONMENT_OF_CHECK,
};

const THROUGHPUT: Sections = Sections {
    command: "mcast bench throughput",
    details: &[],
    examples: "  \
  Start a receiver on each of the other hosts:
    mcast recv --reply 239.1.1.1:5000 --iface eth0 -q
  Find the highest rate without loss for the frame sizes of RFC 2544:
    mcast bench throughput 239.1.1.1:5000 --iface eth0
  Search up to the rate of a gigabit link, for two frame sizes:
    mcast bench throughput 239.1.1.1:5000 --max-rate 1Gbit --force \\
      --size 512 --size 1518
  Tolerate some loss, in short trials:
    mcast bench throughput 239.1.1.1:5000 --loss 0.01% --trial 2s",
    exit_status: EXIT_STATUS,
    environment: help::ENVIRONMENT_OF_CHECK,
};

const JOIN: Sections = Sections {
    command: "mcast bench join",
    details: &[],
    examples: "  \
  Send to the group from another host, 1000 datagrams a second:
    mcast send 239.1.1.1:5000 --rate 1kpps --probe
  Measure join and leave latency; with root also the leaves:
    sudo mcast bench join 239.1.1.1:5000 --iface eth0
  Measure a source-specific group 100 times:
    sudo mcast bench join 10.0.0.5@232.1.1.1:5000 --cycles 100",
    exit_status: EXIT_STATUS,
    environment: help::ENVIRONMENT_OF_CHECK,
};

const GROUPS: Sections = Sections {
    command: "mcast bench groups",
    details: &[],
    examples: "  \
  Start a receiver of all groups on each of the other hosts:
    mcast recv --reply 239.1.0.0/22:5000 --iface eth0 -q
  Find out how many of them the network forwards:
    mcast bench groups 239.1.0.0/22:5000 --iface eth0
  Send more slowly, and more datagrams to each group:
    mcast bench groups 239.1.0.0/22:5000 --rate 200pps --count 10",
    exit_status: EXIT_STATUS,
    environment: help::ENVIRONMENT_OF_CHECK,
};

/// The sections below the options of a benchmark.
pub(super) fn sections(command: &clap::Command) -> Option<Sections> {
    match command.get_name() {
        "throughput" => Some(THROUGHPUT),
        "join" => Some(JOIN),
        "groups" => Some(GROUPS),
        _ => None,
    }
}

/// The arguments of `mcast bench`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub struct BenchArgs {
    /// The benchmark.
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// The benchmarks.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Find the highest rate without loss (RFC 3918, 4.3)
    ///
    /// mcast sends trials at different rates. Receivers that run mcast recv --reply report the
    /// losses. The search halves the range between the highest rate that passed and the lowest one
    /// that failed.
    Throughput(ThroughputArgs),
    /// Measure how long a join and a leave take (RFC 3918, 6.1 and 6.2)
    ///
    /// Run it on a receiving host while any program sends to the group. mcast joins and leaves the
    /// group again and again.
    Join(JoinArgs),
    /// Find how many groups the network forwards (RFC 3918, 7.1)
    ///
    /// mcast sends to 1, 2, 4, 8 groups, and doubles the number until a group does not arrive at a
    /// receiver that runs mcast recv --reply.
    Groups(GroupsArgs),
}

impl BenchCommand {
    /// The format of the results, and the options of every command.
    pub fn output(&self) -> (Output, &DisplayArgs) {
        match self {
            BenchCommand::Throughput(args) => (args.output, &args.common.display),
            BenchCommand::Join(args) => (args.output, &args.common.display),
            BenchCommand::Groups(args) => (args.output, &args.common.display),
        }
    }

    /// The files of the results.
    pub fn files(&self) -> &ResultFileArgs {
        match self {
            BenchCommand::Throughput(args) => &args.files,
            BenchCommand::Join(args) => &args.files,
            BenchCommand::Groups(args) => &args.files,
        }
    }

    /// The options of every command that sends or receives.
    pub fn common(&mut self) -> &mut CommonArgs {
        match self {
            BenchCommand::Throughput(args) => &mut args.common,
            BenchCommand::Join(args) => &mut args.common,
            BenchCommand::Groups(args) => &mut args.common,
        }
    }
}

/// The options of the benchmarks that send.
#[derive(Debug, Args)]
pub struct SendingArgs {
    /// Stop the search after TIME [unit: us, ms, s, m, h] [default: 30m]
    ///
    /// A longer time than 30m requires --force.
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = "30m", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub time_limit: Duration,

    /// Allow rates and times beyond the limits of mcast
    ///
    /// Rates near that of the link disturb all of its users. Groups that network protocols use
    /// (224.0.0.0/24 and ff02::/16) are refused even with --force.
    #[arg(long, help_heading = LIMITS)]
    pub force: bool,

    /// Set the TTL or hop limit [default: 1]
    #[arg(long, value_name = "N", value_parser = values::ttl, allow_hyphen_values = true, help_heading = TARGET, display_order = 2)]
    pub ttl: Option<u8>,
}

/// The arguments of `mcast bench throughput`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    arg(help::help_option()),
    mut_arg("iface", |iface| iface.short('i')),
)]
pub struct ThroughputArgs {
    /// Send to this group and port [default: 224.202.20.30:54321]
    #[arg(value_name = "TARGET", value_parser = destination, default_value = DEFAULT_TARGET, hide_default_value = true, help_heading = TARGET, display_order = 0)]
    pub target: TargetRange,

    /// Use frames of this size in bytes [default: 128, 256, 512, 1024, 1280, 1518]
    ///
    /// Repeatable. The size is that of an Ethernet frame without a VLAN tag, with its header (14
    /// bytes) and its checksum (4 bytes). A measured datagram needs a frame of 94 bytes (IPv4) or
    /// 114 bytes (IPv6). The defaults are the other sizes of RFC 2544, 9.1.
    #[arg(long, value_name = "BYTES", value_parser = values::frame_size, allow_hyphen_values = true, help_heading = PAYLOAD)]
    pub size: Vec<u16>,

    /// Allow this loss in a trial that passes [default: 0%]
    #[arg(long, value_name = "PERCENT", value_parser = values::loss, default_value = "0%", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub loss: f64,

    /// Send for TIME in each trial [unit: us, ms, s, m, h] [default: 10s]
    ///
    /// RFC 2544, 24 recommends 60 s for results that are published.
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = "10s", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub trial: Duration,

    /// Send at most RATE [unit: pps, kbit, Mbit] [default: 100Mbit]
    ///
    /// Bits are those of whole frames, without preamble and gap. A higher rate than 100Mbit or
    /// 100kpps requires --force.
    #[arg(long, value_name = "RATE", default_value = "100Mbit", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub max_rate: Rate,

    /// The options of the benchmarks that send.
    #[command(flatten)]
    pub sending: SendingArgs,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// Stop the search if the range is this narrow [default: 1%]
    ///
    /// The range lies between the highest rate that passed and the lowest rate that failed.
    #[arg(long, value_name = "PERCENT", value_parser = values::share, default_value = "1%", hide_default_value = true, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub resolution: f64,

    /// The files of the results.
    #[command(flatten)]
    pub files: ResultFileArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The arguments of `mcast bench join`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    arg(help::help_option()),
    mut_arg("iface", |iface| iface.short('i')),
    mut_arg("no_offload", |no_offload| no_offload.hide(true)),
)]
pub struct JoinArgs {
    /// Join this group: 239.1.1.1:5000, SOURCE@232.1.1.1:5000 [default: 224.202.20.30:54321]
    #[arg(value_name = "TARGET", value_parser = target, default_value = DEFAULT_TARGET, hide_default_value = true, help_heading = TARGET, display_order = 0)]
    pub target: TargetRange,

    /// Join and leave N times [default: 20]
    #[arg(long, value_name = "N", value_parser = values::cycles, default_value = "20", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub cycles: u32,

    /// Stop if no datagram arrives in TIME [unit: us, ms, s, m, h] [default: 5s]
    ///
    /// If datagrams arrived in an earlier cycle, the next cycle begins instead.
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = "5s", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub join_wait: Duration,

    /// Stay out of the group for TIME [unit: us, ms, s, m, h] [default: 5s]
    ///
    /// A switch must stop forwarding the group before the next join, or the join measures only this
    /// host. If mcast captures frames, the next cycle begins as soon as none arrives any more.
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = "5s", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub leave_wait: Duration,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// The files of the results.
    #[command(flatten)]
    pub files: ResultFileArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The arguments of `mcast bench groups`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    arg(help::help_option()),
    mut_arg("iface", |iface| iface.short('i')),
    mut_arg("no_offload", |no_offload| no_offload.hide(true)),
)]
pub struct GroupsArgs {
    /// Send to these groups: 239.1.0.0/22:5000, 239.1.0.0+1000:5000 or [ff15::1]+8:5000
    #[arg(value_name = "TARGET", value_parser = destination, required = true, help_heading = TARGET, display_order = 0)]
    pub target: TargetRange,

    /// Send at RATE to all groups together [unit: pps, kbit, Mbit] [default: 1kpps]
    ///
    /// Bits are those of the payload. A higher rate than 10kpps requires --force.
    #[arg(long, value_name = "RATE", default_value = "1kpps", hide_default_value = true, allow_hyphen_values = true, help_heading = PACE)]
    pub rate: Rate,

    /// Send N datagrams to each group [default: 5]
    ///
    /// In each trial. A group counts as forwarded if one of them arrives.
    #[arg(short, long, value_name = "N", value_parser = values::per_group, default_value = "5", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub count: u64,

    /// The options of the benchmarks that send.
    #[command(flatten)]
    pub sending: SendingArgs,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// The files of the results.
    #[command(flatten)]
    pub files: ResultFileArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}
