//! Habits from other tools, on hosts: names of interfaces as other tools print them, and the
//! environment.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running};

/// Runs mcast with a variable of the environment.
fn with(host: &Host, name: &str, value: &str, arguments: &str) -> Finished {
    let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(arguments.split_whitespace()).env(name, value);
    Running::start(command).finish()
}

/// The interface and the source address of the first target of a sender.
fn leaves_by(finished: &Finished) -> (String, String) {
    let target = &finished.events_of("ready")[0]["targets"][0];
    let source = target["source"].as_str().unwrap().rsplit_once(':').unwrap().0;
    (target["iface"].as_str().unwrap().to_owned(), source.to_owned())
}

#[test]
fn a_label_names_an_address_and_its_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    a.shell("ip addr add 192.168.7.7/24 dev e0 label e0:1");
    a.shell("ip addr add 192.168.8.8/24 dev e0 label e0backup");
    for (label, address) in [("e0:1", "192.168.7.7"), ("e0backup", "192.168.8.8")] {
        let sent = a.mcast(&format!("send 239.1.1.1:5000 --iface {label} -c 1 -o json")).ends(0);
        assert_eq!(leaves_by(&sent), ("e0".to_owned(), address.to_owned()));
        let sent = a.mcast(&format!("send [ff15::1]:5000 --iface {label} -c 1 -o json")).ends(0);
        assert_eq!(leaves_by(&sent).0, "e0");
        a.mcast(&format!("recv 239.1.1.1:5000 -i {label} -d 1ms")).ends(0).prints(" on e0 (");
    }
    let listed = a.mcast("ifaces").ends(0);
    assert!(listed.out.contains("192.168.8.8/24"), "{listed}");
    drop(b);
}

#[test]
fn names_from_ip_link_are_accepted() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let link = a.shell("ip -o link show dev e0");
    let printed = link.split(": ").nth(1).expect("a name").to_owned();
    assert!(printed.starts_with("e0@"), "{link}");
    for command in ["send -c 1", "recv -d 1ms", "check -d 1ms"] {
        a.mcast(&format!("{command} 239.1.1.1:5000 --iface {printed} -q"))
            .finish()
            .status
            .code()
            .filter(|status| *status < 2)
            .unwrap_or_else(|| panic!("{command} refuses {printed}"));
    }
    a.mcast("send --iface e9@if2").ends(2).prints("'e9@if2'");
}

#[test]
fn the_environment_names_the_default_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    let leaves = |value: &str, arguments: &str| {
        let finished = with(&a, "MCAST_IFACE", value, arguments);
        assert_eq!(finished.status.code(), Some(0), "{finished}");
        leaves_by(&finished).0
    };
    assert_eq!(leaves("e1", "send 239.1.1.1:5000 -c 1 -o json"), "e1");
    assert_eq!(leaves("10.0.0.100", "send [ff15::1]:5000 -c 1 -o json"), "e0");
    assert_eq!(leaves("e1", "send 239.1.1.1:5000 --iface e0 -c 1 -o json"), "e0");
    assert_eq!(leaves("e1", "send [ff12::1%e0]:5000 -c 1 -o json"), "e0", "the zone decides");
    for (value, arguments, status, says) in [
        ("e1", "recv 239.1.1.1:5000 -d 1ms", 0, " on e1 ("),
        ("e1", "recv 10.0.0.100:5000 -d 1ms", 0, " on e0 (10.0.0.100)"),
        ("e1", "recv :5000 -d 1ms", 0, " on e1 ("),
        ("all", "recv 239.1.1.1:5000 -d 1ms", 0, " on e1 ("),
        ("", "send 239.1.1.1:5000 -c 1", 2, "e0 and e1 can carry it"),
        ("e9", "send 239.1.1.1:5000 -c 1", 2, "'e9' (from MCAST_IFACE)"),
        ("e9", "recv [ff15::1]:5000", 2, "'e9' (from MCAST_IFACE)"),
        ("e9", "check -d 1ms", 2, "'e9' (from MCAST_IFACE)"),
        ("e9", "ifaces", 0, "e1"),
    ] {
        let finished = with(&a, "MCAST_IFACE", value, arguments);
        assert_eq!(finished.status.code(), Some(status), "{value} {arguments}: {finished}");
        finished.prints(says);
    }
    drop(b);
}

#[test]
fn v_overrides_rust_log() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let recv = "recv 239.1.1.1:5000 --iface e0 -d 1ms -q";
    let says = |value: &str, arguments: &str| {
        let finished = with(&a, "RUST_LOG", value, arguments);
        assert_eq!(finished.status.code(), Some(0), "{finished}");
        (finished.err.contains("DEBUG joined"), finished.err.contains("RUST_LOG"))
    };
    assert_eq!(says("debug", recv), (true, false));
    assert_eq!(says("mcast::net=debug", recv), (true, false));
    assert_eq!(says("mcast::report=debug", recv), (false, false));
    assert_eq!(says("", recv), (false, false));
    assert_eq!(says("off", &format!("-v {recv}")), (true, false), "-v decides");
    assert_eq!(says("mcast=loud", recv), (false, true), "a wrong value is named");
}

#[test]
fn t_without_a_ttl_is_explained() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    let endless = a.mcast("send 239.1.1.1:5000 --iface e0 -t 10");
    endless.error_line(|line| line.starts_with("note: -t 10 sets the TTL"));
    endless.error_line(|line| line.contains("tip: ") && line.contains("--duration 10s"));
    endless.signal("INT");
    for arguments in ["-t 10 -c 1", "-t 10 -d 1ms", "--ttl 10 -c 1"] {
        let ended = a.mcast(&format!("send 239.1.1.1:5000 --iface e0 {arguments}")).ends(0);
        assert!(!ended.err.contains("note:"), "{ended}");
    }
    let spelt = a.mcast("send 239.1.1.1:5000 --iface e0 --ttl 10 -i 1ms").ready();
    spelt.signal("INT");
    let ended = spelt.finish();
    assert!(!ended.err.contains("note:"), "{ended}");
}
