//! Sending and receiving.

use std::fs;

use serde_json::{Value, json};

use super::computer::{
    Computer, Finished, LOOPBACK, LOOPBACK_V6, argument, group, group_v6, new_file, port,
};

/// The payloads of the received datagrams, as text.
fn texts(finished: &Finished) -> Vec<Value> {
    finished.events_of("datagram").iter().map(|event| event["text"].clone()).collect()
}

/// Receives two datagrams from a sender that starts after the join.
fn exchange(computer: &Computer, target: &str, iface: &str) -> Finished {
    computer.exchange(0, (target, iface), &["--count", "2"], &["--count", "2", "-i", "50ms"])
}

#[test]
fn a_group_is_received_over_loopback() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let finished = exchange(&computer, &target, LOOPBACK);
    assert_eq!(texts(&finished), ["hello world", "hello world"], "{finished}");
    let (address, _) = target.split_once(':').unwrap();
    for datagram in finished.events_of("datagram") {
        assert_eq!(datagram["group"], address, "{datagram}");
        assert_eq!(datagram["len_bytes"], 11, "{datagram}");
        assert!(datagram["source"].as_str().unwrap().starts_with("127."), "{datagram}");
    }
    let summary = finished.summary();
    assert_eq!((&summary["datagrams"], &summary["bytes"]), (&json!(2), &json!(22)));
    assert_eq!(summary["verdict"]["status"], 0);
}

#[test]
fn a_group_of_ipv6_is_received_over_loopback() {
    let Some(computer) = Computer::open() else { return };
    let known = computer.run(0, &["ifaces"]).out;
    if !known.contains("::1") {
        return Computer::skipped("needs ::1 on the loopback interface");
    }
    let finished = exchange(&computer, &group_v6(), LOOPBACK_V6);
    assert_eq!(texts(&finished), ["hello world", "hello world"], "{finished}");
}

#[test]
fn unicast_is_received_over_loopback() {
    let Some(computer) = Computer::open() else { return };
    let finished = exchange(&computer, &format!("127.0.0.1:{}", port()), LOOPBACK);
    assert_eq!(finished.summary()["datagrams"], 2, "{finished}");
    if !computer.run(0, &["ifaces"]).out.contains("::1") {
        return Computer::skipped("needs ::1 on the loopback interface");
    }
    let finished = exchange(&computer, &format!("[::1]:{}", port()), LOOPBACK_V6);
    assert_eq!(finished.summary()["datagrams"], 2, "{finished}");
}

/// A TTL of 0 restricts a datagram to the computer, and 1 to the network.
#[test]
fn a_ttl_of_0_or_1_reaches_loopback() {
    let Some(computer) = Computer::open() else { return };
    for ttl in [0, 1] {
        let target = group();
        let receiver = computer.receive(&target, 1);
        let sent = ttl.to_string();
        computer
            .run(0, &["send", &target, "--iface", LOOPBACK, "--count", "1", "--ttl", &sent, "-q"]);
        let received = receiver.ends(0).events_of("datagram").remove(0)["ttl"].clone();
        assert!(received.is_null() || received == ttl, "{received}");
    }
}

#[test]
fn quiet_prints_the_summary_and_twice_quiet_nothing() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let send = ["send", &target, "--iface", LOOPBACK, "--count", "1"];
    let finished = computer.run(0, &[&send[..], &["-q"]].concat());
    assert!(finished.out.contains("sent 1 datagram"), "{finished}");
    assert!(!finished.out.contains("hello world"), "{finished}");
    let finished = computer.run(0, &[&send[..], &["-qq"]].concat());
    assert_eq!((finished.out.as_str(), finished.err.as_str()), ("", ""), "{finished}");
}

/// TTL, traffic class, interface and destination, if the system reports them: then they are right.
#[test]
fn reported_metadata_are_right() {
    let Some(computer) = Computer::open() else { return };
    let sending = ["--count", "1", "--ttl", "7"];
    let finished = computer.exchange(0, (&group(), LOOPBACK), &["--count", "1"], &sending);
    let datagram = finished.events_of("datagram").remove(0);
    let has = |field: &str, value: Value| datagram[field] == value;
    let known = cfg!(any(target_os = "linux", target_os = "macos", target_os = "freebsd"));
    assert!(has("ttl", json!(7)) || (!known && has("ttl", Value::Null)), "{datagram}");
    assert!(!datagram["iface"].is_null() || !known, "{datagram}");
}

#[test]
fn every_receiver_of_a_group_gets_each_datagram() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let receivers = [0, 1].map(|_| computer.receive(&target, 5));
    computer.run(0, &["send", &target, "--iface", LOOPBACK, "--count", "5", "-i", "20ms", "-q"]);
    for receiver in receivers {
        assert_eq!(receiver.ends(0).summary()["datagrams"], 5);
    }
}

#[test]
fn lines_of_standard_input_are_sent() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let lines = new_file("lines.txt");
    fs::write(&lines, "one\ntwo\nthree\n").unwrap();
    let receiver = computer.receive(&target, 3);
    let input = fs::File::open(&lines).unwrap();
    computer
        .start_reading(
            &["send", &target, "--iface", LOOPBACK, "--lines", "-i", "10ms", "-q"],
            input,
        )
        .ends(0);
    assert_eq!(texts(&receiver.ends(0)), ["one", "two", "three"]);
}

#[test]
fn a_file_arrives_byte_for_byte() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let sent = new_file("sent.txt");
    let text: String = (0..10_000_u32).map(|number| format!("{number:08}")).collect();
    fs::write(&sent, &text).unwrap();
    let receiver = computer.receive(&target, 80);
    computer.run(
        0,
        &[
            "send",
            &target,
            "--iface",
            LOOPBACK,
            "--file",
            argument(&sent),
            "--size",
            "1000",
            "-i",
            "1ms",
            "-q",
        ],
    );
    let received: String = texts(&receiver.ends(0))
        .iter()
        .map(|text| text.as_str().expect("text").to_owned())
        .collect();
    assert_eq!(received, text);
}

#[test]
fn empty_and_long_datagrams_arrive_complete() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let receiver = computer.receive(&target, 2);
    // macOS sends at most 9,216 bytes by default (net.inet.udp.maxdgram).
    for message in ["", &"x".repeat(8000)] {
        computer.run(
            0,
            &["send", &target, "--iface", LOOPBACK, "--count", "1", "-q", "--message", message],
        );
    }
    let lengths: Vec<Value> = receiver
        .ends(0)
        .events_of("datagram")
        .iter()
        .map(|event| event["len_bytes"].clone())
        .collect();
    assert_eq!(lengths, [json!(0), json!(8000)]);
}
