//! Records the received datagrams in pcapng files.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use super::files::{Files, Opened};
use crate::capture::{About, Recorded, Writer};
use crate::event::RecordingInfo;
use crate::host;
use crate::input::Place;
use crate::notice::{Notice, receive};
use crate::plan::Recording;
use crate::report::{InterruptibleWriter, write_most};
use crate::sys::Interrupt;
use crate::units::UnixTime;
use crate::verdict::{RecordingFailure, RunError};

/// The size from which the buffer is written out. A write of a larger one would take longer than a
/// small receive buffer lasts.
const LARGE: usize = 256 * 1024;

/// The longest time that a datagram stays in the buffer: what a kill of mcast can lose.
const LONGEST: Duration = Duration::from_secs(1);

/// Records the received datagrams. The first failure ends the recording, not the run.
pub struct Recorder<'a> {
    writer: Writer,
    files: Files,
    /// `None` after the end.
    output: Option<Output<'a>>,
    interrupt: &'a Interrupt,
    /// The datagrams in the files, and in the buffer.
    recorded: u64,
    buffered: u64,
    /// The bytes of all earlier files.
    bytes_before: u64,
    /// The current file has a datagram.
    is_used: bool,
    /// When to write the buffer out.
    due: Option<Instant>,
    /// The drops of the kernel that the writer was told of.
    dropped: u64,
    failure: Option<RecordingFailure>,
    has_warned: bool,
}

/// The open file.
struct Output<'a> {
    out: InterruptibleWriter<'a, File>,
    is_regular: bool,
    is_new: bool,
    path: Option<std::path::PathBuf>,
}

impl<'a> Recorder<'a> {
    /// Opens the file of a recording, and leaves its content until [`Recorder::begin`].
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(plan: &Recording, interrupt: &'a Interrupt) -> Result<Self, RunError> {
        let mut files = Files::new(plan);
        let opened = files.open_next().map_err(|source| {
            let file = plan.place.to_string().into();
            RunError::Record { file, source }
        })?;
        Ok(Recorder {
            writer: Writer::new(About::mcast(host::system(), &plan.line)),
            files,
            output: Some(Output::new(opened, interrupt)),
            interrupt,
            recorded: 0,
            buffered: 0,
            bytes_before: 0,
            is_used: false,
            due: None,
            dropped: 0,
            failure: None,
            has_warned: false,
        })
    }

