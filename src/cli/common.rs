//! Options that several commands share.

use std::net::Ipv6Addr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};

use crate::iface::Wanted;
use crate::report::{ColorWhen, Output};
use crate::sys::{Backend, Batching};

/// Options of every command that speaks to a group.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Interface, by name, address or index; 'all'; 'ask' [default: the kernel's route]
    ///
    /// Repeatable. 'all' is every interface that can carry the group, and 'ask' shows a menu. The
    /// label of an address (eth0:1) and the name as ip link prints it (eth0@if5) work, too.
    #[arg(long, visible_alias = "interface", value_name = "IFACE", env = Wanted::VARIABLE, hide_env_values = true)]
    pub iface: Vec<Wanted>,

    /// Options of every command.
    #[command(flatten)]
    pub display: DisplayArgs,

    /// What was typed, beside its meaning.
    #[arg(skip)]
    pub typed: Typed,

    /// Use only what every system has, as on systems that have no more (for tests)
    #[arg(long, hide = true, env = "MCAST_PORTABLE", value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub portable: bool,

    /// Send and receive without UDP_SEGMENT and UDP_GRO
    ///
    /// A capture on this host then shows datagrams, not trains of them.
    #[arg(long)]
    pub no_offload: bool,

    /// Datagrams a call at most (for tests)
    #[arg(long, hide = true, env = "MCAST_BATCH", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub batch: Option<u16>,
}

/// What the typed arguments alone do not show of the words.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The TTL was typed as `-t`, which is a time in iperf.
    pub ttl_as_letter: bool,
    /// Addresses whose last part could have been meant as the port: `ff15::1:5000`.
    pub bare_ports: Vec<(Ipv6Addr, u16)>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct DisplayArgs {
    /// Only the summary; -qq for nothing at all
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Show everything in full, and diagnostics; repeat for more
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
