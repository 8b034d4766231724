//! The meaning of routing messages for the interfaces in use: pure functions of bytes.

use super::messages::Messages;
use crate::host::routing::{Layout, Message, messages};

/// Reads the messages that waited in a socket.
pub struct Reader {
    read: Messages,
    /// The bytes that were read.
    bytes: usize,
    /// The bytes that the kernel keeps for the socket.
    buffer: usize,
}

impl Reader {
    pub fn new(buffer: usize) -> Self {
        let read = Messages { unrelated: true, ..Messages::default() };
        Reader { read, bytes: 0, buffer }
    }

    /// The kernel reported that it dropped messages (SO_RERROR of FreeBSD).
    pub fn note_loss(&mut self) {
        self.read.lost = true;
        self.read.unrelated = false;
    }

    /// Reads the messages of one call.
    pub fn read(&mut self, bytes: &[u8], layout: &Layout) {
        self.bytes += bytes.len();
        for message in messages(bytes, layout) {
            match message {
                Message::Announced(announced) if announced.departed => {
                    self.read.deleted.push(announced.index);
                }
                Message::Link(_)
                | Message::Changed { .. }
                | Message::Address { .. }
                | Message::Announced(_) => {}
                // Routes and memberships do not change an interface.
                Message::Member { .. } | Message::Route(_) | Message::Other { .. } => continue,
            }
            self.read.unrelated = false;
        }
    }

    /// All messages. macOS and FreeBSD before version 14 drop messages without an error if the
    /// buffer is full: after half a buffer, the messages are not known to be complete.
    pub fn messages(mut self) -> Messages {
        if self.bytes >= self.buffer / 2 {
            self.note_loss();
        }
        self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of 24 bytes, with the index of the interface at both places.
    fn message(version: u8, kind: u8, index: u16, what: u16) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes[..2].copy_from_slice(&24_u16.to_ne_bytes());
        (bytes[2], bytes[3]) = (version, kind);
        let at = if kind == 0x11 { 4 } else { 12 };
        bytes[at..at + 2].copy_from_slice(&index.to_ne_bytes());
        bytes[22..].copy_from_slice(&what.to_ne_bytes());
        bytes
    }

    fn read(messages: &[Vec<u8>], layout: &Layout) -> Messages {
        let mut reader = Reader::new(1 << 18);
        reader.read(&messages.concat(), layout);
        reader.messages()
    }

    #[test]
    fn only_a_departure_deletes() {
        let read = read(
            &[message(5, 0x11, 3, 0), message(5, 0x11, 4, 1), message(5, 0x0e, 5, 0)],
            &Layout::FREEBSD,
        );
        assert_eq!((read.deleted, read.lost, read.unrelated), (vec![4], false, false));
    }

    #[test]
    fn routes_memberships_and_unknown_versions_are_unrelated() {
        for layout in [Layout::FREEBSD, Layout::MACOS] {
            for kind in [1, 2, 4, 7, 0x0f, 0x10, 0x12, 0x13] {
                assert!(read(&[message(5, kind, 1, 0)], &layout).unrelated, "{kind} {layout:?}");
            }
            assert!(read(&[message(4, 0x0e, 1, 0)], &layout).unrelated);
            for kind in [0x0c, 0x0d, 0x0e] {
                assert!(!read(&[message(5, kind, 1, 0)], &layout).unrelated, "{kind}");
            }
        }
    }

    #[test]
    fn a_full_buffer_or_an_error_is_a_loss() {
        let mut reader = Reader::new(96);
        reader.read(&message(5, 0x01, 1, 0), &Layout::MACOS);
        assert!(!reader.messages().lost);
        let mut reader = Reader::new(96);
        reader.read(&message(5, 0x01, 1, 0), &Layout::MACOS);
        reader.read(&message(5, 0x01, 1, 0), &Layout::MACOS);
        let read = reader.messages();
        assert!(read.lost && !read.unrelated);
        let mut reader = Reader::new(96);
        reader.note_loss();
        assert!(reader.messages().lost);
    }
}
