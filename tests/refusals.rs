//! Errors on hosts without the requested interface, route, port or permission.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, eventually};
use serde_json::json;

/// Runs mcast, which must fail with exit status 2, one message on standard error, and nothing on
/// standard output.
fn refused(host: &Host, arguments: &str, parts: &[&str]) {
    let finished = host.mcast(arguments).ends(2);
    assert_eq!(finished.out, "", "{finished}");
    assert_eq!(finished.err.matches("error:").count(), 1, "{finished}");
    parts.iter().for_each(|part| finished.prints(part));
}

#[test]
fn json_of_a_failed_start_has_a_summary() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair_with_ipv6();
    let selfish = "import signal, socket\ns = socket.socket(socket.AF_INET6, \
                   socket.SOCK_DGRAM)\ns.bind(('::', 54321))\nprint('bound')\nsignal.pause()";
    let selfish = a.python(selfish, &[]);
    selfish.line(|line| line == "bound");
    for (arguments, reason) in [
        // Refused by clap.
        ("recv --no-such", "unexpected argument '--no-such' found"),
        ("send --count 0", "invalid value '0' for '--count <N>'"),
        ("check 10.0.0.0/24", "10.0.0.0"),
        ("ifaces --no-such", "unexpected argument '--no-such' found"),
        // Refused by the host.
        ("recv --iface eth9", "'eth9'"),
        ("send [ff02::1]:5000", "exists on every link"),
        ("check --iface eth9", "'eth9'"),
        // Refused by the kernel.
        ("recv --iface e0 [ff15::1]:54321", "(EADDRINUSE)"),
        ("send --iface e0 [ff15::1]:5000 --source-port 54321", "(EADDRINUSE)"),
        ("recv --iface e0 239.1.1.1:5000 -q -- no-such-program", "cannot run 'no-such-program'"),
        ("check --iface e0 --record /no/such", "cannot write '/no/such'"),
    ] {
        let (command, rest) = arguments.split_once(' ').expect("a command and its arguments");
        let finished = a.mcast(&format!("{command} -o json {rest}")).ends(2);
        let verdict = finished.summary()["verdict"].clone();
        assert_eq!(verdict["status"], 2, "{finished}");
        assert!(verdict["reasons"][0].as_str().unwrap().contains(reason), "{finished}");
        assert_eq!(finished.err.matches("error:").count(), 1, "{finished}");
        assert!(
            finished.events_of("ready").is_empty() || arguments.contains("-- no"),
            "{finished}"
        );
    }
}

#[test]
fn an_unknown_interface_lists_the_known_ones() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    for command in ["send", "recv"] {
        refused(
            &a,
            &format!("{command} --iface eth9"),
            &["'eth9'", "interfaces of this host:", "e0  up    10.0.0.100/24"],
        );
        refused(
            &a,
            &format!("{command} --iface 10.9.9.9"),
            &["'10.9.9.9'", "interfaces of this host:"],
        );
        refused(
            &a,
            &format!("{command} [ff02::1%eth9]:5000"),
            &["'eth9'", "interfaces of this host:"],
        );
    }
}

#[test]
fn an_unusable_interface_is_named() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    a.shell("ip link add d0 type veth peer name d1");
    refused(&a, "send --iface d0", &["cannot send on d0", "flag UP not set", "ip link set d0 up"]);
    a.shell("ip link set d0 up; ip link set d1 up");
    refused(&a, "send --iface d0", &["224.202.20.30 on d0: the interface has no IPv4 address"]);
    a.shell("ip -6 addr flush dev d0");
    refused(
        &a,
        "send --iface d0 [ff15::1]:5000",
        &["ff15::1 on d0: the interface has no IPv6 address"],
    );
}

