//! An input line by line.

use std::io::{self, Read};
use std::time::Duration;

use super::source::{Source, Supply};
use crate::input::{Input, InputError};

/// The free part of the buffer before a read.
const READ: usize = 64 * 1024;

/// An input line by line, without the line ends (LF or CR LF). A line longer than a datagram is an
/// error.
#[derive(Debug)]
pub struct Lines<R = Input> {
    input: R,
    bytes: Box<[u8]>,
    /// The end of the bytes that were read.
    filled: usize,
    /// The start of the available or next line.
    start: usize,
    /// The end of the available line, and the start of the line behind it.
    line: Option<(usize, usize)>,
    /// No line ends between the start and this position.
    searched: usize,
    has_ended: bool,
    most: usize,
    /// How many lines were removed.
    removed: u64,
}

/// The reason why there is no next line.
#[derive(Debug)]
enum LineError {
    Read(io::Error),
    TooLong,
}

impl<R: Read> Lines<R> {
    /// Lines of at most `most` bytes.
    pub fn new(input: R, most: usize) -> Self {
        Lines {
            input,
            // A line, its end, and a read.
            bytes: vec![0; most + 2 + READ].into_boxed_slice(),
            filled: 0,
            start: 0,
            line: None,
            searched: 0,
            has_ended: false,
            most,
            removed: 0,
        }
    }

    /// Makes the next line available.
    fn supply(&mut self) -> Result<Supply, LineError> {
        while self.line.is_none() && !self.find() {
            // The next byte of the longest line is LF, or CR and then LF.
            if self.filled - self.start > self.most + 1 {
                return Err(LineError::TooLong);
            }
            if self.has_ended {
                return Ok(Supply::End);
            }
            match self.read_more() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Supply::Pending);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => read.map_err(LineError::Read)?,
            }
        }
        if self.bytes().len() > self.most { Err(LineError::TooLong) } else { Ok(Supply::Ready) }
    }

    /// Finds the next line in the bytes that were read. The last line may lack its end.
    fn find(&mut self) -> bool {
        let unsearched = &self.bytes[self.searched..self.filled];
        self.line = match unsearched.iter().position(|byte| *byte == b'\n') {
            Some(end) => Some((self.searched + end, self.searched + end + 1)),
            None if self.has_ended && self.start < self.filled => Some((self.filled, self.filled)),
            None => None,
        };
        self.searched = self.filled;
        if let Some((end, _)) = &mut self.line {
            let is_cr_lf = *end > self.start && self.bytes[*end - 1] == b'\r';
            *end -= usize::from(is_cr_lf);
        }
        self.line.is_some()
    }

    fn read_more(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            (self.searched, self.start) = (self.searched - self.start, 0);
        }
        let count = self.input.read(&mut self.bytes[self.filled..])?;
        self.has_ended = count == 0;
        self.filled += count;
        Ok(())
    }

    /// The available line.
    fn bytes(&self) -> &[u8] {
        self.line.map_or(&[], |(end, _)| &self.bytes[self.start..end])
    }

    /// Removes the available line.
    fn remove(&mut self) {
        if let Some((_, next)) = self.line.take() {
            (self.start, self.searched) = (next, next);
            self.removed += 1;
        }
    }
}

impl Source for Lines {
    fn fill(&mut self, _elapsed: Duration) -> Result<Supply, InputError> {
        self.supply().map_err(|error| match error {
            LineError::Read(error) => self.input.failed(error),
            LineError::TooLong => self.input.line_too_long(self.removed + 1, self.most),
        })
    }

    fn payload(&self) -> &[u8] {
        self.bytes()
    }

    fn advance(&mut self) {
        self.remove();
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scripted::Scripted;
    use super::*;

    /// The lines of an input that arrives in `chunks`, and the number of the line that is too long.
    fn lines(text: &[u8], chunks: &[usize], most: usize) -> (Vec<Vec<u8>>, Option<u64>) {
        let mut lines = Lines::new(Scripted::new(text, chunks), most);
        let mut found = Vec::new();
        loop {
            match lines.supply() {
                Ok(Supply::Ready) => {
                    assert_eq!(lines.supply().unwrap(), Supply::Ready, "without effect");
                    found.push(lines.bytes().to_vec());
                    lines.remove();
                }
                Ok(Supply::Pending) => lines.input.arrive(),
                Ok(Supply::End) => return (found, None),
                Ok(other) => panic!("{other:?}"),
                Err(LineError::TooLong) => return (found, Some(lines.removed + 1)),
                Err(LineError::Read(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_line_ends_with_lf_or_cr_lf_or_the_input() {
        for (text, expected) in [
            (&b"one\ntwo\n"[..], &[&b"one"[..], b"two"][..]),
            (b"one\r\ntwo", &[b"one", b"two"]),
            (b"\n\r\n\n", &[b"", b"", b""]),
            (b"a\rb\r\r\n", &[b"a\rb\r"]),
            (b"one\r", &[b"one"]),
            (b"", &[]),
            (b"\0\xff\n", &[b"\0\xff"]),
        ] {
            for chunks in [&[1][..], &[2], &[100]] {
                let (found, too_long) = lines(text, chunks, 65_507);
                assert_eq!((found.as_slice(), too_long), (&*found, None));
                assert_eq!(found, expected, "{text:?} in chunks of {chunks:?}");
            }
        }
    }

    #[test]
    fn a_line_is_available_before_the_next_one_arrives() {
        let mut lines = Lines::new(Scripted::new(b"one\ntwo\n", &[5, 3]), 100);
        lines.input.arrive();
        assert_eq!(lines.supply().unwrap(), Supply::Ready);
        lines.remove();
        assert_eq!(lines.supply().unwrap(), Supply::Pending);
        lines.input.arrive();
        assert_eq!((lines.supply().unwrap(), lines.bytes()), (Supply::Ready, &b"two"[..]));
    }

    #[test]
    fn a_line_longer_than_a_datagram_is_refused() {
        for (text, expected) in [
            (&b"12345\n123456\n"[..], Some(2)),
            (b"12345\r\n12345", None),
            (b"12345\r", None),
            (b"123456\r\n", Some(1)),
            (b"123456", Some(1)),
            (b"1234567890", Some(1)),
        ] {
            for chunks in [&[1][..], &[3], &[100]] {
                assert_eq!(lines(text, chunks, 5).1, expected, "{text:?} in {chunks:?}");
            }
        }
    }

    #[test]
    fn the_buffer_of_an_endless_line_is_limited() {
        let text = vec![b'x'; 1_000_000];
        assert_eq!(lines(&text, &[40_000], 65_507), (Vec::new(), Some(1)));
    }

    proptest! {
        #[test]
        fn any_chunks_carry_the_same_lines(
            text in "[a-c\r\n]{0,300}",
            chunks in proptest::collection::vec(0_usize..40, 1..20),
        ) {
            let mut expected: Vec<&str> = text.split('\n').collect();
            // The text behind the last LF is a line only if it has bytes.
            if expected.last() == Some(&"") {
                expected.pop();
            }
            let expected: Vec<Vec<u8>> = expected
                .iter()
                .map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes().to_vec())
                .collect();
            prop_assert_eq!(lines(text.as_bytes(), &chunks, 400), (expected, None));
        }
    }
}
