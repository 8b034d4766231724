//! `mcast ping`: the receivers that answer, and where requests and replies are lost.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{Ip, ttl_too_low};
use lab::{Finished, Host, Lab, Running};
use serde_json::{Value, json};

const TARGET: &str = "239.1.1.1:5000";

/// A receiver that answers.
fn receiver(host: &Host) -> Running {
    host.mcast("recv --iface e0 239.1.1.1:5000 --reply").ready()
}

/// The same, by an implementation apart from mcast's own.
fn foreign_receiver(host: &Host) -> Running {
    let arguments = ["239.1.1.1", "5000", "10.0.0.101"];
    host.python(lab::REPLYING, &arguments).ready()
}

fn ping(host: &Host, options: &str) -> Running {
    host.mcast(&format!("ping --iface e0 {TARGET} {options}"))
}

fn json_of(host: &Host, options: &str) -> Finished {
    ping(host, &format!("{options} -o json")).finish()
}

/// The fields of the only receiver.
fn counts(finished: &Finished, names: &[&str]) -> Vec<Value> {
    let summary = finished.summary();
    let receivers = summary["receivers"].as_array().expect("a list");
    assert_eq!(receivers.len(), 1, "{finished}");
    names.iter().map(|name| receivers[0][*name].clone()).collect()
}

/// A rule that drops arriving datagrams of this kind (0 data, 1 end, 2 reply), as further matched.
fn drop_rule(kind: u8, matched: &str) -> String {
    format!(
        "table ip t {{ chain c {{ type filter hook input priority 0; meta l4proto udp \
         @th,104,8 {kind} {matched} drop; }}; }}"
    )
}

#[test]
fn losses_of_each_direction_are_counted_exactly() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    for start in [receiver, foreign_receiver] {
        let (a, b) = lab.pair();
        // One in five requests does not arrive, and one in four replies does not, either.
        b.firewall(&drop_rule(0, "numgen inc mod 5 0"));
        a.firewall(&drop_rule(2, "numgen inc mod 4 0"));
        let _receiver = start(&b);
        // A receiver sends 20 replies a second to one address.
        let finished = json_of(&a, "-c 50 -i 60ms");
        let names = ["expected", "received", "replies", "lost_to", "lost_back", "unresolved"];
        let expected = [50, 40, 30, 10, 10, 0].map(Value::from);
        assert_eq!(counts(&finished, &names), expected, "{finished}");
        let ratios = counts(&finished, &["loss_ratio", "loss_to_ratio", "loss_back_ratio"]);
        assert_eq!(ratios, [0.4, 0.2, 0.25].map(Value::from), "{finished}");
        assert_eq!(counts(&finished, &["address"]), [json!("10.0.0.101")]);
        assert_eq!(finished.status.code(), Some(0));
    }
}

#[test]
fn losses_at_the_end_are_found_by_end_markers() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    for (kind, expected) in [(0, [10, 8, 8, 2, 0, 0]), (2, [10, 10, 8, 0, 2, 0])] {
        let (a, b) = lab.pair();
        // The requests 8 and 9, or the replies to them.
        let host = if kind == 0 { &b } else { &a };
        host.firewall(&drop_rule(kind, "@th,248,8 { 8, 9 }"));
        let _receiver = receiver(&b);
        let finished = json_of(&a, "-c 10 -i 60ms -W 200ms");
        let names = ["expected", "received", "replies", "lost_to", "lost_back", "unresolved"];
        assert_eq!(counts(&finished, &names), expected.map(Value::from), "{finished}");
    }
}

#[test]
fn a_restarted_receiver_is_one_receiver() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let first = receiver(&b);
    let pinging = ping(&a, "-i 60ms -o json");
    pinging.line(|line| line.contains("\"reply\"") && line.contains("\"seq\":2,"));
    drop(first);
    let _second = receiver(&b);
    let port = |line: &str| -> Value {
        serde_json::from_str::<Value>(line).map_or(Value::Null, |event| event["receiver"].clone())
    };
    let before = pinging.line(|line| line.contains("\"reply\""));
    pinging.line(|line| line.contains("\"reply\"") && port(line) != port(&before));
    pinging.signal("INT");
    let finished = pinging.ends(0);
    assert_eq!(counts(&finished, &["restarts", "lost_to"]), [1, 0].map(Value::from), "{finished}");
    assert_eq!(finished.summary()["receivers"][0]["lost_back"], 0, "{finished}");
}

#[test]
fn two_pingers_count_apart() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch();
    let [a, b, c] =
        ["100", "101", "102"].map(|own| lab.host_on(&mut switch, &format!("10.0.0.{own}/24")));
    let _receiver = receiver(&b);
    let pingers = [&a, &c].map(|host| ping(host, "-c 10 -i 60ms -o json"));
    for finished in pingers.map(Running::finish) {
        let names = ["expected", "replies", "lost_to", "lost_back"];
        assert_eq!(counts(&finished, &names), [10, 10, 0, 0].map(Value::from), "{finished}");
        assert_eq!(finished.summary()["foreign"], 0, "{finished}");
    }
}

