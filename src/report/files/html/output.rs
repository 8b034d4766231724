//! The file of the report. It is complete or as it was before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Instant;

use crate::report::{PATIENCE, ReadyWriter, write_most};
use crate::sys;

/// The file that a report goes to.
#[derive(Debug)]
pub enum OutputFile {
    /// A regular file, or none yet: at the end, another file replaces it at once.
    Replaced(PathBuf),
    /// A file in a directory that cannot be written: its content is replaced.
    Overwritten(File),
    /// A device or a FIFO. Behind /dev/stdout may be a file with the text of the run.
    Appended(File),
}

impl OutputFile {
    /// Checks that the file can be written. Its content does not change.
    ///
    /// # Errors
    /// The system's error.
    pub fn open(path: &Path) -> io::Result<Self> {
        let is_device = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
        match fs::metadata(path) {
            Ok(found) if !found.is_file() || is_device => {
                return Ok(OutputFile::Appended(sys::open_to_write(path)?.0));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A symbolic link stays: the file that it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = match OpenOptions::new().append(true).open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let beside = beside(&path)?;
        match (create(&beside), existing) {
            (Ok(_), _) => {
                fs::remove_file(&beside)?;
                Ok(OutputFile::Replaced(path))
            }
            (Err(_), Some(file)) => Ok(OutputFile::Overwritten(file)),
            (Err(error), None) => Err(error),
        }
    }

    /// Writes all of it and completes the file.
    ///
    /// # Errors
    /// The system's error. A file that is replaced then has its old content.
    pub fn complete(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            OutputFile::Replaced(path) => replace(path, bytes),
            OutputFile::Overwritten(file) => {
                file.set_len(0)?;
                write(file, bytes)
            }
            OutputFile::Appended(file) => {
                // A pipe has no end to seek.
                let _ = file.seek(SeekFrom::End(0));
                write(file, bytes)
            }
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = || {
        let file = create(&beside)?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        write(&file, bytes)?;
        // A full disk of some file systems shows itself here.
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Writes to a file, a device, or a pipe whose reader may be slow.
fn write(file: &File, bytes: &[u8]) -> io::Result<()> {
    let mut writer = ReadyWriter::new(file.try_clone()?);
    let (_, result) = write_most(bytes, |rest| {
        writer.write(rest, |file| match sys::is_writable(file, Instant::now() + PATIENCE)? {
            true => Ok(()),
            false => Err(io::ErrorKind::TimedOut.into()),
        })
    });
    result
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// The path of the temporary file: in the same directory, because a rename stays in a file system.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
    name.push(format!(".{}.tmp", process::id()));
    Ok(path.with_file_name(name))
}
