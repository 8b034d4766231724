//! A reporter around what reports.

use anyhow::Result;

use crate::cli::DisplayArgs;
use crate::report::{Display, Notes, Output, Reporter};
use crate::sys::Interrupt;
use crate::verdict::{RunError, Verdict};

/// Runs what reports. Its last event is a summary, also if it fails before it has one. Signals are
/// taken over only here: until then the default action ends the program, also while the user is
/// asked for an interface.
pub fn with_reporter(
    output: Output,
    display: &DisplayArgs,
    notes: &Notes,
    run: impl FnOnce(&mut Reporter) -> Result<Verdict>,
) -> Result<Verdict> {
    let interrupt = Interrupt::install().map_err(RunError::Signals)?;
    let DisplayArgs { quiet, verbose, color } = *display;
    let display = Display { quiet, whole: verbose > 0, color };
    let mut reporter = Reporter::new(output, display, notes.clone(), &interrupt);
    let ran = run(&mut reporter);
    match &ran {
        Ok(verdict) => reporter.end(verdict)?,
        // The error itself is what matters.
        Err(error) => drop(reporter.end(&Verdict::could_not(error))),
    }
    ran
}
