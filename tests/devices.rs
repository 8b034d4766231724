//! Interfaces that are not plain wires: members of a VRF, a bond, a team or a bridge, and tunnels.
//! A test runs if this kernel has the kind of device.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::Value;

/// A laboratory, or a visible skip if the kernel lacks this kind of device.
fn lab_with(kind: &str) -> Option<Lab> {
    let lab = Lab::open()?;
    let below =
        if ["vlan", "ipvlan"].iter().any(|of| kind.starts_with(of)) { "link base" } else { "" };
    let host = lab.host();
    let mut command = host.command("sh");
    let veth = "ip link add base type veth peer name other";
    command.args(["-ec", &format!("{veth}; ip link add {below} name probe type {kind}")]);
    if command.output().is_ok_and(|output| output.status.success()) {
        return Some(lab);
    }
    let device = kind.split(' ').next().unwrap_or(kind);
    Lab::unsupported(&format!("needs a kernel with {device} devices"));
    None
}

const GROUPS: [&str; 2] = ["239.1.1.1:5000", "[ff15::1]:5000"];

/// Sends three datagrams.
fn send(host: &Host, target: &str, iface: &str) -> Finished {
    host.mcast(&format!("send {target} --iface {iface} --count 3 --interval 20ms -q")).ends(0)
}

/// A receiver of three datagrams that is ready.
fn recv(host: &Host, target: &str, iface: &str) -> Running {
    host.mcast(&format!("recv {target} --iface {iface} --count 3 --timeout 60s -o json")).ready()
}

/// Expects that a receiver gets a datagram from another host.
fn arrives(from: (&Host, &str), to: (&Host, &str), target: &str) -> Finished {
    let receiver = recv(to.0, target, to.1);
    send(from.0, target, from.1);
    receiver.ends(0)
}

fn warnings(finished: &Finished) -> Vec<Value> {
    finished.events_of("warning")
}

fn finding(checked: &Finished, id: &str) -> Value {
    let found = checked.events_of("finding").into_iter().find(|finding| finding["id"] == id);
    found.unwrap_or_else(|| panic!("{id} is not found\n{checked}"))
}

fn check(host: &Host, target: &str, iface: &str) -> Finished {
    host.mcast(&format!("check {target} --iface {iface} --duration 300ms -o json")).finish()
}

/// Makes an interface a member of a new VRF. It loses its IPv6 addresses.
fn enslave(host: &Host, iface: &str, vrf: &str, table: u32) {
    host.shell(&format!(
        "ip link add {vrf} type vrf table {table}; ip link set {vrf} up; ip link set {iface} master \
         {vrf}"
    ));
    host.wait_for_ipv6(iface);
}

/// A command that runs without any rights.
fn unprivileged(host: &Host, arguments: &str) -> Running {
    let mut command = host.command("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
    command.arg(env!("CARGO_BIN_EXE_mcast")).args(arguments.split_whitespace());
    Running::start(command)
}

#[test]
fn a_vrf_interface_sends_and_receives() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (a, b) = lab.pair_with_ipv6();
    enslave(&b, "e0", "red", 10);
    for accept in [0, 1] {
        b.shell(&format!("echo {accept} > /proc/sys/net/ipv4/udp_l3mdev_accept"));
        for target in GROUPS {
            let finished = arrives((&a, "e0"), (&b, "e0"), target);
            assert_eq!(finished.events_of("ready")[0]["targets"][0]["vrf"], "red", "{finished}");
            assert!(warnings(&finished).is_empty(), "{finished}");
            arrives((&b, "e0"), (&a, "e0"), target);
            arrives((&b, "e0"), (&b, "e0"), target);
        }
    }
}

#[test]
fn a_user_without_rights_receives_from_a_vrf() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (a, b) = lab.pair_with_ipv6();
    enslave(&b, "e0", "red", 10);
    for target in GROUPS {
        let arguments = format!("recv {target} --iface e0 --count 3 --timeout 60s -o json");
        let receiver = unprivileged(&b, &arguments).ready();
        send(&a, target, "e0");
        receiver.ends(0);
    }
}

#[test]
fn unicast_works_in_a_vrf() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (a, b) = lab.pair_with_ipv6();
    enslave(&b, "e0", "red", 10);
    for (host, number) in [(&a, 100), (&b, 101)] {
        host.address("e0", &format!("fd00::{number}/64"));
    }
    for target in ["10.0.0.101:5000", "[fd00::101]:5000"] {
        let receiver = b.mcast(&format!("recv {target} --count 3 --timeout 60s -o json")).ready();
        send(&a, target, "e0");
        receiver.ends(0);
    }
}

