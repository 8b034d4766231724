//! mcast on the loopback interface of every system. On Linux each test has a namespace with its own
//! `lo`. macOS, FreeBSD and Windows have no namespaces: there the tests use the host's loopback
//! interface, each with a group and a port of its own, and no other interface.

#[cfg_attr(not(target_os = "linux"), path = "lab/portable.rs")]
mod lab;

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use lab::{Finished, Host, Lab};
use serde_json::{Value, json};

const MCAST: &str = env!("CARGO_BIN_EXE_mcast");

/// The loopback interface, as `--iface` accepts it.
const LOOPBACK: &str = if cfg!(target_os = "linux") {
    "lo"
} else if cfg!(windows) {
    "127.0.0.1"
} else {
    "lo0"
};

fn host() -> Option<Host> {
    Lab::open().map(|lab| lab.host())
}

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loopback-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Whether the host has the address `::1`. Prints a skip otherwise. A socket without traffic
/// answers the question.
fn has_ipv6() -> bool {
    let has = UdpSocket::bind("[::1]:0").is_ok();
    if !has {
        Lab::unsupported("needs the IPv6 address ::1");
    }
    has
}

/// Receives what `send` sends. A failure states that the loopback interface lost the group.
fn exchange(host: &Host, recv: &str, send: &str) -> (Finished, Finished) {
    let receiver = host.mcast(&format!("recv {recv} --timeout 60s -o json")).ready();
    let sent = host.mcast(&format!("send {send} -o json")).ends(0);
    let received = receiver.finish();
    assert_eq!(
        received.status.code(),
        Some(0),
        "{LOOPBACK} of this host did not deliver the datagrams\n{received}\n{sent}"
    );
    (received, sent)
}

fn texts(finished: &Finished) -> Vec<Value> {
    finished.events_of("datagram").iter().map(|event| event["text"].clone()).collect()
}

#[test]
fn an_ipv4_group_arrives_with_each_ttl() {
    let Some(host) = host() else { return };
    for ttl in [0, 1] {
        let target = format!("--iface {LOOPBACK} 239.7.1.1:2710{ttl} --count 3");
        let (received, sent) =
            exchange(&host, &target, &format!("{target} --interval 10ms --ttl {ttl}"));
        assert_eq!(texts(&received), vec![json!("hello world"); 3], "{received}");
        for datagram in received.events_of("datagram") {
            let source = datagram["source"].as_str().expect("a source");
            assert!(source.starts_with("127.0.0.1:"), "{datagram}");
            assert_eq!(datagram["group"], "239.7.1.1");
            assert!(datagram["ttl"] == ttl || datagram["ttl"].is_null(), "{datagram}");
        }
        assert_eq!(received.summary()["datagrams"], 3);
        assert_eq!(sent.summary()["verdict"]["status"], 0);
    }
}

#[test]
fn an_ipv6_group_arrives() {
    let Some(host) = host() else { return };
    if !has_ipv6() {
        return;
    }
    // On Linux `lo` lacks this route.
    #[cfg(target_os = "linux")]
    host.shell("ip -6 route add local ff00::/8 dev lo");
    // Windows names the interface by its IPv4 address, and has one for both families.
    let iface = if cfg!(windows) { "::1" } else { LOOPBACK };
    let target = format!("--iface {iface} [ff11::7:2]:27110 --count 2");
    let (received, _) = exchange(&host, &target, &format!("{target} --interval 10ms"));
    assert_eq!(texts(&received), [json!("hello world"), json!("hello world")]);
}

#[test]
fn unicast_arrives_in_both_families() {
    let Some(host) = host() else { return };
    let mut addresses = vec!["127.0.0.1:27120"];
    if has_ipv6() {
        addresses.push("[::1]:27121");
    }
    for address in addresses {
        let (received, _) = exchange(
            &host,
            &format!("{address} --count 2"),
            &format!("{address} --count 2 --interval 10ms"),
        );
        assert_eq!(received.summary()["datagrams"], 2);
    }
}

