//! The way from the typed arguments to the exit status.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::{check, ifaces, recv, send};
use crate::cli::{Cli, Command, DisplayArgs, menu};
use crate::plan::{self, Host};
use crate::report::{Display, Notes, Paint, Reporter};
use crate::sys::Interrupt;
use crate::verdict::{COULD_NOT_RUN, RunError, Verdict};

/// Runs the command that was typed. Returns the exit status.
pub fn run(cli: &Cli) -> ExitCode {
    let (command, mut notes) = (&cli.command, Notes::default());
    let display = command.display();
    start_diagnostics(display, notes.clone());
    match run_command(command, &notes) {
        Ok(verdict) => verdict.status.into(),
        Err(error) => {
            let paint = Paint::new(display.color, &io::stderr());
            let _ = writeln!(notes, "{} {error}", paint.bad("error:"));
            COULD_NOT_RUN.into()
        }
    }
}

/// Sends diagnostics to standard error: what `RUST_LOG` names, or more with each `-v`. Without both,
/// warnings.
fn start_diagnostics(display: &DisplayArgs, mut notes: Notes) {
    let paint = Paint::new(display.color, &io::stderr());
    let from_level = |level| Targets::new().with_default(level);
    let filter = match display.verbose {
        0 => filter_of_environment().unwrap_or_else(|error| {
            let _ = writeln!(notes, "{} {error}; it is ignored", paint.caution("warning:"));
            from_level(LevelFilter::WARN)
        }),
        1 => from_level(LevelFilter::DEBUG),
        _ => from_level(LevelFilter::TRACE),
    };
    let diagnostics = tracing_subscriber::fmt::layer()
        .with_writer(move || notes.clone())
        .with_ansi(paint.is_on())
        .with_target(false)
        .without_time()
        .log_internal_errors(false);
    tracing_subscriber::registry().with(diagnostics.with_filter(filter)).init();
}

/// The filter that `RUST_LOG` holds: `debug`, or `mcast::net=trace,warn`. An empty one is none.
fn filter_of_environment() -> Result<Targets> {
    match env::var("RUST_LOG") {
        Ok(text) if !text.is_empty() => text
            .parse()
            .map_err(|error| anyhow!("RUST_LOG={text} is no filter ({error}); try RUST_LOG=debug")),
        _ => Ok(Targets::new().with_default(LevelFilter::WARN)),
    }
}

fn run_command(command: &Command, notes: &Notes) -> Result<Verdict> {
    match command {
        Command::Send(args) => {
            let plan = plan::Send::new(args, &Host::here(&menu::ask)?)?;
            run_with_reporter(command, notes, |reporter| send::run(&plan, reporter))
        }
        Command::Recv(args) => {
            let plan = plan::Recv::new(args, &Host::here(&menu::ask)?)?;
            run_with_reporter(command, notes, |reporter| recv::run(&plan, reporter))
        }
        Command::Check(args) => {
            let plan = plan::Check::new(args, &Host::here(&menu::ask)?)?;
            run_with_reporter(command, notes, |reporter| check::run(&plan, reporter))
        }
        Command::Ifaces(_) => run_with_reporter(command, notes, ifaces::run),
    }
}

/// Runs a command that reports. Signals are taken over only here: until then the default action
/// ends the program, also while the user is asked for an interface.
fn run_with_reporter(
    command: &Command,
    notes: &Notes,
    run: impl FnOnce(&mut Reporter) -> Result<Verdict, RunError>,
) -> Result<Verdict> {
    let interrupt =
        Interrupt::install().map_err(|error| anyhow!("cannot take over signals: {error}"))?;
    let DisplayArgs { quiet, verbose, color } = *command.display();
    let display = Display { quiet, whole: verbose > 0, color };
    let mut reporter = Reporter::new(command.output(), display, notes.clone(), &interrupt);
    Ok(run(&mut reporter)?)
}