#[test]
fn shared_sockets_serve_several_vrfs() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (a, b) = lab.pair_with_two_wires();
    b.shell("echo 1000 > /proc/sys/net/ipv4/igmp_max_memberships");
    enslave(&b, "e0", "red", 10);
    enslave(&b, "e1", "blue", 11);
    for files in [1024, 90] {
        let mut command = b.command("prlimit");
        command.arg(format!("--nofile={files}:{files}")).arg(env!("CARGO_BIN_EXE_mcast"));
        command.args(["recv", "239.1.1.1+60:5000", "--iface", "e0", "--iface", "e1"]);
        command.args(["--count", "6", "--timeout", "60s", "-o", "json"]);
        let receiver = Running::start(command).ready();
        send(&a, "239.1.1.7:5000", "e0");
        send(&a, "239.1.1.8:5000", "e1");
        let finished = receiver.ends(0);
        let on = |iface: &str| {
            finished.events_of("datagram").iter().filter(|event| event["iface"] == iface).count()
        };
        assert_eq!((on("e0"), on("e1")), (3, 3), "{files} files: {finished}");
    }
}

#[test]
fn a_running_receiver_follows_its_interface_into_a_vrf() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (a, b) = lab.pair_with_ipv6();
    let all = GROUPS.join(" ");
    let receiver =
        b.mcast(&format!("recv {all} --iface e0 --count 6 --timeout 60s -o json")).ready();
    enslave(&b, "e0", "red", 10);
    receiver.line(|line| line.contains("\"interface-again\""));
    GROUPS.iter().for_each(|target| drop(send(&a, target, "e0")));
    receiver.ends(0);
}

#[test]
fn check_and_ifaces_name_the_vrf() {
    let Some(lab) = lab_with("vrf table 10") else { return };
    let (_a, b) = lab.pair_with_ipv6();
    enslave(&b, "e0", "red", 10);
    for target in GROUPS {
        let checked = check(&b, target, "e0");
        let vrf = finding(&checked, "vrf");
        assert_eq!(vrf["level"], "note", "{checked}");
        assert!(vrf["what"].as_str().unwrap().contains("the VRF red"), "{checked}");
        assert_eq!(finding(&checked, "self-test")["level"], "pass", "{checked}");
        assert_eq!(checked.status.code(), Some(0), "{checked}");
        let on_device = check(&b, target, "red");
        assert!(finding(&on_device, "vrf")["remedy"].as_str().unwrap().ends_with(": e0"));
    }
    let listed = b.mcast("ifaces -o json").ends(0);
    let interfaces = listed.events_of("interface");
    let of = |name: &str| interfaces.iter().find(|iface| iface["name"] == name).unwrap();
    assert_eq!((&of("e0")["vrf"], &of("e0")["master"]), (&"red".into(), &"red".into()), "{listed}");
    assert_eq!((&of("red")["kind"], &of("lo")["vrf"]), (&"vrf".into(), &Value::Null), "{listed}");
    let text = b.mcast("ifaces").ends(0);
    assert!(text.out.lines().any(|line| line.contains(" e0 ") && line.contains("VRF red")));
}

/// Two hosts on two wires; at `b` they are the members of `b0`, an interface of the kind of
/// `master`, and at `a` the ports of a bridge. 10.0.0.100 and 10.0.0.101, if `b0` works.
fn with_members(lab: &Lab, master: &str) -> (Host, Host) {
    let (a, b) = (lab.host(), lab.host());
    lab.wire(&a, &b);
    lab.wire(&a, &b);
    a.shell("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up");
    a.shell("ip link set e0 master br0; ip link set e1 master br0");
    a.address("br0", "10.0.0.100/24");
    b.shell(&format!("ip link add b0 type {master}; ip link set e0 down; ip link set e1 down"));
    b.shell("ip link set e0 master b0; ip link set e1 master b0");
    b.shell("ip link set e0 up; ip link set e1 up; ip link set b0 up");
    b.address("b0", "10.0.0.101/24");
    (a, b)
}

