//! The reporter: knows where output goes, and how much of it is wanted.

use std::io::{self, IsTerminal};

use super::format::Format;
use super::out::{OutputBuffer, StandardOutput};
use super::{ColorWhen, Goal, Notes, Output, Paint, Progress, notice};
use crate::event::{Event, Failure};
use crate::net::{InterfaceEvents, Wake};
use crate::notice::interface::Role;
use crate::notice::{Notice, interface};
use crate::sys::{Interrupt, Signal};
use crate::verdict::Verdict;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verbosity {
    Nothing,
    Summary,
    Everything,
}

/// How much is shown, and how.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// 0 shows everything, 1 the summary, 2 and more nothing.
    pub quiet: u8,
    /// Long payloads and lists are shown in full.
    pub whole: bool,
    /// When to use colour.
    pub color: ColorWhen,
}

/// Shows events on standard output and standard error.
pub struct Reporter<'a> {
    format: Box<dyn Format>,
    level: Verbosity,
    out: OutputBuffer<'a>,
    interrupt: &'a Interrupt,
    notes: Notes,
    paint_notes: Paint,
    /// The summary was reported.
    has_ended: bool,
}

impl<'a> Reporter<'a> {
    /// A reporter. `notes` is where diagnostics go;
    /// `interrupt` ends a write to a reader who stalls.
    pub fn new(output: Output, display: Display, notes: Notes, interrupt: &'a Interrupt) -> Self {
        let Display { quiet, whole, color } = display;
        let (paint, paint_notes) =
            (Paint::new(color, &io::stdout()), Paint::new(color, &io::stderr()));
        let format = output.format(whole, paint, paint_notes);
        let level = match quiet {
            0 => Verbosity::Everything,
            1 => Verbosity::Summary,
            _ => Verbosity::Nothing,
        };
        let out = OutputBuffer::new(StandardOutput::new(interrupt, &notes.line));
        Reporter { format, level, out, interrupt, notes, paint_notes, has_ended: false }
    }

    /// Shows an event, if it is wanted.
    ///
    /// # Errors
    /// What the system said to the write; `BrokenPipe` where the reader has gone, `TimedOut` where
    /// a signal came while it stalled.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.has_ended |= event.is_summary();
        let wanted = if event.is_summary() { Verbosity::Summary } else { Verbosity::Everything };
        if wanted > self.level {
            return Ok(());
        }
        self.format.event(event, self.out.bytes(), &mut self.notes)?;
        self.out.flush_if_large()
    }

    /// Whether warnings are said at all.
    pub fn warns(&self) -> bool {
        self.level > Verbosity::Nothing
    }

    /// Shows what explains why a receiver hears nothing, in the way of warnings.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn explain(&mut self, finding: &Notice) -> io::Result<()> {
        match self.level {
            Verbosity::Nothing => Ok(()),
            Verbosity::Summary => notice::explanation(finding, self.paint_notes, &mut self.notes),
            Verbosity::Everything => self.diagnose(&Event::Explanation(finding)),
        }
    }

    /// Shows a warning. Where only the summary is wanted it is still said, on standard error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn warn(&mut self, warning: &Notice) -> io::Result<()> {
        match self.level {
            Verbosity::Nothing => Ok(()),
            Verbosity::Summary => notice::line(warning, self.paint_notes, &mut self.notes),
            Verbosity::Everything => self.diagnose(&Event::Warning(warning)),
        }
    }

    /// Shows an event that is no result, at once. What was shown before stands before it.
    fn diagnose(&mut self, event: &Event) -> io::Result<()> {
        self.out.flush()?;
        self.event(event)?;
        self.out.flush()
    }

    /// Gives advice, on standard error whatever the format; not where only the summary is wanted.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn advise(&mut self, advice: &[Notice]) -> io::Result<()> {
        if self.level < Verbosity::Everything {
            return Ok(());
        }
        advice.iter().try_for_each(|advice| notice::line(advice, self.paint_notes, &mut self.notes))
    }

    /// Reports changes of the interfaces that `role` uses.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn interface_events(&mut self, events: InterfaceEvents, role: Role) -> io::Result<()> {
        self.warn_all(&interface::of_events(&events.events, role))?;
        events
            .failed
            .iter()
            .try_for_each(|(error, more)| self.warn(&interface::not_rejoined(error, *more)))
    }

    /// Shows warnings.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn warn_all(&mut self, warnings: &[Notice]) -> io::Result<()> {
        warnings.iter().try_for_each(|warning| self.warn(warning))
    }

    /// Writes out what is held back. To be called before a wait.
    /// (Holding it back for a millisecond of many waits was tried: the timer of each wait cost more
    /// than the writes that were saved.)
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes the final output. A reader that has gone is then no error, and a reader that stalls
    /// gets a warning on standard error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn final_output(
        &mut self,
        say: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.out.begin_final_output();
        match say(self).and_then(|()| self.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                notice::output_lost(self.out.bytes().len(), self.paint_notes, &mut self.notes)
            }
            other => other,
        }
    }

    /// Reports a summary of the verdict alone, if none was reported: the last line of JSON is
    /// always a summary.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn end(&mut self, verdict: &Verdict) -> io::Result<()> {
        let Some(error) = verdict.reasons.first().filter(|_| !self.has_ended) else {
            return Ok(());
        };
        let failure = Event::Failure(Failure { error: error.clone(), verdict: verdict.clone() });
        self.final_output(|reporter| reporter.event(&failure))
    }

    /// The progress of a run towards `goal`, if it has one. It is seen on a terminal where nothing
    /// else events: not where a line a datagram scrolls by (`show`), for these lines are the
    /// progress.
    pub fn progress(&self, goal: Option<Goal>, show: bool) -> Progress {
        let scrolls = show && self.level == Verbosity::Everything && io::stdout().is_terminal();
        let goal = goal.filter(|_| self.level > Verbosity::Nothing && !scrolls);
        Progress::new(goal, &self.notes.line, self.paint_notes)
    }

    /// The signal that asks the run to end, once one has come.
    pub fn signal(&self) -> Option<Signal> {
        self.interrupt.signal()
    }

    /// What should wake a wait: a signal, and, if anything is shown, a reader that goes away.
    pub fn wake(&self) -> Wake<'_> {
        Wake {
            interrupt: self.interrupt,
            output: if self.level > Verbosity::Nothing { self.out.out.watched() } else { None },
        }
    }
}
