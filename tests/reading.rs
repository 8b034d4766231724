//! `recv --read`: a capture is measured, shown and judged as live traffic is.
#![cfg(target_os = "linux")]

mod lab;

use std::io::Write;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};

use lab::captures::{Record, pcap, pcapng, record, rtp, text_datagrams};
use lab::{Lab, Running};
use serde_json::{Value, json};

/// A file with these bytes. Each test has names of its own.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mcast-reading-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn start(arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcast"));
    command.arg("recv").args(arguments).env("TZ", "UTC").env("MCAST_IFACE", "no-such");
    command.env_remove("GITHUB_ACTIONS");
    Running::start(command)
}

/// Reads a capture.
fn read(name: &str, bytes: &[u8], arguments: &str) -> Running {
    let path = file(name, bytes);
    let mut all = vec!["--read", path.to_str().expect("a path")];
    all.extend(arguments.split_whitespace());
    start(&all)
}

fn summary(name: &str, bytes: &[u8], arguments: &str) -> Value {
    read(name, bytes, &format!("{arguments} -o json")).finish().summary()
}

/// RTP datagrams with these numbers, one each 10 ms.
fn stream(to: &str, numbers: impl IntoIterator<Item = u16>) -> Vec<Record> {
    let datagram = |(position, number)| rtp(position as u64 * 10_000, to, number);
    numbers.into_iter().enumerate().map(datagram).collect()
}

#[test]
fn datagrams_are_printed_with_the_times_of_the_capture() {
    let run = read("text.pcap", &pcap(&text_datagrams(3)), "239.1.1.1:5000").ends(0);
    run.prints("239.1.1.1:5000\n");
    run.prints("11:06:40.010000  10.0.0.5:4000 > 239.1.1.1:5000  ttl 4  6 bytes  text 1\n");
    run.prints("selected 3 datagrams (18 bytes) from 1 source in 20 ms: 100 pps");
    run.prints("3 records, 3 UDP datagrams, from 2026-11-18 11:06:40");
}

#[test]
fn losses_and_assertions_are_those_of_live_traffic() {
    let bytes = pcap(&stream("239.1.1.1:5004", (0..100).filter(|number| number % 10 != 7)));
    let run = read("lost.pcap", &bytes, "-q --assert loss==0%").ends(1);
    run.prints("FAIL loss==0% (10.0 %)");
    let found = summary("lost.pcap", &bytes, "--assert lost==10");
    let stream = &found["streams"][0];
    assert_eq!((&stream["format"], &stream["lost"]), (&json!("rtp"), &json!(10)));
    assert_eq!((&stream["clock"], &stream["wakeup_ns"]), (&json!("unknown"), &Value::Null));
    assert_eq!(found["kernel_drops"], Value::Null);
    assert_eq!(found["elapsed_ns"], json!(890_000_000));
    assert_eq!(found["verdict"], json!({"status": 0, "reasons": []}));
}

#[test]
fn two_runs_print_the_same() {
    let bytes = pcap(&stream("239.1.1.1:5004", (0..300).filter(|number| number % 50 != 7)));
    for arguments in ["-o json -v --stats 100ms", "-v --stats 1s", "-o hex", "-o raw --force"] {
        let run = || read("same.pcap", &bytes, arguments).ends(0);
        let (first, second) = (run(), run());
        assert_eq!(first.out, second.out, "{arguments}");
        assert!(!first.out.is_empty());
    }
}

#[test]
fn intervals_follow_the_clock_of_the_capture() {
    let mut records = text_datagrams(30);
    records.push(record(10_000_000, "239.1.1.1:5000", b"after a silence"));
    let run = read("intervals.pcap", &pcap(&records), "--stats 100ms -o json").ends(0);
    let intervals: Vec<(u64, u64, u64)> = run
        .events_of("interval")
        .iter()
        .map(|event| ["since_ns", "elapsed_ns", "datagrams"].map(|name| event[name].as_u64()))
        .map(|numbers| numbers.map(|number| number.expect("a number")))
        .map(|[since, elapsed, datagrams]| (since / 1_000_000, elapsed / 1_000_000, datagrams))
        .collect();
    assert_eq!(
        intervals,
        [(0, 100, 10), (100, 100, 10), (200, 100, 10), (300, 9700, 0), (10_000, 0, 1)]
    );
    let time = &run.events_of("interval")[0]["time"];
    assert_eq!(time, &json!("2026-11-18T11:06:40.100000000Z"));
}

