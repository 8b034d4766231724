//! `mcast check --watch` and `mcast ifaces --watch`: the changes of a network appear when they
//! happen.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

const WATCHING: &str = "{\"event\":\"watching\"";

/// Starts to watch. The first cycle has ended.
fn watch(host: &Host, arguments: &str) -> Running {
    let running = host.mcast(&format!("{arguments} -o json"));
    running.line(|line| line.starts_with(WATCHING));
    running
}

/// Waits for an event of a kind with these fields.
fn wait_for(running: &Running, kind: &str, fields: &Value) -> Value {
    let fits = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        let fields = fields.as_object().expect("fields");
        event["event"] == kind && fields.iter().all(|(name, value)| event[name] == *value)
    };
    serde_json::from_str(&running.line(fits)).expect("JSON")
}

fn wait_for_change(running: &Running, iface: &str, field: &str, before: Value, after: Value) {
    let fields = json!({"name": iface, "field": field, "before": before, "after": after});
    wait_for(running, "change", &fields);
}

fn end(running: Running, status: i32) -> Finished {
    running.signal("INT");
    running.ends(status)
}

/// The files that a process has open.
fn open_files(running: &Running) -> usize {
    fs::read_dir(format!("/proc/{}/fd", running.id())).map_or(0, Iterator::count)
}

#[test]
fn interfaces_change_as_they_happen() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let run = watch(&b, "ifaces --watch");
    b.address("e0", "10.0.7.7/16");
    wait_for_change(
        &run,
        "e0",
        "address",
        Value::Null,
        json!({"address": "10.0.7.7", "prefix": 16}),
    );

    let recv = b.mcast("recv --iface e0 239.1.1.1:5000").ready();
    let joined = |users: u64| json!({"group": "239.1.1.1", "users": users});
    wait_for_change(&run, "e0", "group", Value::Null, joined(1));
    let second = b.mcast("recv --iface e0 239.1.1.1:5000").ready();
    wait_for_change(&run, "e0", "group", joined(1), joined(2));
    second.signal("INT");
    second.ends(0);
    wait_for_change(&run, "e0", "group", joined(2), joined(1));
    recv.signal("INT");
    recv.ends(0);
    wait_for_change(&run, "e0", "group", joined(1), Value::Null);

    a.shell("ip link set e0 down");
    wait_for_change(&run, "e0", "carrier", json!(true), json!(false));
    a.shell("ip link set e0 up");
    wait_for_change(&run, "e0", "carrier", json!(false), json!(true));
    b.shell("ip link set e0 down");
    wait_for_change(&run, "e0", "up", json!(true), json!(false));
    b.shell("ip link set e0 name lan0");
    wait_for_change(&run, "lan0", "name", json!("e0"), json!("lan0"));
    b.shell("ip link del lan0");
    let gone = json!({"name": "lan0", "field": "interface", "after": null});
    wait_for(&run, "change", &gone);
    lab.wire(&a, &b);
    let new = json!({"name": "e0", "field": "interface", "before": null});
    wait_for(&run, "change", &new);

    let finished = end(run, 0);
    let events = finished.events();
    let first_change = events.iter().position(|event| event["event"] == "change");
    let watching = events.iter().position(|event| event["event"] == "watching");
    assert!(watching < first_change, "{finished}");
    assert_eq!(finished.events_of("interface").len(), 2, "the first list\n{finished}");
    let summary = finished.summary();
    let changes = finished.events_of("change").len();
    assert_eq!((&summary["interfaces"], &summary["changes"]), (&json!(2), &json!(changes)));
}

#[test]
fn an_old_querier_is_a_change_of_an_interface() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch_with(
        "mcast_snooping 1 mcast_igmp_version 2 mcast_query_interval 200 \
         mcast_startup_query_interval 50",
    );
    let host = lab.host_on(&mut switch, "10.0.0.101/24");
    let run = watch(&host, "ifaces --watch");
    switch.host().shell("ip link set br0 type bridge mcast_querier 1");
    wait_for_change(&run, "e0", "igmp_version", json!(3), json!(2));
    end(run, 0);
}

#[test]
fn text_has_a_line_for_each_change() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let run = b.mcast("ifaces --watch");
    run.line(|line| line.ends_with("changes follow"));
    b.shell("ip link set e0 down");
    let line = run.line(|line| line.ends_with("  e0  down"));
    let time = line.split(' ').next().expect("a time");
    assert_eq!((time.len(), time.matches(':').count()), ("14:03:31.120".len(), 2), "{line}");
    run.signal("TERM");
    let finished = run.ends(0);
    assert!(!finished.out.contains("224.0.0.1\n"), "groups of every host are hidden: {finished}");
}

