//! The options that several commands share.

use std::net::Ipv6Addr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};

use super::help::{ADVANCED, GENERAL, TARGET};
use crate::iface::Wanted;
use crate::report::{ColorWhen, Output};
use crate::sys::{Backend, Batching};

/// The options of every command that sends or receives.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Use this interface: name, address, index, 'all' or 'ask' [default: the kernel's route] [env: MCAST_IFACE]
    ///
    /// Repeatable. 'all' uses every interface that can carry the group. 'ask' shows a menu. mcast
    /// also accepts the label of an address (eth0:1) and a name as printed by ip link (eth0@if5).
    /// --interface is an alias.
    #[arg(long, alias = "interface", value_name = "IFACE", env = Wanted::VARIABLE, hide_env = true, help_heading = TARGET, display_order = 1)]
    pub iface: Vec<Wanted>,

    /// The options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,

    /// Details of the command line that the values do not show.
    #[arg(skip)]
    pub typed: Typed,

    /// Use only portable system calls (for tests)
    #[arg(long, hide = true, env = "MCAST_PORTABLE", value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub portable: bool,

    /// Disable UDP segmentation offload (UDP_SEGMENT, UDP_GRO)
    ///
    /// A capture on this host then shows single datagrams instead of trains.
    #[arg(long, hide_short_help = true, help_heading = ADVANCED)]
    pub no_offload: bool,

    /// On Windows, let the system combine received datagrams (UDP_RECV_MAX_COALESCED_SIZE)
    #[arg(long, hide = true, env = "MCAST_COALESCE", value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub coalesce: bool,

    /// Limit the datagrams of a system call (for tests)
    #[arg(long, hide = true, env = "MCAST_BATCH", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub batch: Option<u16>,
}

/// Details of the command line that the values do not show. Notes about likely mistakes use them.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The TTL was typed as `-t`, which is a time in iperf.
    pub ttl_as_letter: bool,
    /// Addresses whose last group is possibly a port: `ff15::1:5000`.
    pub bare_ports: Vec<(Ipv6Addr, u16)>,
    /// The whole line, quoted for a shell.
    pub line: String,
}

/// The options of every command.
#[derive(Debug, Args)]
pub struct DisplayArgs {
    /// Print only the summary; -qq prints only errors
    #[arg(short, long, action = ArgAction::Count, help_heading = GENERAL)]
    pub quiet: u8,

    /// Print all details and diagnostics; -vv prints more diagnostics
    #[arg(short, long, action = ArgAction::Count, hide_short_help = true, help_heading = GENERAL)]
    pub verbose: u8,

    /// Use colour: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, hide_possible_values = true, hide_short_help = true, help_heading = GENERAL)]
    pub color: ColorWhen,
}

impl CommonArgs {
    /// The system calls to use.
    pub fn backend(&self) -> Backend {
        if self.portable {
            return Backend::Portable;
        }
        Backend::Native(Batching {
            most: self.batch.map_or(Batching::MOST, usize::from),
            offload: !self.no_offload,
            coalesce: self.coalesce,
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

/// The parser of `--output` for a command that shows text or JSON.
pub fn text_or_json() -> impl TypedValueParser<Value = Output> {
    one_of(["text", "json"])
}

/// The parser of `--output` for a command that shows payloads.
pub fn any_format() -> impl TypedValueParser<Value = Output> {
    one_of(["text", "json", "hex", "raw"])
}

fn one_of<const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = Output> {
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "json" => Output::Json,
        "hex" => Output::Hex,
        "raw" => Output::Raw,
        _ => Output::Text,
    })
}
