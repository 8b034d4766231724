//! `recv --write` to programs that read slowly or not at all: the recording has the datagrams that
//! the summary counts, and no reader delays the end of a run.
#![cfg(target_os = "linux")]

mod lab;

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use lab::{Host, Lab};
use serde_json::json;

/// A new FIFO in an empty folder, which the name of the test identifies, and its open reader.
fn fifo(host: &Host, test: &str) -> (PathBuf, File) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("slow-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    let fifo = folder.join("fifo");
    host.shell(&format!("mkfifo {}", fifo.display()));
    let mut options = File::options();
    let reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(&fifo).expect("a FIFO");
    (fifo, reader)
}

/// Reads to the end, in small pieces with pauses.
fn read_slowly(mut reader: File) -> Vec<u8> {
    let (mut received, mut piece) = (Vec::new(), [0; 8 * 1024]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) if !received.is_empty() => return received,
            Ok(count) => received.extend_from_slice(&piece[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        thread::sleep(Duration::from_millis(1)); // the reader is slow
    }
}

/// The sequence numbers of the probes in a recording, which must end with a whole block.
fn sequence_numbers(recording: &[u8]) -> Vec<u64> {
    // A block has a head of 8 bytes. In that of a datagram, 20 bytes, an IP header of 20 bytes and a
    // UDP header of 8 bytes precede the probe, whose sequence number is at offset 16.
    const SEQUENCE: usize = 8 + 20 + 20 + 8 + 16;
    let (mut rest, mut numbers) = (recording, Vec::new());
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("4 bytes"));
        let (kind, len) = (number(0), number(4) as usize);
        assert_eq!(number(len - 4) as usize, len, "a whole block");
        // End markers are shorter.
        if kind == 6 && len > 1000 {
            let number = rest[SEQUENCE..][..8].try_into().expect("8 bytes");
            numbers.push(u64::from_be_bytes(number));
        }
        rest = &rest[len..];
    }
    numbers
}

#[test]
fn a_slow_reader_receives_what_the_summary_counts() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (fifo, reader) = fifo(&b, "order");
    let line = format!(
        "recv --iface e0 239.1.1.1:5000 --rcvbuf 4MiB -o json --count 3000 -w {}",
        fifo.display()
    );
    let recv = b.mcast(&line).ready();
    let reader = thread::spawn(|| read_slowly(reader));
    // More than the pipe and the buffers hold: mcast waits, and the kernel may drop some.
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --size 1400 --count 20000 --rate 20kpps")
        .ends(0);
    let run = recv.ends(0);
    let recorded = &run.summary()["recording"];
    let received = reader.join().expect("the reader");
    assert_eq!((&recorded["datagrams"], &recorded["error"]), (&json!(3000), &json!(null)), "{run}");
    assert_eq!(recorded["bytes"], received.len(), "{run}");
    let numbers = sequence_numbers(&received);
    assert_eq!((numbers.len(), &run.summary()["datagrams"]), (3000, &json!(3000)), "{run}");
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

#[test]
fn a_stalled_reader_delays_neither_a_limit_nor_a_signal() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // First the buffers take all datagrams. Then they are full, and mcast waits.
    for (datagrams, limit, signal) in [(500, "--count 500", None), (6000, "", Some("TERM"))] {
        let (fifo, mut reader) = fifo(&b, "stalled");
        let fifo = fifo.display();
        let line =
            format!("recv --iface e0 239.1.1.1:5000 --rcvbuf 4MiB -o json -w {fifo} {limit}");
        let recv = b.mcast(&line).ready();
        a.mcast(&format!(
            "send --iface e0 239.1.1.1:5000 --probe --size 1400 --count {datagrams} --rate 20kpps"
        ))
        .ends(0);
        if let Some(signal) = signal {
            recv.signal(signal);
        }
        let run = recv.ends(1);
        let recorded = &run.summary()["recording"];
        assert_eq!(recorded["error"], "its reader does not read", "{run}");
        if signal.is_none() {
            assert_eq!(run.summary()["datagrams"], datagrams, "{run}");
        }
        let mut received = Vec::new();
        reader.read_to_end(&mut received).expect("the beginning of the recording");
        let whole = recorded["bytes"].as_u64().expect("a number") as usize;
        let numbers = sequence_numbers(&received[..whole]);
        assert_eq!(recorded["datagrams"], numbers.len(), "{run}");
        assert!(!numbers.is_empty(), "{run}");
    }
}