/// recv and check on a member name the interface above it, in `words`, and nothing else.
fn names_the_master(b: &Host, words: &str) {
    for target in GROUPS {
        let finished =
            b.mcast(&format!("recv {target} --iface e0 --duration 100ms -o json")).ends(0);
        // A link-local address may become usable during the run, which is another event.
        let warned: Vec<Value> = warnings(&finished)
            .into_iter()
            .filter(|warning| warning["id"] != "interface-address")
            .collect();
        assert_eq!(warned.len(), 1, "{finished}");
        assert_eq!(warned[0]["id"], "interface-member", "{finished}");
        assert_eq!(
            warned[0]["what"],
            format!("e0 is a {words} b0: its datagrams arrive on b0"),
            "{finished}"
        );
        let checked = check(b, target, "e0");
        let member = finding(&checked, "interface-member");
        assert_eq!(member["commands"][0]["run"], check_command(target), "{checked}");
        assert!(!checked.out.contains("ip addr add"), "{checked}");
        for id in ["no-address", "self-test-failed", "nothing-arrives", "firewall-ingress"] {
            let findings = checked.events_of("finding");
            assert!(findings.iter().all(|finding| finding["id"] != id), "{id}: {checked}");
        }
        let conclusion = checked.summary()["conclusion"].to_string();
        assert!(conclusion.contains(words), "{checked}");
    }
}

fn check_command(target: &str) -> String {
    let quoted = if target.starts_with('[') { format!("'{target}'") } else { target.to_owned() };
    format!("mcast check {quoted} --iface b0")
}

#[test]
fn a_bond_member_names_its_bond() {
    let Some(lab) = lab_with("bond") else { return };
    let (_a, b) = with_members(&lab, "bond mode active-backup miimon 50");
    names_the_master(&b, "member of the bond");
}

#[test]
fn a_team_port_names_its_team() {
    let Some(lab) = lab_with("team") else { return };
    let (_a, b) = with_members(&lab, "team");
    names_the_master(&b, "port of the team");
}

#[test]
fn a_bridge_port_names_its_bridge() {
    let Some(lab) = lab_with("bridge") else { return };
    let (_a, b) = with_members(&lab, "bridge");
    names_the_master(&b, "port of the bridge");
}

#[test]
fn all_skips_members_of_bridges_and_bonds() {
    let Some(lab) = lab_with("bridge") else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.shell("ip addr flush dev e0 scope global");
    b.shell("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up");
    b.shell("ip link set e0 master br0");
    b.wait_for_ipv6("br0");
    let finished = arrives((&a, "e0"), (&b, "all"), "[ff15::1]:5000");
    let ready = &finished.events_of("ready")[0]["targets"];
    assert_eq!(
        (ready.as_array().unwrap().len(), &ready[0]["iface"]),
        (1, &"br0".into()),
        "{finished}"
    );
}

#[test]
fn a_receiver_on_a_bond_survives_a_failover() {
    let Some(lab) = lab_with("bond") else { return };
    let (a, b) = with_members(&lab, "bond mode active-backup miimon 20");
    let receiver = b
        .mcast("recv 239.1.1.1:5000 --iface b0 --once --timeout 60s -o json --assert loss<=50%")
        .ready();
    let sender = a.mcast("send 239.1.1.1:5000 --iface br0 --probe --count 400 --rate 200pps -q");
    receiver.line(|line| line.contains("\"datagram\""));
    let active = || b.shell("cat /proc/net/bonding/b0").contains("Currently Active Slave: e0");
    assert!(active());
    a.shell("ip link set e0 down");
    eventually("the bond changes to e1", || !active());
    sender.ends(0);
    let finished = receiver.ends(0);
    assert!(finished.summary()["datagrams"].as_u64() >= Some(200), "{finished}");
    assert!(warnings(&finished).is_empty(), "{finished}");
}

/// A tun device `t0` without the flag MULTICAST, 10.8.0.1, as long as its program runs.
fn tunnel(host: &Host) -> Running {
    const TUN: &str = "
import fcntl, os, struct, sys
f = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(f, 0x400454ca, struct.pack('16sH', b't0', 0x1001))
os.system('ip addr add 10.8.0.1 peer 10.8.0.2/32 dev t0; ip link set t0 multicast off up')
print('up', flush=True)
while os.read(f, 2000): pass
";
    let program = host.python(TUN, &[]);
    program.line(|line| line == "up");
    program
}

/// Whether this host has tun devices. Prints a skip otherwise.
fn has_tun() -> bool {
    let has = std::path::Path::new("/dev/net/tun").exists();
    if !has {
        Lab::unsupported("needs /dev/net/tun");
    }
    has
}

#[test]
fn a_tunnel_without_multicast_flag_is_named() {
    let Some(lab) = Lab::open().filter(|_| has_tun()) else { return };
    let host = lab.host();
    let _tunnel = tunnel(&host);
    let finished = host.mcast("recv 239.1.1.1:5000 --iface t0 --duration 50ms -o json").ends(0);
    assert_eq!(finished.events_of("ready")[0]["targets"][0]["mac"], Value::Null, "{finished}");
    assert!(finished.err.contains("the MULTICAST flag of t0 is off"), "{finished}");
    let checked = check(&host, "239.1.1.1:5000", "t0");
    assert_eq!(finding(&checked, "interface-flags")["level"], "note", "{checked}");
    assert!(!checked.out.contains("can carry multicast"), "{checked}");
    assert!(!checked.out.contains("no-querier"), "{checked}");
}

