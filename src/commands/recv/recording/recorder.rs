//! Records the received datagrams in pcapng files.

use std::io;
use std::time::{Duration, Instant};

use super::block_writer::{Batch, Written};
use super::files::Files;
use super::limit::Limit;
use super::output::Output;
use super::writing_thread::{FULL, Outcome, WritingThread};
use crate::capture::{About, Recorded, Writer};
use crate::event::RecordingInfo;
use crate::host;
use crate::input::Place;
use crate::notice::{Notice, receive};
use crate::plan::Recording;
use crate::sys::Interrupt;
use crate::units::UnixTime;
use crate::verdict::{RecordingFailure, RunError};

/// The longest time that a datagram stays in the buffer: what a kill of mcast can lose.
const LONGEST: Duration = Duration::from_secs(1);

/// How soon the receiver notices an error of the thread, or that the thread is idle.
const CHECK: Duration = Duration::from_millis(20);

/// Records the received datagrams. The first failure ends the recording, not the run.
pub struct Recorder<'a> {
    writer: Writer,
    limit: Limit,
    place: Place,
    first_file: String,
    has_reader: bool,
    /// `None` after the end.
    thread: Option<WritingThread>,
    interrupt: &'a Interrupt,
    /// The datagrams in the buffer.
    buffered: u64,
    /// The current file has a datagram.
    is_used: bool,
    /// When to hand the buffer over.
    flush_due: Option<Instant>,
    /// When to ask the thread for its progress.
    check_due: Option<Instant>,
    /// The drops of the kernel that the writer was told of.
    dropped: u64,
    /// The content of the files, after the end.
    written: Written,
    failure: Option<RecordingFailure>,
    has_warned: bool,
}

impl<'a> Recorder<'a> {
    /// Opens the file of a recording, and leaves its content until [`Recorder::begin`].
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(plan: &Recording, interrupt: &'a Interrupt) -> Result<Self, RunError> {
        let mut files = Files::new(plan);
        let failed = |source| RunError::Record { file: plan.place.to_string().into(), source };
        let output = Output::new(files.open_next().map_err(failed)?);
        let has_reader = output.has_reader();
        let first_file = files.kept().next().map(|path| path.display().to_string());
        Ok(Recorder {
            writer: Writer::new(About::mcast(host::system(), &plan.line)),
            limit: Limit::new(plan.limit),
            place: plan.place.clone(),
            first_file: first_file.unwrap_or_else(|| plan.place.to_string()),
            has_reader,
            thread: Some(WritingThread::start(files, output).map_err(failed)?),
            interrupt,
            buffered: 0,
            is_used: false,
            flush_due: None,
            check_due: None,
            dropped: 0,
            written: Written::default(),
            failure: None,
            has_warned: false,
        })
    }

