//! `mcast send --reports`: one sender's view of all receivers.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, Switch};
use serde_json::{Value, json};

const SENDER: &str = "10.0.0.100";

/// A switch that floods groups, a sender and receivers at 10.0.0.101 and up.
fn network(lab: &Lab, receivers: u8) -> (Switch, Host, Vec<Host>) {
    let mut switch = lab.switch_with("mcast_snooping 0");
    let sender = lab.host_on(&mut switch, &format!("{SENDER}/24"));
    let receivers = (1..=receivers)
        .map(|host| lab.host_on(&mut switch, &format!("10.0.0.{}/24", 100 + u32::from(host))))
        .collect();
    (switch, sender, receivers)
}

fn recv(host: &Host, arguments: &str) -> Running {
    host.mcast(&format!("recv --iface e0 --reply --rcvbuf 4MiB -o json {arguments}")).ready()
}

fn send(host: &Host, arguments: &str) -> Running {
    let arguments = format!("send --iface e0 --probe --reports 100ms -o json {arguments}");
    host.mcast(&arguments)
}

/// The receiver with this address in the summary of a sender.
fn at<'a>(summary: &'a Value, address: &str) -> &'a Value {
    let list = summary["reports"]["list"].as_array().expect("a list");
    list.iter().find(|receiver| receiver["address"] == address).unwrap_or_else(|| {
        panic!("{address} is not in {summary:#}");
    })
}

/// The counters of a report are those of the receiver's own summary, to the nanosecond.
fn agree(reported: &Value, received: &Finished) {
    let own = &received.summary()["streams"][0];
    for field in ["received", "lost", "loss_ratio", "missed_before", "duplicates", "reordered"] {
        assert_eq!(reported[field], own[field], "{field}: {reported:#} {own:#}");
    }
    for field in ["corrupt", "jitter_ns"] {
        assert_eq!(reported[field], own[field], "{field}: {reported:#} {own:#}");
    }
    for field in ["p50", "p99", "max"] {
        assert_eq!(reported["delay_ns"][field], own["delay_ns"][field], "{field}");
    }
    assert_eq!(reported["hops"], own["hops"]["max"]);
    assert_eq!(reported["kernel_drops"], received.summary()["kernel_drops"]);
}

/// Waits for a report on the receivers for which `is_wanted` holds.
fn wait_for(sender: &Running, is_wanted: impl Fn(&Value) -> bool) {
    sender.line(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        event["event"] == "receivers" && is_wanted(&event)
    });
}

#[test]
fn the_sender_has_the_counters_of_all_receivers() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (_switch, sender, hosts) = network(&lab, 3);
    // The first datagram passes, and then one in ten does not.
    hosts[1].firewall(
        "table inet t { chain in { type filter hook input priority 0; \
         udp dport 5000 numgen inc mod 10 5 drop; }; }",
    );
    let receivers: Vec<Running> =
        hosts.iter().map(|host| recv(host, "239.1.1.1:5000 --once")).collect();
    let assertions = "--assert receivers==3 --assert received==180 --assert lost==20 \
                      --assert loss<=10% --assert silent==0 --assert delay.p99<60s \
                      --assert jitter<60s --assert duplicates==0 --assert restarts==0";
    let sent = send(&sender, &format!("239.1.1.1:5000 -i 2ms -c 200 {assertions}")).ends(0);
    let summary = sent.summary();
    assert!(summary["assertions"].as_array().unwrap().iter().all(|one| one["held"] == true));
    for (index, receiver) in receivers.into_iter().enumerate() {
        let reported = at(&summary, &format!("10.0.0.{}", 101 + index));
        agree(reported, &receiver.ends(0));
        let lost = if index == 1 { 20 } else { 0 };
        assert_eq!((&reported["lost"], &reported["state"]), (&json!(lost), &json!("ended")));
        assert_eq!(reported["streams"][0]["group"], "239.1.1.1");
    }
    let all = &summary["reports"];
    assert_eq!([&all["lost_max"], &all["lost_total"], &all["ended"]], [20, 20, 3]);
    assert_eq!([&all["received_min"], &all["foreign_answers"]], [180, 0]);
}

#[test]
fn a_failed_assertion_is_exit_status_1() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver = recv(&b, "239.1.1.1:5000 --once");
    let sent = a
        .mcast(
            "send --iface e0 239.1.1.1:5000 --probe --reports 100ms -i 2ms -c 50 \
             --assert receivers>=2 --assert lost==0",
        )
        .ends(1);
    receiver.ends(0);
    sent.prints("FAIL receivers>=2 (1)");
    sent.prints("PASS lost==0 (0)");
    sent.prints("1 receiver reported; lost 0");
}

