//! `mcast ifaces`.

use clap::Args;

use super::DisplayArgs;
use super::common::text_or_json;
use crate::report::Output;

/// What `mcast ifaces` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  mcast ifaces                  each interface, its addresses, and the groups it is a member of
  mcast ifaces -v               all of the groups, however many
  mcast ifaces -o json | jq -r 'select(.up and .multicast) | .name'
                                the names of those that can carry multicast

IGMP and MLD are the versions in force: below 3 and 2 the network cannot select sources.
A group with x3 behind it is in use three times on this host. What is not known is a -.
A narrow terminal loses MAC, MTU, MLD, IGMP and FLAGS, in this order."
)]
pub struct IfacesArgs {
    /// How to show them
    #[arg(short, long, value_name = "FORMAT", value_parser = text_or_json(), default_value = "text")]
    pub output: Output,

    /// Options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,
}
