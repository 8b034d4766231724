//! The commands of mcast, and the help of the program.

use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use super::help::{self, STYLES, Sections, section};
use super::{
    BenchArgs, BenchCommand, CheckArgs, CompletionsArgs, IfacesArgs, ManArgs, PingArgs, RecvArgs,
    ScanArgs, SendArgs, bench, check, completions, ifaces, man, ping, recv, scan, send,
};
use crate::input::Place;
use crate::report::observe::Observation;

const SECTIONS: Sections = Sections {
    command: "mcast COMMAND",
    details: &[(
        "Also accepted",
        "  \
  receive, listen, rx  for recv
  tx                   for send
  interfaces           for ifaces
  239.1.1.1 5000       for 239.1.1.1:5000
  mcast -o json recv   for mcast recv -o json",
    )],
    examples: "  \
  Test on this computer alone (macOS: lo0 instead of lo):
    mcast recv --iface lo --count 3 --timeout 10s -- \\
      mcast send --iface lo --count 3 --interval 100ms
  Test between two computers: start the receiver, then the sender:
    mcast recv --iface 10.0.0.101 --count 10
    mcast send 224.202.20.30:54321",
    exit_status: "  \
  0      success
  1      negative result: too few datagrams, a failed assertion, a fault found
  2      could not run or continue: wrong usage, unknown interface, full disk
  128+N  ended by signal N",
    environment: help::ENVIRONMENT,
};

/// The version, with the commit and the target that build.rs detects.
const LONG_VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), env!("MCAST_COMMIT"), "\ntarget ", env!("MCAST_TARGET"));

/// The command line of mcast.
#[derive(Debug, Parser)]
#[command(
    name = "mcast",
    version,
    long_version = LONG_VERSION,
    about = "Send, receive, measure and troubleshoot IP multicast",
    styles = STYLES,
    max_term_width = 100,
    disable_help_flag = true,
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,

    /// The whole line, quoted for a shell.
    #[arg(skip)]
    pub line: String,

    /// Print help: -h is short, --help is complete
    #[arg(short, long, global = true, action = ArgAction::Help, display_order = 1000)]
    help: Option<bool>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send text, files, captures or a measured stream to groups
    #[command(alias = "tx")]
    Send(Box<SendArgs>),
    /// Join multicast groups; print and measure their datagrams
    #[command(aliases = ["receive", "listen", "rx"])]
    Recv(Box<RecvArgs>),
    /// Find the multicast groups that carry data, a few groups at a time
    ///
    /// mcast joins a few groups, listens, leaves them and joins the next ones. It never receives all
    /// groups at once.
    Scan(ScanArgs),
    /// Find the receivers of a group: round-trip time and loss each way
    ///
    /// mcast sends requests to the group. Each receiver that runs mcast recv --reply answers by
    /// unicast. Without --count, mcast pings until Ctrl-C.
    Ping(PingArgs),
    /// Diagnose why a multicast group does or does not arrive here
    ///
    /// mcast joins the group on every interface and examines the kernel's counters, routes, limits
    /// and firewall rules. It sends only membership reports, and datagrams that never leave this
    /// host. Without root, it reports the checks that it could not make.
    Check(CheckArgs),
    /// Benchmark multicast between hosts by the methods of RFC 3918
    ///
    /// throughput and groups send, and mcast recv --reply on other hosts reports the losses. join
    /// runs on a receiving host while any program sends.
    Bench(BenchArgs),
    /// List the network interfaces and their multicast group memberships
    #[command(alias = "interfaces")]
    Ifaces(IfacesArgs),
    /// Print a completion script for a shell
    ///
    /// Create missing directories before you install a script. Completion works in the next shell.
    Completions(CompletionsArgs),
    /// Print the manual page of mcast, or write all pages to a directory
    Man(ManArgs),
}

impl Command {
    /// The name of the command, with that of a benchmark.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Send(_) => "send",
            Command::Recv(_) => "recv",
            Command::Scan(_) => "scan",
            Command::Ping(_) => "ping",
            Command::Check(_) => "check",
            Command::Bench(args) => match args.command {
                BenchCommand::Throughput(_) => "bench throughput",
                BenchCommand::Join(_) => "bench join",
                BenchCommand::Groups(_) => "bench groups",
            },
            Command::Ifaces(_) => "ifaces",
            Command::Completions(_) => "completions",
            Command::Man(_) => "man",
        }
    }

    /// The observers that the options ask for.
    pub fn observation(&self) -> Observation {
        Observation { others: self.files(), ..self.observed() }
    }

    /// The files that options without an observer name.
    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let named = |option, place: &Option<Place>| {
            let path = place.as_ref().and_then(Place::path)?;
            Some((option, path.to_owned()))
        };
        let files = match self {
            Command::Send(args) => {
                vec![named("--file", &args.file), named("--replay", &args.replay.replay)]
            }
            Command::Recv(args) => vec![named("--read", &args.read), named("--write", &args.write)],
            Command::Ping(args) => vec![named("--expect", &args.expect)],
            Command::Check(args) => vec![args.record.clone().map(|path| ("--record", path))],
            _ => Vec::new(),
        };
        files.into_iter().flatten().collect()
    }

    /// The same without these files.
    fn observed(&self) -> Observation {
        match self {
            Command::Send(args) => args.observers.observation(),
            Command::Recv(args) => args.observers.observation(),
            Command::Ping(args) => args.observers.observation(),
            Command::Scan(args) => Observation { live: args.live.live, ..args.files.observation() },
            Command::Check(args) => {
                let metrics = args.metrics.metrics.clone();
                Observation { metrics, ..args.files.observation() }
            }
            Command::Bench(args) => args.command.files().observation(),
            Command::Ifaces(_) | Command::Completions(_) | Command::Man(_) => {
                Observation::default()
            }
        }
    }
}

/// The command line with all of its help. To parse does not need the help, and to build it takes
/// longer than to parse.
pub fn with_help() -> clap::Command {
    Cli::command()
        .after_help([section("Examples", SECTIONS.examples), SECTIONS.short()].join("\n\n"))
        .after_long_help(SECTIONS.long())
        .mut_subcommands(|command| {
            let command = command.mut_subcommands(|command| match bench::sections(&command) {
                Some(sections) => with_sections(command, &sections),
                None => command,
            });
            let sections = match command.get_name() {
                "bench" => bench::SECTIONS,
                "send" => send::SECTIONS,
                "recv" => recv::SECTIONS,
                "scan" => scan::SECTIONS,
                "ping" => ping::SECTIONS,
                "check" => check::SECTIONS,
                "ifaces" => ifaces::SECTIONS,
                "completions" => completions::SECTIONS,
                "man" => man::SECTIONS,
                _ => return command,
            };
            with_sections(command, &sections)
        })
}

fn with_sections(command: clap::Command, sections: &Sections) -> clap::Command {
    command
        .mut_args(help::place_brackets)
        .after_help(sections.short())
        .after_long_help(sections.long())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
        with_help().debug_assert();
    }
}
