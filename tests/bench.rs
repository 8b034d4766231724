//! `mcast bench`: joins and leaves on a snooping switch, throughput through a policer, and groups
//! through a filter.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, Switch};
use serde_json::{Value, json};

/// The wait for anything on a busy machine.
const LONG: &str = "--join-wait 120s --leave-wait 120s";

/// Starts a receiver that reports.
fn receiver(host: &Host, groups: &str) -> Running {
    host.mcast(&format!("recv --reply {groups} --iface e0 --rcvbuf 4MiB -o json")).ready()
}

fn bench(host: &Host, arguments: &str) -> Running {
    host.mcast(&format!("bench {arguments} --iface e0 -o json"))
}

/// A snooping switch with a sender, a receiver and a bystander.
fn switched(lab: &Lab) -> (Switch, [Host; 3]) {
    let mut switch = lab.switch();
    let hosts =
        ["100", "101", "102"].map(|host| lab.host_on(&mut switch, &format!("10.0.0.{host}/24")));
    switch.wait_for_pruning(&hosts[0], &hosts[2]);
    (switch, hosts)
}

#[test]
fn joins_and_leaves_are_measured_from_the_wire() {
    let Some(lab) = Lab::with(&["bridge"]) else { return };
    let (switch, [a, b, _c]) = switched(&lab);
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 --probe --rate 500pps").ready();
    let finished = bench(&b, &format!("join 239.1.1.1:5000 --cycles 2 {LONG}")).ends(0);
    let summary = finished.summary();
    assert_eq!((&summary["cycles"], &summary["missed"]), (&json!(2), &json!(0)), "{summary}");
    assert_eq!((&summary["join_from"], &summary["not_stopped"]), (&json!("report"), &json!(0)));
    for cycle in finished.events_of("cycle") {
        assert_eq!((&cycle["forwarded_before"], &cycle["stopped"]), (&json!(false), &json!(true)));
        assert!(cycle["join_ns"].is_u64() && cycle["report_delay_ns"].is_u64(), "{cycle}");
        // The switch asks for other members before it stops.
        assert!(cycle["leave_ns"].as_u64().unwrap() > 0, "{cycle}");
    }
    let latencies = &summary["join"];
    let count = |bin: &Value| bin["count"].as_u64().unwrap();
    let all: u64 = latencies["histogram"].as_array().unwrap().iter().map(count).sum();
    assert_eq!((all, &latencies["count"]), (2, &json!(2)));
    assert!(latencies["p50_ns"].as_u64() <= latencies["max_ns"].as_u64());

    switch.host().shell("bridge link set dev p1 fastleave on");
    let finished = bench(&b, &format!("join 239.1.1.1:5000 --cycles 2 {LONG}")).ends(0);
    assert_eq!(finished.summary()["leave"]["count"], 2, "also with fast leave");
    let text = b.mcast(&format!("bench join 239.1.1.1:5000 --iface e0 --cycles 1 {LONG}")).ends(0);
    for part in ["joining 239.1.1.1:5000 ", "from the report on the wire\n", "1 cycle in "] {
        assert!(text.out.contains(part), "{text}");
    }
}

#[test]
fn without_frames_joins_are_measured_from_the_call() {
    let Some(lab) = Lab::with(&["setpriv"]) else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 --probe --rate 500pps").ready();
    let line = "bench join 239.1.1.1:5000 --iface e0 --cycles 2 --leave-wait 10ms -o json";
    let finished = b.mcast_unprivileged(line).ends(0);
    let summary = finished.summary();
    assert_eq!((&summary["join_from"], &summary["leave"]), (&json!("call"), &Value::Null));
    assert_eq!((&summary["join"]["count"], &summary["not_stopped"]), (&json!(2), &Value::Null));
    assert_eq!(finished.events_of("warning")[0]["id"], "no-frames");
}

#[test]
fn a_group_that_arrives_without_a_join_measures_nothing() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 --probe --rate 500pps").ready();
    let finished = bench(&b, "join 239.1.1.1:5000 --leave-wait 1s --join-wait 120s").ends(1);
    let summary = finished.summary();
    assert_eq!((&summary["cycles"], &summary["forwarded_before"]), (&json!(3), &json!(3)));
    assert_eq!(summary["join"], Value::Null);
    let reason = summary["verdict"]["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("the group arrived before each join"), "{reason}");
}

#[test]
fn a_silent_group_and_a_member_are_no_measurement() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let finished = bench(&b, "join 239.1.1.1:5000 --join-wait 100ms --leave-wait 10ms").ends(1);
    let summary = finished.summary();
    assert_eq!(
        summary["verdict"]["reasons"],
        json!(["no datagrams arrived within 100ms after the join"])
    );
    assert_eq!((&summary["cycles"], &summary["join"]), (&json!(1), &Value::Null));
    let _member = b.mcast("recv --iface e0 239.1.1.1:5000").ready();
    let refused = bench(&b, "join 239.1.1.1:5000").ends(2);
    assert!(refused.err.contains("another program on this host has joined it"), "{refused}");
}

