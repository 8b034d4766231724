//! Files and standard input.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek};
use std::os::windows::io::AsHandle;
use std::path::Path;
use std::time::Instant;

use super::poll::PollSource;

/// Creates or truncates a file.
///
/// # Errors
/// The error of the system.
pub fn create_file(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Opens or creates a file, without truncating it; returns whether it is new.
///
/// # Errors
/// The error of the system.
pub fn open_to_write(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok((options.open(path)?, false))
        }
        Err(error) => Err(error),
    }
}

/// The standard library does not show what distinguishes a file from all others.
pub fn file_id(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Standard output, without the buffer of the standard library.
///
/// # Errors
/// The system's error.
pub fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Opens a file to read.
///
/// # Errors
/// The error of the system.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Standard input, without the buffer of the standard library.
///
/// # Errors
/// The error of the system.
pub fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Windows waits only for sockets.
pub fn file_source(_: &File) -> Option<PollSource<'_>> {
    None
}

/// Whether a file is a regular file. Windows does not tell pipes from other handles.
pub fn is_piped(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file())
}

/// Whether bytes wait in a regular file.
pub fn has_bytes(mut file: &File) -> bool {
    let len = file.metadata().map_or(0, |found| found.len());
    file.stream_position().is_ok_and(|position| position < len)
}

/// Windows cannot tell for a pipe: a read may wait.
///
/// # Errors
/// None.
pub fn is_readable(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Windows cannot tell for a pipe: a write may wait.
///
/// # Errors
/// None.
pub fn is_writable(_: &File, _: Instant) -> io::Result<bool> {
    Ok(true)
}
