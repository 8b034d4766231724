//! `mcast recv --reply`: what is answered, with what content, and what is not.
#![cfg(target_os = "linux")]

mod lab;

use std::net::IpAddr;

use lab::{Host, Lab, Running};
use mcast::format::exchange::{REPLY_LEN, Reply};
use mcast::format::probe::{self, Probe, ProbeKind, Reading};
use serde_json::{Value, json};

const TARGET: &str = "239.1.1.1:5000";
const ASKING: &str = concat!(
    include_str!("lab/crc32c.py"),
    include_str!("lab/requests.py"),
    include_str!("lab/asking.py")
);
const FORGING: &str = concat!(
    include_str!("lab/crc32c.py"),
    include_str!("lab/requests.py"),
    include_str!("lab/forging.py")
);

/// A reply as it arrived.
#[derive(Debug)]
struct Answer {
    address: IpAddr,
    port: u16,
    length: usize,
    header: Probe,
    reply: Reply,
}

fn receiver(host: &Host, arguments: &str) -> Running {
    host.mcast(&format!("recv --iface e0 {arguments} -o json")).ready()
}

/// Sends requests (`SEQUENCE,LENGTH,KIND,FLAGS`), and returns the replies until that to the last one.
fn ask(host: &Host, address: &str, port: u16, requests: &[&str]) -> Vec<Answer> {
    let port = port.to_string();
    let mut arguments = vec![address, &port];
    arguments.extend(requests);
    answers(&host.python(ASKING, &arguments).ends(0).out)
}

fn answers(out: &str) -> Vec<Answer> {
    out.lines().map(answer).collect()
}

fn answer(line: &str) -> Answer {
    let fields: Vec<&str> = line.split(' ').collect();
    let digits = |at: usize| u8::from_str_radix(&fields[2][at..at + 2], 16).expect("hexadecimal");
    let payload: Vec<u8> = (0..fields[2].len()).step_by(2).map(digits).collect();
    let Reading::Probe(header) = probe::read(&payload, false) else { panic!("{line}") };
    Answer {
        address: fields[0].parse().expect("an address"),
        port: fields[1].parse().expect("a port"),
        length: payload.len(),
        header,
        reply: Reply::read(&payload).expect("a whole reply"),
    }
}

/// Ends a receiver, and returns its summary.
fn summary(receiver: Running) -> Value {
    receiver.signal("INT");
    receiver.finish().summary()
}

fn sequences(answers: &[Answer]) -> Vec<u64> {
    answers.iter().map(|answer| answer.header.sequence).collect()
}

#[test]
fn without_the_option_a_receiver_sends_nothing() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, TARGET);
    let _asking = a.python(ASKING, &["239.1.1.1", "5000", "0,112,0,1"]);
    receiver.line(|line| line.contains("\"event\":\"datagram\""));
    let summary = summary(receiver);
    assert_eq!((&summary["replies"], &summary["replies_withheld"]), (&Value::Null, &Value::Null));
    assert_eq!(b.counter("Udp", "OutDatagrams"), 0);
}

#[test]
fn each_request_gets_one_reply_with_its_counts() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, &format!("{TARGET} --reply"));
    // A duplicate, one that is a byte too short, one that asks for nothing, and an end.
    let requests = [
        "7,112,0,1",
        "8,112,0,1",
        "8,112,0,1",
        "9,111,0,1",
        "10,112,0,0",
        "11,112,1,1",
        "12,200,0,3",
    ];
    let answers = ask(&a, "239.1.1.1", 5000, &requests);
    assert_eq!(sequences(&answers), [7, 8, 11, 12]);
    let counts = |of: fn(&Reply) -> u32| answers.iter().map(|answer| of(&answer.reply)).collect();
    let received: Vec<u32> = counts(|reply| reply.received);
    let duplicates: Vec<u32> = counts(|reply| reply.duplicates);
    let replies: Vec<u32> = counts(|reply| reply.replies);
    assert_eq!(received, [1, 2, 2, 3]);
    assert_eq!(duplicates, [0, 0, 1, 1]);
    assert_eq!(replies, [1, 2, 2, 3], "a reply to an end does not count");
    for Answer { address, port, length, header, reply } in &answers {
        assert_eq!((address.to_string().as_str(), *length), ("10.0.0.101", REPLY_LEN));
        assert!(*port >= 1024 && *port != 5000 && *port == answers[0].port, "{port}");
        assert_eq!((header.kind, header.stream, header.sent), (ProbeKind::Reply, 0x1234, 42));
        assert_eq!((reply.first, reply.withheld), (7, 0));
        assert_eq!(reply.receiver, answers[0].reply.receiver);
        assert_eq!((reply.ttl, reply.reply_ttl), (Some(1), Some(64)));
        assert!(reply.replied >= reply.arrived && reply.arrived > 0 && reply.listening > 0);
    }
    assert!(answers[3].reply.listening >= answers[0].reply.listening);
    let summary = summary(receiver);
    assert_eq!(summary["replies"], 4);
    assert_eq!(summary["replies_withheld"]["too_short"], 1, "{summary}");
}

