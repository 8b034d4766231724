//! Redundant pairs: the same stream on two groups, of which the receiver's firewall drops different
//! datagrams.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab};
use serde_json::{Value, json};

const PAIR: &str = "239.1.1.1:5000,239.1.2.1:5000";

/// Sends RTP to both groups, one datagram in each millisecond, to B five milliseconds later:
/// SSRC-OF-A SSRC-OF-B FIRST-OF-B FIRST:COUNT...
const RTP: &str = r#"
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
ssrcs = [int(argument, 16) for argument in sys.argv[1:3]]
groups = [("239.1.1.1", 5000), ("239.1.2.1", 5000)]
numbers = []
for run in sys.argv[4:]:
    first, count = (int(part) for part in run.split(":"))
    numbers += [(first + number) % 65536 for number in range(count)]
def send(side, at):
    rtp = struct.pack(">BBHII", 0x80, 97, numbers[at], 48 * at, ssrcs[side])
    s.sendto(rtp + bytes(20), groups[side])
started = time.monotonic()
for at in range(len(numbers) + 5):
    time.sleep(max(0, started + at / 1000 - time.monotonic()))
    if at < len(numbers):
        send(0, at)
    if at >= 5 + int(sys.argv[3]):
        send(1, at - 5)
"#;

/// Sends MoldUDP64 to both groups, B first: datagram N has N % 4 messages, or is a heartbeat.
const MOLD: &str = r#"
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
number = 1
for at in range(400):
    count = at % 4
    payload = struct.pack(">10sQH", b"20261128AA", number, count) + count * (b"\x00\x05" + b"MOLD!")
    s.sendto(payload, ("239.1.2.1", 5000))
    time.sleep(0.001)
    s.sendto(payload, ("239.1.1.1", 5000))
    number += count
"#;

/// Drops the datagrams of both groups whose field at this bit of the UDP header and payload has one
/// of these values.
fn lose(receiver: &Host, field: &str, a: &[u32], b: &[u32]) {
    let rule = |group: &str, values: &[u32]| {
        if values.is_empty() {
            return String::new();
        }
        let values: Vec<String> = values.iter().map(u32::to_string).collect();
        format!("ip daddr {group} udp dport 5000 {field} {{ {} }} drop;", values.join(", "))
    };
    receiver.firewall(&format!(
        "table inet lossy {{ chain c {{ type filter hook prerouting priority 0; {} {} }}; }}",
        rule("239.1.1.1", a),
        rule("239.1.2.1", b)
    ));
}

/// The sequence number of RTP.
const RTP_SEQUENCE: &str = "@th,80,16";

/// The low half of the sequence number of MoldUDP64.
const MOLD_SEQUENCE: &str = "@th,176,32";

/// The low half of the sequence number of a probe.
const PROBE_SEQUENCE: &str = "@th,224,32";

fn recv(receiver: &Host, options: &[&str]) -> lab::Running {
    let fixed = ["recv", "--iface", "e0", "-q", "-o", "json", "--idle", "3s"];
    let fixed = [&fixed[..], &["--timeout", "60s", "--pair", PAIR]].concat();
    receiver.mcast_with(&[&fixed[..], options].concat()).ready_when_member(
        receiver,
        "e0",
        "239.1.2.1",
    )
}

fn pairs(finished: &Finished) -> Vec<Value> {
    finished.summary()["pairs"].as_array().expect("pairs").clone()
}

/// Expected numbers, and those lost on A, on B and on both.
fn losses(pair: &Value) -> [Option<u64>; 4] {
    ["expected", "lost_a", "lost_b", "lost"].map(|name| pair[name].as_u64())
}

#[test]
fn rtp_pair_counts_losses_of_each_side_and_of_both() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (sender, receiver) = lab.pair();
    lose(&receiver, RTP_SEQUENCE, &[65_500, 100, 300, 301], &[65_501, 300, 50]);
    let asserting = ["--assert", "pair.lost == 1", "--assert", "pair.skew.p50 < 1s"];
    let running = recv(&receiver, &[&asserting[..], &["--assert", "pair.lost_a <= 3"]].concat());
    sender.python(RTP, &["11aa22bb", "11aa22bb", "0", "65400:1000"]).ends(0);
    let finished = running.ends(1);

    let pairs = pairs(&finished);
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    assert_eq!(losses(pair), [Some(1000), Some(4), Some(3), Some(1)], "{pair}");
    assert_eq!(
        (&pair["format"], &pair["unit"], &pair["key"], &pair["missing"]),
        (&json!("rtp"), &json!("datagrams"), &json!("0x11aa22bb"), &Value::Null)
    );
    assert_eq!((&pair["a"]["group"], &pair["b"]["port"]), (&json!("239.1.1.1"), &json!(5000)));
    // Five milliseconds, and up to a second on a busy machine.
    let skew = pair["skew_ns"]["p50"].as_i64().expect("a skew");
    assert!((2_000_000..1_000_000_000).contains(&skew), "{pair}");
    assert_eq!(pair["b_after_a_ns"]["p50"], pair["skew_ns"]["p50"], "{pair}");
    let held: Vec<_> = finished.summary()["assertions"]
        .as_array()
        .expect("assertions")
        .iter()
        .map(|assertion| assertion["held"] == true)
        .collect();
    assert_eq!(held, [true, true, false]);
}

