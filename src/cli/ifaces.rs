//! `mcast ifaces`.

use clap::{Args, ValueEnum};

use super::DisplayArgs;

/// What `mcast ifaces` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "\
Examples:
  mcast ifaces                  each interface, its addresses, and the groups it is a member of
  mcast ifaces -v               all of the groups, however many
  mcast ifaces -o json | jq -r 'select(.up and .multicast) | .name'
                                the names of those that can carry multicast

IGMP and MLD are the versions in force: below 3 and 2 the network cannot select sources.
A group with x3 behind it is in use three times on this host. What is not known is a -."
)]
pub struct IfacesArgs {
    /// How to show them
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = IfacesFormat::Text)]
    pub output: IfacesFormat,

    /// Options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// How to show interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IfacesFormat {
    /// A table
    Text,
    /// A JSON object a line
    Json,
}