    /// Begins the file, with these interfaces. `dropped` are the drops of the kernel until now, if
    /// the system counts them.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub fn begin<'n>(
        &mut self,
        start: UnixTime,
        ifaces: impl IntoIterator<Item = &'n str>,
        dropped: Option<u64>,
    ) -> io::Result<()> {
        let truncated = self.output.as_mut().map_or(Ok(()), Output::truncate);
        self.writer.begin(start);
        ifaces.into_iter().for_each(|iface| self.writer.add_interface(Some(iface)));
        if let Some(dropped) = dropped {
            self.note_drops(dropped);
        }
        match truncated {
            Ok(()) => self.flush(),
            Err(error) => {
                self.give_up(error, 0);
                Ok(())
            }
        }
    }

    /// Records a datagram.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    #[inline]
    pub fn record(&mut self, datagram: &Recorded) -> io::Result<()> {
        if self.output.is_none() {
            return Ok(());
        }
        if self.files.is_full(&self.writer, datagram) && self.is_used {
            self.start_new_file(datagram.time)?;
        }
        self.writer.add(datagram);
        self.buffered += 1;
        self.is_used = true;
        if self.writer.bytes().len() < LARGE { Ok(()) } else { self.flush() }
    }

    /// Notes the number of datagrams that the kernel has dropped until now.
    pub fn note_drops(&mut self, dropped: u64) {
        self.writer.note_drops(dropped.saturating_sub(self.dropped));
        self.dropped = self.dropped.max(dropped);
    }

    /// Writes the buffer out if it is due.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub fn poll(&mut self, now: Instant) -> io::Result<()> {
        match self.due {
            Some(due) if due <= now => self.flush(),
            None if !self.writer.bytes().is_empty() => {
                self.due = now.checked_add(LONGEST);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// When [`Recorder::poll`] is due again.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes the buffer out to a program that reads it, before a wait.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub fn flush_to_reader(&mut self) -> io::Result<()> {
        let has_reader = self.output.as_ref().is_some_and(|output| !output.is_regular);
        if has_reader { self.flush() } else { Ok(()) }
    }

    /// Writes the buffer out: whole blocks.
    ///
    /// # Errors
    /// The reader of standard output is gone (`BrokenPipe`), or a reader stalled until a signal
    /// (`TimedOut`). All other errors end the recording.
    pub fn flush(&mut self) -> io::Result<()> {
        self.due = None;
        let Some(output) = &mut self.output else { return Ok(()) };
        let (written, result) = write_most(self.writer.bytes(), &mut output.out);
        let Err(error) = result else {
            self.writer.remove(written);
            self.recorded += std::mem::take(&mut self.buffered);
            return Ok(());
        };
        let is_passing = error.kind() == io::ErrorKind::TimedOut;
        if is_passing || (error.kind() == io::ErrorKind::BrokenPipe && output.path.is_none()) {
            self.writer.remove(written);
            return Err(error);
        }
        self.give_up(error, written);
        Ok(())
    }

    /// Ends the recording. A stalled reader has a second to read the rest.
    pub fn end(&mut self, at: UnixTime, dropped: Option<u64>) {
        if let Some(dropped) = dropped {
            self.note_drops(dropped);
        }
        if let Some(output) = &mut self.output {
            output.out.begin_final_output();
            self.writer.end(at);
        }
        if let Err(error) = self.flush() {
            self.give_up(error, 0);
        }
        // Without an error, `bytes` is still needed for the summary.
        self.output = None;
    }

    /// The path of the first file; `-` is standard output.
    pub fn first_file(&self) -> String {
        let first = self.files.kept().next().map(|path| path.display().to_string());
        first.unwrap_or_else(|| self.files.place().to_string())
    }

    /// The warning about the end of the recording, once.
    pub fn warning(&mut self) -> Option<Notice> {
        let failure = self.failure.as_ref().filter(|_| !self.has_warned)?;
        self.has_warned = true;
        Some(receive::recording_ended(failure))
    }

    /// Why the recording ended before the run, as a sentence; not if the reader of standard output
    /// ended both.
    pub fn reason(&self) -> Option<String> {
        self.failure.as_ref().map(ToString::to_string)
    }

    /// What was recorded.
    pub fn info(&self) -> RecordingInfo {
        let name = |path: &std::path::Path| path.display().to_string();
        RecordingInfo {
            path: self.files.place().to_string(),
            files: self.files.count(),
            kept: self.files.kept().len() as u64,
            first: self.files.kept().next().map(name),
            last: self.files.kept().last().map(name),
            datagrams: self.recorded,
            bytes: self.bytes_before + self.writer.written(),
            error: self.failure.as_ref().map(RecordingFailure::reason),
        }
    }

    /// The place in a sentence.
    fn name(&self) -> String {
        match self.files.place() {
            Place::Standard => "standard output".to_owned(),
            place => place.quoted(),
        }
    }

    /// Ends the current file and begins the next one.
    fn start_new_file(&mut self, time: UnixTime) -> io::Result<()> {
        self.writer.end(time);
        self.flush()?;
        if self.output.is_none() {
            return Ok(());
        }
        self.bytes_before += self.writer.written();
        self.writer.begin(time);
        self.is_used = false;
        let opened = self.files.open_next().and_then(|opened| {
            let mut output = Output::new(opened, self.interrupt);
            output.truncate().map(|()| output)
        });
        match opened {
            Ok(output) => self.output = Some(output),
            Err(error) => self.give_up(error, 0),
        }
        self.files.delete_oldest();
        Ok(())
    }

    /// Ends the recording because of an error. `written` bytes of the buffer are in the file: a
    /// block that is not whole is removed.
    fn give_up(&mut self, error: io::Error, written: usize) {
        let (whole, datagrams) = self.writer.whole(written);
        self.writer.remove(whole);
        self.recorded += datagrams;
        if let Some(output) = self.output.take() {
            if output.is_regular && output.path.is_some() && whole < written {
                // Without it the last block is cut: the file can still be read up to there.
                let _ = output.out.get().set_len(self.writer.written());
            }
        }
        self.writer.discard();
        // A reader that is gone has read what it wants.
        let is_done =
            error.kind() == io::ErrorKind::BrokenPipe && *self.files.place() == Place::Standard;
        if !is_done {
            self.failure = Some(RecordingFailure { place: self.name(), source: error });
        }
    }
}

impl Drop for Recorder<'_> {
    /// Removes a new file that the recording did not begin, because the run could not start.
    fn drop(&mut self) {
        let untouched = self.output.as_ref().filter(|_| self.writer.size() == 0);
        if let Some(path) = untouched.filter(|output| output.is_new).and_then(|o| o.path.as_ref()) {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl<'a> Output<'a> {
    fn new(opened: Opened, interrupt: &'a Interrupt) -> Self {
        let Opened { file, path, is_new } = opened;
        let is_regular = file.metadata().is_ok_and(|found| found.is_file());
        Output { out: InterruptibleWriter::new(file, interrupt), is_regular, is_new, path }
    }

    /// Standard output may continue a file of other programs.
    fn truncate(&mut self) -> io::Result<()> {
        let owns = self.is_regular && self.path.is_some();
        if owns { self.out.get().set_len(0) } else { Ok(()) }
    }
}