#[test]
fn limits_follow_the_clock_of_the_capture() {
    let bytes = pcap(&text_datagrams(100));
    for (limit, datagrams, elapsed) in [
        ("--duration 500ms", 50, 500),
        ("--count 7", 7, 60),
        ("--idle 5ms", 1, 5),
        ("--timeout 1s", 100, 990),
    ] {
        let found = summary("limits.pcap", &bytes, limit);
        assert_eq!(found["datagrams"], json!(datagrams), "{limit}");
        assert_eq!(found["elapsed_ns"], json!(elapsed * 1_000_000_u64), "{limit}");
        assert_eq!(found["verdict"]["status"], json!(0), "{limit}");
    }
    let run = read("limits.pcap", &bytes, "--count 1000 -q").ends(1);
    run.prints("FAIL received 100 of 1000 datagrams before the input ended");
}

#[test]
fn targets_and_sources_select() {
    let mut records = stream("239.1.1.1:5000", 0..10);
    records.extend(stream("239.1.1.2:5000", 0..20));
    records.extend(stream("239.1.1.2:5002", 0..30));
    records.extend(stream("10.0.0.9:5000", 0..40));
    let mut other = record(5, "239.1.1.1:5000", b"other");
    other.source = "10.0.0.6:4000".parse().unwrap();
    records.push(other);
    let bytes = pcap(&records);
    for (arguments, datagrams) in [
        ("", 61),
        ("239.1.1.1:5000", 11),
        ("239.1.1.1+2:5000", 31),
        ("239.1.1.1+2:5000-5002", 61),
        ("udp://:5000", 71),
        ("10.0.0.9:5000", 40),
        ("10.0.0.6@239.1.1.1:5000", 1),
        ("--source 10.0.0.6", 1),
        ("239.1.1.1:5000 --exclude 10.0.0.6", 10),
    ] {
        let found = summary("select.pcap", &bytes, arguments);
        assert_eq!(found["datagrams"], json!(datagrams), "{arguments}");
        let capture = &found["capture"];
        let left: u64 =
            capture["left_out"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(left + datagrams, 101, "{arguments}: {capture}");
    }
}

#[test]
fn nothing_selected_lists_what_there_is() {
    let bytes = pcap(&text_datagrams(3));
    let run = read("nothing.pcap", &bytes, "239.1.1.9:5000 -q").ends(1);
    run.prints("FAIL no datagrams were selected from the capture");
    let advice = "no datagrams were selected; the capture has datagrams to 239.1.1.1:5000 \
                  (3 datagrams)";
    assert!(run.err.contains(advice), "{}", run.err);
    let run = read("nothing.pcap", &bytes, "--source 10.9.9.9 -q").ends(1);
    assert!(run.err.contains("3 datagrams to the targets are from other sources"), "{}", run.err);
    let run = read("no-packets.pcap", &pcap(&[]), "-q").ends(1);
    assert!(run.err.contains("warning: no packets were read from "), "{}", run.err);
    read("nothing.pcap", &bytes, "239.1.1.9:5000 --assert datagrams==0").ends(0);
    read("nothing.pcap", &bytes, "239.1.1.9:5000 --assert corrupt==0").ends(1);
}

#[test]
fn rtcp_and_announcements_beside_the_targets_describe_streams() {
    let mut records = stream("239.1.1.1:5004", 0..50);
    let sdp = "application/sdp\0v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=Concert\r\n\
               c=IN IP4 239.1.1.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 96\r\n\
               a=rtpmap:96 L24/48000/2\r\n";
    let sap = [&[0x20, 0, 0, 1, 10, 0, 0, 5][..], sdp.as_bytes()].concat();
    records.insert(0, record(0, "239.255.255.255:9875", &sap));
    let bye = [0x81, 203, 0, 1, 0xaa, 0xbb, 0xcc, 0xdd];
    records.push(record(500_000, "239.1.1.1:5005", &bye));
    let found = summary("described.pcap", &pcap(&records), "239.1.1.1:5004 --once");
    let stream = &found["streams"][0];
    assert_eq!((&found["datagrams"], &stream["ended"]), (&json!(50), &json!(true)));
    assert_eq!(stream["rtp"]["clock_hz"], json!(48_000));
    assert_eq!(found["capture"]["left_out"]["beside"], json!(2));
}

#[test]
fn interfaces_are_selected_and_copies_are_named() {
    let records: Vec<(u32, Record)> = stream("239.1.1.1:5004", 0..50)
        .into_iter()
        .flat_map(|record| {
            let later = Record { micros: record.micros + 20, ..record.clone() };
            [(0, record), (1, later)]
        })
        .collect();
    let bytes = pcapng(&["e0", "e1"], &records);
    let run = read("two.pcapng", &bytes, "-q").ends(0);
    let warning = "the capture has the same datagrams from e0 and e1: all totals count them twice";
    assert!(run.err.contains(warning), "{}", run.err);
    let both = summary("two.pcapng", &bytes, "");
    assert_eq!((&both["datagrams"], &both["interface_copies"]), (&json!(100), &json!(50)));
    for (iface, index) in [("e1", 0), ("1", 0), ("e0", 0)] {
        let one = summary("two.pcapng", &bytes, &format!("--iface {iface}"));
        assert_eq!((&one["datagrams"], &one["interface_copies"]), (&json!(50), &json!(0)));
        assert_eq!(one["streams"].as_array().map(Vec::len), Some(index + 1));
    }
    let run = read("two.pcapng", &bytes, "--iface e2 -q").ends(1);
    assert!(run.err.contains("the interfaces of the capture are e0 and e1"), "{}", run.err);
    let run = read("two.pcapng", &bytes, "--iface 10.0.0.1").ends(2);
    assert!(run.err.contains("a capture has only names and numbers"), "{}", run.err);
}

#[test]
fn a_capture_of_all_interfaces_may_hold_everything_twice() {
    let twice = text_datagrams(50).into_iter().flat_map(|record| [record.clone(), record]);
    let run = read("twice.pcap", &pcap(&twice.collect::<Vec<_>>()), "-q").ends(0);
    assert!(run.err.contains("nearly each datagram more than once"), "{}", run.err);
}

#[test]
fn a_cut_record_ends_the_capture_with_a_warning() {
    let bytes = pcap(&text_datagrams(3));
    let run = read("cut.pcap", &bytes[..bytes.len() - 1], "-q").ends(0);
    run.prints("selected 2 datagrams");
    assert!(run.err.contains("ends within a record at byte"), "{}", run.err);
}

#[test]
fn damage_ends_the_capture_with_its_position() {
    let mut bytes = pcap(&text_datagrams(3));
    let position = bytes.len();
    bytes.extend([0xff; 5000]);
    let run = read("damaged.pcap", &bytes, "-q").ends(1);
    run.prints("selected 3 datagrams");
    run.prints("FAIL cannot read the rest of '");
    run.prints(&format!("damaged at byte {position}"));
}

#[test]
fn another_format_is_refused_by_name() {
    for (name, bytes, reason) in [
        ("x.gz", &b"\x1f\x8b\x08\0\0\0\0\0\0\0\0\0"[..], "gzip"),
        ("x.txt", &b"239.1.1.1 is a group, and this is text that goes on\n"[..], "text"),
        ("x.empty", &b""[..], "empty"),
    ] {
        let run = read(name, bytes, "").ends(2);
        assert!(run.err.contains(reason) && run.out.is_empty(), "{name}: {}", run.err);
        let events = read(name, bytes, "-o json").ends(2).events();
        assert_eq!(events.iter().map(|event| &event["time"]).collect::<Vec<_>>(), [&Value::Null]);
    }
    let run = start(&["--read", "/no/such/file", "-o", "json"]).ends(2);
    assert!(run.err.contains("cannot read '/no/such/file'"), "{}", run.err);
    assert_eq!(run.events().len(), 1);
}

#[test]
fn steps_back_are_named() {
    let mut records = text_datagrams(5);
    records.swap(1, 3);
    let run = read("order.pcap", &pcap(&records), "-q").ends(0);
    let warning = "2 datagrams are older than one before, by up to 20 ms";
    assert!(run.err.contains(warning), "{}", run.err);
}

#[test]
fn options_of_sockets_are_refused() {
    let path = file("options.pcap", &pcap(&text_datagrams(1)));
    let path = path.to_str().unwrap();
    for refused in [&["--rcvbuf", "1MiB"][..], &["--spin"], &["--", "true"]] {
        let run = start(&[&["--read", path][..], refused].concat()).ends(2);
        assert!(run.err.contains("cannot be used with"), "{}", run.err);
    }
}

#[test]
fn a_pair_is_measured_in_a_capture() {
    let mut records = Vec::new();
    for number in 0..100 {
        let micros = u64::from(number) * 10_000;
        if number % 10 != 3 {
            records.push(rtp(micros, "239.1.1.1:5004", number));
        }
        if number % 25 != 3 {
            records.push(rtp(micros + 500, "239.1.2.1:5004", number));
        }
    }
    let found = summary("pair.pcap", &pcap(&records), "--pair 239.1.1.1:5004,239.1.2.1:5004");
    let pair = &found["pairs"][0];
    assert_eq!(
        [&pair["lost_a"], &pair["lost_b"], &pair["lost"]],
        [10, 4, 2].map(|n| json!(n)).each_ref()
    );
}

/// Reads a capture from a pipe, and what writes to it.
#[expect(clippy::zombie_processes, reason = "cat ends with its input, before the test")]
fn read_pipe(arguments: &[&str]) -> (Running, ChildStdin) {
    let mut pipe =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cat");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcast"));
    command.args(["recv", "--read", "-"]).args(arguments).env_remove("GITHUB_ACTIONS");
    let writer = pipe.stdin.take().expect("piped");
    (Running::start_reading(command, pipe.stdout.take().expect("piped")), writer)
}

