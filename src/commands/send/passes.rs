//! An input whose first bytes decide how it is sent, and which may repeat.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use crate::commands::input_silence::InputSilence;
use crate::input::{Input, InputError, Place};
use crate::notice::input::{fifo_awaited, payload_awaited};
use crate::plan;
use crate::playout::{Detection, Framing};
use crate::report::Reporter;
use crate::verdict::RunError;

/// Few bytes before a pause of this length are no transport stream.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The same if the first bytes look like one.
const LONGEST_PAUSE_OF_STREAM: Duration = Duration::from_secs(1);

/// The first byte of a packet (ISO/IEC 13818-1, 2.4.3.2).
const SYNC: u8 = 0x47;

/// An input that is read once or more.
#[derive(Debug)]
pub struct Passes {
    input: Input,
    /// Bytes that were read to recognise the content, and how many of them were read again.
    start: Vec<u8>,
    reread: usize,
    /// The passes after this one; `u64::MAX` is without end.
    left: u64,
    /// The next pass follows without an end between them.
    is_seamless: bool,
}

impl Passes {
    /// Reads the input `passes` times.
    pub fn new(input: Input, passes: u64) -> Self {
        let left = if passes == u64::MAX { passes } else { passes.saturating_sub(1) };
        Passes { input, start: Vec::new(), reread: 0, left, is_seamless: false }
    }

    /// The same bytes as one input, which ends after the last pass.
    pub fn seamless(self) -> Self {
        Passes { is_seamless: true, ..self }
    }

    /// The input.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Waits for the bytes that show whether the input is a transport stream. A signal ends the
    /// wait, and so does a pause unless the plan requires a stream. Warns if standard input that no
    /// option names is silent.
    ///
    /// # Errors
    /// The input cannot be read, or the wait failed.
    pub fn recognise(
        &mut self,
        plan: &plan::Send,
        reporter: &mut Reporter,
    ) -> Result<Detection, RunError> {
        let place = self.input.place().quoted();
        let awaited = || match &plan.fallback {
            Some(_) => payload_awaited(),
            None => fifo_awaited(&place),
        };
        let mut silence = match (&plan.fallback, self.input.place()) {
            (None, Place::Standard) => InputSilence::ignored(),
            _ => InputSilence::new(Instant::now()),
        };
        let mut give_up_at = None;
        loop {
            let known = self.start.len();
            let is_whole = self.look().map_err(|error| self.failed(error))?;
            let detection = Framing::detect(&self.start, is_whole);
            if detection != Detection::Undecided {
                return Ok(detection);
            }
            let now = Instant::now();
            if self.start.len() > known {
                silence.end(now, None);
                let longest = (!plan.stream.is_required).then(|| self.longest_pause());
                give_up_at = longest.map(|pause| now + pause);
            }
            if give_up_at.is_some_and(|at| at <= now) {
                return Ok(Detection::Other);
            }
            silence.warn_if_due(now, reporter, awaited)?;
            if reporter.signal().is_some()
                || self.input.wait(reporter.wake(), silence.due().or(give_up_at))?
            {
                return Ok(Detection::Other);
            }
        }
    }

    /// The longest pause before the first bytes are no transport stream.
    fn longest_pause(&self) -> Duration {
        // Some packets have a timestamp of four bytes first.
        let is_likely = [0, 4].iter().any(|at| self.start.get(*at) == Some(&SYNC));
        if is_likely { LONGEST_PAUSE_OF_STREAM } else { LONGEST_PAUSE }
    }

    /// Leaves out the first bytes.
    pub fn skip(&mut self, bytes: usize) {
        self.reread = bytes;
    }

    /// The next pass begins with the first byte. Returns whether there is one.
    ///
    /// # Errors
    /// The input cannot be read twice.
    pub fn repeat(&mut self) -> io::Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        if self.left != u64::MAX {
            self.left -= 1;
        }
        self.start.clear();
        self.reread = 0;
        self.input.rewind()?;
        Ok(true)
    }

    /// Whether another pass follows.
    pub fn is_repeated(&self) -> bool {
        self.left > 0
    }

    /// How often the input is still read, this time included; `None` is without end.
    pub fn count(&self) -> Option<u64> {
        (self.left != u64::MAX).then(|| self.left + 1)
    }

    /// The error of a read, with the place.
    pub fn failed(&self, error: io::Error) -> InputError {
        self.input.failed(error)
    }

    /// Reads ahead as far as a decision needs it. Returns whether the input has no more bytes.
    fn look(&mut self) -> io::Result<bool> {
        while self.start.len() < Framing::DETECTABLE {
            let filled = self.start.len();
            self.start.resize(Framing::DETECTABLE, 0);
            let read = self.input.read(&mut self.start[filled..]);
            self.start.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

impl Read for Passes {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.start.get(self.reread..).unwrap_or_default();
        if !rest.is_empty() {
            let count = rest.read(bytes)?;
            self.reread += count;
            return Ok(count);
        }
        let count = self.input.read(bytes)?;
        // An empty input would repeat for ever.
        if count == 0 && self.is_seamless && self.input.position() > 0 && self.repeat()? {
            return self.input.read(bytes);
        }
        Ok(count)
    }
}
