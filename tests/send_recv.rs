//! `mcast send` and `mcast recv` between hosts: their output, and the frames on the wire.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Lab, eventually};
use serde_json::{Value, json};

const ETHERNET: &str = "01:00:5e:4a:14:1e";

#[test]
fn the_two_programs_of_the_article_work() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface 10.0.0.101 --count 10").ready();
    let send = a.mcast("send --iface e0 224.202.20.30:54321 --interval 5ms").ready();
    let received = recv.ends(0);
    send.signal("INT");
    let sent = send.ends(0);

    let first = sent.out.lines().next().unwrap();
    for part in ["224.202.20.30:54321", ETHERNET, "10.0.0.100:", "on e0", "TTL 1", "every 5 ms"] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let lines: Vec<&str> = received.out.lines().collect();
    assert_eq!(lines.len(), 12, "a first line, ten datagrams, a summary\n{received}");
    for part in ["224.202.20.30:54321", ETHERNET, "on e0 (10.0.0.101)"] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    for line in &lines[1..11] {
        for part in
            ["10.0.0.100:", "> 224.202.20.30:54321", "  e0  ", "ttl 1", "11 bytes", "hello world"]
        {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    assert!(
        lines[11].starts_with("received 10 datagrams (110 bytes) from 1 source in "),
        "{}",
        lines[11]
    );
    assert!(lines[11].ends_with("; 0 dropped by this host's kernel"), "{}", lines[11]);
    assert!(sent.out.contains("sent to 224.202.20.30:54321  e0  11 bytes  hello world"), "{sent}");
}

#[test]
fn frames_reports_and_leaves_are_on_the_wire() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let wire = a.capture("e0");
    let recv = b.mcast("recv --iface e0 --count 1").ready();
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_ex"]);
    a.mcast("send --iface e0 --count 1").ends(0);
    recv.ends(0);
    wire.wait_for_frame(&["> 01:00:5e:4a:14:1e", "ttl 1", "proto UDP (17)"]);
    wire.wait_for_frame(&["10.0.0.100.", "> 224.202.20.30.54321", "UDP, length 11"]);
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_in"]);
    assert!(!b.is_member("e0", "224.202.20.30"));
}

#[test]
fn an_igmpv2_network_gets_reports_and_leaves() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    b.shell("echo 2 > /proc/sys/net/ipv4/conf/e0/force_igmp_version");
    let wire = a.capture("e0");
    let recv = b.mcast("recv --iface e0 --count 1").ready();
    wire.wait_for_frame(&["igmp v2 report 224.202.20.30"]);
    recv.signal("TERM");
    wire.wait_for_frame(&["igmp leave 224.202.20.30"]);
    recv.ends(143);
}

#[test]
fn ipv6_works_like_ipv4() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let wire = a.capture("e0");
    for (target, group, sent_to) in [
        ("[ff15::1234]:5000", "ff15::1234", "[ff15::1234]:5000"),
        ("[ff02::1234%e0]:5000", "ff02::1234", "[ff02::1234]:5000"),
    ] {
        let recv = b.mcast(&format!("recv --iface e0 {target} --count 2 -o json")).ready();
        assert!(b.is_member("e0", group));
        // The kernel delays the report by some 10 ms, and sends none for a group that it leaves
        // before.
        wire.wait_for_frame(&["multicast listener report v2", &format!("gaddr {group} to_ex")]);
        let send = a
            .mcast(&format!(
                "send --iface e0 {target} --count 2 --interval 10ms --ttl 3 --dscp af41"
            ))
            .ends(0);
        assert!(send.out.contains(&format!("sent to {sent_to}  e0  11 bytes")), "{send}");
        let received = recv.ends(0);
        for datagram in received.events_of("datagram") {
            let fields = [
                &datagram["group"],
                &datagram["port"],
                &datagram["ttl"],
                &datagram["dscp"],
                &datagram["iface"],
            ];
            assert_eq!(
                fields,
                [&json!(group), &json!(5000), &json!(3), &json!(34), &json!("e0")],
                "{received}"
            );
            assert!(datagram["source"].as_str().unwrap().starts_with("[fe80::"), "{datagram}");
        }
        wire.wait_for_frame(&["> 33:33:00:00:12:34", "IPv6", group]);
        wire.wait_for_frame(&["multicast listener report v2", &format!("gaddr {group} to_in")]);
    }
}

