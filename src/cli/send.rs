//! `mcast send`.

use std::time::Duration;

use clap::Args;

use super::addresses::destination;
use super::common::text_or_json;
use super::{CommonArgs, values};
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};
use crate::units::Rate;

/// The text that `send` sends where none is given.
pub const DEFAULT_MESSAGE: &str = "hello world";

/// What `mcast send` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  mcast send                                          'hello world' to 224.202.20.30:54321 every 2 \
                  s
  mcast send 239.1.1.1:5000 --message tick -i 100ms   ten datagrams a second
  mcast send '[ff15::1234]:5000' --iface eth0 -c 5    five datagrams by IPv6
  mcast send 239.0.0.0+100:5000 --iface all -c 1      one to each of a hundred groups, everywhere
  mcast send --ttl 16 --dscp ef 239.1.1.1:5000        across routers, marked as voice
  mcast send --probe --rate 1kpps -d 10s              a measured stream, for recv to judge
  mcast send --probe --size 1472 --flood -d 2s        as fast as it goes, for two seconds"
)]
pub struct SendArgs {
    /// Groups to send to: 239.1.1.1:5000, [ff02::1%eth0]:5000
    ///
    /// Also 239.0.0.0+100:5000, 239.1.1.1 5000, or a unicast or broadcast address.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, value_parser = destination)]
    pub targets: Vec<TargetRange>,

    /// The text of each datagram
    #[arg(short, long, value_name = "TEXT", default_value = DEFAULT_MESSAGE, allow_hyphen_values = true)]
    pub message: String,

    /// Send a measured stream, for recv to measure loss, delay and order
    ///
    /// Each datagram has a number, a timestamp and a checksum, and is shown only with -v.
    #[arg(long, conflicts_with = "message")]
    pub probe: bool,

    /// Payload of each datagram of --probe, in bytes; at least 48 [default: 64]
    #[arg(short, long, value_name = "BYTES", value_parser = values::probe_size, requires = "probe", allow_hyphen_values = true)]
    pub size: Option<u16>,

    /// Time between datagrams to a target: 250us, 100ms, 1.5s, 2m [default: 2s; with --probe:
    /// 100ms]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub interval: Option<Duration>,

    /// Pace, instead of --interval: 1000pps, 10kpps, 20Mbit of payload
    ///
    /// The rate is that of all targets together, in rounds of one datagram to each.
    #[arg(long, value_name = "RATE", conflicts_with = "interval", allow_hyphen_values = true)]
    pub rate: Option<Rate>,

    /// Send as fast as possible; needs --count or --duration
    ///
    /// Each datagram is then shown only with -v.
    #[arg(long, conflicts_with_all = ["interval", "rate"])]
    pub flood: bool,

    /// Allow more than 1000 datagrams a second to 224.0.0.x, ff02:: or a broadcast address, and an
    /// endless run at line rate
    #[arg(long)]
    pub force: bool,

    /// Datagrams sent back to back to each target; the mean rate stays
    #[arg(long, value_name = "N", value_parser = values::burst, default_value = "1", hide_default_value = true, allow_hyphen_values = true)]
    pub burst: u64,

    /// Stop after N datagrams to each target
    #[arg(short, long, value_name = "N", value_parser = values::count, allow_hyphen_values = true)]
    pub count: Option<u64>,

    /// Stop after TIME
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub duration: Option<Duration>,

    /// TTL or hop limit: 1 stays on this network, each router takes one away [default: 1; unicast:
    /// the system's]
    #[arg(short, long, value_name = "N", value_parser = values::ttl, allow_hyphen_values = true)]
    pub ttl: Option<u8>,

    /// Do not deliver to receivers on this host
    #[arg(long)]
    pub no_loop: bool,

    /// DSCP: a number, or a name such as ef, af41, cs5
    #[arg(long, value_name = "VALUE", value_parser = values::dscp, allow_hyphen_values = true)]
    pub dscp: Option<u8>,

    /// UDP port to send from
    #[arg(long, value_name = "PORT", value_parser = values::port, allow_hyphen_values = true)]
    pub source_port: Option<u16>,

    /// How to show what is sent
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text")]
    pub output: Output,

    /// Options of every command.
    #[command(flatten)]
    pub common: CommonArgs,
}
