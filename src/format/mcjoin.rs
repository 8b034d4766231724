//! The datagrams of `mcjoin -s`: text, filled with zero bytes to 100 bytes (mcjoin, `src/sender.c`):
//! `Sender PID 4711, MC group 225.1.2.3 ... count: 12, freq: 100`. mcjoin sends neither a time nor
//! an end marker.

use super::digits;
use super::numbered::{Content, Numbered, Numbering, Unit};
use super::probe::MOST;

/// From 0, one count for each group and run.
pub const NUMBERING: Numbering = Numbering::bits(64, Unit::Datagrams).from(0);

const PREFIX: &[u8] = b"Sender PID ";
const COUNT: &[u8] = b" count: ";
const PERIOD: &[u8] = b" freq: ";

/// The longest text that mcjoin writes is shorter.
const MAX_TEXT: usize = 160;

/// A datagram of mcjoin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mcjoin {
    /// The sender's process: another run numbers from 0 again.
    pub pid: u32,
    /// The number.
    pub sequence: u64,
    /// The send interval in ms, if the version of mcjoin states it.
    pub period_ms: Option<u64>,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Mcjoin> {
    let text = payload.get(..MAX_TEXT).unwrap_or(payload);
    let (pid, text) = digits::leading(text.strip_prefix(PREFIX)?, 10)?;
    let (sequence, text) = digits::leading(behind(text, COUNT)?, 10)?;
    // At the end of a short datagram, the number may lack digits.
    if !matches!(text, [b',' | 0, ..]) || sequence > MOST {
        return None;
    }
    let period_ms = behind(text, PERIOD).and_then(|text| digits::leading(text, 10));
    Some(Mcjoin {
        pid: u32::try_from(pid).ok()?,
        sequence,
        period_ms: period_ms.map(|(period, _)| period),
    })
}

/// The text behind the first `mark`.
fn behind<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    text.get(at + mark.len()..)
}

impl Mcjoin {
    /// The place in the stream. The key is the process.
    pub fn numbered(&self) -> Numbered {
        Numbered {
            key: u64::from(self.pid),
            content: Content::Data { first: self.sequence, count: 1 },
            sent: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn payload(pid: u32, sequence: u64) -> Vec<u8> {
        let mut text =
            format!("Sender PID {pid}, MC group 225.1.2.3 ... count: {sequence}, freq: 100")
                .into_bytes();
        text.resize(100, 0);
        text
    }

    #[test]
    fn the_count_is_the_number() {
        let mcjoin = read(&payload(4711, 12)).unwrap();
        assert_eq!(mcjoin, Mcjoin { pid: 4711, sequence: 12, period_ms: Some(100) });
        assert_eq!(mcjoin.numbered().key, 4711);
        assert_eq!(mcjoin.numbered().content, Content::Data { first: 12, count: 1 });
    }

    #[test]
    fn a_version_without_the_interval_is_read_too() {
        let mcjoin = read(b"Sender PID 1, MC group ff2e::42 ... count: 0\0\0").unwrap();
        assert_eq!(mcjoin, Mcjoin { pid: 1, sequence: 0, period_ms: None });
    }

    #[test]
    fn a_number_cut_by_the_end_is_refused() {
        assert_eq!(read(b"Sender PID 1, MC group 225.1.2.3 ... count: 12"), None);
        assert_eq!(read(b"Sender PID 1, MC group 225.1.2.3 ... "), None);
        assert_eq!(read(b"Sender PID x, MC group 225.1.2.3 ... count: 12, "), None);
    }

    proptest! {
        #[test]
        fn a_written_text_is_read_again(pid: u32, sequence in 0..=MOST) {
            let mcjoin = read(&payload(pid, sequence));
            prop_assert_eq!(mcjoin, Some(Mcjoin { pid, sequence, period_ms: Some(100) }));
        }

        #[test]
        fn nothing_panics(text in "(Sender PID [0-9]{0,12})?.{0,9}( count: [0-9]{0,25},?)?(\\PC){0,9}") {
            let _ = read(text.as_bytes()).map(|mcjoin| mcjoin.numbered());
        }
    }
}
