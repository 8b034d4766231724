//! Transport streams over UDP and over RTP: tables, losses, clock, and their assertions.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Lab, assert_no_ts_error, schema};
use serde_json::{Value, json};

/// Sends 3 s of a program at 1,000 packets a second, seven in each datagram: `udp` or `rtp`, a
/// group, and the numbers of the datagrams to lose, to send twice, and to send after the next one.
const SENDER: &str = concat!(
    include_str!("lab/transport_stream.py"),
    r#"
import socket, sys, time
mode, group = sys.argv[1:3]
lost, twice, late = ({int(n) for n in argument.split(",") if n} for argument in sys.argv[3:6])

pat = section(0, 1, struct.pack(">HH", 1, 0xf000))
pmt = section(2, 1, bytes.fromhex("e100 f000 1b e100 f000 0f e101 f000"))
sdt = service_description(b"Provider", b"Na\x1bme")
pes = bytes.fromhex("000001e0 0000 8080 05 2100010001")

def number(n):
    of = n % 100
    if of == 0: return packet(0, pat, True)
    if of == 1: return packet(0x1000, pmt, True)
    if of == 2: return packet(0x11, sdt, True)
    if n % 20 == 5:
        field = n * 90 << 15 | 0x7e00
        return packet(0x100, struct.pack(">I", n), False, b"\x10" + field.to_bytes(6, "big"))
    if n % 20 == 6: return packet(0x100, pes, True)
    if n % 20 == 7: return packet(0x101, pes, True)
    if n % 10 == 9: return struct.pack(">BHB", 0x47, 0x1fff, 0x10) + b"\xff" * 184
    return packet(0x101 if n % 3 == 0 else 0x100, struct.pack(">I", n) * 40)

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
start, held = time.monotonic(), None
for n in range(430):
    payload = b"".join(number(n * 7 + part) for part in range(7))
    if mode == "rtp":
        payload = struct.pack(">BBHII", 0x80, 33, n, n * 630, 7) + payload
    time.sleep(max(0, start + n * 0.007 - time.monotonic()))
    if n in late:
        held = payload
    elif n not in lost:
        for _ in range(2 if n in twice else 1):
            s.sendto(payload, (group, 5000))
        if held:
            s.sendto(held, (group, 5000))
            held = None
"#
);

/// Receives what [`SENDER`] sends with these arguments, and ends with this status.
fn receive(sent: [&str; 4], options: &str, status: i32) -> Option<Finished> {
    let [mode, lost, twice, late] = sent;
    let lab = Lab::with(&["python3"])?;
    let (a, b) = lab.pair();
    let recv = b.mcast(&format!("recv 239.1.1.1:5000 --iface e0 -q --idle 3s {options}"));
    let recv = recv.ready_when_member(&b, "e0", "239.1.1.1");
    a.python(SENDER, &[mode, "239.1.1.1", lost, twice, late]).ends(0);
    Some(recv.ends(status))
}

fn only_stream(done: &Finished) -> Value {
    for event in done.events() {
        schema::check(&event).unwrap_or_else(|error| panic!("{error}\n{event}"));
    }
    let summary = done.summary();
    let streams = summary["streams"].as_array().expect("streams");
    assert_eq!(streams.len(), 1, "{summary}");
    streams[0].clone()
}

#[test]
fn a_clean_stream_over_udp_is_described_and_passes() {
    let assertions = "--assert ts.cc_errors==0 --assert mdi.mlr==0 --assert ts.null_ratio<20% \
                      --assert ts.pcr_interval.max<=20ms --assert ts.pcr_accuracy.max<=500ns";
    let options = format!("-o json --stats 1s {assertions}");
    let Some(done) = receive(["udp", "", "", ""], &options, 0) else { return };
    let stream = only_stream(&done);
    let figures = ["format", "how", "unit", "datagrams", "received", "lost", "key"]
        .map(|name| stream[name].clone());
    let expected = json!(["ts", "structure", "ts_packets", 430, 3010, 0, null]);
    assert_eq!(json!(figures), expected, "{stream}");
    let ts = &stream["ts"];
    assert_eq!(ts["service"], "Na\u{1b}me", "{stream}");
    assert_eq!(ts["bitrate_bps"].as_f64().map(f64::round), Some(1_504_000.0), "{stream}");
    let kinds: Vec<_> =
        ts["pids"].as_array().expect("pids").iter().map(|pid| &pid["kind"]).collect();
    assert_eq!(json!(kinds), json!(["pat", "sdt", "h264", "aac", "pmt", "null"]));
    assert_no_ts_error(ts);
    assert_eq!(ts["tr101290"]["pts_error"], 0, "{ts}");
}

#[test]
fn losses_copies_and_late_datagrams_are_told_apart() {
    // 21 datagrams are 147 packets: far more than the counters show.
    let lost: Vec<String> = (100..120).chain([200]).map(|number| number.to_string()).collect();
    let Some(done) = receive(["udp", &lost.join(","), "50,51", "300"], "-o json", 0) else {
        return;
    };
    let stream = only_stream(&done);
    let ts = &stream["ts"];
    assert_eq!((&ts["packets"], &ts["lost_estimate"]), (&json!(3010 - 147), &json!(147)));
    let at_least = ts["lost_min"].as_u64().expect("a count");
    assert!((8..147).contains(&at_least), "{stream}");
    assert_eq!((&stream["duplicates"], &stream["lost"]), (&json!(14), &json!(at_least)));
    assert!(stream["reordered"].as_u64().is_some_and(|late| (1..=7).contains(&late)), "{stream}");
    assert_eq!(ts["cc_errors"], ts["tr101290"]["continuity_count_error"]);
}

#[test]
fn the_sequence_of_rtp_counts_and_the_stream_inside_is_measured() {
    let Some(done) = receive(["rtp", "100,101,102", "50", "300"], "-o json", 0) else { return };
    let stream = only_stream(&done);
    let figures = ["format", "unit", "received", "lost", "duplicates", "reordered"]
        .map(|name| stream[name].clone());
    assert_eq!(json!(figures), json!(["ts", "datagrams", 427, 3, 1, 1]), "{stream}");
    let ts = &stream["ts"];
    assert_eq!((&ts["packets"], &ts["lost_estimate"]), (&json!(427 * 7), &json!(21)), "{stream}");
    assert_eq!(stream["rtp"]["payload_type"], 33, "{stream}");
    assert!(ts["lost_min"].as_u64().is_some_and(|lost| (1..=21).contains(&lost)), "{stream}");
}

#[test]
fn a_name_cannot_control_the_terminal_and_an_assertion_fails() {
    let Some(done) = receive(["udp", "100", "", ""], "-v --assert ts.lost_min==0", 1) else {
        return;
    };
    assert!(done.out.contains("\"Na\\u{1b}me\" by \"Provider\""), "{done}");
    assert!(!done.out.contains("Na\u{1b}me"), "{done}");
    assert!(done.out.contains("  TR 101 290 1.4 Continuity_count_error: "), "{done}");
}
