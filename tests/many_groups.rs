//! Ten thousand groups, and the limits of a host.
#![cfg(target_os = "linux")]

mod lab;

use std::collections::HashSet;

use lab::{Host, Lab, Running, eventually};

/// How many of 239.2.0.0/16 the host is a member of.
fn members(host: &Host) -> usize {
    let is_one = |line: &&str| {
        line.starts_with("\t\t\t\t")
            && line.split_whitespace().next().is_some_and(|group| group.ends_with("02EF"))
    };
    host.proc_net("igmp").lines().filter(is_one).count()
}

/// Starts mcast with a limit of open files that it cannot raise.
fn with_open_files(host: &Host, most: u32, arguments: &str) -> Running {
    let mut command = host.command("prlimit");
    command
        .arg(format!("--nofile={most}:{most}"))
        .arg(env!("CARGO_BIN_EXE_mcast"))
        .args(arguments.split_whitespace());
    Running::start(command)
}

#[test]
fn ten_thousand_groups_are_joined_and_left() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let limit = "239.2.0.0+10000:5000";
    let recv = b.mcast(&format!("recv --iface e0 {limit} --count 10000 -o json")).ready();
    assert_eq!(members(&b), 10_000);
    let sent = a.mcast(&format!("send --iface e0 {limit} --count 1 -q -o json")).ends(0);
    assert_eq!(sent.summary()["datagrams"], 10_000);
    let finished = recv.ends(0);
    let groups: HashSet<String> =
        finished.events_of("datagram").iter().map(|event| event["group"].to_string()).collect();
    assert_eq!(groups.len(), 10_000, "each group received one datagram");
    assert_eq!(finished.summary()["kernel_drops"], 0);
    assert_eq!(finished.events_of("left").len(), 10_000);
    assert_eq!(members(&b), 0);
}

#[test]
fn a_block_of_65536_groups_is_joined_and_left() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.2.0.0/16:5000 --count 3 -o json").ready();
    assert_eq!(members(&b), 65_536);
    // The kernel asks each socket of the port for each datagram: only a few are sent.
    let sent = ["239.2.0.0", "239.2.128.7", "239.2.255.255"];
    let targets = sent.map(|group| format!("{group}:5000")).join(" ");
    a.mcast(&format!("send --iface e0 {targets} --count 1 -q")).ends(0);
    let finished = recv.ends(0);
    let datagrams = finished.events_of("datagram");
    let groups: Vec<&str> =
        datagrams.iter().map(|event| event["group"].as_str().unwrap()).collect();
    assert!(groups.len() == 3 && sent.iter().all(|group| groups.contains(group)), "{groups:?}");
    assert_eq!(members(&b), 0);
}

