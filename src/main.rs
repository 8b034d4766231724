//! The `mcast` program: parses, starts diagnostics, runs a command, and turns its outcome into the
//! exit status.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Parser;
use mcast::Interrupt;
use mcast::cli::{Cli, Command, DisplayArgs, menu};
use mcast::commands::{check, ifaces, recv, send};
use mcast::plan::{self, Host};
use mcast::report::{ColorWhen, Notes, Paint, Reporter};
use mcast::verdict::{COULD_NOT_RUN, RunError, Verdict};
use tracing::level_filters::LevelFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let notes = Notes::default();
    start_diagnostics(cli.command.display(), notes.clone());
    match run(&cli.command, &notes) {
        Ok(verdict) => verdict.status.into(),
        Err(error) => print_error(&error, cli.command.display().color, notes),
    }
}

fn run(command: &Command, notes: &Notes) -> Result<Verdict> {
    match command {
        Command::Send(args) => {
            let plan = plan::Send::new(args, &Host::here(&menu::ask)?)?;
            reporting(command, notes, |reporter| send::run(&plan, reporter))
        }
        Command::Recv(args) => {
            let plan = plan::Recv::new(args, &Host::here(&menu::ask)?)?;
            reporting(command, notes, |reporter| recv::run(&plan, reporter))
        }
        Command::Check(args) => {
            let plan = plan::Check::new(args, &Host::here(&menu::ask)?)?;
            reporting(command, notes, |reporter| check::run(&plan, reporter))
        }
        Command::Ifaces(_) => reporting(command, notes, ifaces::run),
    }
}

/// Runs a command that reports. Signals are taken over only here: before, they end the program as
/// they end any.
fn reporting(
    command: &Command,
    notes: &Notes,
    run: impl FnOnce(&mut Reporter) -> Result<Verdict, RunError>,
) -> Result<Verdict> {
    let interrupt =
        Interrupt::install().map_err(|error| anyhow!("cannot take over signals: {error}"))?;
    let display = command.display();
    let mut reporter =
        Reporter::new(command.output(), display.quiet, display.color, notes.clone(), &interrupt);
    Ok(run(&mut reporter)?)
}

/// Sends diagnostics to standard error: warnings, and more with each `-v`.
fn start_diagnostics(display: &DisplayArgs, notes: Notes) {
    let level = match display.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let colour = Paint::new(display.color, &io::stderr()).is_on();
    let diagnostics = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || notes.clone())
        .with_ansi(colour);
    diagnostics.with_target(false).without_time().log_internal_errors(false).init();
}

/// Says why nothing could be run.
fn print_error(error: &anyhow::Error, color: ColorWhen, mut notes: Notes) -> ExitCode {
    let paint = Paint::new(color, &io::stderr());
    let _ = writeln!(notes, "{} {error}", paint.bad("error:"));
    COULD_NOT_RUN.into()
}
