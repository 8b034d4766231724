//! The streams of other tools, lights and clocks: a firewall drops by number, and mcast reports
//! exactly those losses.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// Sends the bytes of programs that are not installed.
const SENDERS: &str = include_str!("lab/foreign_senders.py");

/// Drops the datagrams to a port that match an expression of nftables, and counts them.
fn drop_by_number(host: &Host, port: u16, numbers: &str) {
    host.firewall(&format!(
        "table inet lossy {{ counter lost {{ }}; chain in {{ type filter hook input priority 0; \
         udp dport {port} numgen inc mod {numbers} counter name lost drop; }}; }}"
    ));
}

/// How many datagrams the firewall dropped.
fn dropped(host: &Host) -> u64 {
    let counter = host.shell("nft list counter inet lossy lost");
    let mut words = counter.split_whitespace().skip_while(|word| *word != "packets").skip(1);
    words.next().and_then(|packets| packets.parse().ok()).expect("a counter of packets")
}

/// Runs a program of `SENDERS` to its end.
fn send(host: &Host, arguments: &str) {
    host.python(SENDERS, &arguments.split(' ').collect::<Vec<_>>()).ends(0);
}

/// Ends a receiver of a stream without an end, once it has read all datagrams that arrived.
fn end(from: &Host, to: &Host, recv: Running) -> Finished {
    let lost = dropped(to);
    eventually("all datagrams are read", || {
        to.counter("Udp", "InDatagrams") + lost >= from.counter("Udp", "OutDatagrams")
    });
    recv.signal("INT");
    recv.ends(0)
}