#[test]
fn two_receivers_of_one_group_receive_every_datagram() {
    let Some(host) = host() else { return };
    let line = format!("recv --iface {LOOPBACK} 239.7.1.3:27130 --count 3 --timeout 60s -o json");
    let receivers = [host.mcast(&line).ready(), host.mcast(&line).ready()];
    host.mcast(&format!("send --iface {LOOPBACK} 239.7.1.3:27130 --count 3 -i 10ms")).ends(0);
    for receiver in receivers {
        assert_eq!(receiver.ends(0).summary()["datagrams"], 3);
    }
}

#[test]
fn a_command_runs_after_the_joins() {
    let Some(host) = host() else { return };
    let recv =
        format!("recv --iface {LOOPBACK} 239.7.1.4:27140 --count 2 --timeout 60s -o json --");
    let send = format!("send --iface {LOOPBACK} 239.7.1.4:27140 --count 2 -i 10ms");
    let words: Vec<&str> = recv.split(' ').chain([MCAST]).chain(send.split(' ')).collect();
    let run = host.mcast_with(&words).ends(0);
    assert_eq!(run.summary()["datagrams"], 2, "{run}");
    // A COMMAND that fails is a negative result.
    let recv = format!("recv --iface {LOOPBACK} 239.7.1.4:27141 --");
    let words: Vec<&str> = recv.split(' ').chain([MCAST, "send", "--nope"]).collect();
    host.mcast_with(&words).ends(1);
}

#[test]
fn ping_counts_the_replies_of_a_receiver() {
    let Some(host) = host() else { return };
    let receiver = host.mcast(&format!("recv --iface {LOOPBACK} 239.7.1.5:27150 --reply")).ready();
    let line = format!("ping --iface {LOOPBACK} 239.7.1.5:27150 -c 3 -i 100ms --wait 5s -o json");
    let run = host.mcast(&line).ends(0);
    let summary = run.summary();
    let receivers = summary["receivers"].as_array().expect("a list");
    assert_eq!(receivers.len(), 1, "{run}");
    assert!((1..=3).contains(&receivers[0]["replies"].as_u64().expect("a count")), "{run}");
    drop(receiver);
    host.mcast(&format!("ping --iface {LOOPBACK} 239.7.1.5:27151 -c 1 -W 100ms")).ends(1);
}

#[test]
fn a_measured_stream_satisfies_an_assertion() {
    let Some(host) = host() else { return };
    for (assertion, status) in [("loss == 0%", 0), ("loss > 0%", 1)] {
        let line =
            format!("recv --iface {LOOPBACK} 239.7.1.6:2716{status} --once -o json --assert");
        let words: Vec<&str> = line.split(' ').chain([assertion]).collect();
        let receiver = host.mcast_with(&words).ready();
        let send = format!("send --iface {LOOPBACK} 239.7.1.6:2716{status} --probe -c 20 -i 2ms");
        host.mcast(&send).ends(0);
        let summary = receiver.ends(status).summary();
        assert_eq!(summary["verdict"]["status"], status, "{summary}");
        assert_eq!(summary["assertions"].as_array().map(Vec::len), Some(1), "{summary}");
    }
}

#[test]
fn a_capture_is_written_read_and_replayed() {
    let Some(host) = host() else { return };
    let file = folder("capture").join("run.pcapng");
    let file = file.to_str().expect("a path of UTF-8");
    let target = format!("--iface {LOOPBACK} 239.7.1.7:27170 --count 4");
    let words = format!("recv {target} --timeout 60s --write");
    let words: Vec<&str> = words.split(' ').chain([file]).collect();
    let receiver = host.mcast_with(&words).ready();
    host.mcast(&format!("send {target} --interval 10ms --message recorded")).ends(0);
    receiver.ends(0);

    let read = host.mcast_with(&["recv", "--read", file, "-o", "json"]).ends(0);
    assert_eq!(texts(&read), vec![json!("recorded"); 4], "{read}");

    let receiver = host.mcast(&format!("recv {target} --timeout 60s -o json")).ready();
    host.mcast_with(&["send", "--iface", LOOPBACK, "--replay", file]).ends(0);
    assert_eq!(texts(&receiver.ends(0)), vec![json!("recorded"); 4]);
}

