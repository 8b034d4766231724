//! Only the payloads, for a file or a pipe.

use std::io::{self, Write};

use super::format::Format;
use super::text::Text;
use crate::event::Event;

/// Payloads on standard output, other events as text on standard error.
pub struct Raw {
    pub text: Text,
}

impl Format for Raw {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Received(datagram) => out.write_all(datagram.payload.0),
            other => {
                let mut text = Vec::new();
                self.text.event(other, &mut text, notes)?;
                notes.write_all(&text)
            }
        }
    }
}