/// The only stream of a summary, which must have this format.
fn only(finished: &Finished, format: &str) -> Value {
    let summary = finished.summary();
    let streams = summary["streams"].as_array().expect("streams");
    assert_eq!(streams.len(), 1, "{summary:#}");
    assert_eq!(streams[0]["format"], format, "{summary:#}");
    streams[0].clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn the_losses_of_iperf_match_the_firewall() {
    let Some(lab) = Lab::with(&["iperf", "nft"]) else { return };
    let (a, b) = lab.pair();
    drop_by_number(&b, 5001, "10 3");
    let recv = b.mcast("recv --iface e0 239.1.1.6:5001 --once --trust-clock -o json").ready();
    a.program("iperf -c 239.1.1.6 -u -n 60000 -l 200 -b 2m -B 10.0.0.100 -T 4").finish();
    let stream = only(&recv.ends(0), "iperf");
    let (sent, lost) = (number(&stream["sender"]["sent"]), dropped(&b));
    assert!(sent >= 300, "{stream:#}");
    assert_eq!(number(&stream["lost"]), lost, "{stream:#}");
    assert_eq!(number(&stream["received"]), sent - lost, "{stream:#}");
    assert_eq!(
        [&stream["ended"], &stream["how"], &stream["unit"], &stream["missed_before"]],
        [&json!(true), &json!("sequence"), &json!("datagrams"), &json!(0)]
    );
    assert_eq!(stream["clock"], "asserted");
    assert!(stream["delay_ns"]["min"].is_number(), "{stream:#}");
}

#[test]
fn the_end_of_iperf_reveals_losses_before_it() {
    let Some(lab) = Lab::with(&["iperf", "nft", "python3"]) else { return };
    let (a, b) = lab.pair();
    // The last datagrams before the end, of both generations.
    drop_by_number(&b, 5001, "101 { 90-99 }");
    let recv = b.mcast("recv --iface e0 239.1.1.6:5001 --once -o json").ready();
    send(&a, "old_iperf 239.1.1.6 5001 100");
    let stream = only(&recv.ends(0), "iperf");
    assert_eq!(
        json!([stream["sender"]["sent"], stream["sender"]["number_bits"], stream["lost"]]),
        json!([100, 32, 10])
    );
    assert_eq!(dropped(&b), 10);
    assert_eq!(stream["loss_runs"], json!({"count": 1, "longest": 10}));

    // As many datagrams as iperf sends, to find the position of its last ones.
    let iperf = "iperf -c 239.1.1.6 -u -n 20000 -l 200 -b 2m -B 10.0.0.100 -T 4";
    let recv = b.mcast("recv --iface e0 239.1.1.6:5002 --once -o json").ready();
    a.program(&format!("{iperf} -p 5002")).finish();
    let sent = number(&only(&recv.ends(0), "iperf")["sender"]["sent"]);
    b.firewall("flush ruleset");
    drop_by_number(&b, 5003, &format!("{} {{ {}-{} }}", sent + 1, sent - 10, sent - 1));
    let recv = b.mcast("recv --iface e0 239.1.1.6:5003 --once -o json").ready();
    a.program(&format!("{iperf} -p 5003")).finish();
    let stream = only(&recv.ends(0), "iperf");
    assert_eq!(json!([stream["sender"]["sent"], stream["lost"]]), json!([sent, 10]));
    assert_eq!(dropped(&b), 10);
}

#[test]
fn each_run_of_iperf_is_a_stream() {
    let Some(lab) = Lab::with(&["iperf"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.1.1.6:5001 -o json").ready();
    let mut sent = Vec::new();
    for _ in 0..3 {
        // The same source port in each run.
        a.program("iperf -c 239.1.1.6 -u -n 4000 -l 200 -b 1m -B 10.0.0.100:6000 -T 4").finish();
        sent.push(a.counter("Udp", "OutDatagrams"));
    }
    eventually("all datagrams are read", || b.counter("Udp", "InDatagrams") >= sent[2]);
    recv.signal("INT");
    let summary = recv.ends(0).summary();
    let streams = summary["streams"].as_array().expect("streams");
    let counts: Vec<Value> = streams
        .iter()
        .map(|stream| {
            let sent = &stream["sender"]["sent"];
            json!([stream["received"] == *sent, stream["duplicates"], stream["ended"]])
        })
        .collect();
    assert_eq!(counts, vec![json!([true, 0, true]); 3], "{summary:#}");
}

#[test]
fn the_losses_of_mgen_and_sockperf_match_the_firewall() {
    let Some(lab) = Lab::with(&["mgen", "nft", "sockperf"]) else { return };
    let (a, b) = lab.pair();
    drop_by_number(&b, 5001, "10 3");
    let recv = b.mcast("recv --iface e0 239.1.1.7:5001 -o json").ready();
    let mut mgen = a.command("mgen");
    mgen.args(["txlog", "nolog", "event"]);
    mgen.arg("0.0 ON 7 UDP DST 239.1.1.7/5001 PERIODIC [500 128] INTERFACE e0 TTL 4");
    mgen.args(["event", "0.5 OFF 7"]);
    Running::start(mgen).finish();
    let stream = only(&end(&a, &b, recv), "mgen");
    assert_eq!(number(&stream["lost"]), dropped(&b), "{stream:#}");
    assert!(number(&stream["received"]) > 200, "{stream:#}");
    assert_eq!(
        json!([stream["sender"], stream["key"], stream["ended"], stream["missed_before"]]),
        json!([{"tool": "mgen", "flow": 7, "sent": null}, "7", false, 0])
    );

    let (a, b) = lab.pair();
    drop_by_number(&b, 11111, "10 3");
    let recv = b.mcast("recv --iface e0 239.1.1.8:11111 -o json").ready();
    a.program(
        "sockperf throughput -i 239.1.1.8 -p 11111 --mps 500 -m 64 -t 1 --mc-tx-if 10.0.0.100",
    )
    .finish();
    let stream = only(&end(&a, &b, recv), "sockperf");
    assert_eq!(number(&stream["lost"]), dropped(&b), "{stream:#}");
    assert!(number(&stream["received"]) > 200, "{stream:#}");
}

#[test]
fn the_losses_of_mcjoin_and_msend_match_the_firewall() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    for (tool, ended, sender) in [
        (
            "mcjoin",
            false,
            json!({"tool": "mcjoin", "pid": 4711, "interval_ns": 1_000_000, "sent": null}),
        ),
        ("msend", true, json!({"tool": "msend", "sent": 100})),
    ] {
        let (a, b) = lab.pair();
        drop_by_number(&b, 5000, "10 3");
        let recv = b.mcast("recv --iface e0 239.1.1.1:5000 -o json").ready();
        send(&a, &format!("{tool} 239.1.1.1 5000 100"));
        let stream = only(&end(&a, &b, recv), tool);
        assert_eq!((number(&stream["lost"]), dropped(&b)), (10, 10), "{stream:#}");
        assert_eq!(json!([stream["ended"], stream["sender"]]), json!([ended, sender]));
    }
}

#[test]
fn a_universe_ends_with_its_termination() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (a, b) = lab.pair();
    drop_by_number(&b, 5568, "10 3");
    let recv = b.mcast("recv --iface e0 239.255.0.1:5568 --once -o json").ready();
    // Its numbers wrap. The firewall drops none of the last three.
    send(&a, "sacn 239.255.0.1 5568 604 a 1");
    let stream = only(&recv.ends(0), "sacn");
    assert_eq!(number(&stream["lost"]), dropped(&b), "{stream:#}");
    assert_eq!((&stream["ended"], &stream["how"]), (&json!(true), &json!("magic")));
    let sacn = json!({
        "content": "levels", "universe": 1, "cid": "61616161-6161-6161-6161-616161616161",
        "source_name": "desk a", "priority": 100, "slots": 512, "preview": false,
        "terminated": true, "sources": 1,
    });
    assert_eq!(stream["sacn"], sacn);
}

#[test]
fn two_sources_on_one_universe_are_a_warning() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b
        .mcast_with(&[
            "recv",
            "--iface",
            "e0",
            "239.255.0.1:5568",
            "--count",
            "40",
            "-v",
            "--assert",
            "sacn.sources == 1",
        ])
        .ready();
    send(&a, "sacn_pair 239.255.0.1 5568 20");
    let finished = recv.ends(1);
    finished.prints("warning: two sources send universe 1, 61616161-");
    finished.prints("512 slots, source desk b, priority 100; 2 sources send this universe");
    finished.prints("FAIL sacn.sources == 1 (2)");
}

