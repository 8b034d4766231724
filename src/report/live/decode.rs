//! The keys in the bytes of a terminal (ECMA-48, and the sequences of xterm).

use super::keys::Key;

/// A longer sequence is none of a key.
const LONGEST: usize = 32;

const ESCAPE: u8 = 0x1b;

/// Decodes keys. It keeps an incomplete sequence for the next bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
}

/// The first part of the pending bytes.
enum Part {
    /// A number of bytes that are a key, or none that the view knows.
    Known(usize, Option<Key>),
    Incomplete,
}

impl Decoder {
    /// The keys in further bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        let mut at = 0;
        while at < self.pending.len() {
            match part(&self.pending[at..]) {
                Part::Known(len, key) => {
                    keys.extend(key);
                    at += len;
                }
                Part::Incomplete if self.pending.len() - at < LONGEST => break,
                Part::Incomplete => at = self.pending.len(),
            }
        }
        self.pending.drain(..at);
        keys
    }

    /// Whether more bytes may change the last key.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// No more bytes follow: a lone ESC is the key of this name.
    pub fn flush(&mut self) -> Option<Key> {
        let is_escape = self.pending == [ESCAPE];
        self.pending.clear();
        is_escape.then_some(Key::Escape)
    }
}

fn part(bytes: &[u8]) -> Part {
    match bytes {
        [ESCAPE] | [ESCAPE, b'[' | b'O'] => Part::Incomplete,
        [ESCAPE, ESCAPE, ..] => Part::Known(1, Some(Key::Escape)),
        [ESCAPE, b'O', last, ..] => Part::Known(3, key_of(&[], *last)),
        [ESCAPE, b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e)) else {
                return Part::Incomplete;
            };
            Part::Known(end + 3, key_of(&rest[..end], rest[end]))
        }
        // Alt and a key.
        [ESCAPE, _, ..] => Part::Known(2, None),
        [0x03 | 0x1c, ..] => Part::Known(1, Some(Key::Interrupt)),
        [0x0c, ..] => Part::Known(1, Some(Key::Redraw)),
        [b'\r' | b'\n', ..] => Part::Known(1, Some(Key::Enter)),
        [b'\t', ..] => Part::Known(1, Some(Key::Tab)),
        [0x7f | 0x08, ..] => Part::Known(1, Some(Key::Backspace)),
        [0..=0x1f, ..] | [] => Part::Known(1, None),
        _ => letter(bytes),
    }
}

/// The key of a control sequence.
fn key_of(parameters: &[u8], last: u8) -> Option<Key> {
    let number = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    match (last, number) {
        (b'A', _) => Some(Key::Up),
        (b'B', _) => Some(Key::Down),
        (b'H', _) | (b'~', b"1" | b"7") => Some(Key::Home),
        (b'F', _) | (b'~', b"4" | b"8") => Some(Key::End),
        (b'~', b"5") => Some(Key::PageUp),
        (b'~', b"6") => Some(Key::PageDown),
        (b'M', b"") => Some(Key::Enter),
        _ => None,
    }
}

/// A character in UTF-8.
fn letter(bytes: &[u8]) -> Part {
    let len = match bytes[0] {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return Part::Known(1, None),
    };
    let Some(encoded) = bytes.get(..len) else { return Part::Incomplete };
    match std::str::from_utf8(encoded) {
        Ok(text) => Part::Known(len, text.chars().next().map(Key::Letter)),
        Err(_) => Part::Known(1, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        let mut keys = decoder.feed(bytes);
        keys.extend(decoder.flush());
        keys
    }

    #[test]
    fn keys_of_terminals_are_decoded() {
        assert_eq!(keys(b"q/\xc3\xa9"), [Key::Letter('q'), Key::Letter('/'), Key::Letter('é')]);
        assert_eq!(
            keys(b"\x1b[A\x1bOB\x1b[5~\x1b[6~"),
            [Key::Up, Key::Down, Key::PageUp, Key::PageDown]
        );
        assert_eq!(
            keys(b"\x1b[H\x1b[4~\r\t\x7f"),
            [Key::Home, Key::End, Key::Enter, Key::Tab, Key::Backspace]
        );
        assert_eq!(keys(b"\x03\x1c\x0c\x1a"), [Key::Interrupt, Key::Interrupt, Key::Redraw]);
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys(b"\x1bx\x1b[99;5u\x1b[<0;1;1Mq"), [Key::Letter('q')]);
    }

    #[test]
    fn a_sequence_may_arrive_in_pieces() {
        let mut decoder = Decoder::default();
        assert!(decoder.feed(b"\x1b").is_empty() && decoder.is_pending());
        assert!(decoder.feed(b"[").is_empty());
        assert_eq!(decoder.feed(b"Aq"), [Key::Up, Key::Letter('q')]);
        assert!(!decoder.is_pending());
        assert!(decoder.feed(b"\xe2\x82").is_empty());
        assert_eq!(decoder.feed(b"\xac"), [Key::Letter('€')]);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            for piece in bytes.chunks(7) {
                decoder.feed(piece);
                prop_assert!(decoder.pending.len() <= LONGEST + 7);
            }
            decoder.flush();
            prop_assert_eq!(decoder.feed(b"q"), [Key::Letter('q')]);
        }
    }
}
