//! Writes the blocks of a recording to its files.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::files::Files;
use super::output::{FailedWrite, Output};

/// Whole blocks for the current file.
pub struct Batch {
    pub blocks: Vec<u8>,
    /// The number of datagrams in them.
    pub datagrams: u64,
    /// The next batch begins a new file.
    pub ends_file: bool,
}

/// What is in the files.
#[derive(Debug, Default)]
pub struct Written {
    pub datagrams: u64,
    pub bytes: u64,
    /// The number of files.
    pub files: u64,
    /// The number of files that exist, with the first and the last one.
    pub kept: u64,
    pub first: Option<String>,
    pub last: Option<String>,
}

/// Writes batches to the files of a recording.
pub struct BlockWriter {
    files: Files,
    output: Output,
    /// The recording ends: a stalled reader no longer delays it.
    ending: Arc<AtomicBool>,
    datagrams: u64,
    /// The bytes of all earlier files.
    bytes_before: u64,
}

impl BlockWriter {
    /// A writer that begins with this file.
    pub fn new(files: Files, output: Output, ending: Arc<AtomicBool>) -> Self {
        BlockWriter { files, output, ending, datagrams: 0, bytes_before: 0 }
    }

    /// Writes a batch, and opens the next file after the last one of a file.
    ///
    /// # Errors
    /// The file cannot be written, or the next one not be opened.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        if let Err(failed) = self.output.write(&batch.blocks, &self.ending) {
            let FailedWrite { datagrams, error } = failed;
            self.datagrams += datagrams;
            return Err(error);
        }
        self.datagrams += batch.datagrams;
        if batch.ends_file { self.start_new_file() } else { Ok(()) }
    }

    /// The content of the files.
    pub fn written(&self) -> Written {
        let name = |path: &std::path::Path| path.display().to_string();
        Written {
            datagrams: self.datagrams,
            bytes: self.bytes_before + self.output.written(),
            files: self.files.count(),
            kept: self.files.kept().len() as u64,
            first: self.files.kept().next().map(name),
            last: self.files.kept().last().map(name),
        }
    }

    fn start_new_file(&mut self) -> io::Result<()> {
        let opened = self.files.open_next();
        self.files.delete_oldest();
        let mut next = Output::new(opened?);
        next.begin()?;
        self.bytes_before += self.output.written();
        self.output = next;
        Ok(())
    }
}