#[test]
fn the_numbers_of_art_net_wrap_to_one() {
    let Some(lab) = Lab::with(&["nft", "python3"]) else { return };
    let (a, b) = lab.pair();
    drop_by_number(&b, 6454, "10 3");
    let recv = b.mcast("recv --iface e0 239.1.1.9:6454 -o json").ready();
    send(&a, "artnet 239.1.1.9 6454 600");
    let stream = only(&end(&a, &b, recv), "artnet");
    assert_eq!((number(&stream["lost"]), dropped(&b)), (60, 60), "{stream:#}");
    assert_eq!(stream["artnet"], json!({"universe": 3, "slots": 2, "sources": 1}));
}

/// The streams of a summary on one port, by key.
fn ptp_streams(finished: &Finished) -> Vec<Value> {
    let summary = finished.summary();
    let streams = summary["streams"].as_array().expect("streams").clone();
    assert!(streams.iter().all(|stream| stream["format"] == "ptp"), "{summary:#}");
    streams
}

#[test]
fn two_grandmasters_are_a_warning() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let targets = "224.0.1.129:319 224.0.1.129:320";
    for (letters, warned) in [("a", 0), ("ab", 1)] {
        let recv = b.mcast(&format!("recv --iface e0 {targets} -o json")).ready();
        send(&a, &format!("clocks 224.0.1.129 0 60 {letters}"));
        recv.signal("INT");
        let finished = recv.ends(0);
        let warnings = finished.events_of("warning");
        let ids: Vec<&Value> = warnings.iter().map(|warning| &warning["id"]).collect();
        assert_eq!(ids, vec![&json!("two-grandmasters"); warned], "{finished}");
        let streams = ptp_streams(&finished);
        assert_eq!(streams.len(), 2 * letters.len());
        let sync = streams.iter().find(|stream| stream["ptp"]["message"] == "Sync");
        let sync = sync.unwrap_or_else(|| panic!("no Sync\n{finished}"));
        let ptp = &sync["ptp"];
        assert_eq!(
            json!([
                ptp["domain"],
                ptp["interval_ns"],
                ptp["grandmasters"],
                ptp["grandmaster_changes"]
            ]),
            json!([0, 62_500_000, letters.len(), 0])
        );
        assert_eq!(ptp["grandmaster"]["identity"], "616161.6161.616161");
        // The last ones may still follow.
        assert!((4..=6).contains(&number(&ptp["follow_ups_missing"])), "{ptp:#}");
    }
}

#[test]
fn another_grandmaster_is_a_warning() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 224.0.1.129:320 -o json").ready();
    send(&a, "clocks 224.0.1.129 0 8 a/b");
    recv.signal("INT");
    let finished = recv.ends(0);
    let warnings = finished.events_of("warning");
    let ids: Vec<&Value> = warnings.iter().map(|warning| &warning["id"]).collect();
    assert_eq!(ids, [&json!("grandmaster-changed")], "{finished}");
    for stream in ptp_streams(&finished) {
        let ptp = &stream["ptp"];
        assert_eq!(
            json!([ptp["message"], ptp["grandmaster"]["identity"], ptp["grandmaster_changes"]]),
            json!(["Announce", "626262.6262.626262", 1])
        );
    }
}

#[test]
fn a_real_clock_is_measured() {
    let Some(lab) = Lab::with(&["ptp4l"]) else { return };
    let (a, b) = lab.pair();
    let recv = b
        .mcast("recv --iface e0 224.0.1.129:319 224.0.1.129:320 --count 12 --timeout 60s -o json")
        .ready();
    let clock = a.program(
        "ptp4l -i e0 -S -4 -m --priority1 100 --logSyncInterval -3 --logAnnounceInterval -1",
    );
    let streams = ptp_streams(&recv.ends(0));
    drop(clock);
    let sync = streams.iter().find(|stream| stream["ptp"]["message"] == "Sync").expect("Sync");
    assert_eq!(sync["ptp"]["interval_ns"], 125_000_000, "{sync:#}");
    assert_eq!(sync["ptp"]["grandmaster"]["priority1"], 100, "{sync:#}");
    assert_eq!((&sync["lost"], &sync["ptp"]["grandmasters"]), (&json!(0), &json!(1)));
}
