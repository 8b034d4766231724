//! Writes the wanted events to standard output and standard error.

use std::io::{self, IsTerminal};
use std::time::SystemTime;

use super::format::{EventClock, Format};
use super::observe::{ObserverError, Observers};
use super::out::{InterruptibleWriter, OutputBuffer};
use super::workflow_commands::{are_obeyed, disarmed};
use super::{ColorWhen, Goal, Notes, Output, Paint, Progress, Screen, notice};
use crate::event::{Event, Failure};
use crate::net::{InterfaceEvents, Wake};
use crate::notice::interface::Role;
use crate::notice::{Notice, interface};
use crate::sys::{Interrupt, Signal};
use crate::verdict::Verdict;

/// The amount of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verbosity {
    Nothing,
    Summary,
    Everything,
}

/// Whether the text of an event waits for the end of the view: what went wrong is not only for the
/// moment.
fn is_kept(event: &Event) -> bool {
    event.is_summary() || matches!(event, Event::Warning(_) | Event::Explanation(_))
}

/// The options for the output.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// The number of `-q`: 0 shows everything, 1 the summary, 2 nothing.
    pub quiet: u8,
    /// Long payloads and lists are shown in full.
    pub whole: bool,
    /// When to use colour.
    pub color: ColorWhen,
    /// Where the results go: to standard error if standard output holds a recording.
    pub screen: Screen,
    /// The intervals are shown. Otherwise only observers take them.
    pub intervals: bool,
}

/// Shows events on standard output and standard error.
pub struct Reporter<'a> {
    format: Box<dyn Format>,
    observers: Observers,
    intervals: bool,
    level: Verbosity,
    out: OutputBuffer<'a>,
    interrupt: &'a Interrupt,
    screen: Screen,
    notes: Notes,
    paint_notes: Paint,
    /// Foreign text must not contain commands to a runner of GitHub Actions. Raw payloads may: they
    /// are for a file or a pipe.
    disarms: bool,
    /// A summary was reported.
    has_ended: bool,
}

impl<'a> Reporter<'a> {
    /// A reporter that writes diagnostics to `notes`. `interrupt` ends a write to a stalled reader.
    pub fn new(output: Output, display: Display, notes: Notes, interrupt: &'a Interrupt) -> Self {
        let Display { quiet, whole, color, screen, intervals } = display;
        let (paint, paint_notes) =
            (Paint::new(color, &io::stdout()), Paint::new(color, &io::stderr()));
        let format = match screen {
            Screen::Diagnostics => output.format_on_standard_error(whole, paint_notes),
            _ => output.format(whole, paint, paint_notes),
        };
        let level = match quiet {
            0 => Verbosity::Everything,
            1 => Verbosity::Summary,
            _ => Verbosity::Nothing,
        };
        let out = OutputBuffer::new(InterruptibleWriter::standard(interrupt, &notes.line));
        Reporter {
            format,
            observers: Observers::default(),
            intervals,
            level,
            out,
            interrupt,
            screen,
            notes,
            paint_notes,
            disarms: are_obeyed() && output != Output::Raw,
            has_ended: false,
        }
    }

    /// From now on these observers take every event.
    pub fn attach(&mut self, observers: Observers) {
        self.observers = observers;
    }

    /// Passes an event to the observers alone.
    pub fn observe(&mut self, event: &Event) {
        self.observers.event(event);
    }

    /// Completes what the observers write, after the last event.
    ///
    /// # Errors
    /// The first error of an observer in the whole run.
    pub fn finish_observers(&mut self) -> Result<(), ObserverError> {
        self.observers.finish()
    }

