//! `mcast check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::addresses::target;
use super::common::text_or_json;
use super::help::{self, LIMITS, OUTPUT, Sections, TARGET};
use super::{DisplayArgs, values};
use super::{MetricsArgs, ResultFileArgs};
use crate::iface::Wanted;
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast check",
    details: &[],
    examples: "  \
  Find out why a group does not arrive on eth0:
    mcast check 239.1.1.1:5000 --iface eth0
  Also examine firewall rules, queriers and frames, which requires root:
    sudo mcast check 239.1.1.1:5000
  Check a group from one source, and wait for a slow sender:
    mcast check 10.0.0.5@232.1.1.1:5000 --duration 10s
  Find out where on the path the group is lost:
    mcast check --listen 239.1.1.1:5000
  Exit with 1 if the group is silent:
    mcast check 239.1.1.1:5000 --expect-traffic
  Print the commands that fix each fault:
    mcast check -o json |
      jq -r 'select(.level == \"fault\") | .commands[].run'",
    exit_status: "  \
  0      no fault found
  1      at least one fault found
  2      could not run: wrong usage, unknown interface, FILE not writable
  128+N  ended by signal N; the findings are incomplete",
    environment: help::ENVIRONMENT_OF_CHECK,
};

/// The arguments of `mcast check`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, arg(help::help_option()))]
pub struct CheckArgs {
    /// Check this group: 239.1.1.1:5000 or SOURCE@232.1.1.1:5000 [default: 224.202.20.30:54321]
    ///
    /// [ff02::1%eth0]:5000 names the interface of a link-local group.
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, hide_default_value = true, value_parser = target, help_heading = TARGET, display_order = 0)]
    pub target: TargetRange,

    /// Check this interface: name, address or index [default: the kernel's route] [env: MCAST_IFACE]
    #[arg(short, long, alias = "interface", value_name = "IFACE", env = Wanted::VARIABLE, hide_env = true, help_heading = TARGET, display_order = 1)]
    pub iface: Option<Wanted>,

    /// Find where a group sent by another host is lost
    ///
    /// mcast prints the command to run on the other host, and waits for its measured stream.
    #[arg(long, help_heading = TARGET)]
    pub listen: bool,

    /// Receive for TIME [unit: us, ms, s, m, h] [default: 3s; --listen: 60s]
    ///
    /// 130s is long enough to detect a querier. With --listen, TIME is a maximum.
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true, help_heading = LIMITS)]
    pub duration: Option<Duration>,

    /// Report a fault if no datagrams arrive (exit status 1)
    #[arg(long, help_heading = LIMITS)]
    pub expect_traffic: bool,

    /// Repeat the check every TIME, and print the changes [unit: us, ms, s, m, h]
    ///
    /// TIME is at least 1s. Each cycle listens for the TIME of --duration, and leaves the group at its end. Ctrl-C ends
    /// mcast; the last complete cycle then decides the exit status.
    #[arg(long, value_name = "TIME", value_parser = watch_time, allow_hyphen_values = true, conflicts_with_all = ["listen", "record"], help_heading = LIMITS)]
    pub watch: Option<Duration>,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// Save all observations to FILE as JSON
    ///
    /// Attach FILE to a bug report. If the group arrives but its stream is not good, attach a
    /// recording too: mcast recv --write out.pcapng.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub record: Option<PathBuf>,

    /// The files of the results.
    #[command(flatten)]
    pub files: ResultFileArgs,

    /// The metrics.
    #[command(flatten)]
    pub metrics: MetricsArgs,

    /// The options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// The shortest time between two cycles: each one joins and leaves the group.
const SHORTEST_CYCLE: Duration = Duration::from_secs(1);

fn watch_time(text: &str) -> Result<Duration, String> {
    values::time(text).and_then(|time| {
        let is_long = time >= SHORTEST_CYCLE;
        is_long.then_some(time).ok_or_else(|| {
            "must be at least 1s, because each cycle joins and leaves the group; for example 30s"
                .to_owned()
        })
    })
}
