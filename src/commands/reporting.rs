//! The reporter of a command.

use anyhow::Result;

use crate::cli::DisplayArgs;
use crate::report::observe::{Observation, RunInfo};
use crate::report::{Display, Notes, Output, Reporter, Screen, annotate};
use crate::sys::Interrupt;
use crate::verdict::{RunError, Verdict};

/// How a command shows its run.
pub struct Showing<'a> {
    /// The format of the results.
    pub output: Output,
    /// Where they go.
    pub screen: Screen,
    /// The options of every command.
    pub display: &'a DisplayArgs,
    /// The intervals are shown.
    pub intervals: bool,
    /// Standard error.
    pub notes: Notes,
    /// The part of the run that uses the terminal, and leaves no space for a full-screen view.
    pub other_use: Option<&'static str>,
}

/// Runs a command with a reporter and the observers that `observation` asks for. The last event is a
/// summary, even if the command fails before its own. Signals are handled from here on. Until then
/// the default action ends the program, even while the menu of interfaces is shown.
pub fn with_reporter(
    showing: &Showing,
    observation: &Observation,
    info: &RunInfo,
    run: impl FnOnce(&mut Reporter) -> Result<Verdict>,
) -> Result<Verdict> {
    let interrupt = Interrupt::install().map_err(RunError::Signals)?;
    let Showing { output, screen, intervals, other_use, .. } = *showing;
    let DisplayArgs { quiet, verbose, color } = *showing.display;
    let display = Display { quiet, whole: verbose > 0, color, screen, intervals };
    let mut reporter = Reporter::new(output, display, showing.notes.clone(), &interrupt);
    let mut observation = observation.clone();
    if let Some(notice) = observation.obstacle(other_use) {
        observation.live = false;
        let _ = reporter.advise(&[notice]);
    }
    let (mut observers, opened) = observation.open(info, color, &showing.notes);
    if quiet < 2 {
        annotate(&mut observers, info, &showing.notes);
    }
    reporter.attach(observers);
    let ran = opened.map_err(Into::into).and_then(|()| run(&mut reporter));
    let ended = reporter.end(&ran.as_ref().map_or_else(Verdict::could_not, Verdict::clone));
    let observed = reporter.finish_observers();
    let verdict = ran?;
    ended?;
    observed?;
    Ok(verdict)
}
