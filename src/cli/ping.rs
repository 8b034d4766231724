//! `mcast ping`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::addresses::pinged;
use super::common::text_or_json;
use super::help::{self, ADVANCED, LIMITS, OUTPUT, PACE, PAYLOAD, Sections, TARGET};
use super::{CommonArgs, ObserverArgs, values};
use crate::assertion::{Assertion, Vocabulary};
use crate::input::Place;
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast ping",
    details: &[(
        "Metrics of --assert",
        "  \
  EXAMPLE            METRICS
  'receivers >= 3'   receivers restarts duplicates unresolved
                     lost lost_to lost_back
  'loss == 0%'       loss loss_to loss_back
  'rtt.p99 < 5ms'    rtt.min|mean|p50|p90|p99|p999|max",
    )],
    examples: "  \
  On each receiver, answer requests:
    mcast recv 239.1.1.1:5000 --reply
  Find the receivers of a group with three requests:
    mcast ping 239.1.1.1:5000 --count 3
  Cross up to 15 routers, and compare with unicast:
    mcast ping 239.1.1.1:5000 --ttl 16 --unicast
  Fail if a receiver of a list is missing:
    mcast ping 239.1.1.1:5000 --count 5 --expect receivers.txt
  Ping two groups, one of them source-specific:
    mcast ping 239.1.1.1:5000 10.0.0.5@232.1.1.1:5000
  Print the address of each receiver:
    mcast ping 239.1.1.1:5000 -c 3 -o json |
      jq -r 'select(.event == \"summary\") | .receivers[].address'",
    exit_status: "  \
  0      at least one receiver answered
  1      no receiver answered, or an expected receiver is missing
  2      could not run or continue: wrong usage, unknown interface, no route
  128+N  ended by signal N before --count was reached",
    environment: help::ENVIRONMENT_OF_CHECK,
};

fn assertion(text: &str) -> Result<Assertion, String> {
    Assertion::read(text, Vocabulary::Ping)
}

/// The arguments of `mcast ping`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, arg(help::help_option()))]
pub struct PingArgs {
    /// Ping the receivers of this group and port: 239.1.1.1:5000 [default: 224.202.20.30:54321]
    ///
    /// Repeatable. The receivers must run mcast recv --reply. Other forms: [ff15::1]:5000, the range
    /// 239.0.0.0+4:5000, group and port as two words (239.1.1.1 5000), and unicast addresses. In
    /// SOURCE@232.1.1.1:5000, SOURCE is an address of this host.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, hide_default_value = true, value_parser = pinged, help_heading = TARGET, display_order = 0)]
    pub targets: Vec<TargetRange>,

    /// Set the TTL or hop limit; 1: local network only [default: 1; unicast: the system's]
    ///
    /// Each router decrements it. A router that reaches 0 drops the datagram.
    #[arg(short, long, value_name = "N", value_parser = values::ttl, allow_hyphen_values = true, help_heading = TARGET, display_order = 2)]
    pub ttl: Option<u8>,

    /// Send unicast requests to each receiver that answered, too
    ///
    /// The table then compares multicast and unicast for each receiver. A unicast request goes to
    /// the address and port from which the receiver replies.
    #[arg(long, help_heading = TARGET, display_order = 3)]
    pub unicast: bool,

    /// Set the payload size of each request [unit: bytes] [default: 112]
    ///
    /// 112 bytes is the minimum: a reply is never longer than its request.
    #[arg(short, long, value_name = "BYTES", value_parser = values::request_size, default_value = "112", hide_default_value = true, allow_hyphen_values = true, hide_short_help = true, help_heading = PAYLOAD)]
    pub size: u16,

    /// Send a request to each target every TIME [unit: us, ms, s, m, h] [default: 1s]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, default_value = "1s", hide_default_value = true, allow_hyphen_values = true, help_heading = PACE)]
    pub interval: Duration,

    /// Keep the replies of all receivers below N a second [default: 1000]
    ///
    /// In a large group, mcast asks only a part of the receivers to answer each request, and
    /// estimates their number.
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "1000", hide_default_value = true, allow_hyphen_values = true, help_heading = PACE)]
    pub reply_budget: u64,

    /// Run without sleeping: the most exact times, keeps one core busy
    #[arg(long, hide_short_help = true, help_heading = PACE)]
    pub spin: bool,

    /// Allow endless floods, and floods to link-local groups and broadcast addresses
    ///
    /// Without it, mcast refuses more than 1000 requests a second in total to 224.0.0.0/24,
    /// ff02::/16 and broadcast addresses: every host there must process them.
    #[arg(long, hide_short_help = true, help_heading = PACE)]
    pub force: bool,

    /// Stop after N requests per target [default: no limit]
    #[arg(short, long, value_name = "N", value_parser = values::count, allow_hyphen_values = true, help_heading = LIMITS)]
    pub count: Option<u64>,

    /// Stop after TIME [unit: us, ms, s, m, h]
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, hide_short_help = true, help_heading = LIMITS)]
    pub duration: Option<Duration>,

    /// Stop TIME after the last request [unit: us, ms, s, m, h] [default: 1s]
    #[arg(short = 'W', long, value_name = "TIME", value_parser = values::time, default_value = "1s", hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub wait: Duration,

    /// Exit with 1 if a receiver that FILE lists does not answer
    ///
    /// FILE has an address on each line. A # begins a comment. - is standard input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = LIMITS)]
    pub expect: Option<Place>,

    /// Exit with 1 unless the final EXPR is true: 'receivers >= 3', 'loss == 0%'
    ///
    /// Repeatable. The form is METRIC OP VALUE. OP is ==, !=, <, <=, > or >=. The metrics are listed below.
    #[arg(long, value_name = "EXPR", value_parser = assertion, allow_hyphen_values = true, help_heading = LIMITS)]
    pub assert: Vec<Assertion>,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, hide_short_help = true, help_heading = OUTPUT)]
    pub output: Output,

    /// Set the DSCP: 0 to 63, or a name (ef, af41, cs5) [default: 0]
    #[arg(long, value_name = "VALUE", value_parser = values::dscp, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub dscp: Option<u8>,

    /// Send from this UDP port [default: chosen by the system]
    #[arg(long, value_name = "PORT", value_parser = values::port, allow_hyphen_values = true, hide_short_help = true, help_heading = ADVANCED)]
    pub source_port: Option<u16>,

    /// The options about observers.
    #[command(flatten)]
    pub observers: ObserverArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}
