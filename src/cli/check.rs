//! `mcast check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::addresses::target;
use super::common::text_or_json;
use super::{DisplayArgs, values};
use crate::iface::Wanted;
use crate::report::Output;
use crate::target::{DEFAULT_TARGET, TargetRange};

/// What `mcast check` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
It joins the group on every interface for a while, and looks at what the kernel counts, at its
routes, limits and firewall. Nothing is sent but reports of membership, and datagrams to this host
itself that never leave it. Without root it says what it could not see. Exit status: 0 no fault was
found, 1 one was, 2 it could not look.

Examples:
  mcast check 239.1.1.1:5000 --iface eth0         why does this group not arrive there?
  sudo mcast check 239.1.1.1:5000                 the same, with firewall rules, queriers and \
                  frames
  mcast check 10.0.0.5@232.1.1.1:5000 -d 10s      a group from one source, and a slow sender
  mcast check --listen 239.1.1.1:5000             where on the way does it end?
  mcast check 239.1.1.1:5000 --expect-traffic     exit status 1 if the group is silent
  mcast check -o json | jq -r 'select(.level == \"fault\") | .commands[].run'
                                                  what to type against each fault"
)]
pub struct CheckArgs {
    /// The group to look into: 239.1.1.1:5000, [ff02::1%eth0]:5000, SOURCE@232.1.1.1:5000
    #[arg(value_name = "TARGET", default_value = DEFAULT_TARGET, value_parser = target)]
    pub target: TargetRange,

    /// Interface where the group should arrive, by name, address or index [default: the route]
    #[arg(short, long, visible_alias = "interface", value_name = "IFACE", env = Wanted::VARIABLE, hide_env_values = true)]
    pub iface: Option<Wanted>,

    /// How long to listen [default: 3s; with --listen: 60s at most]
    ///
    /// 130s also shows whether the network has a querier.
    #[arg(short, long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    pub duration: Option<Duration>,

    /// Expect traffic: if nothing arrives, that is a fault (exit status 1)
    #[arg(long)]
    pub expect_traffic: bool,

    /// Wait for a measured stream from another host, to find where the path ends
    ///
    /// It prints the command to type on the other host.
    #[arg(long)]
    pub listen: bool,

    /// Keep what was seen in FILE, as JSON, to show it to somebody else
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// How to show the findings
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text")]
    pub output: Output,

    /// Options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,
}
