//! Files, FIFOs and standard input.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Instant;

use super::poll::{PollSource, has_input, poll, wait_until_writable};

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

/// Opens or creates a file, without truncating it; returns whether it is new. A FIFO opens at once,
/// and only if a program reads it.
///
/// # Errors
/// The system's error, or the path is a socket, or a FIFO without a reader.
pub fn open_to_write(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(libc::O_NONBLOCK);
    match options.clone().create_new(true).open(path) {
        Ok(file) => return Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // `create` too: the path may be a symbolic link to a file that does not exist.
    match options.create(true).open(path) {
        Ok(file) => Ok((file, false)),
        Err(error) => match path.metadata().map(|found| found.file_type()) {
            Ok(found) if found.is_fifo() => {
                Err(io::Error::other("no program reads this FIFO; start its reader first"))
            }
            Ok(found) if found.is_socket() => Err(io::Error::other("a socket, not a file")),
            _ => Err(error),
        },
    }
}

/// What distinguishes a file from all others of this host, if the system shows it.
pub fn file_id(file: &Metadata) -> Option<(u64, u64)> {
    Some((file.dev(), file.ino()))
}

/// Standard output, without the buffer of the standard library.
///
/// # Errors
/// The system's error.
pub fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Opens a file, a FIFO or a device to read. A FIFO opens at once, before it has a writer.
///
/// # Errors
/// The system's error.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Standard input, without the buffer of the standard library.
///
/// # Errors
/// The system's error.
pub fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// A file as a source of a wait.
pub fn file_source(file: &File) -> Option<PollSource<'_>> {
    Some(file.as_fd())
}

/// Whether a read returns at once, with bytes, with the end or with an error.
///
/// # Errors
/// The system's error.
pub fn is_readable(file: &File) -> io::Result<bool> {
    let mut ready = Vec::new();
    poll(&[file.as_fd()], None, Some(Instant::now()), &mut ready)?;
    Ok(!ready.is_empty())
}

/// Whether a file takes bytes without blocking, or reports an error, before `until` has passed.
///
/// # Errors
/// The system's error.
pub fn is_writable(file: &File, until: Instant) -> io::Result<bool> {
    wait_until_writable(file.as_fd(), until)
}

/// Whether a file is a pipe, a FIFO or a regular file.
pub fn is_piped(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() || found.file_type().is_fifo())
}

/// Whether bytes wait in a pipe or a regular file.
pub fn has_bytes(mut file: &File) -> bool {
    match file.metadata() {
        Ok(found) if found.is_file() => {
            file.stream_position().is_ok_and(|position| position < found.len())
        }
        Ok(_) => has_input(file.as_fd()),
        Err(_) => false,
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

    #[test]
    fn a_recording_needs_a_file_or_a_reader() {
        let folder = std::env::temp_dir().join(format!("mcast-write-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let is_new = |name: &str| open_to_write(&path(name)).map(|(_, is_new)| is_new);
        std::fs::write(path("old"), "old").unwrap();
        std::os::unix::fs::symlink(path("later"), path("link")).unwrap();
        assert!(is_new("new").unwrap() && !is_new("old").unwrap() && !is_new("link").unwrap());
        assert!(path("later").exists() && std::fs::read(path("old")).unwrap() == b"old");
        nix::unistd::mkfifo(&path("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let refused = |name: &str| open_to_write(&path(name)).unwrap_err().to_string();
        assert_eq!(refused("fifo"), "no program reads this FIFO; start its reader first");
        assert_eq!(refused("socket"), "a socket, not a file");
        let reader = open_to_read(&path("fifo")).unwrap();
        assert!(!is_new("fifo").unwrap() && open_to_write(&folder).is_err());
        let id = |file: &File| file_id(&file.metadata().unwrap());
        let (again, _) = open_to_write(&path("fifo")).unwrap();
        assert!(id(&again) == id(&reader) && id(&reader) != id(&File::open(&folder).unwrap()));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
