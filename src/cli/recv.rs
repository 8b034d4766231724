//! `mcast recv`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::addresses::{source, target};
use super::common::any_format;
use super::{CommonArgs, rcvbuf, values};
use crate::assertion::Assertion;
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange, Zoned};
use crate::units::rcvbuf::RcvbufRequest;

/// What `mcast recv` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    mut_arg("iface", |iface| iface.short('i')),
    after_long_help = "\
Metrics of --assert, with an example of each kind:
  'lost <= 3'         datagrams bytes sources streams expected lost loss_runs.count|longest
                      duplicates reordered corrupt truncated restarts kernel_drops
                      checksum_errors missed_before interface_copies dscp_changed
                      hops.min|max
  'loss <= 0.1%'      loss
  'rate >= 900pps'    rate
  'bitrate > 5Mbit'   bitrate
  'delay.p99 < 5ms'   delay.min|mean|p50|p90|p99|p999|max, the same of pdv, jitter, gap

Examples:
  mcast recv --iface 10.0.0.101 --count 10            the first ten datagrams, then leave
  mcast recv 239.1.1.1:5000 '[ff15::1234]:5000'       two groups, until Ctrl-C
  mcast recv 10.0.0.5@232.1.1.1:5000 --iface eth0     a group from one source (SSM)
  mcast recv 239.0.0.0+100:5000 -q -d 10s             a hundred groups, only the sum
  mcast recv -o raw -d 10s 239.1.1.1:5000 > ten.ts    ten seconds of payload into a file
  mcast recv --count 3 --timeout 10s -- mcast send --count 3 --interval 100ms
                                                      a smoke test: exit 0 if all three arrive
  mcast recv --once --timeout 10s --assert 'loss == 0%' --assert 'delay.p99 < 5ms' -- \\
      mcast send --probe --count 1000 --rate 1kpps    a measured stream, judged"
)]
pub struct RecvArgs {
    /// Groups to join: 239.1.1.1:5000, SOURCE@232.1.1.1:5000
    ///
    /// Also [ff02::1%eth0]:5000, 239.0.0.0+100:5000, 239.1.1.1 5000, an address of this host, or any
    /// address: udp://:5000, 0.0.0.0:5000, [::]:5000. Any address also receives broadcasts, and the
    /// groups that other programs of this host have joined.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, value_parser = target)]
    pub targets: Vec<TargetRange>,

    /// Hear only this sender; repeatable. A link-local one names its interface: fe80::5%eth0
    #[arg(long, value_name = "ADDR", value_parser = source, conflicts_with = "exclude")]
    pub source: Vec<Zoned<IpAddr>>,

    /// Do not hear this sender; repeatable
    #[arg(long, value_name = "ADDR", value_parser = source)]
    pub exclude: Vec<Zoned<IpAddr>>,

    /// Stop after N datagrams; exactly N are shown
    #[arg(short, long, value_name = "N", value_parser = values::count, allow_hyphen_values = true)]
    pub count: Option<u64>,

    /// Stop after TIME, whatever came
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub duration: Option<Duration>,

    /// Exit 1 if nothing arrives within TIME
    ///
    /// With --count, all N datagrams must arrive; with --once, the end of the streams.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub timeout: Option<Duration>,

    /// Stop after TIME of silence, once something has come
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub idle: Option<Duration>,

    /// Stop when every measured stream that was heard has ended
    #[arg(long)]
    pub once: bool,

    /// Exit 1 unless this holds in the end: 'lost == 0'; repeatable
    ///
    /// METRIC, then one of == != < <= > >=, then a value with its unit. The metrics are listed below.
    #[arg(long, value_name = "EXPR")]
    pub assert: Vec<Assertion>,

    /// Report once every TIME
    ///
    /// The datagrams themselves are then shown only with -v. A narrow terminal loses jitter, p99,
    /// max, p50, the bit rate and the rate, in this order.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub stats: Option<Duration>,

    /// Receive buffer of each socket: 4MiB, or RATE*PAUSE [default: what the system grants]
    ///
    /// RATE*PAUSE[/DATAGRAM] is what a pause without reading needs: 100Mbit*50ms, 10kpps*50ms/64.
    /// What the kernel spends on each datagram is counted. DATAGRAM is the size of the payload, 1316
    /// bytes unless named (1472 with pps).
    #[arg(long, value_name = "SIZE", value_parser = rcvbuf::rcvbuf, allow_hyphen_values = true)]
    pub rcvbuf: Option<RcvbufRequest>,

    /// Never sleep while waiting; uses a whole core
    ///
    /// mcast then has a datagram some 5 us after the kernel, not 30 to 70 us. For streams that are
    /// answered at once, and for wakeup_ns. Delays are those of the kernel, and the same without.
    #[arg(long)]
    pub spin: bool,

    /// How to show what arrives
    #[arg(short, long, value_name = "FORMAT", value_parser = any_format(), default_value = "text")]
    pub output: Output,

    /// Write -o raw to a terminal, which obeys the control characters of payloads
    #[arg(long)]
    pub force: bool,

    /// Options of every command.
    #[command(flatten)]
    pub common: CommonArgs,

    /// Run COMMAND once the groups are joined, and end half a second after it
    ///
    /// --count, --once and --duration set another end. If COMMAND fails, so does recv. Its output
    /// goes to standard error; 'mcast' is this very program.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}