#[test]
fn json_has_the_documented_fields() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface 10.0.0.101 --count 2 -o json 239.1.1.1:5000").ready();
    let sent = a
        .mcast(
            "send 239.1.1.1:5000 --iface e0 -c 2 -i 10ms --ttl 7 --dscp ef --source-port 40000 -m \
             tick -o json",
        )
        .ends(0);
    let received = recv.ends(0);
    for events in [received.events(), sent.events()] {
        let kinds: Vec<&str> =
            events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        assert_eq!((kinds[0], kinds.last()), ("ready", Some(&"summary")));
    }

    let ready = &received.events_of("ready")[0];
    let target = json!({"group": "239.1.1.1", "port": 5000, "source": null, "excluded": [], "iface": "e0", "ifindex": ready["targets"][0]["ifindex"],
                        "address": "10.0.0.101", "mac": "01:00:5e:01:01:01", "vrf": null});
    assert_eq!(ready["targets"], json!([target]));
    assert!(
        ready["targets"][0]["ifindex"].as_u64().unwrap() > 1
            && ready["rcvbuf_bytes"]["asked"].is_null()
    );
    assert!(ready["rcvbuf_bytes"]["granted"].as_u64().unwrap() > 0);

    let datagram = &received.events_of("datagram")[0];
    let time = datagram["time"].as_str().unwrap();
    assert!(time.len() == "2026-11-22T21:35:12.123456789Z".len() && time.ends_with('Z'), "{time}");
    let expected = json!({"event": "datagram", "time": time, "source": "10.0.0.100:40000", "group": "239.1.1.1", "port": 5000,
                          "iface": "e0", "ttl": 7, "dscp": 46, "len_bytes": 4, "text": "tick"});
    assert_eq!(*datagram, expected);

    let left = &received.events_of("left")[0];
    assert_eq!((&left["group"], &left["iface"]), (&json!("239.1.1.1"), &json!("e0")));

    let summary = received.summary();
    for (field, value) in
        [("datagrams", 2), ("bytes", 8), ("kernel_drops", 0), ("truncated", 0), ("sources", 1)]
    {
        assert_eq!(summary[field], json!(value), "{field}");
    }
    assert!(
        summary["rate_pps"].as_f64().unwrap() > 0.0
            && summary["bitrate_bps"].as_f64().unwrap() > 0.0
    );
    assert!(summary["elapsed_ns"].as_u64().unwrap() > 10_000_000);
    assert_eq!(summary["verdict"], json!({"status": 0, "reasons": []}));

    let summary = sent.summary();
    for (field, value) in [("datagrams", 2), ("bytes", 8), ("errors", 0)] {
        assert_eq!(summary[field], json!(value), "{field}");
    }
    let totals = json!([{"group": "239.1.1.1", "port": 5000, "iface": "e0", "datagrams": 2, "bytes": 8, "errors": 0, "impaired": null}]);
    assert_eq!(summary["targets"], totals);
    assert_eq!(sent.events_of("ready")[0]["targets"][0]["source"], json!("10.0.0.100:40000"));
    let datagram = &sent.events_of("datagram")[1];
    let expected = json!({"event": "datagram", "time": datagram["time"], "group": "239.1.1.1", "port": 5000, "iface": "e0", "len_bytes": 4});
    assert_eq!(*datagram, expected);
}

