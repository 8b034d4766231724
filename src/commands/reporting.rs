//! The reporter of a command.

use anyhow::Result;

use crate::cli::DisplayArgs;
use crate::report::{Display, Notes, Output, Reporter, Screen};
use crate::sys::Interrupt;
use crate::verdict::{RunError, Verdict};

/// Runs a command with a reporter, whose results go to `screen`. The last event is a summary, even if the command fails before
/// its own. Signals are handled from here on. Until then the default action ends the program, even
/// while the menu of interfaces is shown.
pub fn with_reporter(
    (output, screen): (Output, Screen),
    display: &DisplayArgs,
    notes: &Notes,
    run: impl FnOnce(&mut Reporter) -> Result<Verdict>,
) -> Result<Verdict> {
    let interrupt = Interrupt::install().map_err(RunError::Signals)?;
    let DisplayArgs { quiet, verbose, color } = *display;
    let display = Display { quiet, whole: verbose > 0, color, screen };
    let mut reporter = Reporter::new(output, display, notes.clone(), &interrupt);
    let ran = run(&mut reporter);
    match &ran {
        Ok(verdict) => reporter.end(verdict)?,
        // An error of this report would hide the first error.
        Err(error) => drop(reporter.end(&Verdict::could_not(error))),
    }
    ran
}
