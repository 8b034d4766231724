//! A hex dump of each payload, sixteen bytes a line, as `hexdump -C` writes it.

use std::io::{self, Write};

use super::Format;
use super::text::Text;
use crate::event::Event;

/// A hex dump; everything but the payloads is said as in text.
pub struct Hex {
    pub text: Text,
}

impl Format for Hex {
    fn event(&mut self, event: &Event, out: &mut dyn Write, notes: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Received(datagram) => {
                self.text.head(datagram, out)?;
                writeln!(out)?;
                dump(datagram.payload.0, out)
            }
            other => self.text.event(other, out, notes),
        }
    }
}

fn dump(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    for (row, bytes) in bytes.chunks(16).enumerate() {
        write!(out, "  {:04x} ", row * 16)?;
        for column in 0..16 {
            let gap = if column == 8 { "  " } else { " " };
            match bytes.get(column) {
                Some(byte) => write!(out, "{gap}{byte:02x}")?,
                None => write!(out, "{gap}  ")?,
            }
        }
        let shown: String = bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }).collect();
        writeln!(out, "  |{shown}|")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_aligned_and_shows_only_what_prints() {
        let mut out = Vec::new();
        dump(b"hello world\x1b[31m\xff", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "  0000  68 65 6c 6c 6f 20 77 6f  72 6c 64 1b 5b 33 31 6d  |hello world.[31m|\n  \
             0010  ff                                                |.|\n"
        );
    }
}