    /// Begins the file, with these interfaces, and waits until they are in it. `dropped` are the
    /// drops of the kernel until now, if the system counts them.
    ///
    /// # Errors
    /// As [`Recorder::write_out`].
    pub fn begin<'n>(
        &mut self,
        start: UnixTime,
        ifaces: impl IntoIterator<Item = &'n str>,
        dropped: Option<u64>,
    ) -> io::Result<()> {
        self.writer.begin(start);
        ifaces.into_iter().for_each(|iface| self.writer.add_interface(Some(iface)));
        if let Some(dropped) = dropped {
            self.note_drops(dropped);
        }
        self.write_out()
    }

    /// Records a datagram. Waits if all buffers are full: the kernel's queue then fills, and the
    /// drops are counted. A datagram is either recorded or an error.
    ///
    /// # Errors
    /// The reader of standard output is gone (`BrokenPipe`), or the wait lasted until a signal
    /// (`TimedOut`). All other errors end the recording.
    #[inline]
    pub fn record(&mut self, datagram: &Recorded) -> io::Result<()> {
        if self.thread.is_none() {
            return Ok(());
        }
        let ends_file = self.limit.is_reached(&self.writer, datagram) && self.is_used;
        if ends_file || self.writer.bytes().len() >= FULL {
            self.make_room(ends_file.then_some(datagram.time))?;
        }
        self.writer.add(datagram);
        self.buffered += 1;
        self.is_used = true;
        Ok(())
    }

    /// Notes the number of datagrams that the kernel has dropped until now.
    pub fn note_drops(&mut self, dropped: u64) {
        self.writer.note_drops(dropped.saturating_sub(self.dropped));
        self.dropped = self.dropped.max(dropped);
    }

    /// Hands the buffer over if it is due, and looks for an error of the thread.
    ///
    /// # Errors
    /// The reader of standard output is gone (`BrokenPipe`). All other errors end the recording.
    pub fn poll(&mut self, now: Instant) -> io::Result<()> {
        self.note_end()?;
        match self.flush_due {
            Some(due) if due <= now => self.flush(),
            None if !self.writer.bytes().is_empty() => self.flush_due = now.checked_add(LONGEST),
            _ => {}
        }
        let is_busy = self.thread.as_ref().is_some_and(WritingThread::is_busy);
        self.check_due = if is_busy { now.checked_add(CHECK) } else { None };
        Ok(())
    }

    /// When [`Recorder::poll`] is due again.
    pub fn due(&self) -> Option<Instant> {
        [self.flush_due, self.check_due].into_iter().flatten().min()
    }

    /// Hands the buffer over if a program reads the recording, before a wait.
    pub fn flush_to_reader(&mut self) {
        if self.has_reader {
            self.flush();
        }
    }

    /// Hands the buffer over, or soon if the thread is busy: a stalled reader must not use up the
    /// buffers for a few datagrams each.
    pub fn flush(&mut self) {
        self.flush_due = None;
        let Some(thread) = self.thread.as_mut().filter(|_| !self.writer.bytes().is_empty()) else {
            return;
        };
        match thread.idle_buffer() {
            Some(empty) => self.hand_over(empty, false),
            None => self.flush_due = Instant::now().checked_add(CHECK),
        }
    }

    /// Waits until all datagrams are in the file.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn write_out(&mut self) -> io::Result<()> {
        if !self.writer.bytes().is_empty() {
            self.make_room(None)?;
        }
        if let Some(thread) = &mut self.thread {
            thread.wait_until_idle(|| self.interrupt.signal().is_some())?;
        }
        self.note_end()
    }

    /// Ends the recording. A stalled reader has a second to read the rest.
    pub fn end(&mut self, at: UnixTime, dropped: Option<u64>) {
        if let Some(dropped) = dropped {
            self.note_drops(dropped);
        }
        if self.thread.is_some() {
            self.writer.end(at);
            self.hand_over(Vec::new(), false);
        }
        // A reader that is gone has read what it wants.
        let _ = self.take_outcome();
    }

    /// The path of the first file; `-` is standard output.
    pub fn first_file(&self) -> String {
        self.first_file.clone()
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

    /// What was recorded, after the end.
    pub fn info(&self) -> RecordingInfo {
        RecordingInfo {
            path: self.place.to_string(),
            files: self.written.files,
            kept: self.written.kept,
            first: self.written.first.clone(),
            last: self.written.last.clone(),
            datagrams: self.written.datagrams,
            bytes: self.written.bytes,
            error: self.failure.as_ref().map(RecordingFailure::reason),
        }
    }

    /// Hands the buffer over, after a wait if no other one is free. If the file ends at `ends`, it
    /// is completed, and the next one begins.
    fn make_room(&mut self, ends: Option<UnixTime>) -> io::Result<()> {
        let Some(thread) = &mut self.thread else { return Ok(()) };
        let is_interrupted = || self.interrupt.signal().is_some();
        let Some(empty) = thread.wait_for_buffer(is_interrupted)? else { return self.note_end() };
        if let Some(time) = ends {
            self.writer.end(time);
        }
        self.hand_over(empty, ends.is_some());
        if let Some(time) = ends {
            self.writer.begin(time);
            self.is_used = false;
        }
        Ok(())
    }

    fn hand_over(&mut self, empty: Vec<u8>, ends_file: bool) {
        self.flush_due = None;
        let blocks = self.writer.take(empty);
        let datagrams = std::mem::take(&mut self.buffered);
        if let Some(thread) = &mut self.thread {
            thread.write(Batch { blocks, datagrams, ends_file });
        }
    }

    /// Takes the outcome of the thread if an error has ended it.
    fn note_end(&mut self) -> io::Result<()> {
        let has_ended = self.thread.as_mut().is_some_and(WritingThread::has_ended);
        if has_ended { self.take_outcome() } else { Ok(()) }
    }

    /// Waits for the end of the thread, and takes its outcome.
    fn take_outcome(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let Outcome { written, failure } = thread.finish();
        (self.written, self.flush_due, self.check_due) = (written, None, None);
        self.writer.take(Vec::new());
        match failure {
            Some(error)
                if error.kind() == io::ErrorKind::BrokenPipe && self.place == Place::Standard =>
            {
                Err(error)
            }
            Some(source) => {
                self.failure = Some(RecordingFailure { place: self.name(), source });
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The place in a sentence.
    fn name(&self) -> String {
        match &self.place {
            Place::Standard => "standard output".to_owned(),
            place => place.quoted(),
        }
    }
}
