//! `mcast scan`.

use std::time::Duration;

use clap::Args;

use super::addresses::{ScanTarget, scanned};
use super::common::text_or_json;
use super::help::{self, LIMITS, OUTPUT, PACE, Sections, TARGET};
use super::{CommonArgs, values};
use super::{LiveArgs, ResultFileArgs};
use crate::report::Output;
use crate::units::Rate;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast scan",
    details: &[],
    examples: "  \
  Find the groups that are announced (SAP); with root also those on the wire:
    sudo mcast scan --iface eth0
  Find out which of 256 groups carry data:
    mcast scan 239.1.0.0/24:5000 --iface eth0
  Scan a range of ports, and one group from one source:
    mcast scan 239.1.1.1:5000-5010 10.0.0.5@232.1.1.1:5000
  Scan on a slow link: two groups at a time, at most 20 Mbit/s in total:
    mcast scan 239.1.0.0/24:5000 --at-once 2 --budget 20Mbit
  Print the groups that carry MPEG transport streams:
    mcast scan 239.1.0.0/24:5000 -o json |
      jq -r 'select(.event == \"found\" and .format == \"ts\") | .group'",
    exit_status: "  \
  0      at least one group carries data
  1      no group carries data
  2      could not run or continue: wrong usage, unknown interface, no route
  128+N  ended by signal N before all groups were scanned",
    environment: help::ENVIRONMENT_OF_CHECK,
};

/// The default time in each group.
const DEFAULT_DWELL: &str = "2s";

/// The default number of groups at a time.
const DEFAULT_AT_ONCE: &str = "64";

/// The default limit of the received rate: a tenth of a gigabit link.
const DEFAULT_BUDGET: &str = "100Mbit";

/// The arguments of `mcast scan`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    arg(help::help_option()),
    mut_arg("iface", |iface| iface.short('i')),
    mut_arg("no_offload", |no_offload| no_offload.hide(true)),
)]
pub struct ScanArgs {
    /// Scan these groups and ports: 239.1.0.0/24:5000 [default: the groups found on the network]
    ///
    /// Repeatable. Other forms: 239.1.0.0+100:5000, 239.1.1.1:5000-5010, [ff15::1]+8:5000 and
    /// SOURCE@232.1.1.1:5000. Without TARGET, mcast scans the groups that SAP announces. With
    /// CAP_NET_RAW, it also scans the groups in membership reports and frames on the wire, and a
    /// TARGET needs no port.
    #[arg(value_name = "TARGET", value_parser = scanned, help_heading = TARGET, display_order = 0)]
    pub targets: Vec<ScanTarget>,

    /// Look for groups for TIME if there is no TARGET [unit: us, ms, s, m, h] [default: 10s]
    ///
    /// Announcements usually repeat every 5 to 60 s.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, conflicts_with = "targets", help_heading = TARGET, display_order = 2)]
    pub discover: Option<Duration>,

    /// Join at most N groups at a time [default: 64]
    ///
    /// mcast begins with 8 groups. It doubles the number while the rate is below half of --budget,
    /// and halves it if the rate exceeds --budget.
    #[arg(long, value_name = "N", value_parser = values::groups_at_once, default_value = DEFAULT_AT_ONCE, hide_default_value = true, allow_hyphen_values = true, help_heading = PACE)]
    pub at_once: usize,

    /// Leave groups early if they exceed RATE in total [unit: pps, kbit, Mbit] [default: 100Mbit]
    ///
    /// RATE is the payload received in a tenth of a second. mcast then leaves all joined groups, and
    /// scans the silent ones again, fewer at a time.
    #[arg(long, value_name = "RATE", default_value = DEFAULT_BUDGET, hide_default_value = true, allow_hyphen_values = true, help_heading = PACE)]
    pub budget: Rate,

    /// Stay in each group for TIME [unit: us, ms, s, m, h] [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = DEFAULT_DWELL, hide_default_value = true, allow_hyphen_values = true, help_heading = LIMITS)]
    pub dwell: Duration,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// The full-screen view.
    #[command(flatten)]
    pub live: LiveArgs,

    /// The files of the results.
    #[command(flatten)]
    pub files: ResultFileArgs,

    /// The options of every command that sends or receives.
    #[command(flatten)]
    pub common: CommonArgs,
}