#[test]
fn contradictory_targets_and_sources_are_refused() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair_with_ipv6();
    for (arguments, parts) in [
        (
            "recv 232.1.1.1:5000 --source fd00::5",
            &["--source fd00::5 is IPv6, but 232.1.1.1 is IPv4", "--source 10.0.0.5"][..],
        ),
        (
            "recv [ff3e::1]:5000 --source 10.0.0.5",
            &["--source 10.0.0.5 is IPv4, but ff3e::1 is IPv6", "--source 2001:db8::5"],
        ),
        ("recv 239.1.1.1:5000 --exclude fd00::5", &["--exclude fd00::5 is IPv6"]),
        (
            "recv 10.0.0.5@232.1.1.1:5000 --exclude 10.0.0.6",
            &["cannot join 232.1.1.1 from 10.0.0.5 only", "--exclude"],
        ),
        (
            "recv 10.0.0.5@232.1.1.1:5000 232.1.1.1:5000",
            &["both from 10.0.0.5 only and from any source"],
        ),
        ("recv 10.0.0.100:5000 --source 10.0.0.5", &["10.0.0.100: it is not a multicast group"]),
        ("recv 10.0.0.9:5000", &["10.0.0.9: it is not an address of this host", "10.0.0.100/24"]),
        ("recv 239.0.0.0/16:5000 --iface lo --iface e0", &["more than 65536 targets"]),
        ("send 10.9.9.9:5000", &["no route to 10.9.9.9"]),
        (
            "send --message= --rate 1Mbit --count 1",
            &["without payload", "--rate 1Mbit", "--rate 1000pps"],
        ),
        (
            "recv [ff02::1%e0]:5000 --iface lo",
            &["the target names interface e0, but --iface names lo"],
        ),
    ] {
        refused(&a, arguments, parts);
    }
}

#[test]
fn an_ambiguous_interface_lists_the_choices() {
    let Some(lab) = Lab::open() else { return };
    let alone = lab.host();
    refused(
        &alone,
        "recv",
        &[
            "no route to 224.202.20.30",
            "tip: name the interface with --iface",
            "lo  up    127.0.0.1/8",
        ],
    );
    let (a, _b) = lab.pair_with_two_wires();
    refused(
        &a,
        "send",
        &["224.202.20.30: e0 and e1 can carry it", "--iface", "e0  up", "e1  up    10.1.0.100/24"],
    );
    refused(&a, "recv [ff15::1]:5000", &["ff15::1: e0 and e1 can carry it", "--iface"]);
    a.shell("ip route add unreachable 224.0.0.0/4");
    refused(&a, "send", &["224.202.20.30: e0 and e1 can carry it"]);
}

#[test]
fn a_link_local_group_needs_an_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    refused(&a, "recv [ff02::1]:5000", &["exists on every link", "[ff02::1%NAME]:5000", "e0  up"]);
    lab.wire(&a, &b);
    refused(
        &a,
        "send --iface e1 [ff02::1%e0]:5000",
        &["the target names interface e0, but --iface names e1"],
    );
}

#[test]
fn a_port_in_use_names_its_program() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, _b) = lab.pair();
    let selfish = "import signal, socket\ns = socket.socket(socket.AF_INET, \
                   socket.SOCK_DGRAM)\ns.bind(('', 54321))\nprint('bound')\nsignal.pause()";
    let selfish = a.python(selfish, &[]);
    selfish.line(|line| line == "bound");
    refused(
        &a,
        "recv --iface e0",
        &[
            "cannot bind 224.202.20.30:54321",
            "(EADDRINUSE)",
            "SO_REUSEADDR",
            "ss -ulnp sport = :54321",
        ],
    );
    refused(
        &a,
        "send --iface e0 --source-port 54321",
        &["cannot bind 0.0.0.0:54321", "(EADDRINUSE)"],
    );
}

#[test]
fn an_output_firewall_is_reported_once() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    a.firewall(
        "table inet t { chain out { type filter hook output priority 0; udp dport 54321 drop; }; }",
    );
    let recv = b.mcast("recv --iface e0 --count 1 239.1.1.1:5000").ready();
    let sent = a
        .mcast(
            "send --iface e0 224.202.20.30:54321 239.1.1.1:5000 --count 3 --interval 1ms -o json",
        )
        .ends(1);
    recv.ends(0);
    let warnings = sent.events_of("warning");
    assert_eq!(warnings.len(), 1, "three failures of one kind are one warning\n{sent}");
    let [what, remedy] = ["what", "remedy"].map(|field| warnings[0][field].as_str().unwrap());
    assert_eq!(warnings[0]["id"], "not-sent");
    assert!(
        what.contains("cannot send to 224.202.20.30:54321 on e0: Operation not permitted (EPERM)"),
        "{what}"
    );
    assert!(remedy.contains("firewall") && remedy.contains("nft list ruleset"), "{remedy}");
    let summary = sent.summary();
    assert_eq!((&summary["errors"], &summary["datagrams"]), (&json!(3), &json!(3)));
    assert_eq!(
        summary["verdict"],
        json!({"status": 1, "reasons": ["3 datagrams could not be sent"]})
    );
    assert_eq!(
        (&summary["targets"][0]["errors"], &summary["targets"][1]["errors"]),
        (&json!(3), &json!(0))
    );
}