#[test]
fn unicast_requests_are_answered_from_their_port() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _receiver = receiver(&b, &format!("{TARGET} --reply"));
    let port = ask(&a, "239.1.1.1", 5000, &["0,112,0,1"])[0].port;
    let answers = ask(&a, "10.0.0.101", port, &["5,112,0,1"]);
    assert_eq!((sequences(&answers), answers[0].port), (vec![5], port));
    assert_eq!((answers[0].reply.first, answers[0].reply.received), (5, 1));

    let _unicast = receiver(&b, "10.0.0.101:5001 --reply");
    let answers = ask(&a, "10.0.0.101", 5001, &["0,112,0,1", "1,112,0,1"]);
    assert_eq!((sequences(&answers), answers[1].port), (vec![0, 1], 5001));
}

#[test]
fn portable_calls_answer_too() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _receiver = receiver(&b, &format!("{TARGET} --reply --portable"));
    let answers = ask(&a, "239.1.1.1", 5000, &["0,112,0,1", "1,112,0,1"]);
    assert_eq!(sequences(&answers), [0, 1]);
    assert_eq!((answers[1].reply.kernel_time, answers[1].reply.ttl), (false, None));
    let answers = ask(&a, "10.0.0.101", answers[0].port, &["5,112,0,1"]);
    assert_eq!(sequences(&answers), [5]);
}

#[test]
fn a_program_on_the_same_host_gets_replies() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let other = lab.host();
    lab.wire(&host, &other);
    host.shell("ip addr add 10.0.0.101/24 dev e0; ip link set lo up");
    for iface in ["e0", "lo"] {
        let line = format!("recv --iface {iface} {TARGET} --reply -o json");
        let receiver = host.mcast(&line).ready();
        let line = format!("ping --iface {iface} {TARGET} -c 2 -i 60ms -W 100ms -o json");
        let summary = host.mcast(&line).ends(0).summary();
        assert_eq!((&summary["replies"], &summary["lost"]), (&json!(2), &json!(0)), "{summary}");
        drop(receiver);
    }
}

#[test]
fn a_reply_that_the_system_refuses_is_lost_on_the_way_back() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, &format!("{TARGET} --reply"));
    // One in four replies is refused. Its length tells it from other datagrams.
    b.firewall(
        "table ip t { chain c { type filter hook output priority 0; udp length 120 \
         numgen inc mod 4 1 drop; }; }",
    );
    let line = format!("ping --iface e0 {TARGET} -c 8 -i 60ms -o json");
    let pinged = a.mcast(&line).ends(0).summary();
    let counts = ["lost_to", "lost_back", "withheld", "replies"].map(|name| &pinged[name]);
    let received = summary(receiver);
    let failed = received["replies_withheld"]["failed"].as_u64().expect("a number");
    // The replies to samples of the start and to end markers may be refused, too.
    assert!((2..=3).contains(&failed), "{received}");
    assert_eq!(counts[0], 0);
    assert_eq!(counts[2], 0, "{pinged}");
    let lost = counts[1].as_u64().expect("a number");
    assert_eq!((lost, counts[3].as_u64()), (2, Some(6)), "{pinged} {received}");
}

