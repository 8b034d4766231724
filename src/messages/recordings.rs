//! What runs print about their recording, and the errors of recordings.

use std::io;

use super::results::{shown, summary};
use super::samples::received;
use crate::capture::About;
use crate::event::{Event, Listening, Program, RcvbufInfo, RecordingInfo, RecvSummary};
use crate::plan::Unsuitable;
use crate::sys;
use crate::verdict::{RecordingFailure, RunError, Verdict};

/// The errors of writes that end a recording.
pub fn ended() -> Vec<RecordingFailure> {
    let failed = |place: &str, source| RecordingFailure { place: place.to_owned(), source };
    vec![
        failed("'out.pcapng'", io::Error::from_raw_os_error(libc::ENOSPC)),
        failed("'fifo'", io::ErrorKind::BrokenPipe.into()),
        failed("standard output", io::ErrorKind::TimedOut.into()),
    ]
}

pub fn samples() -> Vec<String> {
    vec![starts(), summaries(), errors(), comments()]
}

fn starts() -> String {
    let ready = |file: &str| {
        let rcvbuf_bytes = RcvbufInfo { asked: None, granted: None, request: None };
        let recording = Some(file.to_owned());
        let program = Program::default();
        Event::Listening(Listening {
            program,
            targets: Vec::new(),
            rcvbuf_bytes,
            recording,
            reply_limit: None,
        })
    };
    shown("recv, recording", [ready("out.pcapng"), ready("-")])
}

fn summaries() -> String {
    let file = |number| Some(format!("out_0000{number}.pcapng"));
    let one = RecordingInfo {
        path: "out.pcapng".to_owned(),
        files: 1,
        kept: 1,
        first: Some("out.pcapng".to_owned()),
        last: Some("out.pcapng".to_owned()),
        datagrams: 1000,
        bytes: 137_216,
        error: None,
    };
    let several = RecordingInfo { files: 9, kept: 9, first: file(1), last: file(9), ..one.clone() };
    let recordings = [
        RecordingInfo { datagrams: 1005, ..one.clone() },
        RecordingInfo { kept: 0, first: None, last: None, ..one.clone() },
        RecordingInfo { error: Some("full".to_owned()), ..one.clone() },
        several.clone(),
        RecordingInfo { kept: 3, first: file(7), ..several.clone() },
        RecordingInfo { kept: 1, first: file(9), ..several },
    ];
    let shown = recordings.map(|recording| {
        let Event::RecvSummary(summary) = summary(received(1000), Verdict::default()) else {
            unreachable!("a summary")
        };
        let recording = Some(Box::new(recording));
        let text = shown("", [Event::RecvSummary(RecvSummary { recording, ..summary })]);
        text.lines().filter(|line| line.starts_with("recorded")).collect::<String>()
    });
    format!("-- recv, recorded\n{}\n", shown.join("\n"))
}

fn errors() -> String {
    let folder = std::env::temp_dir();
    let fifo = folder.join(format!("mcast-sample-of-recording-{}", std::process::id()));
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    let unread = sys::open_to_write(&fifo).expect_err("no reader");
    std::fs::remove_file(&fifo).expect("the FIFO");
    let file = |file: &str, source| RunError::Record { file: file.into(), source };
    let failed = [
        file("fifo", unread),
        file("in.pcapng", io::Error::other(Unsuitable::Input)),
        file("/dev/tty", io::Error::other(Unsuitable::Terminal)),
    ];
    let failed = failed.map(|error| error.to_string()).to_vec();
    let reasons = ended().iter().map(ToString::to_string).collect();
    format!("-- errors of a recording\n{}\n", [failed, reasons].concat().join("\n"))
}

fn comments() -> String {
    let line = "mcast recv 239.1.1.1:5000 --write out.pcapng";
    let About { program, os, comments } = About::mcast("Linux 6.1.0".to_owned(), line);
    format!("-- recording\n{program}\n{os}\n{}\n", comments.join("\n"))
}
