//! Restricted processes: without netlink sockets or low ports, or with a shared port.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running};
use serde_json::Value;

const GROUPS: [&str; 2] = ["239.1.1.1:5000", "[ff15::1]:5000"];

/// Runs its arguments like a service without AF_NETLINK in RestrictAddressFamilies: seccomp makes
/// socket(AF_NETLINK) fail with EAFNOSUPPORT.
const WITHOUT_NETLINK: &str = r#"
import ctypes, os, platform, struct, sys
socket = {"x86_64": 41, "aarch64": 198}[platform.machine()]
code = [
    (0x20, 0, 0, 0),           # the number of the call
    (0x15, 0, 3, socket),
    (0x20, 0, 0, 16),          # its first argument
    (0x15, 0, 1, 16),          # AF_NETLINK
    (0x06, 0, 0, 0x50000 | 97),
    (0x06, 0, 0, 0x7fff0000),
]
filter = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(filter)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execvp(sys.argv[1], sys.argv[1:])
"#;

fn without_netlink(host: &Host, arguments: &str) -> Running {
    let mut command = host.command("python3");
    command.args(["-c", WITHOUT_NETLINK, env!("CARGO_BIN_EXE_mcast")]);
    command.args(arguments.split_whitespace());
    Running::start(command)
}

fn unprivileged(host: &Host, arguments: &str) -> Running {
    let mut command = host.command("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
    command.arg(env!("CARGO_BIN_EXE_mcast")).args(arguments.split_whitespace());
    Running::start(command)
}

fn finding(checked: &Finished, id: &str) -> Option<Value> {
    checked.events_of("finding").into_iter().find(|finding| finding["id"] == id)
}

fn warned(finished: &Finished, id: &str) -> usize {
    finished.events_of("warning").iter().filter(|warning| warning["id"] == id).count()
}

#[test]
fn groups_work_without_netlink() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for target in GROUPS {
        let recv = format!("recv {target} --iface e0 --count 3 --timeout 60s -o json");
        let recv = without_netlink(&b, &recv).ready();
        let send = format!("send {target} --iface e0 --count 3 --interval 20ms -o json");
        let sent = without_netlink(&a, &send).ends(0);
        let finished = recv.ends(0);
        for finished in [&sent, &finished] {
            assert_eq!(warned(finished, "no-netlink"), 1, "{finished}");
            assert!(finished.out.contains("AF_NETLINK"), "{finished}");
        }
    }
}

#[test]
fn interfaces_are_listed_without_netlink() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    b.address("e0", "10.0.0.102/24");
    b.address("e0", "fd00::7/64");
    let listed = |finished: Finished| -> Vec<Value> {
        let mut interfaces = finished.events_of("interface");
        for iface in &mut interfaces {
            // Without netlink, the kind and some flags are unknown. Times differ.
            ["flags", "kind", "time"].iter().for_each(|field| iface[*field] = Value::Null);
            iface["addresses"].as_array_mut().unwrap().sort_by_key(Value::to_string);
        }
        interfaces
    };
    let with = listed(b.mcast("ifaces -o json").ends(0));
    assert_eq!(listed(without_netlink(&b, "ifaces -o json").ends(0)), with);
}

#[test]
fn check_reports_missing_netlink_without_a_fault() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    for target in GROUPS {
        let check = format!("check {target} --iface e0 --duration 200ms -o json");
        let checked = without_netlink(&b, &check).ends(0);
        let note = finding(&checked, "no-netlink").expect("a note");
        assert_eq!(note["level"], "note", "{checked}");
    }
}

#[test]
fn without_netlink_a_recreated_interface_is_rejoined() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let recv = "recv 239.1.1.1:5000 --iface e0 --count 1 --timeout 60s -o json";
    let recv = without_netlink(&b, recv).ready();
    b.shell("ip link del e0");
    recv.line(|line| line.contains("\"interface-gone\""));
    lab.wire(&a, &b);
    a.address("e0", "10.0.0.100/24");
    recv.line(|line| line.contains("\"interface-back\""));
    a.mcast("send 239.1.1.1:5000 --iface e0 --count 1 -q").ends(0);
    recv.ends(0);
}