#[test]
fn a_full_queue_is_an_error() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    a.shell("tc qdisc add dev e0 root tbf rate 800bit burst 1600 limit 1600");
    let sent = a
        .mcast_with(&[
            "send",
            "--iface",
            "e0",
            "-c",
            "60",
            "-i",
            "100us",
            "-o",
            "json",
            "-m",
            &"x".repeat(500),
        ])
        .ends(1);
    let summary = sent.summary();
    let errors = summary["errors"].as_u64().unwrap();
    assert!(errors > 0 && errors + summary["datagrams"].as_u64().unwrap() == 60, "{sent}");
    let waits = summary["waits"].as_u64().unwrap();
    assert!((1..=60).contains(&waits), "it was waited for before it was given up\n{sent}");
    assert!(a.counter("Udp", "SndbufErrors") > waits + errors, "and tried again and again");
    sent.prints("(ENOBUFS)");
    drop(b);
}

#[test]
fn a_sender_waits_for_a_busy_queue() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    a.shell("tc qdisc add dev e0 root tbf rate 8mbit burst 3000 limit 3000");
    for options in ["", "--no-offload"] {
        let recv = b.mcast("recv --iface e0 239.1.1.1:5000 239.1.1.2:5000 --once -o json").ready();
        let sent = a
            .mcast(&format!(
                "send --iface e0 239.1.1.1:5000 239.1.1.2:5000 --probe --size 500 --flood --count \
                 100 -o json {options}"
            ))
            .ends(0);
        let (summary, received) = (sent.summary(), recv.ends(0).summary());
        assert!(summary["waits"].as_u64() > Some(0), "{sent}");
        assert_eq!((&summary["errors"], &summary["datagrams"]), (&json!(0), &json!(200)), "{sent}");
        assert_eq!(
            (&received["datagrams"], &received["measured"]["lost"]),
            (&json!(200), &json!(0)),
            "{sent}"
        );
    }
}

#[test]
fn a_refused_train_is_sent_datagram_by_datagram() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    // The datagrams of a train must fit one frame: these are fragmented, and the kernel refuses
    // their trains.
    let recv = b.mcast("recv --iface e0 239.1.1.1:5000 --once -o json").ready();
    let sent = a
        .mcast(
            "send --iface e0 239.1.1.1:5000 --probe --size 3000 --burst 10 -i 1ms --count 20 -vv \
             -o json",
        )
        .ends(0);
    assert!(sent.err.contains("cannot leave as one train"), "{sent}");
    let (summary, received) = (sent.summary(), recv.ends(0).summary());
    assert_eq!((&summary["errors"], &summary["datagrams"]), (&json!(0), &json!(20)), "{sent}");
    assert_eq!(
        (&received["datagrams"], &received["bytes"], &received["measured"]["lost"]),
        (&json!(20), &json!(60_000), &json!(0))
    );
}

