//! How events are shown: one small file a format, behind one reporter that knows where output goes
//! and how much of it is wanted.

mod check;
mod drawing;
mod hex;
mod human;
mod ifaces;
mod json;
mod measured;
mod out;
mod progress;
mod raw;
mod style;
mod text;

use std::io::{self, IsTerminal, Write};

use out::{OutputBuffer, StandardOutput};
use progress::ProgressLine;
pub use progress::{Goal, Progress};
pub use style::{ColorWhen, Paint};

use crate::event::{Event, Notice};
use crate::net::{Moves, Wake};
use crate::notice::{Advice, Finding, Warning, interface};
use crate::sys::Interrupt;

/// A way to show events.
trait Format {
    /// Shows `event`: results are added to `out`, diagnostics go to `notes`.
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()>;
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A line a datagram, for people.
    Text {
        /// Show the whole of long payloads.
        whole: bool,
    },
    /// A JSON object a line, for scripts.
    Json,
    /// A hex dump of each payload.
    Hex,
    /// The payloads alone; everything else goes to standard error.
    Raw,
}

impl Output {
    /// What writes events in this format, with these colours of the results and of the diagnostics.
    fn format(self, paint: Paint, paint_notes: Paint) -> Box<dyn Format> {
        match self {
            Output::Text { whole } => Box::new(text::Text::new(paint, paint_notes, whole)),
            Output::Json => Box::new(json::Json),
            Output::Hex => Box::new(hex::Hex { text: text::Text::new(paint, paint_notes, false) }),
            Output::Raw => {
                Box::new(raw::Raw { text: text::Text::new(paint_notes, paint_notes, false) })
            }
        }
    }
}

/// Events as a format writes them, without colour: what a [`Reporter`] writes, without a standard
/// output.
pub struct Lines(Box<dyn Format>);

impl Lines {
    /// Lines of this format.
    pub fn new(output: Output) -> Self {
        let plain = Paint::new(ColorWhen::Never, &io::stdout());
        Lines(output.format(plain, plain))
    }

    /// Adds what is written of an event to `out`; its diagnostics are left out.
    ///
    /// # Errors
    /// None but those of an event that cannot be written in this format.
    pub fn add(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.event(event, out, &mut io::sink())
    }
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Nothing,
    Summary,
    Everything,
}

/// Standard error. That nobody reads it any more, or that its disk is full, is no reason to stop:
/// the results go elsewhere. Its clones share the line at the end of the terminal that shows the
/// progress, and what is written makes that line go first.
#[derive(Clone, Default)]
pub struct Notes {
    line: ProgressLine,
}

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.clear();
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows events on standard output and standard error.
pub struct Reporter<'a> {
    format: Box<dyn Format>,
    level: Level,
    out: OutputBuffer<'a>,
    notes: Notes,
    paint_notes: Paint,
}

impl<'a> Reporter<'a> {
    /// A reporter. `quiet` is how often `-q` was given; `notes` is where diagnostics go;
    /// `interrupt` ends a write to a reader who stalls.
    pub fn new(
        output: Output,
        quiet: u8,
        color: ColorWhen,
        notes: Notes,
        interrupt: &'a Interrupt,
    ) -> Self {
        let (paint, paint_notes) =
            (Paint::new(color, &io::stdout()), Paint::new(color, &io::stderr()));
        let format = output.format(paint, paint_notes);
        let level = match quiet {
            0 => Level::Everything,
            1 => Level::Summary,
            _ => Level::Nothing,
        };
        let out = OutputBuffer::new(StandardOutput::new(interrupt, &notes.line));
        Reporter { format, level, out, notes, paint_notes }
    }

    /// Shows an event, if it is wanted.
    ///
    /// # Errors
    /// What the system said to the write; `BrokenPipe` where the reader has gone, `TimedOut` where
    /// a signal came while it stalled.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let wanted = match event {
            Event::RecvSummary(_)
            | Event::SendSummary(_)
            | Event::CheckSummary(_)
            | Event::IfacesSummary(_) => Level::Summary,
            _ => Level::Everything,
        };
        if wanted > self.level {
            return Ok(());
        }
        self.format.event(event, self.out.bytes(), &mut self.notes)?;
        self.out.flush_if_large()
    }

    /// Whether warnings are said at all.
    pub fn warns(&self) -> bool {
        self.level > Level::Nothing
    }

    /// Shows what explains why a receiver hears nothing, in the way of warnings.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn explain(&mut self, findings: &[Finding]) -> io::Result<()> {
        let (level, paint) = (self.level, self.paint_notes);
        findings.iter().try_for_each(|finding| match level {
            Level::Nothing => Ok(()),
            Level::Summary => text::explanation(finding, paint, &mut self.notes),
            Level::Everything => self.diagnose(&Event::Explanation(finding)),
        })
    }

    /// Shows a warning. Where only the summary is wanted it is still said, on standard error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn warn(&mut self, warning: &Warning) -> io::Result<()> {
        match self.level {
            Level::Nothing => Ok(()),
            Level::Summary => text::warning(warning, self.paint_notes, &mut self.notes),
            Level::Everything => self.diagnose(&Event::Warning(Notice(warning))),
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
    pub fn advise(&mut self, advice: &[Advice]) -> io::Result<()> {
        if self.level < Level::Everything {
            return Ok(());
        }
        advice.iter().try_for_each(|advice| text::advice(advice, self.paint_notes, &mut self.notes))
    }

    /// Says what became of the interfaces.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn moved(&mut self, moves: Moves) -> io::Result<()> {
        self.warn_all(&interface::of_moves(&moves.moves))?;
        moves
            .failed
            .into_iter()
            .try_for_each(|(error, more)| self.warn(&Warning::NotRejoined { error, more }))
    }

    /// Shows warnings.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn warn_all(&mut self, warnings: &[Warning]) -> io::Result<()> {
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

    /// Writes the final output. A reader that has gone is then no error.
    ///
    /// # Errors
    /// As [`Reporter::event`].
    pub fn final_output(
        &mut self,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.out.begin_final_output();
        match write(self).and_then(|()| self.flush()) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::TimedOut) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// The progress of a run towards `goal`, if it has one. It is seen on a terminal where nothing
    /// else moves: not where a line a datagram scrolls by (`show`), for these lines are the
    /// progress.
    pub fn progress(&self, goal: Option<Goal>, show: bool) -> Progress {
        let scrolls = show && self.level == Level::Everything && io::stdout().is_terminal();
        let goal = goal.filter(|_| self.level > Level::Nothing && !scrolls);
        Progress::new(goal, &self.notes.line, self.paint_notes)
    }

    /// What should wake a wait: a signal, and, if anything is shown, a reader that goes away.
    pub fn wake<'b>(&'b self, interrupt: &'b Interrupt) -> Wake<'b> {
        Wake {
            interrupt,
            output: if self.level > Level::Nothing { self.out.out.watched() } else { None },
        }
    }
}
