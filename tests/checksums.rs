//! A datagram that the kernel drops for a wrong UDP checksum counts neither as a full receive
//! buffer nor as a loss in the network.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{Ip, receiver};
use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

const FRAMES: &str = include_str!("lab/frames.py");
const PROBES: &str = concat!(include_str!("lab/crc32c.py"), include_str!("lab/probes.py"));

/// Sends `many` datagrams of `len` bytes with a wrong checksum, each followed by a correct one.
fn send_frames(host: &Host, ip: Ip, len: usize, many: usize) {
    let program = format!(
        "{FRAMES}
v6, wire = {v6}, Wire()
for number in range(2 * {many}):
    wire.send(packet(b'x' * {len}, v6, right=number % 2 == 1))
",
        v6 = ip.either("False", "True"),
    );
    host.python(&program, &[]).ends(0);
}

fn warnings(run: &Finished) -> Vec<Value> {
    run.events_of("warning").iter().map(|warning| warning["id"].clone()).collect()
}

fn counts(run: &Finished) -> Value {
    let summary = run.summary();
    json!(
        ["datagrams", "kernel_drops", "kernel_drops_exact", "checksum_errors"]
            .map(|field| &summary[field])
    )
}

/// The increase of a UDP counter since the host was created.
fn udp(host: &Host, ip: Ip, name: &str) -> u64 {
    ip.either(host.counter("Udp", name), host.counter6(&format!("Udp6{name}")))
}

/// The datagrams with a wrong checksum since the host was created. Linux counts those of IPv6 that
/// it detects in poll(2) as IPv4.
fn wrong_checksums(host: &Host) -> u64 {
    [Ip::V4, Ip::V6].map(|ip| udp(host, ip, "InCsumErrors")).iter().sum()
}

/// Waits until the receiver has read, or the kernel has dropped, this many datagrams.
fn wait_until_consumed(host: &Host, ip: Ip, many: u64) {
    eventually("the receiver reads everything", || {
        let read_or_full = udp(host, ip, "InDatagrams") + udp(host, ip, "RcvbufErrors");
        read_or_full + wrong_checksums(host) == many
    });
}

/// A receiver of the group on `e0`.
fn recv(host: &Host, ip: Ip, options: &str) -> Running {
    host.mcast(&format!("recv {} --iface e0 -o json {options}", ip.target())).ready()
}

#[test]
fn a_wrong_checksum_is_not_a_full_buffer() {
    let Some(lab) = Lab::open() else { return };
    // The kernel verifies short datagrams before it looks up a socket, longer ones when they are
    // read.
    for (ip, len) in [(Ip::V4, 20), (Ip::V4, 200), (Ip::V6, 20), (Ip::V6, 200)] {
        let (a, b) = lab.pair_with_ipv6();
        let run = recv(&b, ip, "--count 30 --timeout 60s --assert checksum_errors==30");
        send_frames(&a, ip, len, 30);
        let run = run.ends(0);
        assert_eq!(counts(&run), json!([30, 0, true, 30]), "{len}\n{run}");
        assert_eq!(warnings(&run), ["checksum-errors"], "{len}\n{run}");
        assert_eq!(wrong_checksums(&b), 30);
        let text = b
            .mcast(&format!("recv {} --iface e0 --count 5 -q", ip.target()))
            .ready_when_member(&b, "e0", ip.group());
        send_frames(&a, ip, len, 5);
        let text = text.ends(0);
        text.prints("; 0 dropped by this host's kernel; 5 dropped with a wrong checksum");
        assert!(text.err.contains("with a wrong UDP checksum"), "{text}");
        assert!(!text.err.contains("buffer"), "{text}");
    }
}

#[test]
fn each_receiver_counts_its_own_wrong_checksums() {
    let Some(lab) = Lab::open() else { return };
    for ip in [Ip::V4, Ip::V6] {
        let (a, b) = lab.pair_with_ipv6();
        let limits = "--count 30 --timeout 60s";
        let first = recv(&b, ip, limits);
        let second = recv(&b, ip, limits);
        send_frames(&a, ip, 200, 30);
        let (first, second) = (first.ends(0), second.ends(0));
        assert_eq!(counts(&second), json!([30, 0, true, 30]), "{second}");
        // The second one may end before the first one reads the counter of its socket.
        let errors = first.summary()["checksum_errors"].as_u64().unwrap();
        assert!((30..=60).contains(&errors), "{first}");
        assert_eq!(first.summary()["kernel_drops"], 0, "{first}");
        assert_eq!(wrong_checksums(&b), 60, "{first}{second}");
    }
}

