//! Files to write.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Creates a file, or empties it. It never waits: a named pipe has no file of its own, and without
/// a reader would not even open, so it is refused. A device, such as /dev/null, is not.
///
/// # Errors
/// What the system said.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).custom_flags(libc::O_NONBLOCK);
    let opened = options.open(path);
    match opened.as_ref().map_or_else(|_| path.metadata(), File::metadata) {
        Ok(found) if found.file_type().is_fifo() || found.file_type().is_socket() => {
            Err(io::Error::other("it is a pipe or a socket; name a file"))
        }
        _ => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_refused_at_once_with_a_reader_and_without() {
        let folder = std::env::temp_dir().join(format!("mcast-file-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let pipe = folder.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let refused = |path: &Path| create_file(path).unwrap_err().to_string();
        assert_eq!(refused(&pipe), "it is a pipe or a socket; name a file");
        let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe);
        assert_eq!(refused(&pipe), "it is a pipe or a socket; name a file");
        drop(reader);
        assert!(
            create_file(&folder.join("file")).is_ok()
                && create_file(Path::new("/dev/null")).is_ok()
        );
        assert!(create_file(&folder).is_err() && create_file(&folder.join("no/such")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
