//! Measuring, assertions and ping.

use std::fs;

use serde_json::json;

use super::computer::{Computer, Finished, LOOPBACK, argument, group, new_file};

/// The number of datagrams and their rate.
const SLOW: (&str, &str) = ("200", "500pps");

/// Receives a measured stream, with further options.
fn measured(
    computer: &Computer,
    status: i32,
    (count, rate): (&str, &str),
    options: &[&str],
) -> Finished {
    let receiving = [&["--once", "-q"], options].concat();
    let sending = ["--probe", "--count", count, "--rate", rate];
    computer.exchange(status, (&group(), LOOPBACK), &receiving, &sending)
}

#[test]
fn a_complete_stream_passes_its_assertions() {
    let Some(computer) = Computer::open() else { return };
    let finished =
        measured(&computer, 0, SLOW, &["--assert", "loss == 0%", "--assert", "datagrams == 200"]);
    let summary = finished.summary();
    assert_eq!(summary["measured"]["received"], 200, "{finished}");
    assert_eq!(summary["measured"]["lost"], 0, "{finished}");
}

#[test]
fn a_failed_assertion_ends_with_1() {
    let Some(computer) = Computer::open() else { return };
    let finished = measured(&computer, 1, SLOW, &["--assert", "datagrams == 201"]);
    assert_eq!(finished.summary()["verdict"]["status"], 1);
}

#[test]
fn results_are_saved_as_files() {
    let Some(computer) = Computer::open() else { return };
    let [page, cases, table] = ["run.html", "run.xml", "run.csv"].map(new_file);
    let options = [
        "--report",
        argument(&page),
        "--junit",
        argument(&cases),
        "--csv",
        argument(&table),
        "--assert",
        "loss == 0%",
    ];
    measured(&computer, 0, SLOW, &options);
    assert!(fs::read_to_string(page).unwrap().contains("</html>"));
    assert!(fs::read_to_string(cases).unwrap().contains("<testsuites"));
    assert!(fs::read_to_string(table).unwrap().lines().count() > 1);
}

#[test]
fn a_receiver_answers_ping() {
    let Some(computer) = Computer::open() else { return };
    let target = group();
    let receiver =
        computer.start(&["recv", &target, "--iface", LOOPBACK, "--reply", "-o", "json"]).ready();
    let finished = computer.run(
        0,
        &["ping", &target, "--iface", LOOPBACK, "--count", "3", "-i", "100ms", "-o", "json"],
    );
    let summary = finished.summary();
    assert_eq!(summary["receivers"].as_array().map(Vec::len), Some(1), "{finished}");
    assert_eq!(summary["replies"], 3, "{finished}");
    drop(receiver);
}

#[test]
fn a_ping_without_an_answer_ends_with_1() {
    let Some(computer) = Computer::open() else { return };
    let finished = computer.run(
        1,
        &["ping", &group(), "--iface", LOOPBACK, "--count", "1", "--wait", "100ms", "-o", "json"],
    );
    assert_eq!(finished.summary()["replies"], 0, "{finished}");
}

/// On Linux the endpoint is in a namespace, which this process does not enter: `tests/metrics.rs`.
#[cfg(not(target_os = "linux"))]
#[test]
fn metrics_are_served_over_loopback() {
    use std::io::{Read, Write};

    let Some(computer) = Computer::open() else { return };
    let (target, address) = (group(), format!("127.0.0.1:{}", super::computer::port()));
    let options = ["recv", &target, "--iface", LOOPBACK, "--metrics", &address, "-o", "json"];
    let receiver = computer.start(&options).ready();
    computer.run(0, &["send", &target, "--iface", LOOPBACK, "--count", "3", "-i", "10ms", "-q"]);
    receiver.line(|line| line.contains("\"datagram\""));
    let mut client = std::net::TcpStream::connect(&address).expect("the endpoint");
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("mcast_"), "{answer}");
}

#[test]
fn counts_of_a_fast_stream_are_exact() {
    let Some(computer) = Computer::open() else { return };
    let finished = measured(&computer, 0, ("20000", "20kpps"), &[]);
    // A busy computer may lose datagrams: they are counted, and the sum is exact.
    let measured = &finished.summary()["measured"];
    let sum = measured["received"].as_u64().zip(measured["lost"].as_u64());
    assert_eq!(sum.map(|(received, lost)| received + lost), Some(20_000), "{finished}");
    assert_eq!(measured["duplicates"], json!(0), "{finished}");
}
