//! Batches on their way to files, to slow and stalled readers, and to a full disk.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::plan::Recording;
use crate::units::FileLimit;

/// An empty folder for a test, which its name identifies.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mcast-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    folder
}

/// A thread that records to this path.
fn start(path: &Path, limit: Option<FileLimit>) -> WritingThread {
    let (place, line) = (path.to_owned().into(), String::new());
    let mut files = Files::new(&Recording { place, limit, keep: None, line, input: None });
    let output = Output::new(files.open_next().unwrap());
    WritingThread::start(files, output).unwrap()
}

/// A FIFO, and its open reader.
fn fifo(folder: &Path) -> (PathBuf, File) {
    let path = folder.join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
    (path, reader)
}

/// A block of pcapng with a datagram. `number` identifies it.
fn block(number: u32) -> Vec<u8> {
    const LEN: u32 = 60_000;
    let mut block = vec![0; LEN as usize];
    block[..4].copy_from_slice(&6_u32.to_le_bytes());
    block[4..8].copy_from_slice(&LEN.to_le_bytes());
    block[8..12].copy_from_slice(&number.to_le_bytes());
    block[LEN as usize - 4..].copy_from_slice(&LEN.to_le_bytes());
    block
}

fn batch(number: u32) -> Batch {
    Batch { blocks: block(number), datagrams: 1, ends_file: false }
}

#[test]
fn a_slow_reader_receives_all_batches_in_order() {
    const BATCHES: u32 = 40;
    let folder = folder("slow-reader");
    let (path, mut reader) = fifo(&folder);
    let mut thread = start(&path, None);
    let slow = thread::spawn(move || {
        let (mut received, mut piece) = (Vec::new(), [0; 30_000]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) if !received.is_empty() => return received,
                Ok(count) => received.extend_from_slice(&piece[..count]),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            thread::sleep(Duration::from_millis(1)); // the reader is slow
        }
    });
    for number in 0..BATCHES {
        assert!(thread.wait_for_buffer(|| false).unwrap().is_some());
        assert!(thread.waiting < FOR_READER);
        thread.write(batch(number));
    }
    let Outcome { written, failure } = thread.finish();
    assert!(failure.is_none());
    assert_eq!((written.datagrams, written.bytes), (40, 40 * 60_000));
    let sent: Vec<u8> = (0..BATCHES).flat_map(block).collect();
    assert!(slow.join().unwrap() == sent);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_signal_ends_the_wait_for_a_stalled_reader() {
    let folder = folder("stalled-reader");
    let (path, mut reader) = fifo(&folder);
    let mut thread = start(&path, None);
    let error = loop {
        match thread.wait_for_buffer(|| true) {
            Ok(_) => thread.write(batch(0)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(thread.wait_until_idle(|| true).unwrap_err().kind(), io::ErrorKind::TimedOut);

    let Outcome { written, failure } = thread.finish();
    assert_eq!(failure.unwrap().kind(), io::ErrorKind::TimedOut);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).unwrap();
    assert_eq!(written.datagrams, received.len() as u64 / 60_000);
    assert!(received.starts_with(&block(0)) && written.bytes % 60_000 == 0);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_error_ends_the_thread() {
    let mut thread = start(Path::new("/dev/full"), None);
    assert!(!thread.has_ended());
    thread.write(batch(0));
    thread.wait_until_idle(|| false).unwrap();
    assert!(thread.has_ended() && thread.wait_for_buffer(|| false).unwrap().is_none());
    let Outcome { written, failure } = thread.finish();
    assert_eq!(failure.unwrap().kind(), io::ErrorKind::StorageFull);
    assert_eq!((written.datagrams, written.bytes, written.files), (0, 0, 1));
}

#[test]
fn a_closed_reader_ends_the_thread() {
    let folder = folder("closed-reader");
    let (path, reader) = fifo(&folder);
    let mut thread = start(&path, None);
    drop(reader);
    thread.write(batch(0));
    thread.wait_until_idle(|| false).unwrap();
    assert_eq!(thread.finish().failure.unwrap().kind(), io::ErrorKind::BrokenPipe);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_batch_can_end_its_file() {
    let folder = folder("two-files");
    let mut thread = start(&folder.join("out"), Some(FileLimit::Size(1)));
    thread.write(Batch { ends_file: true, ..batch(1) });
    thread.write(batch(2));
    let Outcome { written, failure } = thread.finish();
    assert!(failure.is_none());
    assert_eq!((written.datagrams, written.bytes, written.files), (2, 120_000, 2));
    for (name, number) in [("out_00001", 1), ("out_00002", 2)] {
        assert!(fs::read(folder.join(name)).unwrap() == block(number));
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_next_file_may_not_open() {
    let folder = folder("no-next-file");
    fs::create_dir(folder.join("out_00002")).unwrap();
    let mut thread = start(&folder.join("out"), Some(FileLimit::Size(1)));
    thread.write(Batch { ends_file: true, ..batch(1) });
    thread.write(batch(2));
    let Outcome { written, failure } = thread.finish();
    assert_eq!(failure.unwrap().kind(), io::ErrorKind::IsADirectory);
    assert_eq!((written.datagrams, written.bytes), (1, 60_000));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn only_a_new_file_without_content_is_removed() {
    let folder = folder("unused-file");
    let (old, new) = (folder.join("old"), folder.join("new"));
    fs::write(&old, "old").unwrap();
    for path in [&old, &new] {
        drop(start(path, None));
    }
    assert!(fs::read(&old).unwrap() == b"old" && !new.exists());
    let mut thread = start(&old, None);
    thread.write(batch(1));
    drop(thread);
    assert!(fs::read(&old).unwrap() == block(1));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn buffers_are_used_again() {
    let folder = folder("buffers");
    let mut thread = start(&folder.join("out"), None);
    for number in 0..3 {
        let mut buffer = thread.wait_for_buffer(|| false).unwrap().unwrap();
        assert!(buffer.is_empty() && buffer.capacity() >= CAPACITY);
        buffer.extend_from_slice(&block(number));
        thread.write(Batch { blocks: buffer, datagrams: 1, ends_file: false });
        thread.wait_until_idle(|| false).unwrap();
        assert_eq!((thread.spare.len(), thread.is_busy()), (1, false));
    }
    drop(thread);
    fs::remove_dir_all(&folder).unwrap();
}
