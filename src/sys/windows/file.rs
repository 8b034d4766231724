//! Files to write.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates a file, or empties it.
///
/// # Errors
/// What the system said.
pub fn create_file(path: &Path) -> io::Result<File> {
    File::create(path)
}
