//! Output files.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Creates or truncates a file. It refuses a named pipe, which would block until a reader opens it.
/// It accepts a device, such as /dev/null.
///
/// # Errors
/// The system's error, or the path is a pipe or a socket.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).custom_flags(libc::O_NONBLOCK);
    let opened = options.open(path);
    match opened.as_ref().map_or_else(|_| path.metadata(), File::metadata) {
        Ok(found) if found.file_type().is_fifo() || found.file_type().is_socket() => {
            Err(io::Error::other("a pipe or a socket, not a file"))
        }
        _ => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_refused_with_and_without_a_reader() {
        let folder = std::env::temp_dir().join(format!("mcast-file-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let pipe = folder.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let refused = |path: &Path| create_file(path).unwrap_err().to_string();
        assert_eq!(refused(&pipe), "a pipe or a socket, not a file");
        let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe);
        assert_eq!(refused(&pipe), "a pipe or a socket, not a file");
        drop(reader);
        assert!(
            create_file(&folder.join("file")).is_ok()
                && create_file(Path::new("/dev/null")).is_ok()
        );
        assert!(create_file(&folder).is_err() && create_file(&folder.join("no/such")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