#[test]
fn a_privileged_port_is_not_a_fault_of_the_host() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    for target in ["239.1.1.1:443", "[ff15::1]:443"] {
        let check = format!("check {target} --iface e0 --duration 200ms -o json");
        let checked = unprivileged(&b, &check).ends(0);
        assert_eq!(finding(&checked, "port-not-permitted").unwrap()["level"], "note", "{checked}");
        for id in ["join-failed", "port-taken", "nothing-arrives"] {
            assert_eq!(finding(&checked, id), None, "{checked}");
        }
        assert_eq!(finding(&checked, "membership").unwrap()["level"], "pass", "{checked}");
        let conclusion = checked.summary()["conclusion"].to_string();
        assert!(conclusion.contains("Cannot determine whether"), "{checked}");
    }
    b.shell("echo 443 > /proc/sys/net/ipv4/ip_unprivileged_port_start");
    let check = "check 239.1.1.1:443 --iface e0 --duration 200ms -o json";
    let checked = unprivileged(&b, check).ends(0);
    assert_eq!(finding(&checked, "port-not-permitted"), None, "{checked}");
}

/// A program that binds a port with the given options and prints the datagrams it receives.
const HOLDER: &str = r#"
import socket, struct, sys
group, number, options = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
six = ":" in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
for option in options: s.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
s.bind(("::" if six else "0.0.0.0", 5000))
index = socket.if_nametoindex("e0")
if six: s.setsockopt(41, 20, socket.inet_pton(socket.AF_INET6, group) + struct.pack("I", index))
else: s.setsockopt(0, 35, socket.inet_aton(group) + bytes(4) + struct.pack("i", index))
print("held", flush=True)
for _ in range(number): print(s.recv(2000).decode(), flush=True)
"#;

#[test]
fn the_port_is_shared_by_reuseaddr_or_reuseport() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (group, target) in [("239.1.1.1", GROUPS[0]), ("ff15::1", GROUPS[1])] {
        for options in [&["SO_REUSEPORT"][..], &["SO_REUSEADDR"], &["SO_REUSEADDR", "SO_REUSEPORT"]]
        {
            let holder = b.python(HOLDER, &[&[group, "3"], options].concat());
            holder.line(|line| line == "held");
            let recv =
                b.mcast(&format!("recv {target} --iface e0 --count 3 --timeout 60s -o json"));
            let recv = recv.ready();
            let checked =
                b.mcast(&format!("check {target} --iface e0 --duration 200ms -o json")).finish();
            assert_eq!(finding(&checked, "port-taken"), None, "{checked}");
            a.mcast(&format!("send {target} --iface e0 --count 3 --interval 20ms -q")).ends(0);
            recv.ends(0);
            assert_eq!(holder.ends(0).out.lines().count(), 4, "{target} {options:?}");
        }
    }
}

#[test]
fn a_unicast_receiver_leaves_the_datagrams_of_others() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.address("e0", "fd00::101/64");
    a.address("e0", "fd00::100/64");
    for (group, own) in [("239.1.1.1", "10.0.0.101:5000"), ("ff15::1", "[fd00::101]:5000")] {
        let holder = b.python(HOLDER, &[group, "5", "SO_REUSEPORT", "SO_REUSEADDR"]);
        holder.line(|line| line == "held");
        let refused = b.mcast(&format!("recv {own} --duration 100ms")).finish();
        assert_eq!(refused.status.code(), Some(2), "{refused}");
        assert!(refused.err.contains("EADDRINUSE"), "{refused}");
        a.mcast(&format!("send {own} --count 5 --interval 10ms -q")).ends(0);
        holder.ends(0);
    }
}
