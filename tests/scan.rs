//! `mcast scan`: groups that carry data and groups that do not, from several senders.
#![cfg(target_os = "linux")]

mod lab;

use std::collections::BTreeSet;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// Sends RTP (L24, 1 ms) to a group and port, and leaves out the numbers that are divisible by the
/// third argument.
const RTP: &str = r#"
import socket, struct, sys, time
group, port, missing = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
print("sending to", flush=True)
number, start = 1, time.monotonic()
while True:
    if number % missing:
        header = struct.pack(">BBHII", 0x80, 97, number & 0xffff, number * 48, 0x1234)
        s.sendto(header + bytes(range(96)) * 3, (group, port))
    number += 1
    time.sleep(max(0, start + number * 0.001 - time.monotonic()))
"#;

/// Announces a session at a group and port (SAP), every 100 ms.
const SAP: &str = r#"
import socket, sys, time
group, port, name = sys.argv[1:]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
sdp = f"v=0\r\no=- 1 1 IN IP4 10.0.0.100\r\ns={name}\r\nt=0 0\r\nm=audio {port} RTP/AVP 97\r\nc=IN IP4 {group}/15\r\na=rtpmap:97 L24/48000/2\r\n"
print("sending to", flush=True)
while True:
    s.sendto(b"\x20\x00\x12\x34\x0a\x00\x00\x64application/sdp\0" + sdp.encode(), ("239.255.255.255", 9875))
    time.sleep(0.1)
"#;

/// Sends a transport stream of one program (PID 0x100) with a service name, without losses.
const TS: &str = concat!(
    include_str!("lab/transport_stream.py"),
    r#"
import socket, sys, time
group, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
pat = section(0, 1, struct.pack(">HH", 1, 0xe020))
pmt = section(2, 1, struct.pack(">HHBHH", 0xe100, 0xf000, 0x1b, 0xe100, 0xf000))
sdt = service_description(b"", name)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
print("sending to", flush=True)
while True:
    tables = packet(0, pat, True) + packet(0x20, pmt, True) + packet(0x11, sdt, True)
    s.sendto(tables + b"".join(packet(0x100, bytes(184)) for _ in range(4)), (group, port))
    time.sleep(0.01)
"#
);

fn rtp(host: &Host, group: &str, missing: u32) -> Running {
    host.python(RTP, &[group, "5000", &missing.to_string()]).ready()
}

fn json(host: &Host, arguments: &str) -> Running {
    host.mcast(&format!("scan --iface e0 {arguments} -o json"))
}

/// What was found, by group.
fn of_group<'a>(summary: &'a Value, group: &str) -> &'a Value {
    let found = summary["found"].as_array().expect("a list");
    found.iter().find(|found| found["group"] == group).unwrap_or_else(|| panic!("{summary}"))
}

/// The sizes of the batches, from the log.
fn batches(finished: &Finished) -> Vec<usize> {
    let sizes = finished
        .err
        .lines()
        .filter_map(|line| line.split_once("joined targets=")?.1.split(' ').next()?.parse().ok());
    sizes.collect()
}

#[test]
fn groups_with_data_have_source_format_rate_and_loss() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _probe = a.mcast("send --iface e0 239.1.0.3:5000 --probe --rate 200pps").ready();
    let _json = a
        .mcast_with(&[
            "send",
            "--iface",
            "e0",
            "239.1.0.7:5000",
            "-i",
            "50ms",
            "-m",
            "{\"t\": 21.5, \"unit\": \"C\"}",
        ])
        .ready();
    let _rtp = rtp(&a, "239.1.0.9", 10);
    let finished = json(&b, "239.1.0.0/24:5000 --dwell 500ms").ends(0);
    let summary = finished.summary();
    assert_eq!(
        (&summary["groups"], &summary["scanned"], &summary["alive"], &summary["skipped"]),
        (&json!(256), &json!(256), &json!(3), &json!(0))
    );
    let found = finished.events_of("found");
    assert_eq!(found.len(), 3, "each flow is reported once while the scan runs");
    let summed = summary["found"].as_array().unwrap();
    let groups: Vec<&str> = summed.iter().map(|found| found["group"].as_str().unwrap()).collect();
    assert_eq!(groups, ["239.1.0.3", "239.1.0.7", "239.1.0.9"], "in their order");

    let probe = of_group(&summary, "239.1.0.3");
    assert_eq!((&probe["format"], &probe["loss_ratio"]), (&json!("mcast"), &json!(0.0)));
    assert!((probe["rate_pps"].as_f64().unwrap() - 200.0).abs() < 100.0, "{probe}");
    assert!(probe["source"].as_str().unwrap().starts_with("10.0.0.100:"));

    let text = of_group(&summary, "239.1.0.7");
    assert_eq!((&text["format"], &text["how"]), (&json!("json"), &json!("structure")));
    assert_eq!((&text["loss_ratio"], &text["unit"]), (&Value::Null, &Value::Null));

    let rtp = of_group(&summary, "239.1.0.9");
    assert_eq!((&rtp["format"], &rtp["unit"]), (&json!("rtp"), &json!("datagrams")));
    let loss = rtp["loss_ratio"].as_f64().unwrap();
    assert!((loss - 0.1).abs() < 0.01, "one in ten is missing: {loss}");
}

