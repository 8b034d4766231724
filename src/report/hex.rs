//! A hex dump of each payload, sixteen bytes per line, as `hexdump -C` writes it.

use std::io::{self, Write};

use super::format::Format;
use super::text::Text;
use crate::event::Event;
use crate::units::hex::digits;

/// The hex dump. Other events are written as text.
pub struct HexDump {
    pub text: Text,
}

impl Format for HexDump {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Received(datagram) => {
                self.text.head(datagram, out)?;
                writeln!(out)?;
                dump(datagram.payload.0, out);
                Ok(())
            }
            other => self.text.event(other, out, notes),
        }
    }
}

fn dump(bytes: &[u8], out: &mut Vec<u8>) {
    for (row, bytes) in bytes.chunks(16).enumerate() {
        out.extend_from_slice(b"  ");
        // A payload has less than 65,536 bytes, and four digits are enough for an offset.
        ((row * 16) as u16)
            .to_be_bytes()
            .iter()
            .for_each(|byte| out.extend_from_slice(&digits(*byte)));
        out.push(b' ');
        for column in 0..16 {
            out.extend_from_slice(if column == 8 { b"  " } else { b" " });
            out.extend_from_slice(&bytes.get(column).map_or(*b"  ", |byte| digits(*byte)));
        }
        out.extend_from_slice(b"  |");
        out.extend(bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte } else { b'.' }));
        out.extend_from_slice(b"|\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_aligned_and_printable() {
        let mut out = Vec::new();
        dump(b"hello world\x1b[31m\xff", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "  0000  68 65 6c 6c 6f 20 77 6f  72 6c 64 1b 5b 33 31 6d  |hello world.[31m|\n  \
             0010  ff                                                |.|\n"
        );
    }
}
