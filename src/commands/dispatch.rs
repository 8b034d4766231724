//! Runs the command of the arguments.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::address_wait::{plan_to_ping, plan_to_send};
use super::reporting::with_reporter;
use super::{bench, check, completions, ifaces, manual, ping, recv, scan, send, usage};
use crate::cli::{self, Command, DisplayArgs, RecvArgs, menu};
use crate::input::Place;
use crate::plan::{self, Host, PlanError};
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
        Command::Send(args) => report(shown(args.output), &args.common.display, || {
            Ok(Plan::Send(Box::new(plan_to_send(args)?)))
        }),
        Command::Recv(args) => {
            report(results_of(args), &args.common.display, || match &args.read {
                Some(place) => Ok(Plan::Read(Box::new(plan::Read::new(place, args)?))),
                None => Ok(Plan::Recv(Box::new(plan::Recv::new(args, &host()?)?))),
            })
        }
        Command::Scan(args) => report(shown(args.output), &args.common.display, || {
            Ok(Plan::Scan(plan::Scan::new(args, &host()?)?))
        }),
        Command::Ping(args) => report(shown(args.output), &args.common.display, || {
            Ok(Plan::Ping(Box::new(plan_to_ping(args)?)))
        }),
        Command::Bench(args) => {
            let (output, display) = args.command.output();
            report(shown(output), display, || Ok(Plan::Bench(plan::Bench::new(args, &host()?)?)))
        }
        Command::Check(args) => report(shown(args.output), &args.display, || {
            Ok(Plan::Check(plan::Check::new(args, &host()?)?))
        }),
        Command::Ifaces(args) => report(shown(args.output), &args.display, || Ok(Plan::Ifaces)),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => manual::run(args),
    }
}

/// The format of the results, on standard output.
fn shown(output: Output) -> (Output, Screen) {
    (output, Screen::Output)
}

/// The results of a receiver go to standard error if standard output is its recording.
fn results_of(args: &RecvArgs) -> (Output, Screen) {
    let is_recording = args.write == Some(Place::Standard);
    (args.output, if is_recording { Screen::Diagnostics } else { Screen::Output })
}

/// Runs a command that reports events.
fn report(
    results: (Output, Screen),
    display: &DisplayArgs,
    plan: impl FnOnce() -> Result<Plan, PlanError>,
) -> ExitCode {
    let mut notes = Notes::default();
    start_diagnostics(display, notes.clone());
    let plan = plan();
    let ran = with_reporter(results, display, &notes, |reporter| match plan {
        Ok(plan) => Ok(plan.run(reporter)?),
        Err(error) => Err(error.into()),
    });
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
    Ifaces,
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
            Plan::Ifaces => ifaces::run(reporter),
        }
    }
}