#[test]
fn output_formats_keep_to_their_streams() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let message = "one\u{1b}[31m\ntwo";
    let listen = |options: &str| b.mcast(&format!("recv --iface e0 --count 2 {options}"));
    let (text, hex) = (listen("-o text").ready(), listen("-o hex").ready());
    let (quiet, silent, raw) = (listen("-q"), listen("-qq"), listen("-o raw"));
    raw.error_line(|line| line.starts_with("listening to"));
    // These two print nothing when they are ready. The member count of the kernel shows it.
    eventually("five members", || {
        b.proc_net("igmp").lines().any(|line| line.contains("1E14CAE0     5"))
    });
    a.mcast_with(&[
        "send",
        "--iface",
        "e0",
        "--count",
        "2",
        "--interval",
        "10ms",
        "--message",
        message,
    ])
    .ends(0);

    let text = text.ends(0);
    assert!(text.out.contains("one\\u{1b}[31m\\ntwo") && !text.out.contains('\u{1b}'), "{text}");
    assert_eq!(text.err, "");
    let hex = hex.ends(0);
    assert!(
        hex.out.contains("0000  6f 6e 65 1b 5b 33 31 6d  0a 74 77 6f              |one.[31m.two|"),
        "{hex}"
    );
    let raw = raw.ends(0);
    assert_eq!(raw.out, format!("{message}{message}"));
    assert!(raw.err.contains("received 2 datagrams"), "{raw}");
    let quiet = quiet.ends(0);
    assert_eq!(quiet.out.lines().count(), 1, "{quiet}");
    assert!(quiet.out.starts_with("received 2 datagrams"), "{quiet}");
    let silent = silent.ends(0);
    assert_eq!((silent.out.as_str(), silent.err.as_str()), ("", ""));
}

#[test]
fn empty_binary_and_longest_datagrams_arrive_complete() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 --count 3 -o json").ready();
    let program = r#"
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
for payload in (b"", b"\xff\x00", b"x" * 65507):
    s.sendto(payload, ("224.202.20.30", 54321))
"#;
    a.python(program, &[]).ends(0);
    let received = recv.ends(0);
    let fields: Vec<(Value, Value)> = received
        .events_of("datagram")
        .iter()
        .map(|event| (event["len_bytes"].clone(), event["hex"].clone()))
        .collect();
    assert_eq!(
        fields,
        [(json!(0), Value::Null), (json!(2), json!("ff00")), (json!(65507), Value::Null)]
    );
    assert_eq!(received.events_of("datagram")[0]["text"], "");
    assert_eq!(received.summary()["truncated"], 0);
}