#[test]
fn both_families_and_source_specific_groups_are_answered() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let _receiver = receiver(&b, "[ff12::1]:5000 10.0.0.100@232.1.1.1:5000 [ff12::2]:5001 --reply");
    let requests = ["0,112,0,1", "1,112,0,1"];
    let answers = ask(&a, "ff12::1%e0", 5000, &requests);
    assert_eq!(sequences(&answers), [0, 1]);
    assert!(answers.iter().all(|answer| answer.address.to_string().starts_with("fe80::")));
    assert_eq!((answers[1].reply.ttl, answers[1].reply.reply_ttl), (Some(1), Some(64)));
    let answers = ask(&a, &format!("{}%e0", answers[0].address), answers[0].port, &requests);
    assert_eq!(sequences(&answers), [0, 1], "a unicast request to the port of the replies");
    let answers = ask(&a, "232.1.1.1", 5000, &requests);
    assert_eq!((sequences(&answers), answers[0].reply.ttl), (vec![0, 1], Some(1)));
}

#[test]
fn forged_sources_get_no_reply() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, &format!("{TARGET} --reply"));
    // The kernel itself takes no datagram from a group or 255.255.255.255, and none from its own
    // or a loopback address.
    let forged = [
        "239.1.1.1/40000",
        "224.0.0.1/5000",
        "255.255.255.255/40000",
        "10.0.0.255/40000",
        "10.0.0.0/40000",
        "0.0.0.0/40000",
        "127.0.0.1/40000",
        "10.0.0.101/40000",
        "240.0.0.1/40000",
        "10.0.0.100/0",
        "10.0.0.100/80",
        "10.0.0.100/40000",
    ];
    let forging = a.python(FORGING, &[&["each"], &forged[..]].concat());
    forging.line(|line| line == "sent");
    let summary = summary(receiver);
    forging.signal("INT");
    let seen: Value = serde_json::from_str(forging.ends(0).out.lines().last().unwrap()).unwrap();
    assert_eq!((&seen["replies"], &seen["to"]), (&json!(1), &json!(["10.0.0.100"])), "{summary}");
    assert_eq!(summary["replies"], 1);
    let withheld = &summary["replies_withheld"];
    assert_eq!(withheld["port"], 2, "{summary}");
    // Which of the others arrive depends on the kernel; none counts for another reason.
    let received = summary["datagrams"].as_u64().expect("a number");
    assert_eq!(withheld["recipient"].as_u64(), Some(received - 3), "{summary}");
    assert_eq!(withheld["failed"], 0, "{summary}");
}

/// Sends requests from random sources. Returns what was seen of the replies.
fn flood(lab: &Lab, options: &str, requests: &str) -> (Value, Value) {
    let (a, b) = lab.pair();
    // Each neighbour resolves, and the replies to other addresses leave by a default route.
    let mac = a.shell("ip -br link show e0 | awk '{print $3}'");
    let neighbours = format!(
        "for n in $(seq 1 254); do [ $n = 101 ] || \
         echo neigh replace 10.0.0.$n lladdr {} dev e0; done | ip -batch -; \
         ip route add default via 10.0.0.100",
        mac.trim()
    );
    b.shell(&neighbours);
    let arguments = format!("recv --iface e0 {TARGET} --reply --rcvbuf 4MiB -q -o json {options}");
    let receiver = b.mcast(&arguments).ready_when_member(&b, "e0", "239.1.1.1");
    let forging = a.python(FORGING, &["flood", requests]);
    forging.line(|line| line == "sent");
    let summary = summary(receiver);
    forging.signal("INT");
    let seen: Value = serde_json::from_str(forging.ends(0).out.lines().last().unwrap()).unwrap();
    for to in seen["to"].as_array().expect("a list") {
        let to: std::net::Ipv4Addr = to.as_str().expect("an address").parse().expect("an address");
        let is_forbidden = to.is_multicast() || to.is_loopback() || to.octets()[0] >= 240;
        assert!(!is_forbidden && !to.is_broadcast() && to.octets() != [10, 0, 0, 255], "{to}");
    }
    assert!(seen["replies"].as_u64() > Some(0), "{summary}");
    (seen, summary)
}

#[test]
fn a_flood_of_forged_requests_causes_no_more_replies_than_the_limit() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let requests = std::env::var("MCAST_FORGED_REQUESTS").unwrap_or("100000".into());
    for (options, limit) in [("", 1000), ("--spin", 1000), ("--reply-limit 50", 50)] {
        let (seen, summary) = flood(&lab, options, &requests);
        assert!(seen["most"].as_u64() <= Some(limit), "{options}: {seen} {summary}");
    }
}
