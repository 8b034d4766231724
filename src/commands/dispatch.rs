//! Runs the command of the arguments.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::address_wait::{plan_to_ping, plan_to_send};
use super::reporting::{Showing, with_reporter};
use super::{bench, check, completions, ifaces, manual, ping, recv, scan, send, usage};
use crate::cli::{self, Cli, Command, DisplayArgs, menu};
use crate::input::Place;
use crate::plan::{self, Host, PlanError};
use crate::report::observe::RunInfo;
use crate::report::{Notes, Output, Paint, Reporter, Screen, log_filter};
use crate::verdict::{COULD_NOT_RUN, RunError, Verdict};

/// Runs the command in `arguments`, which begin with the name of the program. Returns the exit
/// status.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let cli = match cli::parse(arguments.iter().cloned()) {
        Ok(cli) => cli,
        Err(answer) => return usage::show(&answer, arguments),
    };
    let host = || Host::here(&menu::ask);
    match &cli.command {
        Command::Send(args) => report(&cli, args.output, &args.common.display, || {
            Ok(Plan::Send(Box::new(plan_to_send(args)?)))
        }),
        Command::Recv(args) => {
            report(&cli, args.output, &args.common.display, || match &args.read {
                Some(place) => Ok(Plan::Read(Box::new(plan::Read::new(place, args)?))),
                None => Ok(Plan::Recv(Box::new(plan::Recv::new(args, &host()?)?))),
            })
        }
        Command::Scan(args) => report(&cli, args.output, &args.common.display, || {
            Ok(Plan::Scan(plan::Scan::new(args, &host()?)?))
        }),
        Command::Ping(args) => report(&cli, args.output, &args.common.display, || {
            Ok(Plan::Ping(Box::new(plan_to_ping(args)?)))
        }),
        Command::Bench(args) => {
            let (output, display) = args.command.output();
            report(&cli, output, display, || Ok(Plan::Bench(plan::Bench::new(args, &host()?)?)))
        }
        Command::Check(args) => report(&cli, args.output, &args.display, || {
            Ok(Plan::Check(plan::Check::new(args, &host()?)?))
        }),
        Command::Ifaces(args) => {
            report(&cli, args.output, &args.display, || Ok(Plan::Ifaces { watch: args.watch }))
        }
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => manual::run(args),
    }
}

/// Where the results go: to standard error if standard output is a recording.
fn screen_of(command: &Command) -> Screen {
    match command {
        Command::Recv(args) if args.write == Some(Place::Standard) => Screen::Diagnostics,
        _ => Screen::Output,
    }
}

/// The part of a run that uses the terminal, and leaves no space for a full-screen view.
fn other_use(command: &Command) -> Option<&'static str> {
    match command {
        Command::Recv(args) if !args.command.is_empty() => Some("COMMAND"),
        Command::Send(args) if args.lines && reads_terminal(args.file.as_ref()) => Some("--lines"),
        _ => None,
    }
}

/// Whether an input comes from the terminal.
fn reads_terminal(input: Option<&Place>) -> bool {
    matches!(input, None | Some(Place::Standard)) && io::stdin().is_terminal()
}

/// Whether the intervals are shown.
fn shows_intervals(command: &Command) -> bool {
    match command {
        Command::Recv(args) => args.stats.is_some(),
        Command::Send(args) => args.stats.is_some(),
        _ => false,
    }
}

/// Runs a command that reports events.
fn report(
    cli: &Cli,
    output: Output,
    display: &DisplayArgs,
    plan: impl FnOnce() -> Result<Plan, PlanError>,
) -> ExitCode {
    let mut notes = Notes::default();
    start_diagnostics(display, notes.clone());
    let observation = cli.command.observation();
    let info = RunInfo { command: cli.command.name(), line: cli.line.clone() };
    let plan = plan();
    let showing = Showing {
        output,
        screen: screen_of(&cli.command),
        display,
        intervals: shows_intervals(&cli.command),
        notes: notes.clone(),
        other_use: other_use(&cli.command),
    };
    let ran = with_reporter(&showing, &observation, &info, |reporter| Ok(plan?.run(reporter)?));
    match ran {
        Ok(verdict) => verdict.status.into(),
        Err(error) => {
            let paint = Paint::new(display.color, &io::stderr());
            let _ = notes.write_all(format!("{} {error}\n", paint.bad("error:")).as_bytes());
            COULD_NOT_RUN.into()
        }
    }
}

/// Writes the log to standard error, as filtered by `-v` or `RUST_LOG`.
fn start_diagnostics(display: &DisplayArgs, mut notes: Notes) {
    let paint = Paint::new(display.color, &io::stderr());
    let rust_log = env::var("RUST_LOG").ok();
    let filter = log_filter(display.verbose, rust_log.as_deref()).unwrap_or_else(|error| {
        let _ = writeln!(notes, "{} {error}", paint.caution("warning:"));
        Targets::new().with_default(LevelFilter::WARN)
    });
    let diagnostics = tracing_subscriber::fmt::layer()
        .with_writer(move || notes.log())
        .with_ansi(paint.is_on())
        .with_target(false)
        .without_time()
        .log_internal_errors(false);
    tracing_subscriber::registry().with(diagnostics.with_filter(filter)).init();
}

/// The plan of a command.
enum Plan {
    Send(Box<plan::Send>),
    Recv(Box<plan::Recv>),
    Read(Box<plan::Read>),
    Scan(plan::Scan),
    Ping(Box<plan::Ping>),
    Bench(plan::Bench),
    Check(plan::Check),
    Ifaces { watch: bool },
}

impl Plan {
    fn run(&self, reporter: &mut Reporter) -> Result<Verdict, RunError> {
        match self {
            Plan::Send(plan) => send::run(plan, reporter),
            Plan::Recv(plan) => recv::run(plan, reporter),
            Plan::Read(plan) => recv::read(plan, reporter),
            Plan::Scan(plan) => scan::run(plan, reporter),
            Plan::Ping(plan) => ping::run(plan, reporter),
            Plan::Bench(plan) => bench::run(plan, reporter),
            Plan::Check(plan) => check::run(plan, reporter),
            Plan::Ifaces { watch } => ifaces::run(*watch, reporter),
        }
    }
}
