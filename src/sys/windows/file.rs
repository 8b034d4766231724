//! Output files.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates or truncates a file.
///
/// # Errors
/// The error of the system.
pub fn create_file(path: &Path) -> io::Result<File> {
    File::create(path)
}
