//! A file that appears complete: no reader sees a part of it.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::observe::ObserverError;
use super::out::{PATIENCE, write_most};
use super::ready_writer::ReadyWriter;
use crate::sys;

/// A file whose whole content is written at once, as often as wanted. Opening it checks that it can
/// be written, and leaves the old content.
pub struct OutputFile {
    path: PathBuf,
    place: Place,
}

enum Place {
    /// A regular file, or none yet. A new file in the same folder replaces it.
    Replaced(PathBuf),
    /// A regular file in a folder that takes no new files.
    Overwritten(PathBuf),
    /// A device, a FIFO or standard output, which takes each content after the last one.
    Stream(ReadyWriter<File>),
}

impl OutputFile {
    /// Opens the file at `path`, and creates nothing.
    ///
    /// # Errors
    /// The file cannot be written, or its folder does not exist.
    pub fn open(path: &Path) -> Result<Self, ObserverError> {
        let place = place(path).map_err(|error| ObserverError::file(path, error))?;
        Ok(OutputFile { path: path.to_owned(), place })
    }

    /// Replaces the content. Readers see the old content or the new one. A FIFO whose reader stalls
    /// for a second is an error.
    ///
    /// # Errors
    /// The content cannot be written. The old content then remains.
    pub fn replace(&mut self, content: &[u8]) -> Result<(), ObserverError> {
        let written = match &mut self.place {
            Place::Replaced(path) => replace(path, content),
            Place::Overwritten(path) => fs::write(path, content),
            Place::Stream(writer) => write_patiently(writer, content),
        };
        written.map_err(|error| self.error(error))
    }

    /// Removes the file, if it is a regular one.
    ///
    /// # Errors
    /// The file exists and cannot be removed.
    #[cfg(any(feature = "metrics", test))]
    pub fn remove(&mut self) -> Result<(), ObserverError> {
        let (Place::Replaced(path) | Place::Overwritten(path)) = &self.place else {
            return Ok(());
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.error(error)),
            _ => Ok(()),
        }
    }

    /// The error of an operation on this file.
    fn error(&self, error: io::Error) -> ObserverError {
        ObserverError::file(&self.path, error)
    }
}

fn place(path: &Path) -> io::Result<Place> {
    match path.metadata() {
        Ok(found) if !found.is_file() || is_descriptor(path) => {
            Ok(Place::Stream(ReadyWriter::new(open_stream(path)?)))
        }
        Ok(_) => {
            // Without the links: the file is replaced, not the link to it.
            let path = path.canonicalize()?;
            OpenOptions::new().write(true).open(&path)?;
            // A folder without write access, or a file that a container mounts.
            Ok(if probe(&path).is_ok() { Place::Replaced(path) } else { Place::Overwritten(path) })
        }
        Err(_) => probe(path).map(|()| Place::Replaced(path.to_owned())),
    }
}

/// Whether a path is an open file of this process. It has other writers, and a new file could not
/// replace it.
fn is_descriptor(path: &Path) -> bool {
    ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) && !path.starts_with("/dev/shm")
}

/// Opens a file to write behind its end. A FIFO needs a reader.
///
/// # Errors
/// The system's error.
pub fn open_stream(path: &Path) -> io::Result<File> {
    if path == Path::new("/dev/stdout") {
        return sys::standard_output();
    }
    let (mut file, _) = sys::open_to_write(path)?;
    // Only files have an end.
    let _ = file.seek(SeekFrom::End(0));
    Ok(file)
}

/// Creates a file beside `path`, and removes it.
fn probe(path: &Path) -> io::Result<()> {
    let (_, temporary) = create_beside(path)?;
    fs::remove_file(temporary)
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut file, temporary) = create_beside(path)?;
    let written = file.write_all(content).and_then(|()| {
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    match written {
        // Nothing replaces a file that a container mounts.
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => fs::write(path, content),
        other => other,
    }
}

/// Creates a temporary file in the folder of `path`. Its name ends in `.tmp` and begins with a dot:
/// programs that collect files skip it.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    if path.file_name().is_none() || path.as_os_str() == OsStr::new("") {
        return Err(io::ErrorKind::NotFound.into());
    }
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_file_name(format!(".mcast-{}-{number}.tmp", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            // A file that an earlier process with this id has left.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, temporary)),
        }
    }
}

