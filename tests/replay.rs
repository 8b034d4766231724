//! `send --replay`: the datagrams of a capture arrive with their bytes, order and timing.
#![cfg(target_os = "linux")]

mod lab;

use std::process::Stdio;

use lab::pcap::{Saved, Sent, datagram, pcap, pcapng};
use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

const GROUP: &str = "239.1.1.1:5000";

/// Replays a file and ends with this status.
fn replay(host: &Host, file: &Saved, options: &str, status: i32) -> Finished {
    let words: Vec<&str> = options.split_whitespace().collect();
    let always = ["send", "--iface", "e0", "-o", "json", "--replay", file.path()];
    host.mcast_with(&[&words[..0], &always, &words].concat()).ends(status)
}

fn receiver(host: &Host, arguments: &str) -> Running {
    host.mcast(&format!("recv --iface e0 -o json {arguments}")).ready()
}

/// Ends a receiver, once it has this many datagrams. Its sender has ended: one too many is there,
/// too.
fn received(recv: Running, count: usize) -> Finished {
    eventually("the datagrams arrive", || {
        recv.so_far().matches("\"event\":\"datagram\"").count() >= count
    });
    recv.signal("INT");
    recv.ends(0)
}

/// The payloads of received datagrams.
fn texts(finished: &Finished) -> Vec<String> {
    let datagrams = finished.events_of("datagram");
    datagrams.iter().map(|event| event["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The times of received datagrams, in milliseconds since the first.
fn times(finished: &Finished) -> Vec<i64> {
    let micros = |event: &Value| {
        let time = event["time"].as_str().expect("a time");
        let (clock, fraction) = time[11..].trim_end_matches('Z').split_once('.').expect("a time");
        let units: Vec<i64> = clock.split(':').map(|unit| unit.parse().expect("a unit")).collect();
        let seconds = units.iter().fold(0, |sum, unit| sum * 60 + unit);
        seconds * 1_000_000 + fraction[..6].parse::<i64>().expect("a fraction")
    };
    let times: Vec<i64> = finished.events_of("datagram").iter().map(micros).collect();
    times.iter().map(|time| (time - times[0] + 500) / 1000).collect()
}

/// Asserts that each datagram arrived near its due time, in milliseconds after the first. The sender
/// states how late a busy machine made it, and any datagram may be that late, the first one, too.
fn assert_on_time(received: &Finished, sent: &Finished, expected: &[i64]) {
    let late = sent.summary()["pace_ns"]["max"].as_i64().unwrap_or(100_000_000) / 1_000_000 + 40;
    let times = times(received);
    let is_near = |(time, due): (&i64, &i64)| (due - late..=due + late).contains(time);
    assert_eq!(times.len(), expected.len(), "{times:?}");
    assert!(times.iter().zip(expected).all(is_near), "{times:?}, late by {late} ms\n{sent}");
}

/// Four datagrams to two groups, and one to a unicast address.
fn two_groups() -> Vec<Sent> {
    vec![
        datagram(0, GROUP, "one"),
        datagram(100_000, "239.1.1.2:5001", "two"),
        datagram(100_000, "10.0.0.101:5000", "unicast"),
        datagram(150_000, GROUP, "three"),
        datagram(400_000, "239.1.1.2:5001", "four"),
    ]
}

#[test]
fn datagrams_keep_their_groups_order_and_times() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    for (name, bytes) in
        [("x.pcap", pcap(&two_groups())), ("x.pcapng", pcapng(&["e7"], &two_groups()))]
    {
        let file = Saved::new(name, &bytes);
        let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001");
        let sent = replay(&a, &file, "", 0);
        let received = received(recv, 4);
        assert_eq!(texts(&received), ["one", "two", "three", "four"], "{name}");
        assert_on_time(&received, &sent, &[0, 100, 150, 400]);
        let ready = &sent.events_of("ready")[0];
        assert_eq!(ready["replay"]["datagrams"], 4);
        assert_eq!(ready["replay"]["duration_ns"], 400_000_000);
        let summary = sent.summary();
        assert_eq!(summary["replay"]["left_out"], json!({ "not_multicast": 1 }));
        assert_eq!((&summary["replay"]["records"], &summary["datagrams"]), (&json!(5), &json!(4)));
        assert_eq!(summary["targets"][1]["datagrams"], 2);
    }
}

#[test]
fn a_pipe_is_replayed_as_it_comes() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let file = Saved::new("pipe.pcap", &pcap(&two_groups()));
    let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001");
    let mut cat = a.command("cat").arg(file.path()).stdout(Stdio::piped()).spawn().expect("cat");
    let mut command = a.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(["send", "--replay", "-", "--iface", "e0", "-o", "json"]);
    let sent = Running::start_reading(command, cat.stdout.take().expect("piped")).ends(0);
    cat.wait().expect("cat");
    let received = received(recv, 4);
    assert_eq!(texts(&received), ["one", "two", "three", "four"]);
    assert_on_time(&received, &sent, &[0, 100, 150, 400]);
    assert_eq!(sent.events_of("ready")[0]["targets"], json!([]));
    assert_eq!(sent.summary()["targets"][1]["group"], "239.1.1.2");
}

#[test]
fn the_speed_loops_and_gaps_change_the_time_line() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let totals_of = |options: &str, expected: &[i64]| {
        let datagrams = [0, 100_000, 400_000].map(|time| datagram(time, GROUP, "x"));
        let file = Saved::new("speed.pcap", &pcap(&datagrams));
        let recv = receiver(&b, GROUP);
        let sent = replay(&a, &file, options, 0);
        assert_on_time(&received(recv, expected.len()), &sent, expected);
        sent.summary()["replay"].clone()
    };
    totals_of("--speed 2", &[0, 50, 200]);
    let totals = totals_of("--speed 4 --loop 3", &[0, 25, 100, 150, 175, 250, 300, 325, 400]);
    assert_eq!(totals["passes"], 3);
    let totals = totals_of("--max-gap 150ms", &[0, 100, 250]);
    assert_eq!(totals["gaps_shortened"], 1);
    assert_eq!(totals["gap_time_removed_ns"], 150_000_000);
    totals_of("--speed max", &[0, 0, 0]);
    totals_of("--count 2 --max-gap none", &[0, 100]);
}

