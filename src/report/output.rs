//! The formats, behind one trait.

use std::io::{self};

use super::format::Format;
use super::{ColorWhen, Paint, hex, json, raw, text};
use crate::event::Event;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A line a datagram, for people.
    Text,
    /// A JSON object a line, for scripts.
    Json,
    /// A hex dump of each payload.
    Hex,
    /// The payloads alone; everything else goes to standard error.
    Raw,
}

impl Output {
    /// The writer of this format, with the colours of the results and of the diagnostics. `whole`
    /// shows long payloads and lists in full.
    pub(super) fn format(self, whole: bool, paint: Paint, paint_notes: Paint) -> Box<dyn Format> {
        match self {
            Output::Text => Box::new(text::Text::new(paint, paint_notes, whole)),
            Output::Json => Box::new(json::Json),
            Output::Hex => {
                Box::new(hex::HexDump { text: text::Text::new(paint, paint_notes, whole) })
            }
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
        Lines(output.format(false, plain, plain))
    }

    /// Adds what is written of an event to `out`; its diagnostics are left out.
    ///
    /// # Errors
    /// None but those of an event that cannot be written in this format.
    pub fn add(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        self.0.event(event, out, &mut io::sink())
    }
}
