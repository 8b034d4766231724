//! The datagrams of msend, the sender of Ultra Messaging's multicast tools: text, filled with zero
//! bytes (mtools, `msend.c`).
//!
//! - `echo ... sender equiv cmd ...` starts a test.
//! - `Message 1a`: a message with its number from 0, in hex. mcast does not read the decimal
//!   numbers of `msend -d`: up to 9, both look alike.
//! - `stat 600` ends a test: the number of messages, in decimal.

use super::digits;
use super::numbered::{Content, Numbered, Numbering, Unit};

/// 32 bits from 0.
pub const NUMBERING: Numbering = Numbering::bits(32, Unit::Datagrams).from(0);

const ECHO: &[u8] = b"echo ";
const COMMAND: &[u8] = b"sender equiv cmd";
const MESSAGE: &[u8] = b"Message ";
const STAT: &[u8] = b"stat ";

/// A datagram of msend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msend {
    /// The start of a test.
    Echo,
    /// A message and its number.
    Message(u32),
    /// The end of a test and the number of its messages.
    Stat(u32),
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Msend> {
    if let Some(text) = payload.strip_prefix(MESSAGE) {
        number(text, 16).map(Msend::Message)
    } else if let Some(text) = payload.strip_prefix(STAT) {
        number(text, 10).map(Msend::Stat)
    } else {
        let start = payload.get(..40).unwrap_or(payload);
        let echo =
            start.starts_with(ECHO) && start.windows(COMMAND.len()).any(|window| window == COMMAND);
        echo.then_some(Msend::Echo)
    }
}

/// The number up to the end or to a zero byte.
fn number(text: &[u8], radix: u32) -> Option<u32> {
    let (number, rest) = digits::leading(text, radix)?;
    matches!(rest, [] | [0, ..]).then(|| u32::try_from(number).ok())?
}

impl Msend {
    /// The place in the stream.
    pub fn numbered(&self) -> Numbered {
        let content = match *self {
            Msend::Echo => Content::Aside,
            Msend::Message(number) => Content::Data { first: u64::from(number), count: 1 },
            Msend::Stat(messages) => Content::End { next: Some(u64::from(messages)) },
        };
        Numbered { key: 0, content, sent: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_have_hex_numbers() {
        assert_eq!(read(b"Message 0"), Some(Msend::Message(0)));
        assert_eq!(read(b"Message 1f"), Some(Msend::Message(31)));
        assert_eq!(read(b"Message a\0\0\0\0\0\0\0\0\0\0\0"), Some(Msend::Message(10)));
        assert_eq!(Msend::Message(31).numbered().content, Content::Data { first: 31, count: 1 });
    }

    #[test]
    fn stat_is_the_end_and_states_the_decimal_number_of_messages() {
        assert_eq!(read(b"stat 600"), Some(Msend::Stat(600)));
        assert_eq!(Msend::Stat(600).numbered().content, Content::End { next: Some(600) });
        assert_eq!(read(b"stat 1f"), None);
    }

    #[test]
    fn an_echo_starts_a_test() {
        let text = b"echo test 1, sender equiv cmd msend -b1 -m20 -n600 -p1000 239.1.1.1 5000\0";
        assert_eq!(read(text), Some(Msend::Echo));
        assert_eq!(read(b"echo sender equiv cmd: msend"), Some(Msend::Echo));
        assert_eq!(Msend::Echo.numbered().content, Content::Aside);
        assert_eq!(read(b"echo hello"), None);
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["Message", "Message ", "Message 1g", "Message 1F", "Message 100000000"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_number_is_read_again(number: u32, fill in 0..30_usize) {
            let fill = "\0".repeat(fill);
            let message = format!("Message {number:x}{fill}");
            prop_assert_eq!(read(message.as_bytes()), Some(Msend::Message(number)));
            let stat = format!("stat {number}{fill}");
            prop_assert_eq!(read(stat.as_bytes()), Some(Msend::Stat(number)));
        }

        #[test]
        fn nothing_panics(text in "(Message |stat |echo )?[0-9a-f]{0,20}(\\PC){0,9}") {
            let _ = read(text.as_bytes()).map(|msend| msend.numbered());
        }
    }
}