#[test]
fn all_datagrams_go_to_a_named_target() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let file = Saved::new("target.pcap", &pcap(&two_groups()));
    let recv = receiver(&b, "239.9.9.9:9999");
    replay(&a, &file, "239.9.9.9:9999 --speed 10", 0);
    assert_eq!(texts(&received(recv, 4)), ["one", "two", "three", "four"]);
    // The default TARGET can be named, too.
    let recv = receiver(&b, "224.202.20.30:54321");
    replay(&a, &file, "224.202.20.30:54321 --only 10.0.0.101:5000", 0);
    assert_eq!(texts(&received(recv, 1)), ["unicast"]);
}

#[test]
fn flows_can_be_chosen() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let file = Saved::new("only.pcap", &pcap(&two_groups()));
    let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001 10.0.0.101:5000");
    let options = "--only 192.0.2.5@239.1.1.2 --only 10.0.0.101 --speed 10";
    let sent = replay(&a, &file, options, 0);
    assert_eq!(texts(&received(recv, 3)), ["two", "unicast", "four"]);
    assert_eq!(sent.summary()["replay"]["left_out"], json!({ "not_selected": 2 }));
}

#[test]
fn ttl_and_dscp_can_be_those_of_the_capture() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let marked = |number: i64, ttl, class| Sent {
        ttl,
        class,
        // At the same time: the datagrams of one call differ.
        ..datagram(
            number / 4,
            [GROUP, "239.1.1.2:5001"][number as usize % 2],
            format!("{number:02}"),
        )
    };
    let datagrams: Vec<Sent> = (0..40)
        .map(|number| marked(number, 1 + number as u8 % 3, (number as u8 % 5) << 2))
        .collect();
    let file = Saved::new("marks.pcap", &pcap(&datagrams));
    let marks = |options: &str| {
        let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001");
        replay(&a, &file, options, 0);
        let mut received = received(recv, 40).events_of("datagram");
        // Each group has a socket of the receiver, and the order between them is open.
        received.sort_by_key(|event| event["text"].to_string());
        let number = |event: &Value, field: &str| event[field].as_i64().expect("a number");
        received.iter().map(|event| (number(event, "ttl"), number(event, "dscp"))).collect()
    };
    let kept: Vec<(i64, i64)> = marks("--keep-ttl --keep-dscp");
    assert_eq!(kept, (0..40).map(|number| (1 + number % 3, number % 5)).collect::<Vec<_>>());
    let ours: Vec<(i64, i64)> = marks("--ttl 9 --dscp ef");
    assert_eq!(ours, vec![(9, 46); 40]);
}

#[test]
fn ipv6_and_long_datagrams_arrive() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let long = "y".repeat(60_000);
    let datagrams = [
        datagram(0, "[ff15::1]:5000", "six"),
        datagram(1000, "[ff02::5]:5000", "link"),
        datagram(2000, "[ff15::1]:5000", &long),
    ];
    let file = Saved::new("six.pcap", &pcap(&datagrams));
    let recv = receiver(&b, "[ff15::1]:5000 [ff02::5]:5000");
    replay(&a, &file, "", 0);
    let mut received = texts(&received(recv, 3));
    received.sort();
    assert!(received == ["link", "six", long.as_str()], "{} arrived", received.len());
}