#[test]
fn a_file_arrives_byte_for_byte() {
    let Some(host) = host() else { return };
    let file = folder("file").join("payload");
    // Line ends of both kinds, and the byte that ends a text file on Windows.
    let payload: Vec<u8> =
        b"one\ntwo\r\n\x1a\x00\xff".iter().copied().cycle().take(3_000).collect();
    fs::write(&file, &payload).expect("a file");
    let file = file.to_str().expect("a path of UTF-8");
    let target = format!("--iface {LOOPBACK} 239.7.1.8:27180");
    let receiver = host.mcast(&format!("recv {target} --count 3 --timeout 60s -o json")).ready();
    let words = format!("send {target} --size 1000 --interval 5ms --file");
    host.mcast_with(&words.split(' ').chain([file]).collect::<Vec<_>>()).ends(0);
    assert_eq!(receiver.ends(0).summary()["bytes"], payload.len());
}

#[test]
fn silence_ends_with_status_1_and_quiet_prints_no_datagram() {
    let Some(host) = host() else { return };
    let line = format!("recv --iface {LOOPBACK} 239.7.1.9:27190 --count 1 --timeout 100ms");
    let run = host.mcast(&format!("{line} -o json")).ends(1);
    assert_eq!(run.summary()["verdict"]["status"], 1, "{run}");
    let run = host.mcast(&format!("{line} -qq")).ends(1);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""), "{run}");
    let run = host.mcast(&format!("send --iface {LOOPBACK} 239.7.1.9:27190 -c 1 -q")).ends(0);
    assert!(run.out.contains("sent 1 datagram") && !run.out.contains("hello world"), "{run}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_status_130() {
    let Some(host) = host() else { return };
    let receiver = host.mcast(&format!("recv --iface {LOOPBACK} 239.7.1.10:27200 -o json")).ready();
    receiver.signal("INT");
    receiver.ends(130).summary();
}

#[test]
fn ifaces_lists_loopback() {
    let Some(host) = host() else { return };
    let run = host.mcast("ifaces -o json").ends(0);
    let loopback = run.events_of("interface").into_iter().find(|event| {
        let addresses = event["addresses"].as_array().expect("a list");
        addresses.iter().any(|address| address["address"] == "127.0.0.1")
    });
    let loopback = loopback.unwrap_or_else(|| panic!("no 127.0.0.1\n{run}"));
    assert_eq!((&loopback["loopback"], &loopback["up"]), (&json!(true), &json!(true)));
}

#[test]
fn check_reports_on_loopback() {
    let Some(host) = host() else { return };
    let run = host.mcast(&format!("check --iface {LOOPBACK} 239.7.1.11:27210 -o json")).finish();
    let summary = run.summary();
    let status = run.status.code().expect("a status");
    assert!(status == 0 || status == 1, "{run}");
    assert_eq!(summary["verdict"]["status"], status, "{run}");
    assert!(!run.events_of("finding").is_empty(), "{run}");
}

#[test]
fn wrong_input_ends_with_status_2_and_a_reason() {
    let Some(host) = host() else { return };
    for line in [
        "recv --iface nope",
        "recv 300.1.1.1:5000",
        "send --iface nope",
        "send 239.1.1.1:70000",
        "ping --count many",
        "recv --read does-not-exist.pcap",
        "nope",
    ] {
        let run = host.mcast(line).ends(2);
        assert!(run.err.starts_with("error: ") && run.out.is_empty(), "{run}");
    }
}

#[test]
fn help_man_and_completions_print() {
    let Some(host) = host() else { return };
    for (line, part) in [
        ("--help", "Usage: mcast"),
        ("recv -h", "Usage: mcast recv"),
        ("--version", "mcast "),
        ("completions bash", "_mcast"),
        ("completions powershell", "mcast"),
        ("man", ".TH mcast"),
    ] {
        let run = host.mcast(line).ends(0);
        assert!(run.out.contains(part) && run.err.is_empty(), "{run}");
    }
}