#[test]
fn full_buffers_and_wrong_checksums_are_counted_apart() {
    let Some(lab) = Lab::open() else { return };
    for ip in [Ip::V4, Ip::V6] {
        let (a, b) = lab.pair_with_ipv6();
        let run = recv(&b, ip, "--rcvbuf 16KiB --stats 10ms");
        run.signal("STOP");
        send_frames(&a, ip, 200, 100);
        run.signal("CONT");
        wait_until_consumed(&b, ip, 200);
        send_frames(&a, ip, 200, 10);
        let full = udp(&b, ip, "RcvbufErrors");
        run.line(|line| line.contains("\"kernel-drops\""));
        run.signal("INT");
        let run = run.ends(0);
        let wrong = wrong_checksums(&b);
        assert!(full > 0 && wrong > 10, "{full} {wrong}");
        assert_eq!(counts(&run), json!([220 - full - wrong, full, true, wrong]), "{run}");
        assert_eq!(warnings(&run), ["kernel-drops", "checksum-errors"], "{run}");
        for (field, all) in [("kernel_drops", full), ("checksum_errors", wrong)] {
            let intervals = run.events_of("interval");
            let sum: u64 = intervals.iter().map(|of| of[field].as_u64().unwrap()).sum();
            assert_eq!(sum, all, "{field}\n{run}");
        }
    }
}

#[test]
fn wrong_checksums_are_not_lost_in_the_network() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    for size in [64, 400] {
        let program = format!(
            "{PROBES}{FRAMES}
wire = Wire()
for number in range(40):
    wire.send(packet(probe(7, number, size={size}), right=number % 4 < 3))
for _ in range(5):
    wire.send(packet(probe(7, 40, kind=END, size=48)))
"
        );
        let run = b
            .mcast("recv 239.1.1.1:5000 --iface e0 --once --timeout 60s -q")
            .ready_when_member(&b, "e0", "239.1.1.1");
        a.python(&program, &[]).ends(0);
        let run = run.ends(0);
        run.prints("lost 10 (25.0 %) of 40 datagrams");
        run.prints("this host's kernel dropped 10 with a wrong checksum");
    }
}

#[test]
fn wrong_checksums_of_other_programs_do_not_count() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let run = recv(&b, Ip::V4, "--once --timeout 60s");
    let other = receiver(&b, Ip::V4, "", 0, 0.0, true);
    let program = format!(
        "{FRAMES}\nfor _ in range(9): Wire().send(packet(b'short', right=False, port=6000))"
    );
    a.python(&program, &[]).ends(0);
    a.mcast("send 239.1.1.1:5000 --iface e0 --probe --count 20 --interval 1ms").ends(0);
    let run = run.ends(0);
    assert_eq!(counts(&run), json!([20, 0, true, 9]), "{run}");
    assert!(warnings(&run).is_empty(), "{run}");
    drop(other);
}

#[test]
fn check_does_not_blame_idle_programs_for_checksums() {
    let Some(lab) = Lab::open() else { return };
    for (ip, len) in [(Ip::V4, 20), (Ip::V4, 200), (Ip::V6, 200)] {
        let (a, b) = lab.pair_with_ipv6();
        let idle = receiver(&b, ip, "", 0, 0.0, true);
        let mut check =
            b.mcast(&format!("check {} --iface e0 --duration 5s -o json", ip.target())).ready();
        // Few at a time, because they stay in the buffer of the idle program.
        while check.is_running() {
            send_frames(&a, ip, len, 1);
        }
        let checked = check.finish();
        let ids: Vec<Value> =
            checked.events_of("finding").iter().map(|finding| finding["id"].clone()).collect();
        assert!(ids.contains(&json!("bad-checksum")), "{checked}");
        assert!(!ids.contains(&json!("buffer-overflow")), "{checked}");
        drop(idle);
    }
}
