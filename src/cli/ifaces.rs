//! `mcast ifaces`.

use clap::Args;

use super::DisplayArgs;
use super::common::text_or_json;
use super::help::{self, OUTPUT, Sections};
use crate::report::Output;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast ifaces",
    details: &[(
        "Table",
        "  \
  IGMP, MLD  version in use; filtering by source requires IGMPv3 or MLDv2
  x3         three memberships of a group on the interface
  -          unknown

  A narrow terminal omits MAC, MTU, MLD, IGMP and FLAGS, in this order.",
    )],
    examples: "  \
  List interfaces, addresses and group memberships:
    mcast ifaces
  List all groups, even if there are many:
    mcast ifaces --verbose
  Print the names of the interfaces that can carry multicast:
    mcast ifaces -o json | jq -r 'select(.up and .multicast) | .name'",
    exit_status: "  \
  0      success
  2      could not run: wrong usage, unreadable interface list, full disk
  128+N  ended by signal N",
    environment: help::ENVIRONMENT_OF_IFACES,
};

/// The arguments of `mcast ifaces`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, arg(help::help_option()))]
pub struct IfacesArgs {
    /// Print the list once, and then each change until Ctrl-C
    ///
    /// Changes are those of the links, the addresses, the memberships of all programs and the
    /// versions of IGMP and MLD. Linux reports links and addresses at once. The rest is read each
    /// second.
    #[arg(long, help_heading = OUTPUT)]
    pub watch: bool,

    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text", hide_possible_values = true, help_heading = OUTPUT)]
    pub output: Output,

    /// The options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,
}
