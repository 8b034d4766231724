//! JSON for scripts: one compact object a line.

use std::io::{self, Write};

use super::Format;
use crate::event::Event;

/// JSON for scripts.
pub struct Json;

impl Format for Json {
    fn event(&mut self, event: &Event, out: &mut dyn Write, _notes: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, event)?;
        out.write_all(b"\n")
    }
}
