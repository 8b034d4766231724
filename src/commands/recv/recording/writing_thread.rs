//! The thread that writes a recording, and the buffers on their way to it.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::block_writer::{Batch, BlockWriter, Written};
use super::files::Files;
use super::output::Output;

/// The length of the blocks in a full buffer. It fits the cache of a core.
pub const FULL: usize = 256 * 1024;

/// A full buffer ends with a whole datagram, and may describe an interface before it.
const CAPACITY: usize = FULL + 68 * 1024;

/// The most buffers for a file: 64 MiB last for 0.25 s at 2 Gbit/s. mcast allocates them only while
/// the disk is slower than the streams.
const FOR_FILE: usize = 256;

/// The most buffers for a reader: 2 MiB. At the end of a run, mcast waits until a slow reader has
/// read all of them.
const FOR_READER: usize = 8;

/// How soon a wait notices a signal.
const SLICE: Duration = Duration::from_millis(10);

/// Writes a recording in a second thread, while the receiver reads on.
///
/// This is a measured need. With 200,000 datagrams of 1316 bytes per second, writing takes a third
/// of the receiver's CPU time. On two busy cores, the kernel then dropped 2,038 to 95,490 of 800,000
/// datagrams, in 11 of 22 runs. Without a recording, it dropped none. With this thread and its
/// buffers, it dropped none in 10 runs.
pub struct WritingThread {
    /// `None` after the end.
    batches: Option<SyncSender<Batch>>,
    returned: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<Outcome>>,
    ending: Arc<AtomicBool>,
    /// Buffers without content. The last one is most likely in the cache of the core.
    spare: Vec<Vec<u8>>,
    /// The number of batches that are not written yet.
    waiting: usize,
    /// The most buffers.
    most: usize,
    has_ended: bool,
}

/// How the writing ended.
#[derive(Debug)]
pub struct Outcome {
    pub written: Written,
    pub failure: Option<io::Error>,
}

impl WritingThread {
    /// Starts the thread, which writes to these files and begins with `output`.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(files: Files, output: Output) -> io::Result<Self> {
        let most = if output.has_reader() { FOR_READER } else { FOR_FILE };
        let ending = Arc::new(AtomicBool::new(false));
        let writer = BlockWriter::new(files, output, Arc::clone(&ending));
        // One more for the batch that ends the recording, which needs no new buffer.
        let (batches, to_write) = mpsc::sync_channel(most + 1);
        let (give_back, returned) = mpsc::sync_channel(most + 1);
        let run = move || write_all(writer, &to_write, &give_back);
        let thread = thread::Builder::new().name("recording".to_owned()).spawn(run)?;
        Ok(WritingThread {
            batches: Some(batches),
            returned,
            thread: Some(thread),
            ending,
            spare: Vec::with_capacity(most + 1),
            waiting: 0,
            most,
            has_ended: false,
        })
    }

    /// Whether the thread has ended, which only an error does before [`WritingThread::finish`].
    pub fn has_ended(&mut self) -> bool {
        self.collect();
        self.has_ended
    }

    /// Whether some batches are not written yet, as of the last call that looked.
    pub fn is_busy(&self) -> bool {
        self.waiting > 0
    }

    /// A buffer, if the thread is idle.
    pub fn idle_buffer(&mut self) -> Option<Vec<u8>> {
        let is_idle = !self.has_ended() && self.waiting == 0;
        if is_idle { self.free_buffer() } else { None }
    }

    /// A buffer, if one is free and the thread has not ended.
    fn free_buffer(&mut self) -> Option<Vec<u8>> {
        if self.has_ended() {
            return None;
        }
        let may_create = self.waiting + self.spare.len() < self.most;
        self.spare.pop().or_else(|| may_create.then(|| Vec::with_capacity(CAPACITY)))
    }

    /// Waits for a buffer. `None` if the thread has ended.
    ///
    /// # Errors
    /// A signal interrupted the wait (`TimedOut`).
    pub fn wait_for_buffer(
        &mut self,
        is_interrupted: impl Fn() -> bool,
    ) -> io::Result<Option<Vec<u8>>> {
        loop {
            let buffer = self.free_buffer();
            if buffer.is_some() || self.has_ended {
                return Ok(buffer);
            }
            self.wait_for_write(&is_interrupted)?;
        }
    }

    /// Waits until all batches are written, or the thread has ended.
    ///
    /// # Errors
    /// As [`WritingThread::wait_for_buffer`].
    pub fn wait_until_idle(&mut self, is_interrupted: impl Fn() -> bool) -> io::Result<()> {
        self.collect();
        while self.waiting > 0 && !self.has_ended {
            self.wait_for_write(&is_interrupted)?;
        }
        Ok(())
    }

    /// Hands a batch to the thread. It never waits: there are fewer buffers than places.
    pub fn write(&mut self, batch: Batch) {
        // A thread that has ended reports its error in `finish`.
        let sent = self.batches.as_ref().is_some_and(|batches| batches.send(batch).is_ok());
        self.waiting += usize::from(sent);
    }

    /// Waits until all batches are written. A stalled reader has a second to read the rest.
    pub fn finish(mut self) -> Outcome {
        let thread = self.stop();
        match thread.map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(panic)) => resume_unwind(panic),
            None => Outcome { written: Written::default(), failure: None },
        }
    }

    fn stop(&mut self) -> Option<JoinHandle<Outcome>> {
        self.ending.store(true, Ordering::Relaxed);
        self.batches = None;
        self.thread.take()
    }

    /// Takes back the buffers that are written.
    fn collect(&mut self) {
        loop {
            match self.returned.try_recv() {
                Ok(buffer) => self.take_back(buffer),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.has_ended = true;
                    return;
                }
            }
        }
    }

    /// Waits until a batch is written or the thread has ended.
    fn wait_for_write(&mut self, is_interrupted: impl Fn() -> bool) -> io::Result<()> {
        loop {
            match self.returned.recv_timeout(SLICE) {
                Ok(buffer) => {
                    self.take_back(buffer);
                    return Ok(());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.has_ended = true;
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) if is_interrupted() => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn take_back(&mut self, buffer: Vec<u8>) {
        self.waiting -= 1;
        self.spare.push(buffer);
    }
}

impl Drop for WritingThread {
    /// The files are complete before the program ends.
    fn drop(&mut self) {
        let _ = self.stop().map(JoinHandle::join);
    }
}

/// Writes batches until there are no more, or until an error. Gives each buffer back, empty.
fn write_all(
    mut writer: BlockWriter,
    batches: &Receiver<Batch>,
    give_back: &SyncSender<Vec<u8>>,
) -> Outcome {
    let mut failure = None;
    for batch in batches {
        if let Err(error) = writer.write(&batch) {
            failure = Some(error);
            break;
        }
        let mut blocks = batch.blocks;
        blocks.clear();
        // The receiver may have ended.
        let _ = give_back.send(blocks);
    }
    Outcome { written: writer.written(), failure }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