#[test]
fn a_transport_stream_shows_the_name_of_its_service() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    // The name may contain control characters.
    let _ts = a.python(TS, &["239.1.0.4", "5000", "News \u{1b}[31m"]).ready();
    let finished = json(&b, "239.1.0.0/29:5000 --dwell 300ms").ends(0);
    let summary = finished.summary();
    let ts = of_group(&summary, "239.1.0.4");
    assert_eq!((&ts["format"], &ts["unit"]), (&json!("ts"), &json!("ts_packets")));
    assert_eq!((&ts["loss_ratio"], &ts["lost_exact"]), (&json!(0.0), &json!(true)));
    assert_eq!(ts["name"], "News \u{1b}[31m");
    assert!(!finished.out.contains('\u{1b}'), "it is escaped: {finished}");
    let text = b.mcast("scan --iface e0 239.1.0.4:5000 --dwell 300ms").ends(0);
    assert!(text.out.contains("News") && !text.out.contains('\u{1b}'), "{text}");
}

#[test]
fn a_thousand_groups_take_less_than_a_minute() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.3.200:5000 -i 10ms").ready();
    let finished = json(&b, "239.1.0.0+1024:5000 --dwell 50ms -v").ends(0);
    let sizes = batches(&finished);
    assert_eq!(sizes.iter().sum::<usize>(), 1024);
    assert!(sizes.iter().all(|size| *size <= 64), "{sizes:?}");
    // The default dwell is 2 s.
    assert!(sizes.len() * 2 < 60, "{} batches", sizes.len());
    assert_eq!(finished.summary()["alive"], 1);
    assert!(!b.is_member("e0", "239.1.3.200"), "the groups were left");
}

#[test]
fn nothing_alive_is_a_failure() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let finished = json(&b, "239.1.0.0/28:5000 --dwell 20ms").ends(1);
    let reasons = &finished.summary()["verdict"]["reasons"];
    assert_eq!(*reasons, json!(["no datagrams arrived from 16 groups"]));
    let text = b.mcast("scan --iface e0 239.1.0.0/28:5000 --dwell 20ms").ends(1);
    assert!(text.out.contains("scanned 16 groups in "), "{text}");
    assert!(text.out.contains("FAIL no datagrams arrived from 16 groups\n"), "{text}");
}

#[test]
fn over_budget_groups_are_left_early_and_none_is_missed() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // 16 groups of 1 Mbit/s each.
    let _sender =
        a.mcast("send --iface e0 239.1.0.0/28:5000 --probe --size 1250 --rate 16Mbit").ready();
    let finished = json(&b, "239.1.0.0/27:5000 --dwell 400ms --budget 2500kbit -v").ends(0);
    let summary = finished.summary();
    assert_eq!((&summary["alive"], &summary["scanned"]), (&json!(16), &json!(32)));
    assert!(summary["over_budget"].as_u64().unwrap() >= 1, "{summary}");
    let sizes = batches(&finished);
    assert_eq!(sizes[0], 8);
    let loud = &sizes[1..sizes.len().min(4)];
    assert!(loud.iter().all(|size| *size <= 4), "fewer at a time: {sizes:?}");
}

