//! The payloads alone, one behind the other, for a file or a pipe.

use std::io::{self, Write};

use super::format::Format;
use super::text::Text;
use crate::event::Event;

/// The payloads on standard output; everything else as text on standard error.
pub struct Raw {
    pub text: Text,
}

impl Format for Raw {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Received(datagram) => out.write_all(datagram.payload.0),
            other => {
                let mut said = Vec::new();
                self.text.event(other, &mut said, notes)?;
                notes.write_all(&said)
            }
        }
    }
}