#[test]
fn endless_and_link_local_floods_need_force() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (arguments, says) in [
        ("239.1.1.1:5000 --flood", "cannot send as fast as possible without a limit"),
        ("239.1.1.1:5000 --interval 1us", "cannot send 1.00 Mpps without a limit"),
        ("[ff15::1]:5000 --rate 10Mpps", "cannot send 10.0 Mpps without a limit"),
        ("224.0.0.1:5000 --flood -c 1001", "cannot send 1.00 kpps to 224.0.0.1"),
        ("239.1.1.1:5000 [ff02::fb%e0]:5000 --flood -d 1ms", "to ff02::fb: network protocols"),
        ("224.0.0.0/24:5000 -i 200ms -c 100", "to 224.0.0.0 and 255 more targets"),
        ("224.0.0.1:5000 --rate 1001pps", "cannot send 1.00 kpps to 224.0.0.1"),
        ("224.0.0.1:5000 --burst 2000 -i 1s", "without --burst"),
        ("255.255.255.255:5000 --rate 2kpps -d 1s", "must process a broadcast"),
        ("10.0.0.255:5000 -i 100us -d 1s", "to 10.0.0.255: every host on the network"),
        ("239.1.1.1:5000 --flood -c 1 --rate 1kpps", "--flood"),
        ("239.1.1.1:5000 --flood --file Cargo.toml --loop", "without a limit"),
        ("239.1.1.1:5000 --flood --file /dev/zero", "without a limit"),
    ] {
        a.mcast(&format!("send --iface e0 {arguments}")).ends(2).prints(says);
    }
    for allowed in [
        "224.0.0.99:5000 --flood -c 100",
        "224.0.0.99:5000 [ff02::99]:5000 --rate 1000pps -d 50ms",
        "10.0.0.255:5000 -i 1ms -c 20",
        "239.1.1.1:5000 --rate 10Mpps -c 100",
        // A file is a limit.
        "239.1.1.1:5000 --flood --file Cargo.toml",
        "224.0.0.99:5000 --flood --file Cargo.toml --loop 3",
    ] {
        a.mcast(&format!("send --iface e0 {allowed} -q")).ends(0);
    }
    let endless = a.mcast("send --iface e0 239.1.1.1:5000 --rate 1Mpps --force -qq");
    eventually("it sends", || b.frames_received("e0") > 1000);
    endless.signal("INT");
    endless.finish();
    let recv = b
        .mcast("recv --iface e0 224.0.0.99:5000 [ff02::99]:5000 -c 20 -q")
        .ready_when_member(&b, "e0", "224.0.0.99");
    a.mcast("send --iface e0 224.0.0.99:5000 [ff02::99%e0]:5000 --flood --force -c 10 -q").ends(0);
    recv.ends(0).prints("received 20 datagrams");
}

#[test]
fn a_down_interface_while_sending_is_an_error() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let send = a.mcast("send --iface e0 --interval 10ms --message here").ready();
    send.line(|line| line.contains("sent to"));
    a.shell("ip link set e0 down");
    send.error_line(|line| {
        line.contains(
            "cannot send to 224.202.20.30:54321 on e0: Network is unreachable (ENETUNREACH)",
        )
    });
    let recv = b.mcast("recv --iface e0 --count 1").ready();
    a.shell("ip link set e0 up");
    recv.ends(0).prints("here");
    send.signal("INT");
    send.ends(1).prints("could not be sent");
}

#[test]
fn ipv6_on_loopback_names_the_missing_route() {
    let Some(lab) = Lab::open() else { return };
    let alone = lab.host();
    let sent = alone.mcast("send --iface lo [ff15::1]:5000 --count 1").ends(1);
    sent.prints("ip -6 route add local ff00::/8 dev lo");
    alone.shell("ip -6 route add local ff00::/8 dev lo");
    alone
        .mcast(
            "recv --iface lo [ff15::1]:5000 --count 1 --timeout 60s -- mcast send --iface lo \
             [ff15::1]:5000 --count 1",
        )
        .ends(0);
}

#[test]
fn an_oversized_message_is_refused_before_sending() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (fits, too_long) = ("x".repeat(65_507), "x".repeat(65_508));
    let refused =
        a.mcast_with(&["send", "--iface", "e0", "--count", "1", "--message", &too_long]).ends(2);
    refused.prints("cannot send 65508 bytes to 224.202.20.30: a datagram carries at most 65507");
    let recv = b.mcast("recv --iface e0 --count 1 -q").ready_when_member(&b, "e0", "224.202.20.30");
    a.mcast_with(&["send", "--iface", "e0", "--count", "1", "--message", &fits, "-q"]).ends(0);
    recv.ends(0).prints("(65507 bytes)");
}

#[test]
fn a_capped_receive_buffer_is_reported() {
    let Some(lab) = Lab::with(&["setpriv", "sysctl"]) else { return };
    let (_a, b) = lab.pair();
    // An ordinary user may not exceed the limit.
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let output = b.shell(&format!(
        "setpriv --bounding-set -net_admin {mcast} recv --iface e0 --rcvbuf 900MiB --duration 1ms \
         2>&1"
    ));
    let limit: u64 =
        std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap().trim().parse().unwrap();
    assert!(
        output.contains(&format!(
            "warning: the system limits the receive buffer to {limit} bytes, less than the \
             requested 943718400"
        )),
        "{output}"
    );
    // Linux 6.1 has the limit in the first network namespace alone.
    let tip = match b.shell("cat /proc/sys/net/core/rmem_max || true").is_empty() {
        true => "raise the system's limit for receive buffers (Linux: net.core.rmem_max)",
        false => "sysctl -w net.core.rmem_max=943718400",
    };
    assert!(output.contains(tip), "{output}");
}