#[test]
fn copies_are_reported_and_dropped_on_request() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let both = |number: i64| {
        let one = datagram(number * 1000, GROUP, format!("{number}"));
        [one.clone(), Sent { interface: 1, time: one.time + 20_000, ..one }]
    };
    let datagrams: Vec<Sent> = (0..20).flat_map(both).collect();
    let file = Saved::new("twice.pcapng", &pcapng(&["eth0", "br0"], &datagrams));
    let sent = replay(&a, &file, "", 0);
    let warning = &sent.events_of("warning");
    let warning = warning.iter().find(|event| event["id"] == "capture-twice").expect("a warning");
    assert!(warning.to_string().contains("eth0 and br0 captured the same traffic"), "{warning}");
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for (options, why) in [("--drop-copies", "copy"), ("--capture-iface br0", "not_selected")] {
        let recv = receiver(&b, GROUP);
        let sent = replay(&a, &file, options, 0);
        assert_eq!(texts(&received(recv, 20)), expected, "{options}");
        assert_eq!(sent.summary()["replay"]["left_out"], json!({ why: 20 }));
        let ids = sent.events_of("warning");
        assert!(ids.iter().all(|event| event["id"] != "capture-twice"), "{sent}");
    }
}

#[test]
fn a_fast_flow_is_no_copy() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let fast: Vec<Sent> =
        (0..20).map(|number| datagram(number * 100, GROUP, format!("{number}"))).collect();
    let file = Saved::new("fast.pcap", &pcap(&fast));
    for options in ["", "--drop-copies"] {
        let sent = replay(&a, &file, options, 0);
        assert_eq!(sent.events()[0]["replay"]["datagrams"], 20, "{options}: {sent}");
        assert_eq!(sent.summary()["datagrams"], 20, "{options}: {sent}");
        let warnings = sent.events_of("warning");
        assert!(warnings.iter().all(|event| event["id"] != "capture-twice"), "{options}: {sent}");
    }
}

#[test]
fn a_capture_that_sends_nothing_is_a_failure() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    for (datagrams, options, part) in [
        (vec![], "", "the capture has no records"),
        (vec![datagram(0, "10.0.0.101:5000", "x")], "", "--only chooses unicast flows"),
        (two_groups(), "--only 239.7.7.7", "nothing to send: 5 not selected"),
    ] {
        let file = Saved::new("nothing.pcap", &pcap(&datagrams));
        let summary = replay(&a, &file, options, 1).summary();
        assert!(summary["verdict"]["reasons"][0].as_str().unwrap().contains(part), "{summary}");
    }
}

#[test]
fn a_damaged_capture_is_sent_up_to_the_damage() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let whole = pcap(&two_groups());
    let cut = Saved::new("cut.pcap", &whole[..whole.len() - 3]);
    let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001");
    let sent = replay(&a, &cut, "--speed 10", 0);
    assert_eq!(texts(&received(recv, 3)), ["one", "two", "three"]);
    assert!(sent.events_of("warning").iter().any(|event| event["id"] == "capture-cut"), "{sent}");

    let garbage = Saved::new("garbage.pcap", &[&whole[..], &[0xff; 64]].concat());
    let recv = receiver(&b, "239.1.1.1:5000 239.1.1.2:5001");
    let sent = replay(&a, &garbage, "--speed 10", 1);
    assert_eq!(texts(&received(recv, 4)).len(), 4);
    let reason = sent.summary()["verdict"]["reasons"][0].to_string();
    assert!(reason.contains("cannot read the rest of '"), "{reason}");
    assert!(reason.contains(&format!("damaged at byte {}", whole.len())), "{reason}");
}

#[test]
fn a_flood_of_every_host_needs_force() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let datagrams: Vec<Sent> = (0..1500).map(|_| datagram(0, "224.0.0.251:5353", "x")).collect();
    let file = Saved::new("flood.pcap", &pcap(&datagrams));
    let sent = replay(&a, &file, "", 0);
    assert_eq!(sent.summary()["replay"]["left_out"], json!({ "flood": 500 }));
    assert!(sent.out.contains("replay-left-out"), "{sent}");
    assert_eq!(replay(&a, &file, "--force", 0).summary()["datagrams"], 1500);
    let refused = replay(&a, &file, "--speed max --loop", 2);
    assert!(refused.err.contains("without a limit"), "{refused}");
}

#[test]
fn refusals_name_the_file_and_the_reason() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let text = Saved::new("text.pcap", b"a line of text\n");
    for (file, options, parts) in [
        (text.path(), "", ["it is text", "tip:"]),
        ("/no/such.pcap", "", ["cannot read '/no/such.pcap'", "No such file"]),
        ("-", "--loop 2", ["more than once: it is a pipe", "tip:"]),
    ] {
        let line = format!("send --iface e0 --replay {file} {options}");
        let refused = a.mcast(&line).ends(2);
        assert!(parts.iter().all(|part| refused.err.contains(part)), "{refused}");
    }
}
