//! `mcast send --file` sends a transport stream at the pace of its PCR, and repeats it.
#![cfg(target_os = "linux")]

mod lab;

use std::path::PathBuf;

use lab::{Finished, Host, Lab, assert_no_ts_error, schema};
use serde_json::{Value, json};

/// Writes 2.1 s of a program at nearly 1,000 packets a second to a file: a PCR each 20 ms, or none.
/// A packet lasts 27,000 1/3 ticks of the PCR, and the file does not last whole ticks of 90 kHz.
const WRITER: &str = concat!(
    include_str!("lab/transport_stream.py"),
    r#"
import sys
path, has_pcr = sys.argv[1], sys.argv[2] == "pcr"
pat = section(0, 1, struct.pack(">HH", 1, 0xf000))
pmt = section(2, 1, bytes.fromhex("e100 f000 1b e100 f000 0f e101 f000"))

def number(n):
    of = n % 100
    if of == 0: return packet(0, pat, True)
    if of == 1: return packet(0x1000, pmt, True)
    if n % 20 == 5 and has_pcr:
        pcr = n * 81001 // 3
        field = pcr // 300 << 15 | 0x7e00 | pcr % 300
        return packet(0x100, struct.pack(">I", n), False, b"\x10" + field.to_bytes(6, "big"))
    if n % 10 == 9: return struct.pack(">BHB", 0x47, 0x1fff, 0x10) + b"\xff" * 184
    return packet(0x101 if n % 3 == 0 else 0x100, struct.pack(">I", n) * 40)

with open(path, "wb") as out:
    out.write(b"".join(number(n) for n in range(2100)))
"#
);

/// A file with the stream of [`WRITER`], removed at the end.
struct Stream(PathBuf);

impl Stream {
    fn write(host: &Host, name: &str, content: &str) -> Stream {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}.ts", std::process::id()));
        host.python(WRITER, &[file.to_str().expect("a path"), content]).ends(0);
        Stream(file)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Sends the stream with these options, and receives it.
fn playout(name: &str, options: &str) -> Option<(Finished, Finished)> {
    let lab = Lab::with(&["python3"])?;
    let (a, b) = lab.pair();
    let stream = Stream::write(&a, name, "pcr");
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 -q -o json --idle 3s");
    let recv = recv.ready_when_member(&b, "e0", "239.1.1.1");
    let line = format!("send 239.1.1.1:5000 --iface e0 -o json --file {} {options}", stream.path());
    let sent = a.mcast(&line).ends(0);
    let received = recv.ends(0);
    for event in sent.events().into_iter().chain(received.events()) {
        schema::check(&event).unwrap_or_else(|error| panic!("{error}\n{event}"));
    }
    Some((sent, received))
}

fn only_stream(received: &Finished) -> Value {
    let summary = received.summary();
    assert_eq!(summary["streams"].as_array().map(Vec::len), Some(1), "{summary}");
    summary["streams"][0].clone()
}

/// Asserts that a receiver finds no fault in the stream, at its own rate.
fn assert_is_regular(stream: &Value) {
    let ts = &stream["ts"];
    assert_eq!(json!([ts["cc_errors"], ts["lost_min"], ts["constant_rate"]]), json!([0, 0, true]));
    assert_eq!(ts["bitrate_bps"].as_f64().map(f64::round), Some(1_503_981.0), "{stream}");
    assert_eq!(ts["pcr_interval_ns"]["max"], 20_000_259, "{stream}");
    assert_no_ts_error(ts);
}

#[test]
fn a_repeated_stream_has_no_seam() {
    let Some((sent, received)) = playout("repeated", "--loop 3") else { return };
    let ready = &sent.events()[0]["transport_stream"];
    let told =
        ["pace", "pcr_pid", "packets_per_datagram", "passes", "rtp"].map(|name| &ready[name]);
    assert_eq!(json!(told), json!(["pcr", 0x100, 7, 3, false]), "{ready}");
    let totals = sent.summary()["transport_stream"].clone();
    assert_eq!(
        json!([totals["passes"], totals["pcr_jumps"], totals["underruns"]]),
        json!([3, 0, 0])
    );
    let stream = only_stream(&received);
    assert_eq!(json!([stream["format"], stream["datagrams"]]), json!(["ts", 900]), "{stream}");
    assert_eq!(stream["ts"]["packets"], 6300, "{stream}");
    assert_is_regular(&stream);
}

#[test]
fn rtp_carries_the_stream_and_its_send_times() {
    let Some((_, received)) = playout("rtp", "--rtp") else { return };
    let stream = only_stream(&received);
    let told = json!([stream["received"], stream["lost"], stream["rtp"]["payload_type"]]);
    assert_eq!(told, json!([300, 0, 33]), "{stream}");
    assert_eq!(stream["rtp"]["clock_hz"], 90_000, "{stream}");
    assert_is_regular(&stream);
}

#[test]
fn a_rate_replaces_the_pcr() {
    let Some((sent, received)) = playout("rate", "--rate 6Mbit --size 752") else { return };
    let ready = &sent.events()[0]["transport_stream"];
    assert_eq!(json!([ready["pace"], ready["packets_per_datagram"]]), json!(["rate", 4]));
    let stream = only_stream(&received);
    assert_eq!(stream["ts"]["packets"], 2100, "{stream}");
    // A rate is never exceeded. A busy machine may be late with the last datagram.
    let summary = sent.summary();
    let [elapsed, late] = [&summary["elapsed_ns"], &summary["pace_ns"]["max"]]
        .map(|time| time.as_f64().expect("a time") / 1e9);
    let planned = f64::from(2100 * 188 * 8) / 6e6;
    assert!((planned * 0.9..planned * 1.1 + late).contains(&elapsed), "{summary}");
}

#[test]
fn the_pcr_replaces_the_interval_of_pieces() {
    let Some((sent, _)) = playout("limited", "--duration 300ms") else { return };
    assert_eq!(sent.events()[0]["interval_ns"], Value::Null, "{sent}");
    assert_eq!(sent.summary()["skipped"], 0, "{sent}");
    let Some((sent, _)) = playout("bursts", "--burst 3") else { return };
    let ready = &sent.events()[0];
    let told = json!([ready["transport_stream"]["pace"], ready["interval_ns"]]);
    assert_eq!(told, json!(["rate", 3_000_000]), "{sent}");
}

#[test]
fn a_pipe_is_recognised() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, _b) = lab.pair();
    let stream = Stream::write(&a, "pipe", "pcr");
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let text = a
        .shell(&format!("cat {} | {mcast} send 239.1.1.1:5000 --iface e0 --file -", stream.path()));
    assert!(text.contains("transport stream at the pace of its PCR\n"), "{text}");
    assert!(text.contains("sent 300 datagrams (394800 bytes)"), "{text}");
}

#[test]
fn an_unsuitable_input_is_refused() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, _b) = lab.pair();
    let stream = Stream::write(&a, "unsuitable", "without");
    let send = |options: &str| a.mcast(&format!("send --iface e0 {options}")).ends(2).err;
    let error = send(&format!("--file {}", stream.path()));
    assert!(
        error.contains("has no PCR in 2100 packets") && error.contains("--pace rate"),
        "{error}"
    );
    let error = send(&format!("--file {} --size 1400 --rate 5Mbit", stream.path()));
    assert!(error.contains("--size 1400") && error.contains("--size 1316"), "{error}");
    let error = send("--file /etc/hostname --rtp");
    assert!(error.contains("not a transport stream"), "{error}");
}