/// Writes everything. A reader that takes nothing for [`PATIENCE`] is an error.
///
/// # Errors
/// The system's error, or the reader stalled.
pub fn write_patiently(writer: &mut ReadyWriter<File>, content: &[u8]) -> io::Result<()> {
    let wait = |file: &File| match sys::is_writable(file, Instant::now() + PATIENCE) {
        Ok(false) => Err(io::Error::other("its reader does not read")),
        other => other.map(|_| ()),
    };
    let (_, written) = write_most(content, |rest| writer.write(rest, wait));
    written.and_then(|()| writer.flush())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    use super::*;

    /// A folder of one test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("mcast-{name}-{}", process::id()));
            fs::create_dir(&folder).unwrap();
            Folder(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> =
                names.map(|name| name.to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_at_once_and_keeps_its_mode() {
        let folder = Folder::new("replaced");
        let path = folder.path("old.xml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut file = OutputFile::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.replace(b"first").unwrap();
        file.replace(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(folder.names(), ["old.xml"]);
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(folder.names().is_empty());
    }

    #[test]
    fn a_new_file_appears_when_it_is_complete() {
        let folder = Folder::new("new");
        let mut file = OutputFile::open(&folder.path("new.xml")).unwrap();
        assert!(folder.names().is_empty());
        file.replace(b"new").unwrap();
        assert_eq!(folder.names(), ["new.xml"]);
    }

    #[test]
    fn a_link_remains_and_its_file_is_replaced() {
        let folder = Folder::new("link");
        fs::write(folder.path("file"), "old").unwrap();
        symlink(folder.path("file"), folder.path("link")).unwrap();
        OutputFile::open(&folder.path("link")).unwrap().replace(b"new").unwrap();
        assert!(folder.path("link").symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(folder.path("file")).unwrap(), "new");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_refused() {
        let folder = Folder::new("refused");
        let refused = |path: &Path| match OutputFile::open(path) {
            Ok(_) => panic!("{} is not refused", path.display()),
            Err(error) => error.to_string(),
        };
        assert!(refused(&folder.0).contains("Is a directory"), "{}", refused(&folder.0));
        for path in [folder.path("no/such"), PathBuf::new(), "..".into(), "/".into()] {
            assert!(refused(&path).starts_with("cannot write '"), "{}", refused(&path));
        }
        nix::unistd::mkfifo(&folder.path("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(refused(&folder.path("fifo")).contains("no program reads this FIFO"));
    }

    #[test]
    fn a_fifo_and_a_device_take_the_content() {
        let folder = Folder::new("fifo");
        let path = folder.path("fifo");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut reader = sys::open_to_read(&path).unwrap();
        let mut file = OutputFile::open(&path).unwrap();
        file.replace(b"one ").unwrap();
        file.replace(b"two").unwrap();
        let stalled = file.replace(&vec![0; 1 << 20]).unwrap_err().to_string();
        assert!(stalled.ends_with("its reader does not read"), "{stalled}");
        let mut bytes = [0; 7];
        io::Read::read_exact(&mut reader, &mut bytes).unwrap();
        assert_eq!(&bytes, b"one two");
        assert!(path.metadata().unwrap().file_type().is_fifo());
        OutputFile::open(Path::new("/dev/null")).unwrap().replace(b"x").unwrap();
        let full = OutputFile::open(Path::new("/dev/full")).unwrap().replace(b"x").unwrap_err();
        assert!(full.to_string().contains("No space left on device"), "{full}");
    }
}
