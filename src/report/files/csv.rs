//! The intervals of a run as a table, which grows while it runs.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::csv_rows::{ReceiverRow, StreamRow, TargetRow, of_ping, of_receiver, of_sender};
use crate::event::Event;
use crate::report::observe::{Observer, ObserverError, RunInfo};
use crate::report::output_file::{open_empty, write_patiently};
use crate::report::ready_writer::ReadyWriter;

/// The most bytes that wait for the reader of a FIFO: an interval of many streams.
const MOST_WAITING: usize = 16 << 20;

/// Opens the table of a run, and writes its header.
///
/// # Errors
/// The file cannot be written.
pub fn csv(path: &Path, run: &RunInfo) -> Result<Box<dyn Observer>, ObserverError> {
    let file = open_empty(path).map_err(|error| ObserverError::file(path, error))?;
    let writer = ReadyWriter::new(file);
    let mut table =
        Table { path: path.to_owned(), writer, waiting: Vec::new(), date: Date::System };
    let columns = match run.command {
        "send" => TargetRow::COLUMNS,
        "ping" => ReceiverRow::COLUMNS,
        _ => StreamRow::COLUMNS,
    };
    table.waiting.extend_from_slice(columns.join(",").as_bytes());
    table.waiting.push(b'\n');
    table.write()?;
    Ok(Box::new(table))
}

/// A table of comma-separated values.
struct Table {
    path: PathBuf,
    writer: ReadyWriter<File>,
    /// Rows that are not written yet: the reader of a FIFO is slower.
    waiting: Vec<u8>,
    date: Date,
}

/// The clock of the rows.
enum Date {
    System,
    Capture(Option<SystemTime>),
}

impl Observer for Table {
    fn event(&mut self, event: &Event) -> Result<(), ObserverError> {
        let time = self.time();
        match event {
            Event::Interval(report) => self.add(of_receiver(report, &time)),
            Event::SendInterval(report) => self.add(of_sender(report, &time)),
            Event::PingProgress(progress) => self.add(of_ping(progress, &time)),
            Event::PingSummary(summary) => self.add(of_ping(summary, &time)),
            _ => Ok(()),
        }
    }

    fn date(&mut self, time: Option<SystemTime>) {
        self.date = Date::Capture(time);
    }

    fn finish(&mut self) -> Result<(), ObserverError> {
        let written = write_patiently(&mut self.writer, &self.waiting);
        written.map_err(|error| ObserverError::file(&self.path, error))
    }
}

impl Table {
    /// The time of a row, in UTC; empty before the first datagram of a capture.
    fn time(&self) -> String {
        let time = match self.date {
            Date::System => Some(SystemTime::now()),
            Date::Capture(time) => time,
        };
        let time = time.and_then(|time| Timestamp::try_from(time).ok());
        time.map(|time| format!("{time:.6}")).unwrap_or_default()
    }

    fn add<R: Serialize>(&mut self, rows: Vec<R>) -> Result<(), ObserverError> {
        let mut lines = ::csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for row in rows {
            lines.serialize(row).map_err(|error| self.error(io::Error::other(error)))?;
        }
        let lines = lines.into_inner().map_err(|error| self.error(error.into_error()))?;
        self.waiting.extend_from_slice(&lines);
        self.write()
    }

    /// Writes the bytes that the file or FIFO takes at once.
    fn write(&mut self) -> Result<(), ObserverError> {
        let mut written = 0;
        while written < self.waiting.len() {
            let would_wait = |_: &File| Err(io::ErrorKind::WouldBlock.into());
            match self.writer.write(&self.waiting[written..], would_wait) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(self.error(error)),
            }
        }
        self.waiting.drain(..written);
        if self.waiting.len() > MOST_WAITING {
            return Err(self.error(io::Error::other("its reader does not read")));
        }
        Ok(())
    }

    fn error(&self, error: io::Error) -> ObserverError {
        ObserverError::file(&self.path, error)
    }
}