#[test]
fn a_route_into_a_tunnel_gets_advice() {
    let Some(lab) = Lab::open().filter(|_| has_tun()) else { return };
    let (_a, b) = lab.pair();
    let _tunnel = tunnel(&b);
    b.shell("ip route add 224.0.0.0/4 dev t0");
    let warned = |arguments: &str| b.mcast(arguments).ends(0).err;
    for command in ["recv 239.1.1.1:5000 --duration 50ms", "send 239.1.1.1:5000 --count 1"] {
        let warned = warned(command);
        assert!(
            warned.contains("routes 239.1.1.1 to the tunnel t0; e0 can also carry"),
            "{command}: {warned}"
        );
        assert!(warned.contains("--iface e0"), "{command}: {warned}");
    }
    let named = warned("recv 239.1.1.1:5000 --iface t0 --duration 50ms");
    assert!(!named.contains("the tunnel t0"), "{named}");
}

#[test]
fn wireguard_without_a_peer_suggests_allowed_ips() {
    let Some(lab) = lab_with("wireguard") else { return };
    let host = lab.host();
    host.shell("ip link add wg0 type wireguard; ip link set wg0 up");
    host.address("wg0", "10.9.0.1/24");
    host.address("wg0", "fd09::1/64");
    for (target, all) in [(GROUPS[0], "224.0.0.0/4"), (GROUPS[1], "ff00::/8")] {
        let sent = host.mcast(&format!("send {target} --iface wg0 --count 1 -q")).finish();
        assert!(sent.err.contains("ENOKEY"), "{sent}");
        assert!(sent.err.contains(&format!("add {all} to the allowed IPs")), "{sent}");
        let checked = check(&host, target, "wg0");
        let flags = finding(&checked, "interface-flags");
        assert_eq!(flags["commands"][0]["run"], "wg show wg0 allowed-ips", "{checked}");
    }
}

#[test]
fn an_ipvlan_in_mode_l3_carries_no_multicast() {
    let Some(lab) = lab_with("ipvlan") else { return };
    let host = lab.host();
    host.shell("ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up");
    for (mode, carries) in [("l2", true), ("l3", false), ("l3s", false)] {
        host.shell(&format!("ip link add i0 link d0 type ipvlan mode {mode}; ip link set i0 up"));
        host.address("i0", "10.3.0.1/24");
        let finished = host.mcast("recv 239.1.1.1:5000 --iface i0 --duration 50ms -o json").ends(0);
        let warned = warnings(&finished).iter().any(|warning| warning["id"] == "ipvlan");
        assert_eq!(warned, !carries, "{mode}: {finished}");
        let checked = check(&host, GROUPS[0], "i0");
        assert_eq!(checked.status.code(), Some(i32::from(!carries)), "{mode}: {checked}");
        host.shell("ip link del i0");
    }
}

#[test]
fn stacked_vlans_carry_multicast() {
    let Some(lab) = lab_with("vlan id 1") else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (host, number) in [(&a, 1), (&b, 2)] {
        host.shell("ip link add s0 link e0 type vlan proto 802.1ad id 5; ip link set s0 up");
        host.shell("ip link add c0 link s0 type vlan id 7; ip link set c0 up");
        host.address("c0", &format!("10.7.0.{number}/24"));
        host.wait_for_ipv6("c0");
    }
    for target in ["239.1.1.1:5000", "[ff12::1]:5000"] {
        arrives((&a, "c0"), (&b, "c0"), target);
    }
}

#[test]
fn a_vxlan_carries_multicast() {
    let Some(lab) = lab_with("vxlan id 1 dstport 4789") else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (host, number, peer) in [(&a, 1, "10.0.0.101"), (&b, 2, "10.0.0.100")] {
        host.shell(&format!("ip link add vx0 type vxlan id 7 remote {peer} dstport 4789"));
        host.shell("ip link set vx0 up");
        host.address("vx0", &format!("10.7.0.{number}/24"));
        host.wait_for_ipv6("vx0");
    }
    for target in ["239.1.1.1:5000", "[ff12::1]:5000"] {
        arrives((&a, "vx0"), (&b, "vx0"), target);
    }
    let checked = check(&b, "239.9.9.9:4789", "e0");
    let taken = finding(&checked, "port-taken")["evidence"].to_string();
    assert!(taken.contains("the kernel itself may hold the port for the tunnel vx0"), "{checked}");
}