#[test]
fn a_pipe_shows_figures_while_it_runs() {
    let (running, mut writer) = read_pipe(&["--stats", "100ms"]);
    let bytes = pcap(&text_datagrams(50));
    let (begun, rest) = bytes.split_at(bytes.len() / 2);
    writer.write_all(begun).expect("a reader");
    running.line(|line| line.contains("0.10-0.20 s  10 datagrams"));
    writer.write_all(rest).expect("a reader");
    drop(writer);
    running.ends(0).prints("selected 50 datagrams");
}

#[test]
fn a_signal_ends_a_run_at_once() {
    let (running, mut writer) = read_pipe(&[]);
    writer.write_all(&pcap(&text_datagrams(5))).expect("a reader");
    running.line(|line| line.contains("text 4"));
    running.signal("INT");
    running.ends(0).prints("selected 5 datagrams");
    drop(writer);
}

#[test]
fn a_silent_pipe_is_reported_once_and_ends_at_a_signal() {
    for signal in ["INT", "TERM"] {
        let (running, writer) = read_pipe(&["-o", "json", "--stats", "100ms"]);
        running.line(|line| line.contains("\"input-awaited\""));
        running.signal(signal);
        let finished = running.ends(0);
        assert_eq!(finished.summary()["datagrams"], 0);
        assert_eq!(finished.out.matches("\"input-awaited\"").count(), 1, "{finished}");
        drop(writer);
    }
}

