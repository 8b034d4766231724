//! `mcast recv --reply`: what is answered, with what content, and what is not.
#![cfg(target_os = "linux")]

mod lab;

use std::net::IpAddr;

use lab::{Host, Lab, Running};
use mcast::format::exchange::{REPLY_LEN, Reply};
use mcast::format::probe::{self, Probe, ProbeKind, Reading};
use serde_json::Value;

const TARGET: &str = "239.1.1.1:5000";
const ASKING: &str = include_str!("lab/asking.py");

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