#[test]
fn a_killed_receiver_is_silent_and_loses_nothing() {
    let Some(lab) = Lab::open() else { return };
    let (_switch, sender, hosts) = network(&lab, 2);
    let (first, second) = (recv(&hosts[0], "239.1.1.1:5000"), recv(&hosts[1], "239.1.1.1:5000"));
    let sending = send(&sender, "239.1.1.1:5000 -i 5ms --assert silent==0");
    wait_for(&sending, |event| event["receivers"] == 2);
    first.signal("KILL");
    wait_for(&sending, |event| event["silent"] == 1);
    sending.signal("INT");
    let sent = sending.ends(1);
    let summary = sent.summary();
    let silent = at(&summary, "10.0.0.101");
    assert_eq!((&silent["state"], &silent["lost"]), (&json!("silent"), &json!(0)));
    assert!(silent["silent_ns"].as_u64() > Some(300_000_000), "{silent:#}");
    let other = at(&summary, "10.0.0.102");
    assert_eq!((&other["state"], &other["silent_ns"]), (&json!("ended"), &Value::Null));
    assert_eq!(other["received"], summary["datagrams"]);
    drop(second);
}

#[test]
fn a_restarted_receiver_is_no_second_one() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let first = recv(&b, "239.1.1.1:5000");
    let sending = send(&a, "239.1.1.1:5000 -i 5ms");
    wait_for(&sending, |event| event["receivers"] == 1);
    first.signal("KILL");
    let second = recv(&b, "239.1.1.1:5000");
    wait_for(&sending, |event| event["restarts"] == 1);
    sending.signal("INT");
    let summary = sending.ends(0).summary();
    let all = &summary["reports"];
    assert_eq!([&all["receivers"], &all["silent"], &all["restarts"]], [1, 0, 1]);
    let states: Vec<_> =
        [0, 1].map(|at| (&all["list"][at]["state"], &all["list"][at]["restarted"])).into();
    let expected = [(json!("replaced"), json!(false)), (json!("ended"), json!(true))];
    assert_eq!(states, expected.iter().map(|(one, two)| (one, two)).collect::<Vec<_>>());
    assert!(all["list"][1]["missed_before"].as_u64() > Some(0));
    drop(second);
}

#[test]
fn groups_of_both_families_are_reported() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let receiver = recv(&b, "239.1.1.1:5000 239.1.1.2:5001 [ff02::5]:5000 [ff15::1]:5000 --once");
    let summary =
        send(&a, "239.1.1.1:5000 239.1.1.2:5001 [ff02::5]:5000 [ff15::1]:5000 -i 5ms -c 40")
            .ends(0)
            .summary();
    receiver.ends(0);
    // Each family has its address, and is a receiver.
    let all = &summary["reports"];
    assert_eq!([&all["receivers"], &all["ended"], &all["received_min"]], [2, 2, 80]);
    let mut groups: Vec<&str> = Vec::new();
    for receiver in all["list"].as_array().expect("a list") {
        for stream in receiver["streams"].as_array().expect("streams") {
            assert_eq!([&stream["received"], &stream["lost"]], [40, 0]);
            groups.push(stream["group"].as_str().expect("a group"));
        }
    }
    groups.sort_unstable();
    assert_eq!(groups, ["239.1.1.1", "239.1.1.2", "ff02::5", "ff15::1"]);
    let link_local = all["list"].as_array().unwrap().iter().map(|of| of["address"].to_string());
    assert!(link_local.into_iter().any(|address| address.contains("%e0")), "{all:#}");
}

#[test]
fn a_short_run_has_the_reports_of_all_receivers() {
    let Some(lab) = Lab::open() else { return };
    let (_switch, sender, hosts) = network(&lab, 3);
    let receivers: Vec<Running> =
        hosts.iter().map(|host| recv(host, "239.1.1.1:5000 --once")).collect();
    let summary = sender
        .mcast("send --iface e0 239.1.1.1:5000 --probe --reports 1h -c 1 -o json")
        .ends(0)
        .summary();
    let all = &summary["reports"];
    assert_eq!([&all["receivers"], &all["ended"], &all["received_min"]], [3, 3, 1]);
    receivers.into_iter().for_each(|receiver| drop(receiver.ends(0)));
}

#[test]
fn nothing_is_sent_without_reply_and_nobody_is_a_failure() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    let sent =
        a.mcast("send --iface e0 239.1.1.1:5000 --probe --reports 100ms -i 5ms -c 60").ends(1);
    sent.prints("FAIL no receiver reported; receivers need 'mcast recv --reply'");
    assert_eq!(receiver.ends(0).summary()["streams"][0]["received"], 60);
    assert_eq!(b.counter("Udp", "OutDatagrams"), 0);
}

#[test]
fn the_options_are_checked() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    for (arguments, part) in [
        ("--reports 1s", "--probe"),
        ("--probe --reports 10ms", "at least 100ms"),
        ("--probe --reports 1", "a unit is missing"),
        ("--probe --reports 1s --size 100", "a report has 144 bytes"),
        ("--probe --reports 1s --reply-budget 0", "--reply-budget"),
        ("--probe --assert lost==0", "--reports"),
        ("--probe --reports 1s --assert pdv.max<1s", "'pdv.max' is a metric of recv"),
    ] {
        let refused = host.mcast(&format!("send --iface lo {arguments}")).ends(2);
        assert!(refused.err.contains(part), "{arguments}: {}", refused.err);
    }
}