#[test]
fn a_pause_is_reported_if_intervals_are() {
    let (running, mut writer) = read_pipe(&["--stats", "100ms"]);
    writer.write_all(&pcap(&text_datagrams(5))).expect("a reader");
    running.error_line(|line| line.contains("waiting for data from standard input"));
    drop(writer);
    running.ends(0).prints("selected 5 datagrams");
}

#[test]
fn a_fifo_without_a_writer_does_not_hang() {
    let path = file("fifo-place", b"");
    let fifo = path.with_file_name("fifo");
    let made = Command::new("mkfifo").arg(&fifo).stdout(Stdio::null()).status();
    assert!(made.expect("mkfifo").success());
    let running = start(&["--read", fifo.to_str().unwrap()]);
    running.line(|line| line.starts_with("reading '"));
    running.signal("INT");
    running.ends(0);
}

/// Writes the frames of an interface to a pcap file, until it has the five ends of a measured
/// stream, and prints a line when it is ready.
const RECORD: &str = r#"
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
try:
    s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
except PermissionError:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
s.setsockopt(socket.SOL_SOCKET, 35, 1)
out = open(sys.argv[2], "wb")
out.write(struct.pack("=IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
print("ready", flush=True)
ends = 0
while ends < 5:
    frame, ancillary, _, _ = s.recvmsg(262144, 1024)
    seconds, nanos = next((struct.unpack("ll", data) for _, kind, data in ancillary if kind == 35))
    out.write(struct.pack("=IIII", seconds, nanos, len(frame), len(frame)) + frame)
    ends += b"MCST\x01\x01" in frame
out.close()
"#;

#[test]
fn a_capture_has_the_figures_of_the_live_run() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let path = file("live.pcap", b"");
    let recorder = b.python(RECORD, &["e0", path.to_str().unwrap()]);
    recorder.line(|line| line == "ready");
    let live = b.mcast("recv --iface e0 239.1.1.1:5004 --once -o json -q").ready_when_member(
        &b,
        "e0",
        "239.1.1.1",
    );
    a.mcast("send --iface e0 239.1.1.1:5004 --probe --count 500 --rate 1kpps --no-offload -q")
        .ends(0);
    let live = live.ends(0).summary();
    recorder.ends(0);
    let read = start(&["--read", path.to_str().unwrap(), "239.1.1.1:5004", "-o", "json", "-q"]);
    let read = read.ends(0).summary();
    for field in ["datagrams", "bytes", "sources", "corrupt"] {
        assert_eq!(live[field], read[field], "{field}");
    }
    let (live, read) = (&live["streams"][0], &read["streams"][0]);
    for field in ["received", "lost", "duplicates", "reordered", "ended", "hops"] {
        assert_eq!(live[field], read[field], "{field}");
    }
    let jitter = [live, read].map(|stream| stream["jitter_ns"].as_f64().expect("a jitter"));
    assert!((jitter[0] - jitter[1]).abs() < 50_000.0, "{jitter:?}");
    assert_eq!((&live["clock"], &read["clock"]), (&json!("same_host"), &json!("unknown")));
    let trusted = start(&["--read", path.to_str().unwrap(), "--trust-clock", "-o", "json", "-q"]);
    let trusted = &trusted.ends(0).summary()["streams"][0];
    assert_eq!(trusted["clock"], json!("asserted"));
    assert!(trusted["delay_ns"]["p50"].as_i64().is_some_and(|delay| delay > 0), "{trusted}");
}
