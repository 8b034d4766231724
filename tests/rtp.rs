//! RTP streams with RTCP and SAP: names, clocks, losses to the end, frames.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Lab, schema};
use serde_json::{Value, json};

/// Announces a session, sends 200 datagrams of 5 ms of audio from e0, and reports on them. Each
/// tenth and the last seven are lost.
const AUDIO: &str = r#"
import socket, struct, sys, time
def sender():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(0, 32, struct.pack("4s4si", bytes(4), bytes(4), socket.if_nametoindex("e0")))
    return s
media, control = sender(), sender()
def report(packets):
    now = time.time() + 2208988800
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, 7, int(now), int(now % 1 * 2**32), 0, packets, 0)
sdp = ("v=0\r\no=- 1 1 IN IP4 10.0.0.100\r\ns=Stage left\r\nc=IN IP4 239.1.1.1/4\r\nt=0 0\r\n"
       "m=audio 5004 RTP/AVP 97\r\na=rtpmap:97 L24/48000/2\r\na=ptime:5\r\n")
sap = struct.pack("!BBH4s", 0x20, 0, 9, socket.inet_aton("10.0.0.100")) + b"application/sdp\0"
control.sendto(sap + sdp.encode(), ("239.255.255.255", 9875))
time.sleep(0.05)
for n in range(200):
    if n % 10 != 5 and n < 193:
        packet = struct.pack("!BBHII", 0x80, 97, n, n * 240, 7) + bytes(100)
        media.sendto(packet, ("239.1.1.1", 5004))
    if n == 100:
        control.sendto(report(101), ("239.1.1.1", 5005))
    time.sleep(0.005)
bye = struct.pack("!BBHI", 0x81, 203, 1, 7)
control.sendto(report(200) + bye, ("239.1.1.1", 5005))
"#;

/// Sends 50 frames of video, each of five datagrams with one timestamp.
const VIDEO: &str = r#"
import socket, struct, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(41, 17, socket.if_nametoindex("e0"))
start = time.monotonic()
for frame in range(50):
    time.sleep(max(0, start + frame * 0.04 - time.monotonic()))
    for part in range(5):
        n, marker = frame * 5 + part, 0x80 if part == 4 else 0
        packet = struct.pack("!BBHII", 0x80, marker | 96, 65500 + n & 0xffff, frame * 3600, 8)
        s.sendto(packet + bytes(1000), ("ff15::1", 5004))
"#;

fn only_stream(summary: &Value) -> &Value {
    let streams = summary["streams"].as_array().expect("streams");
    assert_eq!(streams.len(), 1, "{summary}");
    &streams[0]
}

#[test]
fn rtcp_and_sap_complete_an_audio_stream() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5004 --iface e0 --sap --rtcp --once --timeout 60s -o json");
    let recv = recv.ready();
    a.python(AUDIO, &[]).ends(0);
    let done = recv.ends(0);
    for event in done.events() {
        schema::check(&event).unwrap_or_else(|error| panic!("{error}\n{event}"));
    }
    let summary = done.summary();
    let stream = only_stream(&summary);
    assert_eq!(summary["datagrams"], 174, "neither RTCP nor SAP counts: {summary}");
    let counted = ["format", "received", "expected", "lost", "lost_exact", "ended"];
    assert_eq!(
        counted.map(|name| stream[name].clone()),
        [json!("rtp"), json!(174), json!(200), json!(26), json!(true), json!(true)]
    );
    let rtp = &stream["rtp"];
    let stated = ["session", "encoding", "clock_hz", "clock_origin", "packet_time_ns"];
    assert_eq!(
        stated.map(|name| rtp[name].clone()),
        [json!("Stage left"), json!("L24"), json!(48_000), json!("sap"), json!(5_000_000)]
    );
    assert_eq!([&rtp["sender_reports"], &rtp["packets_sent"]], [2, 200]);
    assert_eq!(stream["jitter_ns"], rtp["jitter_ns"]);
    let left = done.events_of("left");
    assert_eq!(left.len(), 5, "the target, RTCP and three groups of SAP: {left:?}");
}

#[test]
fn the_datagrams_of_a_frame_are_no_jitter() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
    let recv = b.mcast_with(&[
        "recv",
        "[ff15::1]:5004",
        "--iface",
        "e0",
        "--count",
        "250",
        "--timeout",
        "60s",
        "--rtp-clock",
        "90kHz",
        "--assert",
        "rtp.jitter < 10ms",
        "--assert",
        "rtp.ts_df < 500ms",
        "--assert",
        "rtp.ssrc_changes == 0",
        "--assert",
        "loss == 0%",
        "-o",
        "json",
    ]);
    let recv = recv.ready();
    a.python(VIDEO, &[]).ends(0);
    let summary = recv.ends(0).summary();
    let rtp = &only_stream(&summary)["rtp"];
    assert_eq!([&rtp["marker"], &rtp["clock_hz"]], [50, 90_000]);
    assert_eq!(rtp["packet_time_ns"], Value::Null);
    let rate = rtp["marker_rate"].as_f64().expect("a frame rate");
    assert!((24.0..26.0).contains(&rate), "{rate}");
}