#[test]
fn a_rule_is_a_finding_until_it_is_gone() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 --interval 5ms -q");
    let run = watch(&b, "check --watch 1s -d 500ms 239.1.1.1:5000 --iface e0");
    b.firewall(
        "table inet t { chain i { type filter hook input priority 0; udp dport 5000 drop; }; }",
    );
    wait_for(&run, "finding", &json!({"id": "firewall-input", "level": "fault"}));
    wait_for(&run, "resolved", &json!({"id": "arrives", "level": "pass"}));
    b.shell("nft flush ruleset");
    wait_for(&run, "resolved", &json!({"id": "firewall-input", "level": "fault"}));
    let finished = end(run, 0);
    let arrivals =
        finished.events_of("finding").into_iter().filter(|found| found["id"] == "arrives");
    assert_eq!(arrivals.count(), 2, "it arrives again: {finished}");
    let summary = finished.summary();
    assert!(summary["cycles"].as_u64() >= Some(3), "{finished}");
    assert_eq!(summary["faults"], 0, "{finished}");
}

#[test]
fn the_last_cycle_decides_the_exit_status() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let run = watch(&b, "check --watch 1s -d 100ms 239.1.1.1:5000 --iface e0");
    b.shell("ip link set e0 down");
    wait_for(&run, "finding", &json!({"id": "interface-down", "level": "fault"}));
    let finished = end(run, 1);
    assert_eq!(finished.summary()["faults"], 1, "{finished}");
    assert_eq!(finished.events_of("ready").len(), 1, "{finished}");
}

#[test]
fn an_interface_that_returns_is_checked_again() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let run = watch(&b, "check --watch 1s -d 100ms 239.1.1.1:5000 --iface e0");
    b.shell("ip link del e0");
    wait_for(&run, "finding", &json!({"id": "no-interface", "level": "fault"}));
    lab.wire(&a, &b);
    b.address("e0", "10.0.0.101/24");
    wait_for(&run, "resolved", &json!({"id": "no-interface", "level": "fault"}));
    end(run, 0);
}

#[test]
fn a_querier_that_appears_is_a_change() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch_with(
        "mcast_snooping 1 mcast_query_response_interval 50 mcast_query_interval 200 \
         mcast_membership_interval 500 mcast_startup_query_interval 50 mcast_igmp_version 3",
    );
    let host = lab.host_on(&mut switch, "10.0.0.101/24");
    let run = watch(&host, "check --watch 1s -d 3s 239.1.1.1:5000 --iface e0");
    if !run.so_far().contains("\"id\":\"no-querier\"") {
        Lab::skipped("needs the right to capture frames");
        return;
    }
    switch.host().shell("ip link set br0 type bridge mcast_querier 1");
    wait_for(&run, "resolved", &json!({"id": "no-querier"}));
    wait_for(&run, "finding", &json!({"id": "querier", "level": "pass"}));
    switch.host().shell("ip link set br0 type bridge mcast_querier 0");
    wait_for(&run, "resolved", &json!({"id": "querier", "level": "pass"}));
    end(run, 0);
}

#[test]
fn silence_appears_and_disappears() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let sender = a.mcast("send --iface e0 239.1.1.1:5000 --interval 5ms -q");
    b.frames_received("e0");
    let run = watch(&b, "check --watch 1s -d 500ms 239.1.1.1:5000 --iface e0 --expect-traffic");
    drop(sender);
    wait_for(&run, "finding", &json!({"id": "nothing-arrives", "level": "fault"}));
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 --interval 5ms -q");
    wait_for(&run, "resolved", &json!({"id": "nothing-arrives", "level": "fault"}));
    end(run, 0);
}

/// A day of cycles must not use up files, memory or memberships.
#[test]
fn many_cycles_leave_nothing_behind() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let checking = watch(&b, "check --watch 1s -d 1ms 239.1.1.1:5000 --iface e0");
    let listing = watch(&b, "ifaces --watch");
    // Between two cycles the files of one are closed.
    let least = |running: &Running| {
        let mut least = usize::MAX;
        for _ in 0..200 {
            least = least.min(open_files(running));
            std::thread::sleep(std::time::Duration::from_millis(10)); // between two samples
        }
        least
    };
    let before = [least(&checking), least(&listing)];
    let joins = || (0..9).any(|_| b.is_member("e0", "239.1.1.1"));
    for number in 0..6 {
        let address = format!("10.0.1.{number}/24");
        b.address("e0", &address);
        eventually("a further change is listed", || listing.so_far().contains(&address[..8]));
        eventually("a further cycle joins", joins);
        eventually("and leaves", || !joins());
    }
    assert_eq!([least(&checking), least(&listing)], before);
    let finished = end(checking, 0);
    assert!(finished.summary()["cycles"].as_u64() >= Some(5), "{finished}");
    assert_eq!(finished.events_of("resolved").len(), 0, "nothing changed: {finished}");
    end(listing, 0);
    assert!(!b.is_member("e0", "239.1.1.1"));
}

#[test]
fn a_signal_in_the_first_cycle_is_no_usual_end() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let run = b.mcast("check --watch 1h -d 1h 239.1.1.1:5000 --iface e0 -o json").ready();
    run.signal("TERM");
    let finished = run.ends(143);
    assert_eq!(finished.summary()["cycles"], 0, "{finished}");
}

#[test]
fn a_closed_output_ends_a_watch() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    for command in ["ifaces --watch", "check --watch 1s -d 1ms --iface e0"] {
        b.shell(&format!("{mcast} {command} | head -1"));
    }
}
