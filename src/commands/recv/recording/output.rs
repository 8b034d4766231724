//! The open file of a recording.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::files::Opened;
use crate::capture::whole_blocks;
use crate::report::{PATIENCE, ReadyWriter, write_most};
use crate::sys;

/// How soon a write notices that the recording ends.
const SLICE: Duration = Duration::from_millis(50);

/// The open file. Its old content stays until the first write.
pub struct Output {
    out: ReadyWriter<File>,
    /// The path, unless it is standard output.
    path: Option<PathBuf>,
    is_regular: bool,
    is_new: bool,
    has_begun: bool,
    /// The bytes in the file.
    written: u64,
}

/// A write that failed.
#[derive(Debug)]
pub struct FailedWrite {
    /// The datagrams that are in the file nevertheless.
    pub datagrams: u64,
    pub error: io::Error,
}

impl Output {
    pub fn new(opened: Opened) -> Self {
        let Opened { file, path, is_new } = opened;
        let is_regular = file.metadata().is_ok_and(|found| found.is_file());
        let out = ReadyWriter::new(file);
        Output { out, path, is_regular, is_new, has_begun: false, written: 0 }
    }

    /// A program reads it: it is a pipe, a FIFO or a device.
    pub fn has_reader(&self) -> bool {
        !self.is_regular
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes whole blocks. As soon as the recording is `ending`, a stalled reader has
    /// [`PATIENCE`].
    ///
    /// # Errors
    /// The system's error; `TimedOut` for a stalled reader.
    pub fn write(&mut self, blocks: &[u8], ending: &AtomicBool) -> Result<(), FailedWrite> {
        self.begin().map_err(|error| FailedWrite { datagrams: 0, error })?;
        let out = &mut self.out;
        let write = |rest: &[u8]| out.write(rest, |file| wait(file, ending));
        let (written, result) = write_most(blocks, write);
        let Err(error) = result else {
            self.written += written as u64;
            return Ok(());
        };
        let (whole, datagrams) = whole_blocks(&blocks[..written]);
        self.written += whole as u64;
        if self.owns_content() && whole < written {
            // Without it the last block is cut: the file can still be read up to there.
            let _ = self.out.get().set_len(self.written);
        }
        Err(FailedWrite { datagrams, error })
    }

    /// Truncates the file, unless it has begun.
    ///
    /// # Errors
    /// The system's error.
    pub fn begin(&mut self) -> io::Result<()> {
        if self.has_begun {
            return Ok(());
        }
        self.has_begun = true;
        if self.owns_content() { self.out.get().set_len(0) } else { Ok(()) }
    }

    /// Standard output may continue a file of other programs.
    fn owns_content(&self) -> bool {
        self.is_regular && self.path.is_some()
    }
}

impl Drop for Output {
    /// Removes a new file that the recording did not begin, because the run could not start.
    fn drop(&mut self) {
        let untouched = self.path.as_ref().filter(|_| self.is_new && !self.has_begun);
        if let Some(path) = untouched {
            let _ = fs::remove_file(path);
        }
    }
}

/// Waits until the reader of `file` reads.
fn wait(file: &File, ending: &AtomicBool) -> io::Result<()> {
    let mut since = Instant::now();
    while !sys::is_writable(file, Instant::now() + SLICE)? {
        if !ending.load(Ordering::Relaxed) {
            since = Instant::now();
        } else if since.elapsed() >= PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}