/// Sends RTP to one group on two networks, from the address of each.
const TWO_NETWORKS: &str = r#"
import socket, struct, time
sides = []
for address in ("10.0.0.100", "10.1.0.100"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    s.bind((address, 0))
    sides.append(s)
for number in range(300):
    rtp = struct.pack(">BBHII", 0x80, 97, number, 48 * number, 0) + bytes(20)
    for side in (0, 1):
        if (side, number) not in ((0, 100), (1, 200), (1, 201)):
            sides[side].sendto(rtp, ("239.1.1.1", 5000))
    time.sleep(0.001)
"#;

#[test]
fn one_group_on_two_networks_is_a_pair_by_source() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (sender, receiver) = lab.pair_with_two_wires();
    let line = "recv --iface e0 --iface e1 -q -o json --idle 3s --timeout 60s --pair \
                10.0.0.100@239.1.1.1:5000,10.1.0.100@239.1.1.1:5000 --assert pair.lost==0";
    let running = receiver.mcast(line).ready_when_member(&receiver, "e1", "239.1.1.1");
    sender.python(TWO_NETWORKS, &[]).ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    assert_eq!(losses(pair), [Some(300), Some(1), Some(2), Some(0)], "{pair}");
    assert_eq!(pair["a"]["source"], "10.0.0.100");
}

#[test]
fn late_side_loses_nothing_before_it_starts() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (sender, receiver) = lab.pair();
    lose(&receiver, RTP_SEQUENCE, &[100, 600], &[]);
    let running = recv(&receiver, &["--assert", "pair.lost == 0"]);
    // B starts with the number 300.
    sender.python(RTP, &["5", "5", "300", "0:1000"]).ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    assert_eq!(losses(&pairs[0]), [Some(700), Some(1), Some(0), Some(0)], "{pairs:?}");
}

#[test]
fn restart_of_the_sender_is_no_loss_of_the_pair() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (sender, receiver) = lab.pair();
    lose(&receiver, RTP_SEQUENCE, &[20_100], &[40_100]);
    let running = recv(&receiver, &[]);
    sender.python(RTP, &["5", "5", "0", "20000:500", "40000:500"]).ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    assert_eq!(losses(&pairs[0]), [Some(1000), Some(1), Some(1), Some(0)], "{pairs:?}");
}

#[test]
fn different_ssrcs_are_no_pair() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (sender, receiver) = lab.pair();
    let running = recv(&receiver, &["--assert", "pair.lost == 0"]);
    sender.python(RTP, &["5", "6", "0", "0:100"]).ends(0);
    let finished = running.ends(1);
    let pairs = pairs(&finished);
    let missing: Vec<_> = pairs.iter().map(|pair| (&pair["key"], &pair["missing"])).collect();
    assert_eq!(missing, [(&json!("0x00000005"), &json!("b")), (&json!("0x00000006"), &json!("a"))]);
    assert!(pairs.iter().all(|pair| losses(pair) == [None; 4]), "{pairs:?}");
    assert_eq!(finished.summary()["assertions"][0]["value"], Value::Null);
}

#[test]
fn market_data_pair_counts_messages() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (sender, receiver) = lab.pair();
    // In each group of four datagrams: a heartbeat, then 1, 2 and 3 messages from 6 * N + 1, + 2
    // and + 4 on.
    lose(&receiver, MOLD_SEQUENCE, &[62, 124], &[124, 182]);
    let running = recv(&receiver, &[]);
    sender.python(MOLD, &[]).ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    assert_eq!(losses(pair), [Some(600), Some(2 + 3), Some(3 + 2), Some(3)], "{pair}");
    assert_eq!((&pair["unit"], &pair["key"]), (&json!("messages"), &json!("20261128AA")));
    assert!(pair["b_after_a_ns"]["p50"].as_i64().is_some_and(|offset| offset < 0), "{pair}");
}

#[test]
fn described_header_makes_a_pair() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (sender, receiver) = lab.pair();
    lose(&receiver, MOLD_SEQUENCE, &[62], &[182]);
    let running = recv(&receiver, &["--format", "seq=u64be@10,count=u16be@18"]);
    sender.python(MOLD, &[]).ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    assert_eq!(losses(pair), [Some(600), Some(2), Some(2), Some(0)], "{pair}");
}

#[test]
fn probes_to_two_targets_are_a_pair() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (sender, receiver) = lab.pair();
    lose(&receiver, PROBE_SEQUENCE, &[0, 10, 200, 499], &[11, 200, 499]);
    let running = recv(&receiver, &["--once", "--assert", "pair.lost == 2"]);
    sender
        .mcast("send --iface e0 239.1.1.1:5000 239.1.2.1:5000 --probe --count 500 --rate 1kpps")
        .ends(0);
    let finished = running.ends(0);
    let pairs = pairs(&finished);
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    // The range begins with 1, the first number on A.
    assert_eq!(losses(pair), [Some(499), Some(3), Some(3), Some(2)], "{pair}");
    assert_eq!(pair["format"], "mcast");
}

#[test]
fn pair_without_streams_is_shown() {
    let Some(lab) = Lab::open() else { return };
    let (_sender, receiver) = lab.pair();
    let line = format!("recv --iface e0 --pair {PAIR} --duration 100ms");
    let finished = receiver.mcast(&line).ends(0);
    finished.prints(
        "pair A 239.1.1.1:5000, B 239.1.2.1:5000: not measured: no numbered stream on A or B",
    );
    assert!(!finished.out.contains("224.202.20.30"), "the default target is joined: {finished}");
}
