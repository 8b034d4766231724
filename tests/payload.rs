//! Payloads of `mcast send`: standard input, files, lines, texts of a size, and bytes in hex.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::json;

const SEND: &str = "$MCAST send 239.1.1.1:5000 --iface e0";

/// An empty folder for a test, which its name identifies.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("payload-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    folder
}

/// Starts a shell script on a host. `SEND` in it is the beginning of a sender.
fn script(host: &Host, script: &str) -> Running {
    let mut command = host.command("bash");
    command.args(["-c", &script.replace("SEND", SEND)]);
    command.env("MCAST", env!("CARGO_BIN_EXE_mcast")).env("TZ", "UTC");
    Running::start(command)
}

/// The payloads that arrive of a script that sends `count` datagrams, and the end of the script.
fn received(lab: &(Host, Host), count: usize, sender: &str) -> (Vec<String>, Finished) {
    let line = format!("recv 239.1.1.1:5000 --iface e0 -o json --count {count} --timeout 60s");
    let recv = lab.1.mcast(&line).ready();
    let sent = script(&lab.0, sender).finish();
    let text = |event: serde_json::Value| {
        let payload = event["text"].as_str().or(event["hex"].as_str()).expect("a payload");
        payload.to_owned()
    };
    (recv.ends(0).events_of("datagram").into_iter().map(text).collect(), sent)
}

/// A pipe that no other program inherits: it ends if its writer is dropped.
fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe")
}

fn ends(finished: &Finished, status: i32) {
    assert_eq!(finished.status.code(), Some(status), "{finished}");
}

#[test]
fn a_pipe_or_a_file_on_standard_input_is_the_payload() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    let file = folder("stdin").join("file");
    fs::write(&file, "from a file").unwrap();
    for (sender, expected) in [
        ("echo hi | SEND".to_owned(), "hi\n"),
        (format!("SEND < {}", file.display()), "from a file"),
        ("SEND <<< 'a here-string'".to_owned(), "a here-string\n"),
        ("SEND <<END\na here-document\nEND".to_owned(), "a here-document\n"),
    ] {
        let (payloads, sent) = received(&hosts, 1, &sender);
        assert_eq!(payloads, [expected], "{sender}");
        sent.prints("standard input in pieces of 1316 bytes, every 1 ms");
        ends(&sent, 0);
    }
}

#[test]
fn an_empty_or_absent_input_is_no_payload() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    for sender in ["true | SEND", "SEND < /dev/null", "SEND <&-"] {
        let recv = hosts.1.mcast("recv 239.1.1.1:5000 --iface e0 -o json --count 1").ready();
        let sender = script(&hosts.0, &sender.replace("SEND", "exec SEND").replace("| exec", "|"));
        assert_eq!(recv.ends(0).events_of("datagram")[0]["text"], "hello world");
        drop(sender);
    }
}

#[test]
fn a_message_at_an_interval_is_not_replaced_by_standard_input() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    for option in ["--count 1", "--duration 900ms", "--interval 1s --count 1", "--rate 1pps -c 1"] {
        let (payloads, sent) = received(&hosts, 1, &format!("echo hi | SEND {option}"));
        assert_eq!(payloads, ["hello world"], "{option}");
        sent.prints("standard input is not sent");
        let (payloads, sent) = received(&hosts, 1, &format!("true | SEND {option}"));
        assert_eq!(payloads, ["hello world"], "{option}");
        assert!(!sent.err.contains("standard input"), "{sent}");
    }
    let (payloads, sent) = received(&hosts, 1, "echo hi | SEND --message other --count 1");
    assert_eq!(payloads, ["other"]);
    assert!(!sent.err.contains("standard input"), "{sent}");
}

#[test]
fn a_silent_pipe_is_reported_and_ends_at_a_signal() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let (reader, writer) = pipe();
    let mut command = a.command(env!("CARGO_BIN_EXE_mcast"));
    command.args("send 239.1.1.1:5000 --iface e0 -o json".split(' '));
    let sender = Running::start_reading(command, reader);
    sender.line(|line| line.contains("\"input-awaited\""));
    sender.signal("INT");
    let finished = sender.ends(0);
    assert_eq!(finished.summary()["datagrams"], 0);
    drop(writer);
}

#[test]
fn each_line_is_a_datagram() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    let (payloads, sent) = received(&hosts, 4, r"printf 'one\r\ntwo\n\nfour' | SEND --lines");
    assert_eq!(payloads, ["one", "two", "", "four"]);
    sent.prints("lines of standard input, as they come");
    sent.prints("0 bytes");
    let file = folder("lines").join("lines");
    fs::write(&file, "one\ntwo\n").unwrap();
    let of_file = format!("SEND --file {} --lines --count 9", file.display());
    let (payloads, sent) = received(&hosts, 2, &of_file);
    assert_eq!(payloads, ["one", "two"]);
    ends(&sent, 0);
}

