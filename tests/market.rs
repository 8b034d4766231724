//! mcast measures market data, and streams whose header the user describes: gaps, late and repeated
//! messages, heartbeats that reveal a lost tail, and the end of a session.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab};
use serde_json::{Value, json};

/// Sends datagrams to 239.1.1.1:5000, each given in hex.
const SEND: &str = r#"
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
for payload in sys.argv[1:]:
    s.sendto(bytes.fromhex(payload), ("239.1.1.1", 5000))
"#;

/// Runs `mcast recv` with these options, while another host sends the datagrams.
fn received(lab: &Lab, options: &[&str], datagrams: &[Vec<u8>]) -> Finished {
    let (a, b): (Host, Host) = lab.pair();
    let usual = ["recv", "239.1.1.1:5000", "--iface", "e0", "-q", "-o", "json"];
    let limits = ["--idle", "2s", "--timeout", "60s"];
    let words: Vec<&str> = [&usual[..], &limits, options].concat();
    let recv = b.mcast_with(&words).ready_when_member(&b, "e0", "239.1.1.1");
    let payloads: Vec<String> = datagrams
        .iter()
        .map(|payload| payload.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    let payloads: Vec<&str> = payloads.iter().map(String::as_str).collect();
    a.python(SEND, &payloads).ends(0);
    recv.finish()
}

fn streams(finished: &Finished) -> Vec<Value> {
    let mut streams = finished.summary()["streams"].as_array().expect("streams").clone();
    streams.sort_by_key(|stream| stream["key"].to_string());
    streams
}

/// Asserts the fields of a stream.
fn assert_fields(stream: &Value, fields: Value) {
    for (name, value) in fields.as_object().expect("an object") {
        assert_eq!(&stream[name], value, "{name}\n{stream:#}");
    }
}

/// A datagram of MoldUDP64 with `count` messages from `first` on.
fn mold(session: &[u8; 10], first: u64, count: u16) -> Vec<u8> {
    let mut payload = [&session[..], &first.to_be_bytes(), &count.to_be_bytes()].concat();
    if count < 0xffff {
        (0..count).for_each(|_| payload.extend(*b"\0\x04AAAA"));
    }
    payload
}

/// A datagram of PITCH with two messages of a unit.
fn pitch(unit: u8, first: u32) -> Vec<u8> {
    [&[14, 0, 2, unit], &first.to_le_bytes()[..], &[3, 0x22, 1, 3, 0x23, 1]].concat()
}

const DAY1: &[u8; 10] = b"DAY1      ";
const DAY2: &[u8; 10] = b"DAY2      ";

#[test]
fn gaps_of_moldudp64_are_exact() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    // 20 datagrams of 3 messages: three are lost, one is late, one is repeated.
    let mut sent: Vec<Vec<u8>> = Vec::new();
    for datagram in (0..20_u64).filter(|datagram| ![5, 7, 10, 11].contains(datagram)) {
        sent.push(mold(DAY1, datagram * 3 + 1, 3));
        match datagram {
            3 => sent.push(mold(DAY1, 10, 3)),
            9 => sent.push(mold(DAY1, 22, 3)),
            12 => sent.push(mold(DAY1, 40, 0)),
            _ => {}
        }
    }
    // A retransmission that repeats three messages and adds three, then a lost tail of four.
    sent.push(mold(DAY1, 58, 6));
    sent.push(mold(DAY1, 68, 0));
    sent.extend([mold(DAY1, 68, 0xffff), mold(DAY1, 68, 0xffff)]);
    let options = ["--assert", "messages_lost == 13", "--assert", "market.heartbeats == 2"];
    let finished = received(&lab, &options, &sent);
    let streams = streams(&finished);
    assert_eq!(streams.len(), 1, "{finished}");
    assert_fields(
        &streams[0],
        json!({
            "format": "moldudp64", "how": "structure", "unit": "messages", "key": "DAY1",
            "received": 54, "expected": 67, "lost": 13, "lost_exact": true, "duplicates": 6,
            "reordered": 3, "missed_before": 0, "ended": true,
            "loss_runs": {"count": 3, "longest": 6},
            "market": {
                "session": "DAY1", "messages": 54, "messages_lost": 13, "heartbeats": 2
            },
        }),
    );
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn a_late_join_of_a_session_is_not_loss() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let sent: Vec<Vec<u8>> = (100..110).map(|first| mold(DAY1, first, 1)).collect();
    let streams = streams(&received(&lab, &["--assert", "messages_lost == 0"], &sent));
    assert_fields(
        &streams[0],
        json!({"lost": 0, "received": 10, "missed_before": 99, "ended": false}),
    );
}