#[test]
fn two_groups_on_one_port_do_not_mix() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let one = b.mcast("recv --iface e0 239.1.1.1:5000 --count 2 -o json").ready();
    let two = b.mcast("recv --iface e0 239.1.1.2:5000 --count 2 -o json").ready();
    let both = b.mcast("recv --iface e0 239.1.1.1:5000 239.1.1.2:5000 --count 4 -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 239.1.1.2:5000 --count 2 --interval 10ms").ends(0);
    let groups = |received: lab::Finished| -> Vec<String> {
        let mut groups: Vec<String> =
            received.events_of("datagram").iter().map(|event| event["group"].to_string()).collect();
        groups.sort();
        groups
    };
    assert_eq!(groups(one.ends(0)), [r#""239.1.1.1""#; 2]);
    assert_eq!(groups(two.ends(0)), [r#""239.1.1.2""#; 2]);
    assert_eq!(
        groups(both.ends(0)),
        [r#""239.1.1.1""#, r#""239.1.1.1""#, r#""239.1.1.2""#, r#""239.1.1.2""#]
    );
}

#[test]
fn other_interfaces_and_unicast_are_not_the_group() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair_with_two_wires();
    for (group, wanted) in [("239.1.1.1", "239.1.1.1:5000"), ("ff15::1", "[ff15::1]:5000")] {
        // Another program on the host joins on the other interface, which makes the kernel accept
        // the group there too.
        let other = b.mcast(&format!("recv --iface e1 {wanted}")).ready();
        let recv = b.mcast(&format!("recv --iface e0 {wanted} --count 2 -o json")).ready();
        assert!(b.is_member("e0", group) && b.is_member("e1", group));
        let e0 = a.mcast(&format!("send --iface e0 {wanted} -c 1 -m first")).ends(0);
        a.mcast(&format!("send --iface e1 {wanted} -c 3 -i 5ms -m wrong")).ends(0);
        let unicast = "import socket; socket.socket(socket.AF_INET, \
                       socket.SOCK_DGRAM).sendto(b'wrong', ('10.0.0.101', 5000))";
        a.python(unicast, &[]).ends(0);
        a.mcast(&format!("send --iface e0 {wanted} -c 1 -m last")).ends(0);
        let received = recv.ends(0);
        let texts: Vec<Value> =
            received.events_of("datagram").iter().map(|event| event["text"].clone()).collect();
        assert_eq!(texts, ["first", "last"], "{received}{e0}");
        other.signal("INT");
        other.ends(0);
    }
}

#[test]
fn the_route_selects_the_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    a.shell("ip route add 224.0.0.0/4 dev e1");
    b.shell("ip route add default via 10.1.0.100");
    let recv = b.mcast("recv --count 1 -o json").ready();
    a.mcast("send --count 1").ends(0);
    let received = recv.ends(0);
    assert_eq!(received.events_of("datagram")[0]["iface"], "e1");
    assert_eq!(received.events_of("ready")[0]["targets"][0]["address"], "10.1.0.101");
}

#[test]
fn a_single_interface_needs_no_route() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let recv = b.mcast("recv --count 1").ready();
    a.mcast("send --count 1").ends(0);
    recv.ends(0);
    let recv = b.mcast("recv [ff15::1]:5000 --count 1").ready();
    a.mcast("send [ff15::1]:5000 --count 1").ends(0);
    recv.ends(0);
}

#[test]
fn datagrams_carry_the_named_address() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    a.shell(
        "ip addr add 10.0.0.102/24 dev e0; ip -6 addr add fd00::7/64 dev e0 nodad; ip -6 addr add \
         fd00::8/64 dev e0 nodad",
    );
    for (iface, target) in [
        ("10.0.0.102", "239.1.1.1:5000"),
        ("fd00::7", "[ff15::1]:5000"),
        ("fd00::8", "[ff15::1]:5000"),
    ] {
        let recv = b.mcast(&format!("recv --iface e0 {target} --count 1 -o json")).ready();
        let sent = a.mcast(&format!("send --iface {iface} {target} --count 1 -o json")).ends(0);
        let source = recv.ends(0).events_of("datagram")[0]["source"].clone();
        assert!(source.as_str().unwrap().trim_start_matches('[').starts_with(iface), "{source}");
        assert_eq!(
            sent.events_of("ready")[0]["targets"][0]["source"],
            source,
            "send reports the source that is on the wire"
        );
    }
}

#[test]
fn no_loop_disables_local_copies() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let recv = a.mcast("recv --iface e0 --count 1 -o json").ready();
    a.mcast("send --iface e0 --no-loop --count 3 --interval 5ms -m hidden").ends(0);
    a.mcast("send --iface e0 --count 1 -m shown").ends(0);
    assert_eq!(recv.ends(0).events_of("datagram")[0]["text"], "shown");
}

#[test]
fn count_shows_exactly_n_datagrams() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let mut recv = b.mcast("recv --iface e0 --count 10 -o json").ready();
    recv.signal("STOP");
    a.mcast("send --iface e0 --count 200 --interval 50us -q").ends(0);
    assert!(recv.is_running());
    recv.signal("CONT");
    let received = recv.ends(0);
    assert_eq!(
        (received.events_of("datagram").len(), received.summary()["datagrams"].clone()),
        (10, json!(10))
    );
}

#[test]
fn queued_datagrams_count_at_the_end() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (counted, free) =
        (b.mcast("recv --iface e0 --count 200 -q"), b.mcast("recv --iface e0 -o json").ready());
    eventually("two members", || {
        b.proc_net("igmp").lines().any(|line| line.contains("1E14CAE0     2"))
    });
    [&counted, &free].iter().for_each(|recv| recv.signal("STOP"));
    a.mcast("send --iface e0 --count 200 --interval 50us -q").ends(0);
    [&counted, &free].iter().for_each(|recv| {
        recv.signal("INT");
        recv.signal("CONT");
    });
    counted.ends(0).prints("received 200 datagrams");
    assert_eq!(free.ends(0).events_of("datagram").len(), 200);
}