#[test]
fn a_line_is_sent_before_the_next_one_is_written() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let (reader, writer) = pipe();
    let mut command = a.command(env!("CARGO_BIN_EXE_mcast"));
    command.args("send 239.1.1.1:5000 --iface e0 --lines".split(' '));
    let sender = Running::start_reading(command, reader);
    for line in ["first", "second"] {
        nix::unistd::write(&writer, format!("{line}\n").as_bytes()).unwrap();
        sender.line(|shown| shown.ends_with(line));
    }
    drop(writer);
    sender.ends(0);
}

#[test]
fn count_ends_endless_lines() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let sent = script(&a, "yes | SEND --lines --count 1000 -q -o json").ends(0);
    assert_eq!(sent.summary()["datagrams"], 1000);
}

#[test]
fn lines_to_every_host_have_a_pace() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    for target in ["224.0.0.1:5000", "255.255.255.255:5000"] {
        let sent = a.mcast(&format!("send {target} --iface e0 --file /dev/null --lines -o json"));
        let ready = &sent.ends(1).events_of("ready")[0];
        assert_eq!(ready["interval_ns"], 1_000_000, "{target}");
        assert_eq!(ready["input"], json!({ "place": "/dev/null", "form": "lines" }));
    }
}

#[test]
fn a_file_is_sent_in_pieces() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    let file = folder("pieces").join("file");
    fs::write(&file, "0123456789").unwrap();
    let path = file.display();
    let (payloads, _) = received(&hosts, 3, &format!("SEND --file {path} --size 4"));
    assert_eq!(payloads, ["0123", "4567", "89"]);
    let (payloads, _) = received(&hosts, 2, &format!("cat {path} | SEND --file - --size 6"));
    assert_eq!(payloads, ["012345", "6789"]);
    let fifo = file.with_file_name("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let of_fifo = format!("cat {path} > {0} & SEND --file {0}; wait", fifo.display());
    let (payloads, _) = received(&hosts, 1, &of_fifo);
    assert_eq!(payloads, ["0123456789"]);
    // Without a byte, a signal ends the wait. A FIFO has a writer only if it has a reader.
    let sender =
        hosts.0.mcast(&format!("send 239.1.1.1:5000 --iface e0 -o json --file {}", fifo.display()));
    let writer = std::cell::RefCell::new(None);
    eventually("mcast opens the FIFO", || {
        let opened = fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&fifo);
        *writer.borrow_mut() = opened.ok();
        writer.borrow().is_some()
    });
    sender.line(|line| line.contains("input-awaited") && line.contains("fifo"));
    sender.signal("INT");
    assert_eq!(sender.ends(0).summary()["datagrams"], 0);
}

#[test]
fn an_incomplete_piece_of_a_pipe_is_not_held() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0").ready();
    let (reader, writer) = pipe();
    let mut command = a.command(env!("CARGO_BIN_EXE_mcast"));
    command.args("send 239.1.1.1:5000 --iface e0".split(' '));
    let sender = Running::start_reading(command, reader);
    for text in ["first", "second"] {
        nix::unistd::write(&writer, text.as_bytes()).unwrap();
        recv.line(|shown| shown.ends_with(text));
    }
    drop(writer);
    sender.ends(0);
    recv.signal("INT");
    recv.ends(0);
}

#[test]
fn an_input_that_cannot_be_sent_is_an_error() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    for (sender, status, text) in [
        ("SEND --file /dev/null", 1, "the input ended without anything to send"),
        ("SEND --lines < /dev/null", 1, "the input ended without anything to send"),
        ("SEND --file no/such", 2, "cannot read 'no/such': No such file or directory (ENOENT)"),
        ("SEND --file /", 2, "cannot read '/': is a directory"),
        ("SEND --file - < /", 2, "cannot read standard input: is a directory"),
        ("(echo a; head -c 70000 /dev/zero) | SEND --lines", 2, "cannot send line 2 of standard"),
        ("true | SEND -m -", 2, "cannot send standard input as a message: it is empty"),
        ("head -c 70000 /dev/zero | SEND -m -", 2, "use --file -"),
        ("echo a | SEND --lines --rate 1Mbit", 2, "use a rate in datagrams"),
    ] {
        let finished = script(&a, sender).ends(status);
        finished.prints(text);
    }
}

#[test]
fn a_message_has_the_bytes_that_were_typed() {
    let Some(lab) = Lab::open() else { return };
    let hosts = lab.pair();
    for (options, expected) in [
        ("--hex 'ef 01:0x02'", "ef0102"),
        ("--hex 6869 --size 5", "hihih"),
        ("--message tick --size 6", "tickti"),
        ("--size 15", "hello worldhell"),
        ("-m - <<< text", "text\n"),
    ] {
        let (payloads, _) = received(&hosts, 1, &format!("SEND --count 1 {options}"));
        assert_eq!(payloads, [expected], "{options}");
    }
}

#[test]
fn command_of_recv_reads_no_standard_input() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let (reader, writer) = pipe();
    let mut command = a.command(env!("CARGO_BIN_EXE_mcast"));
    let line =
        "recv 239.1.1.1:5000 --iface e0 -o json -c 1 -- mcast send 239.1.1.1:5000 --iface e0";
    command.args(line.split(' '));
    let recv = Running::start_reading(command, reader).ends(0);
    assert_eq!(recv.events_of("datagram")[0]["text"], "hello world");
    drop(writer);
}
