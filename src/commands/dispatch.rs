//! The way from the arguments to the exit status.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tracing::level_filters::LevelFilter;

use super::address_wait::plan_to_send;
use super::reporting::with_reporter;
use super::{check, ifaces, recv, send, usage};
use crate::cli::{Cli, Command, DisplayArgs, menu};
use crate::plan::{self, Host, PlanError};
use crate::report::{Notes, Paint, Reporter};
use crate::verdict::{COULD_NOT_RUN, RunError, Verdict};

/// Runs the command that was typed: `arguments`, the name of the program first. Returns the exit
/// status.
pub fn run(arguments: &[OsString]) -> ExitCode {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => run_command(&cli.command),
        Err(answer) => usage::show(&answer, arguments),
    }
}

fn run_command(command: &Command) -> ExitCode {
    let (display, mut notes) = (command.display(), Notes::default());
    start_diagnostics(display, notes.clone());
    let plan = plan(command);
    let ran = with_reporter(command.output(), display, &notes, |reporter| match plan {
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
        .with_writer(move || notes.log())
        .with_ansi(colour);
    diagnostics.with_target(false).without_time().log_internal_errors(false).init();
}

/// What the arguments mean on this host.
enum Plan {
    Send(plan::Send),
    Recv(plan::Recv),
    Check(plan::Check),
    Ifaces,
}

fn plan(command: &Command) -> Result<Plan, PlanError> {
    let host = || Host::here(&menu::ask);
    Ok(match command {
        Command::Send(args) => Plan::Send(plan_to_send(args)?),
        Command::Recv(args) => Plan::Recv(plan::Recv::new(args, &host()?)?),
        Command::Check(args) => Plan::Check(plan::Check::new(args, &host()?)?),
        Command::Ifaces(_) => Plan::Ifaces,
    })
}

impl Plan {
    fn run(&self, reporter: &mut Reporter) -> Result<Verdict, RunError> {
        match self {
            Plan::Send(plan) => send::run(plan, reporter),
            Plan::Recv(plan) => recv::run(plan, reporter),
            Plan::Check(plan) => check::run(plan, reporter),
            Plan::Ifaces => ifaces::run(reporter),
        }
    }
}