/// The trials of a search agree with each other.
fn is_consistent(finished: &Finished) {
    let summary = finished.summary();
    let row = &summary["results"][0];
    let throughput = row["throughput_pps"].as_f64();
    for trial in finished.events_of("trial") {
        let offered = trial["offered_pps"].as_f64().unwrap();
        let lost = trial["receivers"].as_array().unwrap().iter().any(|of| of["lost"] != json!(0));
        assert!(!(trial["passed"] == true && lost), "{trial}");
        if trial["passed"] == true {
            assert!(throughput >= Some(offered), "{trial} {row}");
        }
    }
    if let (Some(passed), Some(failed)) = (throughput, row["failed_pps"].as_f64()) {
        assert!(passed < failed, "{row}");
    }
}

#[test]
fn a_policer_bounds_the_throughput() {
    let Some(lab) = Lab::with(&["bridge", "nft"]) else { return };
    let (switch, [a, b, c]) = switched(&lab);
    let receivers = [receiver(&b, "239.1.1.1:5000"), receiver(&c, "239.1.1.1:5000")];
    for port in [1, 2] {
        lab::eventually("the switch has a member", || switch.has_member(port, "239.1.1.1"));
    }
    switch.host().firewall(
        "table bridge policer { chain forward { type filter hook forward priority 0; oifname p2 \
         meta l4proto udp limit rate over 200/second burst 20 packets drop; }; }",
    );
    let line = "throughput 239.1.1.1:5000 --size 128 --trial 1s --max-rate 1600pps \
                --resolution 20% --no-offload";
    let finished = bench(&a, line).finish();
    is_consistent(&finished);
    let summary = finished.summary();
    assert_eq!(summary["receivers"], 2, "{summary}");
    let row = &summary["results"][0];
    // More than the policer lets through in a trial cannot pass. A busy machine may find less.
    assert!(row["throughput_pps"].as_f64().is_none_or(|pps| pps <= 260.0), "{row}");
    let trials = finished.events_of("trial");
    assert_eq!((&trials[0]["passed"], &trials[0]["trial"]), (&json!(false), &json!(1)));
    drop(receivers);
}

#[test]
fn a_network_without_losses_is_bounded_by_the_highest_rate() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, "239.1.1.1:5000");
    let line = "throughput 239.1.1.1:5000 --size 256 --size 128 --trial 500ms --max-rate 50pps";
    let finished = bench(&a, line).ends(0);
    is_consistent(&finished);
    let summary = finished.summary();
    let rows = summary["results"].as_array().unwrap();
    let sizes: Vec<_> = rows.iter().map(|row| (&row["frame_bytes"], &row["bound"])).collect();
    assert_eq!(
        sizes,
        [(&json!(128), &json!("max_rate")), (&json!(256), &json!("max_rate"))],
        "{summary}"
    );
    assert_eq!(rows[0]["payload_bytes"], 82);
    drop(receiver);
}

#[test]
fn without_receivers_nothing_is_measured() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    for line in ["throughput 239.1.1.1:5000 --size 128 --trial 500ms", "groups 239.1.0.0/30:5000"] {
        let summary = bench(&a, line).ends(1).summary();
        let reason = summary["verdict"]["reasons"][0].as_str().unwrap();
        assert!(reason.starts_with("no receiver reported"), "{reason}");
    }
    let refused = bench(&a, "throughput 224.0.0.251:5353 --force").ends(2);
    assert!(refused.err.contains("network protocols use it"), "{refused}");
}

#[test]
fn a_receiver_that_vanishes_is_named() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver = receiver(&b, "239.1.1.1:5000");
    let running = bench(&a, "throughput 239.1.1.1:5000 --size 128 --trial 2s --max-rate 50pps");
    running.line(|line| line.contains("\"ready\""));
    // The receiver answers the first question, and ends during the first trial or after it.
    lab::eventually("the receiver got the first stream", || b.counter("Udp", "OutDatagrams") > 0);
    receiver.signal("KILL");
    let finished = running.ends(1);
    assert_eq!(finished.events_of("warning")[0]["id"], "receiver-silent", "{finished}");
    let summary = finished.summary();
    assert_eq!(summary["verdict"]["reasons"], json!(["1 of 1 receiver stopped reporting"]));
}

#[test]
fn the_number_of_forwarded_groups_is_found_exactly() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    // The first eleven groups pass.
    b.firewall(
        "table inet few { chain input { type filter hook input priority 0; ip daddr \
         239.1.0.11-239.1.0.255 meta l4proto udp drop; }; }",
    );
    let receiver = receiver(&b, "239.1.0.0/27:5000");
    let finished = bench(&a, "groups 239.1.0.0/27:5000 --rate 200pps").ends(0);
    let summary = finished.summary();
    assert_eq!((&summary["capacity"], &summary["failed"]), (&json!(11), &json!(12)), "{summary}");
    let groups: Vec<u64> =
        finished.events_of("step").iter().map(|step| step["groups"].as_u64().unwrap()).collect();
    assert_eq!(groups[..5], [1, 2, 4, 8, 16]);
    drop(receiver);
}
