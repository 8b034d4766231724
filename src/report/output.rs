//! The output formats.

use std::io::{self, Write};

use super::format::{EventClock, Format};
use super::screen::{self, Screen};
use super::text::Text;
use super::{ColorWhen, Paint, hex, json, raw};
use crate::event::Event;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Text, with a line for each datagram.
    Text,
    /// JSON, with an object for each event.
    Json,
    /// A hex dump of each payload.
    Hex,
    /// Only the payloads; other output goes to standard error.
    Raw,
}

impl Output {
    /// The writer of this format, with the colours of the results and of the diagnostics. `whole`
    /// shows long payloads and lists in full.
    pub(super) fn format(self, whole: bool, paint: Paint, paint_notes: Paint) -> Box<dyn Format> {
        self.on(Screen::Output, whole, paint, paint_notes)
    }

    /// The writer of this format for a run whose standard output is a recording: it writes results
    /// and diagnostics to standard error.
    pub(super) fn format_on_standard_error(self, whole: bool, paint: Paint) -> Box<dyn Format> {
        let text = Text::new(Screen::Diagnostics, paint, paint, whole);
        match self {
            Output::Json => Box::new(Diverted(json::Json::default())),
            Output::Hex => Box::new(Diverted(hex::HexDump { text })),
            Output::Text | Output::Raw => Box::new(Diverted(text)),
        }
    }

    fn on(self, screen: Screen, whole: bool, paint: Paint, paint_notes: Paint) -> Box<dyn Format> {
        let text = || Text::new(screen, paint, paint_notes, whole);
        match self {
            Output::Text => Box::new(Shown { format: text(), screen }),
            Output::Json => Box::new(json::Json::default()),
            Output::Hex => Box::new(Shown { format: hex::HexDump { text: text() }, screen }),
            Output::Raw => {
                let text = Text::new(Screen::Diagnostics, paint_notes, paint_notes, false);
                Box::new(raw::Raw { text })
            }
        }
    }
}

/// Writes results as diagnostics.
struct Diverted<F>(F);

impl<F: Format> Format for Diverted<F> {
    fn event(
        &mut self,
        event: &Event,
        _out: &mut Vec<u8>,
        notes: &mut dyn Write,
    ) -> io::Result<()> {
        let mut text = Vec::new();
        self.0.event(event, &mut text, notes)?;
        if text.is_empty() { Ok(()) } else { notes.write_all(&text) }
    }

    fn set_clock(&mut self, clock: EventClock) {
        self.0.set_clock(clock);
    }
}

/// Text that is prepared for its destination.
struct Shown<F> {
    format: F,
    screen: Screen,
}

impl<F: Format> Format for Shown<F> {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        let start = out.len();
        self.format.event(event, out, notes)?;
        // A line with a payload is not wrapped.
        let columns = match event {
            Event::Received(_) | Event::Sent(_) => None,
            _ => self.screen.columns(),
        };
        screen::finish(out, start, columns);
        Ok(())
    }
}

/// Writes events to a buffer, as a [`super::Reporter`] does to standard output, without styles.
pub struct Lines(Box<dyn Format>);

impl Lines {
    /// Lines of this format, of any length.
    pub fn new(output: Output) -> Self {
        Self::fitting(output, None, false)
    }

    /// Lines of this format that fit `columns`. `whole` shows long payloads and lists in
    /// full.
    pub fn fitting(output: Output, columns: Option<usize>, whole: bool) -> Self {
        let plain = Paint::new(ColorWhen::Never, &io::stdout());
        Lines(output.on(Screen::Buffer(columns), whole, plain, plain))
    }

    /// Adds an event to `out`, without its diagnostics.
    ///
    /// # Errors
    /// The event cannot be written in this format.
    pub fn add(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.event(event, out, &mut io::sink())
    }
}