#[test]
fn unicast_and_multicast_are_compared() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    let _receiver = receiver(&b);
    let pinging = ping(&a, "-i 120ms --unicast");
    pinging.line(|line| line.contains("(unicast): seq=1 "));
    let drop_to = |to: &str| {
        format!(
            "table ip t {{ chain c {{ type filter hook input priority 0; ip daddr {to} udp length > 100 drop; }}; }}"
        )
    };
    b.firewall(&drop_to("239.1.1.1"));
    let sent = a.frames_received("e0");
    lab::eventually("further unicast replies", || a.frames_received("e0") > sent + 6);
    pinging.signal("INT");
    let finished = pinging.ends(0);
    finished.prints("unicast works, multicast does not: 10.0.0.101 answered");
    b.shell("nft delete table ip t");
    b.firewall(&drop_to("10.0.0.101"));
    let finished = ping(&a, "-c 5 -i 120ms --unicast").ends(0);
    finished.prints("multicast works, unicast does not: 10.0.0.101 answered no unicast request");
}

#[test]
fn silence_is_a_failure_with_advice() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let finished = json_of(&a, "-c 2 -i 10ms -W 50ms");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.events_of("warning")[0]["id"], "no-answer");
    assert_eq!(
        finished.summary()["verdict"]["reasons"],
        json!(["no receiver answered 2 requests"])
    );
    let pinging = ping(&a, "").ready();
    pinging.signal("INT");
    pinging.ends(1).prints("no receiver answered");
}

#[test]
fn expectations_are_judged() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _receiver = receiver(&b);
    let list = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("expected-receivers");
    std::fs::write(&list, "10.0.0.101 # here\n10.0.0.9\n").expect("a file");
    let expect = format!("-c 2 -i 10ms -W 100ms --expect {}", list.display());
    let finished = json_of(&a, &expect);
    assert_eq!(finished.summary()["missing"], json!(["10.0.0.9"]), "{finished}");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    ping(&a, &expect).ends(1).prints("missing 10.0.0.9");
    let assert = |expr: &str| {
        a.mcast_with(&["ping", "--iface", "e0", TARGET, "-c", "2", "-i", "10ms", "--assert", expr])
    };
    assert("receivers == 1").ends(0).prints("PASS receivers == 1 (1)");
    assert("loss == 0%").ends(0).prints("PASS loss == 0% (0 %)");
    assert("rtt.max < 1ns").ends(1).prints("FAIL rtt.max < 1ns (");
}

#[test]
fn hops_are_counted_each_way_through_a_router() {
    let Some(lab) = Lab::with(&["smcrouted"]) else { return };
    for ip in [Ip::V4, Ip::V6] {
        if ip == Ip::V6 && !Lab::routes_ipv6_multicast() {
            continue;
        }
        let scene = ttl_too_low(&lab, ip);
        let target = ip.target();
        let recv = format!("recv {target} --iface e0 --reply");
        let _receiver = scene.receiver.mcast(&recv).ready();
        let ping = |options: &str| {
            let line = format!("ping {target} --iface e0 -c 3 -i 60ms -W 300ms {options} -o json");
            scene.sender.mcast(&line)
        };
        ping("").ends(1);
        let finished = ping("--ttl 16 --unicast").ends(0);
        let hops = json!({"min": 1, "max": 1});
        assert_eq!(
            counts(&finished, &["hops_to", "hops_back"]),
            [hops.clone(), hops],
            "{finished}"
        );
        let names = ["replies", "lost_to", "lost_back"];
        assert_eq!(counts(&finished, &names), [3, 0, 0].map(Value::from), "{finished}");
        let unicast = &finished.summary()["receivers"][0]["unicast"];
        assert_eq!(unicast["replies"], unicast["expected"], "{finished}");
    }
}

#[test]
fn two_hundred_receivers_answer() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _receivers: Vec<Running> =
        (0..200).map(|_| b.mcast("recv --iface e0 239.1.1.1:5000 --reply -q")).collect();
    lab::eventually("200 memberships", || {
        let sockets = b.proc_net("udp");
        sockets.lines().filter(|line| line.contains("010101EF:1388")).count() == 200
    });
    let finished = json_of(&a, "-c 3 -i 2s -W 5s");
    let summary = finished.summary();
    let receivers = summary["receivers"].as_array().expect("a list");
    assert_eq!(receivers.len(), 200, "{}", finished.err);
    let names = ["expected", "replies", "lost_to", "lost_back"];
    let sums = names.map(|name| summary[name].as_u64().expect(name));
    let others = ["withheld", "unresolved", "untracked"].map(|name| &summary[name]);
    assert_eq!(sums, [600, 600, 0, 0], "{} {others:?}", summary["targets"]);
    assert_eq!(summary["targets"][0]["estimate"], Value::Null);

    // With a small budget, only a share of them answers each request.
    let finished = json_of(&a, "-c 4 -i 1s --reply-budget 100");
    let summary = finished.summary();
    let estimate = &summary["targets"][0]["estimate"];
    let number = |name: &str| estimate[name].as_u64().unwrap_or_else(|| panic!("{summary}"));
    assert!(number("low") <= number("receivers") && number("receivers") <= number("high"));
    assert!(number("low") > 0, "{estimate}");
    for name in ["lost_to", "lost_back", "restarts"] {
        let all = summary["receivers"].as_array().expect("a list");
        assert!(all.iter().all(|receiver| receiver[name] == 0), "{name}: {}", finished.err);
    }
}
