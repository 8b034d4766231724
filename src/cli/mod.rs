//! What was typed: the commands, their options, and the help beside each.

mod check;
mod ifaces;
mod keys;
pub mod menu;
mod rcvbuf;
mod recv;
mod send;
pub mod values;

use std::net::IpAddr;

pub use check::{CheckArgs, CheckFormat};
use clap::builder::PossibleValue;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
pub use ifaces::{IfacesArgs, IfacesFormat};
pub use recv::{RecvArgs, RecvFormat};
pub use send::{SendArgs, SendFormat};

use crate::iface::Wanted;
use crate::report::{ColorWhen, Output};
use crate::sys::{Backend, Batching};
use crate::target::{TargetError, TargetRange, check_source};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "mcast",
    version,
    about = "Send, receive, measure and explain IP multicast",
    styles = STYLES,
    max_term_width = 100,
    disable_help_flag = true,
    after_help = "\
Try it on this computer alone (macOS: lo0 for lo):
  mcast recv --iface lo --count 3 --timeout 10s -- \\
      mcast send --iface lo --count 3 --interval 100ms

Between two computers:
  mcast recv --iface 10.0.0.101 --count 10
  mcast send 224.202.20.30:54321

Exit status: 0 done; 1 the answer is no; 2 could not run; 130, 143 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, display_order = 1000)]
    help: Option<bool>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send datagrams to a group: a text every 2 s, or a measured stream
    Send(SendArgs),
    /// Join a group, show and measure what arrives, judge it, leave
    Recv(RecvArgs),
    /// Say why a group does, or does not, arrive on this host
    Check(CheckArgs),
    /// List this host's interfaces, and the groups that they are members of
    Ifaces(IfacesArgs),
}

impl Command {
    /// The options that every command has.
    pub fn display(&self) -> &DisplayArgs {
        match self {
            Command::Send(args) => &args.common.display,
            Command::Recv(args) => &args.common.display,
            Command::Check(args) => &args.display,
            Command::Ifaces(args) => &args.display,
        }
    }

    /// How its events are shown.
    pub fn output(&self) -> Output {
        let whole = self.display().verbose > 0;
        match self {
            Command::Send(args) => match args.output {
                SendFormat::Text => Output::Text { whole },
                SendFormat::Json => Output::Json,
            },
            Command::Recv(args) => match args.output {
                RecvFormat::Text => Output::Text { whole },
                RecvFormat::Json => Output::Json,
                RecvFormat::Hex => Output::Hex,
                RecvFormat::Raw => Output::Raw,
            },
            Command::Check(args) => match args.output {
                CheckFormat::Text => Output::Text { whole },
                CheckFormat::Json => Output::Json,
            },
            Command::Ifaces(args) => match args.output {
                IfacesFormat::Text => Output::Text { whole },
                IfacesFormat::Json => Output::Json,
            },
        }
    }
}

/// Options of every command that speaks to a group.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Interface, by name, address or index; repeatable; 'all'; 'ask' shows a menu. Without it,
    /// that of the kernel's route to the group
    #[arg(long, value_name = "IFACE")]
    pub iface: Vec<Wanted>,

    /// Options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,

    /// Use only what every system has, as on systems that have no more (for tests)
    #[arg(long, hide = true, env = "MCAST_PORTABLE", value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub portable: bool,

    /// Hand each datagram to the kernel, and take each from it, by itself, without UDP_SEGMENT and
    /// UDP_GRO. A capture on this host then shows datagrams, not trains of them
    #[arg(long)]
    pub no_offload: bool,

    /// Datagrams a call at most (for tests)
    #[arg(long, hide = true, env = "MCAST_BATCH", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub batch: Option<u16>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct DisplayArgs {
    /// Only the summary; -qq for nothing at all
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Show everything in full, and diagnostics on standard error; repeat for more
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,
}

impl CommonArgs {
    /// How the system is asked.
    pub fn backend(&self) -> Backend {
        if self.portable {
            return Backend::Portable;
        }
        Backend::Native(Batching {
            most: self.batch.map_or(Batching::MOST, usize::from),
            offload: !self.no_offload,
        })
    }
}

impl ValueEnum for ColorWhen {
    fn value_variants<'a>() -> &'a [Self] {
        &[ColorWhen::Auto, ColorWhen::Always, ColorWhen::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            ColorWhen::Auto => "auto",
            ColorWhen::Always => "always",
            ColorWhen::Never => "never",
        }))
    }
}

/// Reads a target for clap.
fn target(text: &str) -> Result<TargetRange, TargetError> {
    text.parse()
}

/// Reads a target of a sender, which has no source to choose.
fn destination(text: &str) -> Result<TargetRange, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    let Some(source) = range.source() else { return Ok(range) };
    let group = text.rsplit('@').next().unwrap_or(text);
    Err(format!(
        "a sender has no source to choose; try {group}, with --iface {source} if that is the \
         address to send from"
    ))
}

/// Reads the address of a sender, for `--source` and `--exclude`.
fn source(text: &str) -> Result<IpAddr, String> {
    let address = text
        .parse()
        .map_err(|_| format!("'{text}' is not an IP address; try 10.0.0.5 or 2001:db8::5"))?;
    check_source(address).map_err(|error| error.to_string())?;
    Ok(address)
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
        assert!(help.lines().count() <= 24, "{} lines:\n{help}", help.lines().count());
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    }

    #[test]
    fn the_help_of_recv_names_every_metric() {
        let mut recv = Cli::command().find_subcommand("recv").unwrap().clone();
        let help = recv.render_help().to_string();
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
            let help = command.render_help().to_string();
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
            let below = command.get_after_help().expect("examples").to_string();
            below.lines().for_each(|line| assert!(line.chars().count() <= 100, "{name}: {line}"));
        }
    }
}
