//! The commands, and the help of the program.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand};

use super::{CheckArgs, CompletionsArgs, IfacesArgs, ManArgs, RecvArgs, SendArgs};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Try it on this computer alone (macOS: lo0 for lo):
  mcast recv --iface lo --count 3 --timeout 10s -- \\
      mcast send --iface lo --count 3 --interval 100ms

Between two computers:
  mcast recv --iface 10.0.0.101 --count 10
  mcast send 224.202.20.30:54321";

const HABITS_AND_ENVIRONMENT: &str = "\
Habits from other tools:
  receive, listen, rx   are recv
  tx                    is send
  interfaces            is ifaces
  239.1.1.1 5000        is 239.1.1.1:5000
  mcast -o json recv    is mcast recv -o json

Environment:
  MCAST_IFACE   the default of --iface
  RUST_LOG      diagnostics to print: debug, mcast::net=trace; -v overrides it
  NO_COLOR      no colour, unless --color always";

const EXIT_STATUS: &str =
    "Exit status: 0 done; 1 the answer is no; 2 could not run; 128+N signal N.";

/// The version with the commit and the target, as build.rs found them.
const LONG_VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), env!("MCAST_COMMIT"), "\ntarget ", env!("MCAST_TARGET"));

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "mcast",
    version,
    long_version = LONG_VERSION,
    about = "Send, receive, measure and explain IP multicast",
    styles = STYLES,
    max_term_width = 100,
    disable_help_flag = true,
    after_help = [EXAMPLES, EXIT_STATUS].join("\n\n"),
    after_long_help = [EXAMPLES, HABITS_AND_ENVIRONMENT, EXIT_STATUS].join("\n\n"),
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print help; -h is the short form
    #[arg(short, long, global = true, action = ArgAction::Help, display_order = 1000)]
    help: Option<bool>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send datagrams to a group: a text every 2 s, or a measured stream
    #[command(alias = "tx")]
    Send(SendArgs),
    /// Join a group, show and measure what arrives, judge it, leave
    #[command(aliases = ["receive", "listen", "rx"])]
    Recv(RecvArgs),
    /// Say why a group does, or does not, arrive on this host
    Check(CheckArgs),
    /// List this host's interfaces and the groups that they have joined
    #[command(alias = "interfaces")]
    Ifaces(IfacesArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all pages to a directory
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn top_level_help_fits_a_screen() {
        let help = Cli::command().render_help().to_string();
        assert!(help.lines().count() <= 40, "{} lines:\n{help}", help.lines().count());
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    }

    #[test]
    fn the_help_of_recv_names_every_metric() {
        let mut recv = Cli::command().find_subcommand("recv").unwrap().clone();
        let help = recv.render_long_help().to_string();
        let shown = help
            .split("Metrics of --assert")
            .nth(1)
            .and_then(|rest| rest.split("Examples:").next())
            .unwrap();
        for name in crate::assertion::Metric::list().split(", ") {
            let alike = name.replace("pdv.", "delay.");
            assert!(
                shown.split([' ', ',', '\n']).any(|word| word == alike),
                "{name} is not in {shown}"
            );
        }
    }

    #[test]
    fn every_command_ends_its_help_with_examples() {
        for command in Cli::command().get_subcommands_mut() {
            let name = command.get_name().to_owned();
            let help = command.render_long_help().to_string();
            let examples = help
                .split("Examples:")
                .nth(1)
                .unwrap_or_else(|| panic!("{name} has no examples:\n{help}"));
            let shown: Vec<&str> =
                examples.lines().filter(|line| !line.trim().is_empty()).collect();
            assert!(
                shown.len() >= 3
                    && shown.iter().any(|line| line.contains(&format!("mcast {name}"))),
                "{examples}"
            );
            // What is wider than the help is broken where nobody meant it to be.
            let below = command.get_after_long_help().expect("examples").to_string();
            below.lines().for_each(|line| assert!(line.chars().count() <= 100, "{name}: {line}"));
        }
    }
}