#[test]
fn a_session_without_data_shows_its_heartbeats() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let sent = vec![mold(DAY1, 5, 0); 10];
    let finished = received(&lab, &["--format", "moldudp64"], &sent);
    assert_fields(
        &streams(&finished)[0],
        json!({
            "datagrams": 0, "received": 0, "lost": 0, "loss_ratio": null,
            "market": {"session": "DAY1", "messages": 0, "messages_lost": 0, "heartbeats": 10},
        }),
    );
}

#[test]
fn interleaved_sessions_are_streams_of_their_own() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let mut sent = Vec::new();
    for first in (1..=40).filter(|first| *first != 20) {
        sent.push(mold(DAY1, first, 1));
        sent.push(mold(DAY2, first + 500, 1));
    }
    sent.retain(|payload| payload != &mold(DAY2, 530, 1));
    let streams = streams(&received(&lab, &[], &sent));
    assert_eq!(streams.len(), 2);
    assert_fields(&streams[0], json!({"key": "DAY1", "received": 39, "lost": 1}));
    assert_fields(&streams[1], json!({"key": "DAY2", "received": 38, "lost": 2}));
}

#[test]
fn units_of_pitch_interleave() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    // A heartbeat alone has no evident format.
    let mut sent = vec![[&[8, 0, 0, 1], &1_u32.to_le_bytes()[..]].concat()];
    for datagram in 0..20 {
        sent.push(pitch(1, datagram * 2 + 1));
        if datagram != 9 {
            sent.push(pitch(2, datagram * 2 + 101));
        }
    }
    // A heartbeat of unit 1 reveals one lost message; the number 0 is outside of the sequence.
    sent.push([&[8, 0, 0, 1], &42_u32.to_le_bytes()[..]].concat());
    sent.push(pitch(2, 0));
    let streams = streams(&received(&lab, &[], &sent));
    assert_eq!(streams.len(), 2, "{streams:#?}");
    assert_fields(
        &streams[0],
        json!({
            "format": "pitch", "key": "1", "received": 40, "lost": 1,
            "market": {"session": "1", "messages": 40, "messages_lost": 1, "heartbeats": 2},
        }),
    );
    assert_fields(
        &streams[1],
        json!({"key": "2", "received": 38, "lost": 2, "missed_before": 100}),
    );
}

#[test]
fn a_described_header_counts_messages_and_corrupt_datagrams() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let datagram = |channel: u8, first: u32, count: u16| -> Vec<u8> {
        [&[channel], &first.to_be_bytes()[..], &count.to_le_bytes(), &[0; 9]].concat()
    };
    let mut sent: Vec<Vec<u8>> = (0..10).map(|at| datagram(7, at * 4 + 1, 4)).collect();
    sent.remove(6);
    sent.extend((0..10).map(|at| datagram(8, at + 50, 1)));
    // Too short, more messages than bytes, and a heartbeat.
    sent.extend([vec![7, 0], datagram(7, 41, 60_000), datagram(7, 43, 0)]);
    let header = ["--format", "seq=u32be@1,count=u16le@5,key=u8@0"];
    let finished = received(&lab, &header, &sent);
    let streams = streams(&finished);
    assert_eq!((streams.len(), &finished.summary()["corrupt"]), (2, &json!(2)), "{finished}");
    assert_fields(
        &streams[0],
        json!({
            "format": "described", "how": "asked", "unit": "messages", "key": "7",
            "received": 36, "lost": 6, "expected": 42, "missed_before": null,
            "market": {"session": "7", "messages": 36, "messages_lost": 6, "heartbeats": 1},
        }),
    );
    assert_fields(&streams[1], json!({"key": "8", "received": 10, "lost": 0}));
}

#[test]
fn a_forced_format_refuses_other_datagrams() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let mut sent: Vec<Vec<u8>> = (1..=20).map(|first| mold(DAY1, first, 1)).collect();
    sent.extend([b"hello".to_vec(), vec![0x80; 20]]);
    let finished = received(&lab, &["--format", "moldudp64"], &sent);
    assert_eq!(finished.summary()["corrupt"], 2, "{finished}");
    assert_fields(&streams(&finished)[0], json!({"how": "asked", "received": 20, "lost": 0}));
    let finished = received(&lab, &["--format", "none"], &sent);
    assert_eq!((finished.summary()["corrupt"].clone(), streams(&finished).len()), (json!(0), 0));
}