#[test]
fn ports_are_found_by_frames() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _senders = [
        a.mcast("send --iface e0 239.1.0.5:5010 -i 10ms").ready(),
        a.mcast("send --iface e0 239.1.0.5:6000 -i 10ms").ready(),
        // Another group, which the user did not name.
        a.mcast("send --iface e0 239.2.0.5:6000 -i 10ms").ready(),
    ];
    let finished = json(&b, "239.1.0.0/28 --dwell 300ms").ends(0);
    let summary = finished.summary();
    let found = summary["found"].as_array().unwrap();
    let ports: BTreeSet<u64> = found.iter().map(|found| found["port"].as_u64().unwrap()).collect();
    assert_eq!(ports, BTreeSet::from([5010, 6000]));
    assert_eq!((&summary["groups"], &summary["alive"]), (&json!(16), &json!(1)));
    assert_eq!(found.len(), 2, "{summary}");
}

#[test]
fn frames_and_reports_show_groups() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.7.7.7:5007 -i 10ms").ready();
    // Reported, but without data.
    let scan = json(&b, "--discover 3s --dwell 500ms");
    scan.line(|line| line.contains("\"event\":\"ready\""));
    let _member = a.mcast("recv --iface e0 239.8.8.8:5008").ready();
    let finished = scan.ends(0);
    let summary = finished.summary();
    let found = of_group(&summary, "239.7.7.7");
    assert_eq!(found["port"], 5007);
    assert_eq!((&summary["groups"], &summary["alive"]), (&json!(2), &json!(1)));
}

#[test]
fn announced_groups_need_no_privileges() {
    let Some(lab) = Lab::with(&["python3", "setpriv"]) else { return };
    let (a, b) = lab.pair();
    let _rtp = rtp(&a, "239.69.1.1", 1_000_000);
    let _sap = a.python(SAP, &["239.69.1.1", "5000", "Studio 1"]).ready();
    let _other = a.mcast("send --iface e0 239.7.7.7:5007 -i 10ms").ready();
    let scan = "scan --iface e0 --discover 1s --dwell 500ms -o json";
    let finished = b.mcast_unprivileged(scan).ends(0);
    let summary = finished.summary();
    let found = of_group(&summary, "239.69.1.1");
    assert_eq!((&found["name"], &found["format"]), (&json!("Studio 1"), &json!("rtp")));
    assert_eq!(summary["groups"], 1, "frames are not seen");
    assert_eq!(finished.events_of("warning")[0]["id"], "no-frames");

    // The name is known to a scan of named groups, too.
    let named = b.mcast_unprivileged("scan --iface e0 239.69.1.0/28:5000 --dwell 500ms -o json");
    assert_eq!(of_group(&named.ends(0).summary(), "239.69.1.1")["name"], "Studio 1");
    let refused = b.mcast_unprivileged("scan --iface e0 239.69.1.0/28").ends(2);
    assert!(refused.err.contains("for example 239.69.1.0/28:5000"), "{refused}");
    let nothing = b.mcast_unprivileged("scan --iface lo --discover 10ms").ends(1);
    assert!(nothing.out.contains("FAIL found no groups to scan\n"), "{nothing}");
}

#[test]
fn an_interrupted_scan_shows_what_it_found() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.0.1:5000 -i 10ms").ready();
    let scan = json(&b, "239.1.0.0/24:5000 --dwell 5s");
    scan.line(|line| line.contains("\"event\":\"found\""));
    scan.signal("INT");
    let finished = scan.ends(130);
    let summary = finished.summary();
    assert_eq!((&summary["groups"], &summary["alive"]), (&json!(256), &json!(1)));
    let reasons = summary["verdict"]["reasons"].to_string();
    assert!(reasons.contains("stopped by SIGINT after 8 of 256 groups"), "{reasons}");
    eventually("no group is joined", || !b.is_member("e0", "239.1.0.9"));
}

#[test]
fn a_taken_port_does_not_end_the_scan() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.0.1:5001 -i 10ms").ready();
    let bound = "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
                 s.bind(('', 5000))\nprint('sending to', flush=True)\ntime.sleep(300)\n";
    let _other = b.python(bound, &[]).ready();
    let finished = json(&b, "239.1.0.1:5000-5002 --dwell 200ms").ends(0);
    assert_eq!(finished.events_of("warning")[0]["id"], "not-scanned");
    assert_eq!(
        (&finished.summary()["skipped"], &finished.summary()["alive"]),
        (&json!(1), &json!(1))
    );
}