    /// Shows an event, unless `-q` hides it.
    ///
    /// # Errors
    /// The error of the write: `BrokenPipe` if the reader closed the output, `TimedOut` if it
    /// stalled until a signal.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.has_ended |= event.is_summary();
        self.observers.event(event);
        if event.is_interval() && !self.intervals {
            return Ok(());
        }
        let wanted = if event.is_summary() { Verbosity::Summary } else { Verbosity::Everything };
        if wanted > self.level || (self.notes.full_screen.hides_output() && !is_kept(event)) {
            return Ok(());
        }
        let start = self.out.bytes().len();
        self.format.event(event, self.out.bytes(), &mut self.notes)?;
        if self.disarms {
            let shown = self.out.bytes().split_off(start);
            self.out.bytes().extend_from_slice(&disarmed(&shown));
        }
        if self.notes.full_screen.hides_output() { Ok(()) } else { self.out.flush_if_large() }
    }

    /// Whether datagrams are shown, as far as the options say.
    pub fn shows_datagrams(&self) -> bool {
        !self.notes.full_screen.hides_output()
    }

    /// Dates the events that follow by the clock of a capture, which has reached `time`; `None`
    /// before its first datagram.
    pub fn date(&mut self, time: Option<SystemTime>) {
        self.format.set_clock(EventClock::Capture(time));
        self.observers.date(time);
    }

    /// Whether warnings are shown.
    pub fn warns(&self) -> bool {
        self.level > Verbosity::Nothing
    }

    /// Shows a finding that explains why no datagrams arrive, like a warning.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn explain(&mut self, finding: &Notice) -> io::Result<()> {
        if self.level < Verbosity::Everything {
            self.observe(&Event::Explanation(finding));
        }
        match self.level {
            Verbosity::Nothing => Ok(()),
            Verbosity::Summary => notice::explanation(finding, self.paint_notes, &mut self.notes),
            Verbosity::Everything => self.diagnose(&Event::Explanation(finding)),
        }
    }

    /// Shows a warning or a note. With `-q` it goes to standard error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn warn(&mut self, warning: &Notice) -> io::Result<()> {
        if self.level < Verbosity::Everything {
            self.observe(&Event::Warning(warning));
        }
        match self.level {
            Verbosity::Nothing => Ok(()),
            Verbosity::Summary => notice::line(warning, self.paint_notes, &mut self.notes),
            Verbosity::Everything => self.diagnose(&Event::Warning(warning)),
        }
    }

    /// Shows an event at once, after all earlier output.
    fn diagnose(&mut self, event: &Event) -> io::Result<()> {
        self.flush()?;
        self.event(event)?;
        self.flush()
    }

    /// Shows advice, on standard error for each format, and not with `-q`.
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

    /// Writes the buffer, before a wait. (A delay of a millisecond saved writes, but the timers
    /// cost more.)
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn flush(&mut self) -> io::Result<()> {
        if self.notes.full_screen.hides_output() { Ok(()) } else { self.out.flush() }
    }

    /// Writes the final output. A closed output is no error then. If the reader stalls, a warning
    /// goes to standard error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn final_output(
        &mut self,
        report: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.out.begin_final_output();
        match report(self).and_then(|()| self.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                notice::output_lost(self.out.bytes().len(), self.paint_notes, &mut self.notes)
            }
            other => other,
        }
    }

    /// Reports a summary of only the verdict, if there was none: the last line of JSON is always a
    /// summary.
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

    /// The progress of a run towards `goal`, if it has one. If the terminal shows a line for each
    /// datagram (`show`), there is no progress line.
    pub fn progress(&self, goal: Option<Goal>, show: bool) -> Progress {
        let scrolls = show && self.level == Verbosity::Everything && io::stdout().is_terminal();
        if self.notes.full_screen.is_on() {
            return Progress::in_view(goal, &self.notes.full_screen, self.paint_notes);
        }
        let goal = goal.filter(|_| self.level > Verbosity::Nothing && !scrolls);
        Progress::new(goal, &self.notes.line, self.paint_notes)
    }

    /// The signal that ends the run, if one arrived.
    pub fn signal(&self) -> Option<Signal> {
        self.interrupt.signal()
    }

    /// What ends a write to a stalled reader.
    pub fn interrupt(&self) -> &'a Interrupt {
        self.interrupt
    }

    /// The events that end a wait: a signal, and a closed output.
    pub fn wake(&self) -> Wake<'_> {
        let has_output = self.level > Verbosity::Nothing || self.screen == Screen::Diagnostics;
        Wake {
            interrupt: self.interrupt,
            output: if has_output { self.out.out.watched() } else { None },
        }
    }
}