#[test]
fn groups_share_sockets_if_open_files_are_few() {
    let Some(lab) = Lab::with(&["prlimit", "socat"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    // Another program on the host joins a group of the same port, whose datagrams must not arrive.
    let other = b.mcast("recv --iface e0 239.2.9.9:5000").ready();
    for target in ["239.2.0.0+1000:5000", "[ff15::]+3000:5000"] {
        let count = if target.starts_with('2') { 1000 } else { 3000 };
        let recv =
            with_open_files(&b, 150, &format!("recv --iface e0 {target} --count {count} -o json"));
        recv.line(|line| line.starts_with("{\"event\":\"ready\""));
        let descriptors =
            std::fs::read_dir(format!("/proc/{}/fd", recv.id())).map_or(0, Iterator::count);
        assert!(descriptors <= 150, "{descriptors} files are open");
        a.mcast("send --iface e0 239.2.9.9:5000 --count 3 --interval 1ms -m wrong").ends(0);
        a.shell("echo wrong | socat -u STDIN UDP4-DATAGRAM:10.0.0.101:5000");
        a.mcast(&format!("send --iface e0 {target} --count 1 -q")).ends(0);
        let finished = recv.ends(0);
        let datagrams = finished.events_of("datagram");
        let groups: HashSet<String> =
            datagrams.iter().map(|event| event["group"].to_string()).collect();
        assert!(
            groups.len() == count && datagrams.iter().all(|event| event["text"] == "hello world"),
            "{}",
            groups.len()
        );
        assert_eq!(finished.summary()["kernel_drops"], 0);
    }
    other.signal("INT");
    other.ends(0);
}

#[test]
fn groups_on_a_shared_socket_keep_their_sources() {
    let Some(lab) = Lab::with(&["prlimit"]) else { return };
    let (a, b) = lab.pair();
    a.address("e0", "10.0.0.99/24");
    let recv = with_open_files(
        &b,
        80,
        "recv --iface e0 10.0.0.100@232.2.0.0+200:5000 --count 200 -o json",
    );
    recv.line(|line| line.starts_with("{\"event\":\"ready\""));
    b.shell("ip link del e0");
    recv.line(|line| line.contains("interface-gone"));
    lab.wire(&a, &b);
    a.shell("ip addr add 10.0.0.100/24 dev e0; ip addr add 10.0.0.99/24 dev e0");
    b.address("e0", "10.0.0.101/24");
    recv.line(|line| {
        line.contains("interface-back") && line.contains("listening to 200 targets again")
    });
    a.mcast("send --iface 10.0.0.99 232.2.0.0+200:5000 --count 1 -q").ends(0);
    a.mcast("send --iface 10.0.0.100 232.2.0.0+200:5000 --count 1 -q").ends(0);
    let finished = recv.ends(0);
    let sources: HashSet<String> = finished
        .events_of("datagram")
        .iter()
        .map(|event| event["source"].as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(sources, HashSet::from(["10.0.0.100".to_owned()]), "{finished}");
}

#[test]
fn an_ipv6_group_keeps_a_filter_per_interface() {
    let Some(lab) = Lab::with(&["prlimit"]) else { return };
    let (a, b) = lab.pair_with_two_wires();
    for (iface, net) in [("e0", "fd00"), ("e1", "fd01")] {
        a.shell(&format!(
            "ip -6 addr add {net}::a/64 dev {iface} nodad; ip -6 addr add {net}::b/64 dev {iface} \
             nodad"
        ));
    }
    let targets = "[fd00::a%e0]@[ff35::1]:5000 [fd01::b%e1]@[ff35::1]:5000 [ff15::1%e0]+60:5000";
    let recv = with_open_files(&b, 60, &format!("recv {targets} --count 2 -o json"));
    recv.line(|line| line.starts_with("{\"event\":\"ready\""));
    for address in ["fd00::b", "fd01::a", "fd00::a", "fd01::b"] {
        a.mcast(&format!("send --iface {address} [ff35::1]:5000 --count 1 -m {address}")).ends(0);
    }
    let texts: Vec<String> = recv
        .ends(0)
        .events_of("datagram")
        .iter()
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["fd00::a", "fd01::b"]);
}

#[test]
fn groups_on_shared_sockets_follow_an_address() {
    let Some(lab) = Lab::with(&["prlimit"]) else { return };
    let (a, b) = lab.pair_with_two_wires();
    let recv = with_open_files(
        &b,
        70,
        "recv --iface 10.1.0.101 --iface 10.0.0.101 239.2.0.0+100:5000 --count 300 -o json",
    );
    recv.line(|line| line.starts_with("{\"event\":\"ready\""));
    let to_each = |iface: &str| {
        a.mcast(&format!("send --iface {iface} 239.2.0.0+100:5000 --count 1 -q")).ends(0);
    };
    b.shell("ip addr del 10.0.0.101/24 dev e0; ip addr add 10.0.0.101/24 dev e1");
    recv.line(|line| line.contains("\"interface-moved\"") && line.contains("is now on e1"));
    to_each("e1");
    b.shell("ip addr del 10.0.0.101/24 dev e1; ip addr add 10.0.0.101/24 dev e0");
    recv.line(|line| line.contains("\"interface-moved\"") && line.contains("is now on e0"));
    eventually("e0 is joined again", || b.is_member("e0", "239.2.0.99"));
    to_each("e1");
    to_each("e0");
    recv.ends(0);
}

#[test]
fn a_command_keeps_the_original_file_limit() {
    let Some(lab) = Lab::with(&["prlimit"]) else { return };
    let (_a, b) = lab.pair();
    with_open_files(&b, 30, "recv --iface e0 239.2.0.1:5000 --duration 1ms").ends(0);
    let finished = b.shell(&format!(
        "ulimit -Sn 256; {} recv --iface e0 239.2.0.0+1000:5000 -q -- sh -c 'echo soft $(ulimit \
         -Sn)' 2>&1",
        env!("CARGO_BIN_EXE_mcast")
    ));
    assert!(finished.contains("soft 256"), "{finished}");
}

#[test]
fn an_exhausted_limit_is_named_with_its_value() {
    let Some(lab) = Lab::with(&["prlimit", "sysctl"]) else { return };
    let (_a, b) = lab.pair_with_ipv6();
    let refused = |finished: lab::Finished, parts: &[&str]| {
        assert_eq!(finished.status.code(), Some(2), "{finished}");
        parts.iter().for_each(|part| finished.prints(part));
    };
    refused(
        with_open_files(&b, 100, "recv --iface e0 239.2.0.1:5000-5099").finish(),
        &[
            "cannot listen to 100 targets",
            "at least 100 sockets",
            "open files (now 100)",
            "ulimit -n 164",
        ],
    );
    let sources: String = (1..=11).map(|number| format!(" --source 10.0.0.{number}")).collect();
    refused(
        b.mcast(&format!("recv --iface e0 232.1.1.1:5000{sources}")).finish(),
        &[
            "cannot join 232.1.1.1 from 10.0.0.11 on e0 (index",
            "(ENOBUFS)",
            "sources per group (now 10)",
            "sysctl -w net.ipv4.igmp_max_msf=20",
        ],
    );
    b.shell("echo 0 > /proc/sys/net/ipv4/igmp_max_memberships");
    refused(
        b.mcast("recv --iface e0 239.1.1.1:5000").finish(),
        &[
            "cannot join 239.1.1.1 on e0",
            "(ENOBUFS)",
            "groups per socket (now 0)",
            "sysctl -w net.ipv4.igmp_max_memberships=20",
        ],
    );
    b.shell("echo 20 > /proc/sys/net/ipv4/igmp_max_memberships; ip link set e0 mtu 1200");
    refused(
        b.mcast("recv --iface e0 [ff15::1]:5000").finish(),
        &["cannot join ff15::1 on e0", "(EINVAL)", "e0 exists and has IPv6", "MTU of 1280 or more"],
    );
    assert_eq!(members(&b), 0);
}

#[test]
fn a_sender_to_many_groups_sends_round_robin() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 239.2.0.0+50:5000 --count 150 -o json").ready();
    a.mcast("send --iface e0 239.2.0.0+50:5000 --count 3 --interval 20ms -q").ends(0);
    let mut datagrams = recv.ends(0).events_of("datagram");
    // A late receiver reads one socket after the other: the timestamps of the kernel have the order.
    datagrams.sort_by_key(|event| event["time"].to_string());
    for round in datagrams.chunks(50) {
        let groups: HashSet<String> =
            round.iter().map(|event| event["group"].to_string()).collect();
        assert_eq!(groups.len(), 50, "each group has its turn before any has its next");
    }
    assert_eq!(datagrams[0]["source"], datagrams[149]["source"], "one socket sends to all");
    eventually("the groups are left", || members(&b) == 0);
}
