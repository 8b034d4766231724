//! The layout of the help: the groups of options, the sections below them, and the width.
//!
//! `-h` fits a terminal of 80 columns and 40 lines. `--help` shows everything.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Arg, ArgAction};

/// The colours of help and of usage errors.
pub const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

// The groups of options, in their order.
pub const TARGET: &str = "Target";
pub const PAYLOAD: &str = "Payload";
pub const PACE: &str = "Pace";
pub const REPLAY: &str = "Replay";
pub const LIMITS: &str = "Limits";
pub const OUTPUT: &str = "Output";
pub const ADVANCED: &str = "Advanced";
pub const GENERAL: &str = "General";

// The lines of the section about the environment.
const MCAST_IFACE: &str = "  MCAST_IFACE  default of --iface";
const RUST_LOG: &str =
    "  RUST_LOG     diagnostics to print (debug, mcast::net=trace); -v overrides it";
const NO_COLOR: &str = "  NO_COLOR     disables colour if not empty; --color overrides it";
const TZ: &str = "  TZ           time zone of printed times (Europe/Berlin)";

/// The environment of commands that print times.
pub const ENVIRONMENT: &[&str] = &[MCAST_IFACE, RUST_LOG, NO_COLOR, TZ];
/// The environment of commands that choose an interface and print no times.
pub const ENVIRONMENT_OF_CHECK: &[&str] = &[MCAST_IFACE, RUST_LOG, NO_COLOR];
/// The environment of commands that choose no interface.
pub const ENVIRONMENT_OF_IFACES: &[&str] = &[RUST_LOG, NO_COLOR];

/// The sections of the help below the options of a command. Their lines are indented by two
/// columns or more and fit 80 columns.
pub struct Sections {
    /// The command, as typed.
    pub command: &'static str,
    /// Sections of this command alone: titles and texts.
    pub details: &'static [(&'static str, &'static str)],
    pub examples: &'static str,
    pub exit_status: &'static str,
    pub environment: &'static [&'static str],
}

impl Sections {
    /// The end of `-h`.
    pub fn short(&self) -> String {
        let more = format!("Run '{} --help' for all options and examples.", self.command);
        [section("Exit status", self.exit_status), more].join("\n\n")
    }

    /// The end of `--help`.
    pub fn long(&self) -> String {
        let details = self.details.iter().map(|(title, text)| section(title, text));
        let common = [section("Examples", self.examples), section("Exit status", self.exit_status)];
        let environment = (!self.environment.is_empty())
            .then(|| section("Environment", &self.environment.join("\n")));
        details.chain(common).chain(environment).collect::<Vec<_>>().join("\n\n")
    }
}

/// A section with a title like those of clap.
pub fn section(title: &str, text: &str) -> String {
    let style = STYLES.get_header();
    format!("{style}{title}:{style:#}\n{text}")
}

/// `-h` and `--help`, for the group [`GENERAL`]: clap would put them into a group of their own.
pub fn help_option() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help: -h is short, --help is complete")
        .help_heading(GENERAL)
        .display_order(1000)
}

/// The columns of a terminal of 80 that are left to the help beside `-d, --duration <TIME>`.
const BESIDE_AN_OPTION: usize = 55;

/// Places the unit and the default, which stand in brackets at the end of a help. In `-h`, they
/// share a line with the text if both fit. In `--help`, each has its own line, like those of clap.
pub fn place_brackets(arg: Arg) -> Arg {
    let Some(help) = arg.get_help().map(ToString::to_string) else { return arg };
    let starts = [" [unit: ", " [default: "].map(|start| help.find(start));
    let Some(start) = starts.into_iter().flatten().min() else { return arg };
    let (text, brackets) = (&help[..start], &help[start + 1..]);
    let separator = if help.len() > BESIDE_AN_OPTION { "\n" } else { " " };
    let long = arg.get_long_help().map_or_else(|| help.clone(), ToString::to_string);
    let long = long.replacen(&help[start..], "", 1);
    arg.help(format!("{text}{separator}{brackets}"))
        .long_help(format!("{long}\n\n{}", brackets.replace("] [", "]\n[")))
}

#[cfg(test)]
mod tests;