#[test]
fn one_source_port_serves_several_interfaces() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    let recv = b.mcast("recv [ff02::5%e0]:5000 [ff02::5%e1]:5000 --count 2 -o json").ready();
    a.mcast("send [ff02::5%e0]:5000 [ff02::5%e1]:5000 --source-port 40000 --count 1").ends(0);
    let received = recv.ends(0);
    for datagram in received.events_of("datagram") {
        assert!(datagram["source"].as_str().unwrap().ends_with(":40000"), "{datagram}");
    }
}

#[test]
fn kernel_drops_are_counted_to_the_last() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // The smallest buffer and a stopped receiver: datagrams after the full buffer appear only in a
    // counter.
    let recv = b.mcast("recv --iface e0 --rcvbuf 2304 -o json").ready();
    recv.signal("STOP");
    a.mcast("send --iface e0 --count 100 --interval 50us -q").ends(0);
    recv.signal("INT");
    recv.signal("CONT");
    let received = recv.ends(0);
    let summary = received.summary();
    let (got, dropped) =
        (summary["datagrams"].as_u64().unwrap(), summary["kernel_drops"].as_u64().unwrap());
    assert!(dropped > 0, "{received}");
    assert_eq!(got + dropped, 100, "each is either received or counted as dropped\n{received}");
    assert_eq!(b.counter("Udp", "RcvbufErrors"), dropped);
}

#[test]
fn a_small_buffer_is_not_a_capped_one() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 --rcvbuf 64KiB --duration 1ms -o json").ends(0);
    assert_eq!(
        recv.events_of("ready")[0]["rcvbuf_bytes"],
        json!({"asked": 65536, "granted": 65536})
    );
}

#[test]
fn a_snooping_switch_forwards_only_where_mcast_has_joined() {
    let Some(lab) = Lab::open() else { return };
    let mut switch = lab.switch();
    let a = lab.host_on(&mut switch, "10.0.0.100/24");
    let b = lab.host_on(&mut switch, "10.0.0.101/24");
    let c = lab.host_on(&mut switch, "10.0.0.102/24");
    switch.wait_for_pruning(&a, &c);
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000").ready();
    eventually("the switch learns of the member", || switch.has_member(1, "239.1.1.1"));
    let before = c.frames_received("e0");
    a.mcast("send --iface e0 239.1.1.1:5000 --count 500 --interval 100us -q --no-offload").ends(0);
    let strayed = c.frames_received("e0") - before;
    assert!(strayed < 100, "{strayed} frames reached a host that did not join");
    recv.signal("INT");
    let received = recv.ends(0);
    assert!(received.out.contains("received 500 datagrams"), "{received}");
    eventually("the switch forgets the member", || !switch.has_member(1, "239.1.1.1"));
}

#[test]
fn a_lossy_switch_loses_exactly_its_drops() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let mut switch = lab.switch();
    let a = lab.host_on(&mut switch, "10.0.0.100/24");
    let b = lab.host_on(&mut switch, "10.0.0.101/24");
    let c = lab.host_on(&mut switch, "10.0.0.102/24");
    let (lossy, whole) = (
        b.mcast("recv --iface e0 --count 15 -o json").ready(),
        c.mcast("recv --iface e0 --count 20 -o json").ready(),
    );
    eventually("the switch learns of both", || {
        switch.has_member(1, "224.202.20.30") && switch.has_member(2, "224.202.20.30")
    });
    switch.drop_one_in(4, 1);
    a.mcast("send --iface e0 --count 20 --interval 1ms").ends(0);
    whole.ends(0);
    let received = lossy.ends(0);
    assert_eq!(
        (&received.summary()["kernel_drops"], received.events_of("datagram").len()),
        (&json!(0), 15),
        "the network lost them, not this host"
    );
    assert_eq!(b.counter("Udp", "InDatagrams"), 15, "no datagrams after the fifteenth");
}
