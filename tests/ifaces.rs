//! `mcast ifaces` agrees with the kernel and `ip`.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab};
use serde_json::{Value, json};

/// The object of an interface in `mcast ifaces -o json`.
fn interface(host: &Host, name: &str) -> Value {
    let finished = host.mcast("ifaces -o json").ends(0);
    let found = finished.events_of("interface").into_iter().find(|iface| iface["name"] == name);
    found.unwrap_or_else(|| panic!("no interface {name}\n{finished}"))
}

/// The answer of `ip -j`.
fn ip(host: &Host, question: &str) -> Value {
    serde_json::from_str(&host.shell(&format!("ip -j {question}"))).expect("JSON of ip")
}

fn has_flag(link: &Value, flag: &str) -> bool {
    link["flags"].as_array().expect("flags").iter().any(|known| known == flag)
}

/// The number of sockets that hold a group; `None` without a membership.
fn users(iface: &Value, group: &str) -> Option<u64> {
    iface["groups"].as_array()?.iter().find(|joined| joined["group"] == group)?["users"].as_u64()
}

/// Compares all interfaces of a host with the answers of `ip`.
fn agrees_with_ip(host: &Host) {
    let finished = host.mcast("ifaces -o json").ends(0);
    let (listed, links) = (finished.events_of("interface"), ip(host, "link"));
    let (addresses, groups) = (ip(host, "addr"), ip(host, "maddr"));
    let links = links.as_array().unwrap();
    assert_eq!(listed.len(), links.len(), "{finished}");
    for (iface, link) in listed.iter().zip(links) {
        let up = has_flag(link, "UP");
        assert_eq!(
            (&iface["name"], &iface["ifindex"]),
            (&link["ifname"], &link["ifindex"]),
            "{finished}"
        );
        assert_eq!((&iface["mtu_bytes"], &iface["up"]), (&link["mtu"], &json!(up)), "{finished}");
        assert_eq!(
            iface["carrier"],
            if up { json!(has_flag(link, "LOWER_UP")) } else { Value::Null },
            "{finished}"
        );
        for (field, flag) in [
            ("multicast", "MULTICAST"),
            ("loopback", "LOOPBACK"),
            ("point_to_point", "POINTOPOINT"),
        ] {
            assert_eq!(iface[field], json!(has_flag(link, flag)), "{field}\n{finished}");
            assert_eq!(
                iface["flags"].as_array().unwrap().contains(&json!(field)),
                has_flag(link, flag),
                "{field}\n{finished}"
            );
        }
        let is_ethernet = link["link_type"] == "ether";
        assert_eq!(
            iface["mac"],
            if is_ethernet { link["address"].clone() } else { Value::Null },
            "{finished}"
        );
        assert_eq!(iface["addresses"], addresses_of(&addresses, &link["ifname"]), "{finished}");
        assert_eq!(
            sorted(groups_of(iface)),
            sorted(groups_of_ip(&groups, &link["ifname"])),
            "{finished}"
        );
    }
    let summary = finished.summary();
    assert_eq!(
        (&summary["interfaces"], &summary["verdict"]),
        (&json!(links.len()), &json!({"status": 0, "reasons": []}))
    );
    assert_eq!(finished.err, "", "{finished}");
}

fn addresses_of(addresses: &Value, name: &Value) -> Value {
    let of_iface = addresses
        .as_array()
        .unwrap()
        .iter()
        .find(|iface| iface["ifname"] == *name)
        .expect("ip addr lists it");
    let address = |info: &Value| json!({"address": info["local"], "prefix": info["prefixlen"]});
    of_iface["addr_info"].as_array().unwrap().iter().map(address).collect()
}

fn groups_of(iface: &Value) -> Vec<(String, u64)> {
    let joined = |joined: &Value| {
        (joined["group"].as_str().unwrap().to_owned(), joined["users"].as_u64().unwrap())
    };
    iface["groups"].as_array().expect("groups").iter().map(joined).collect()
}

/// The IP groups of `ip maddr`. It prints the users only if there are several, and lists Ethernet
/// addresses too.
fn groups_of_ip(groups: &Value, name: &Value) -> Vec<(String, u64)> {
    let of_iface = groups.as_array().unwrap().iter().find(|iface| iface["ifname"] == *name);
    let entries = of_iface.and_then(|iface| iface["maddr"].as_array()).into_iter().flatten();
    let group = |entry: &Value| {
        Some((entry["address"].as_str()?.to_owned(), entry["users"].as_u64().unwrap_or(1)))
    };
    entries.filter(|entry| entry["family"].is_string()).filter_map(group).collect()
}

fn sorted(mut groups: Vec<(String, u64)>) -> Vec<(String, u64)> {
    groups.sort();
    groups
}

/// The row of an interface in the table, as its words.
fn row<'a>(finished: &'a Finished, name: &str) -> Vec<&'a str> {
    let words = |line: &'a str| line.split_whitespace().collect::<Vec<_>>();
    finished
        .out
        .lines()
        .map(words)
        .find(|words| words.get(1) == Some(&name))
        .unwrap_or_else(|| panic!("no {name}\n{finished}"))
}

#[test]
fn the_list_agrees_with_ip() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    agrees_with_ip(&lab.host());
    b.address("e0", "10.0.7.101/16");
    b.address("e0", "2001:db8::101/48");
    b.shell("ip link set e1 mtu 9000 && ip link set e1 allmulticast on");
    let _first = b.mcast("recv --iface e0 239.1.1.1:5000 [ff15::1234]:5000").ready();
    let _second = b.mcast("recv --iface e0 239.1.1.1:5001").ready();
    agrees_with_ip(&b);
    a.shell("ip link set e0 down");
    agrees_with_ip(&a);
    agrees_with_ip(&b);
}

#[test]
fn json_has_the_documented_fields() {
    let Some(lab) = Lab::open() else { return };
    let finished = lab.host().mcast("ifaces -o json").ends(0);
    let without_time = |line: &str| {
        let (before, time) = line.split_once(r#","time":""#).expect(line);
        assert!(time.ends_with("Z\"}"), "the time is last: {line}");
        format!("{before}}}")
    };
    let lines: Vec<String> = finished.out.lines().map(without_time).collect();
    let lo = concat!(
        r#"{"event":"interface","name":"lo","description":null,"ifindex":1,"up":true,"carrier":true,"multicast":false,"loopback":true,"point_to_point":false,"#,
        r#""flags":["up","loopback","running","lower_up"],"kind":null,"master":null,"vrf":null,"mtu_bytes":65536,"mac":null,"#,
        r#""addresses":[{"address":"127.0.0.1","prefix":8},{"address":"::1","prefix":128}],"igmp_version":3,"mld_version":2,"#,
        r#""groups":[{"group":"224.0.0.1","users":1},{"group":"ff01::1","users":1},{"group":"ff02::1","users":1}]}"#
    );
    let summary =
        r#"{"event":"summary","interfaces":1,"changes":null,"verdict":{"status":0,"reasons":[]}}"#;
    assert_eq!(lines, [lo, summary]);
}

#[test]
fn the_members_of_a_group_are_counted_as_they_come_and_go() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    assert_eq!(users(&interface(&b, "e0"), "239.1.1.1"), None);
    let listen = |target: &str| b.mcast(&format!("recv --iface e0 {target}")).ready();
    let (first, second) = (listen("239.1.1.1:5000"), listen("239.1.1.1:5000"));
    let sixth = listen("[ff15::1234]:5000");
    let iface = interface(&b, "e0");
    assert_eq!(
        (users(&iface, "239.1.1.1"), users(&iface, "ff15::1234")),
        (Some(2), Some(1)),
        "{iface}"
    );
    assert_eq!(users(&interface(&b, "lo"), "239.1.1.1"), None);

    let table = b.mcast("ifaces").ends(0);
    // Groups of programs come first, groups that every host joins come last.
    let groups = table.out.lines().rfind(|line| line.trim_start().starts_with("groups")).unwrap();
    assert!(groups.contains("  239.1.1.1 x2  ff15::1234  224.0.0.1  ff01::1"), "{table}");

    for recv in [first, second, sixth] {
        recv.signal("TERM");
        recv.ends(0);
    }
    let iface = interface(&b, "e0");
    assert_eq!((users(&iface, "239.1.1.1"), users(&iface, "ff15::1234")), (None, None), "{iface}");
}

#[test]
fn many_groups_are_shortened_only_in_the_table() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let targets: Vec<String> = (1..=15).map(|number| format!("239.1.1.{number}:5000")).collect();
    let _recv = host.mcast(&format!("recv --iface lo {}", targets.join(" "))).ready();
    let few = host.mcast("ifaces").ends(0);
    assert!(few.out.contains("239.1.1.8") && !few.out.contains("239.1.1.9"), "{few}");
    assert!(few.out.contains("… and 10 more (-v shows all)"), "{few}");
    let all = host.mcast("ifaces -v").ends(0);
    assert!(
        all.out.contains("239.1.1.15") && all.out.contains("ff02::1") && !all.out.contains("more"),
        "{all}"
    );
    assert_eq!(groups_of(&interface(&host, "lo")).len(), 18);
}

#[test]
fn the_versions_in_force_are_shown() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_two_wires();
    let versions = |name: &str| {
        let iface = interface(&b, name);
        (iface["igmp_version"].as_u64(), iface["mld_version"].as_u64())
    };
    let conf = |path: &str, value: u8| b.shell(&format!("echo {value} > /proc/sys/net/{path}"));
    assert_eq!(versions("e0"), (Some(3), Some(2)));
    conf("ipv4/conf/e0/force_igmp_version", 2);
    conf("ipv6/conf/e0/force_mld_version", 1);
    assert_eq!((versions("e0"), versions("e1")), ((Some(2), Some(1)), (Some(3), Some(2))));
    assert_eq!(row(&b.mcast("ifaces").ends(0), "e0")[5..], ["2", "1"]);
    // The setting for all interfaces overrides that of one interface.
    conf("ipv4/conf/all/force_igmp_version", 1);
    conf("ipv6/conf/all/force_mld_version", 2);
    assert_eq!((versions("e0"), versions("e1")), ((Some(1), Some(2)), (Some(1), Some(2))));
    conf("ipv6/conf/e1/disable_ipv6", 1);
    assert_eq!(versions("e1"), (Some(1), None));
    assert_eq!(row(&b.mcast("ifaces").ends(0), "e1")[5..], ["1", "-"]);
}

#[test]
fn an_older_querier_changes_the_version() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    // An IGMPv2 general query (RFC 2236): type 0x11, 10 s to respond, checksum, no group.
    let query = r#"
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
s.sendto(struct.pack("!BBH4s", 0x11, 100, 0xffff - 0x1164, bytes(4)), ("224.0.0.1", 0))
"#;
    a.python(query, &[]).ends(0);
    lab::eventually("e0 uses IGMPv2", || interface(&b, "e0")["igmp_version"] == 2);
}

#[test]
fn down_no_carrier_and_loopback_are_distinguished() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_two_wires();
    a.shell("ip link set e0 down");
    b.shell("ip link set e1 down");
    let (no_carrier, down, lo) = (interface(&b, "e0"), interface(&b, "e1"), interface(&b, "lo"));
    assert_eq!((&no_carrier["up"], &no_carrier["carrier"]), (&json!(true), &json!(false)));
    assert_eq!((&down["up"], &down["carrier"]), (&json!(false), &Value::Null));
    assert_eq!((&down["igmp_version"], &down["mld_version"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&lo["carrier"], &lo["loopback"], &lo["mac"]),
        (&json!(true), &json!(true), &Value::Null)
    );

    let table = b.mcast("ifaces").ends(0);
    assert_eq!(row(&table, "e0")[2..4], ["no", "carrier"], "{table}");
    assert_eq!(row(&table, "e1")[2], "down", "{table}");
    assert_eq!(
        (row(&table, "lo")[2], row(&table, "lo").last()),
        ("up", Some(&"loopback")),
        "{table}"
    );
    assert!(
        table.out.lines().all(|line| line.chars().count() <= 80 && !line.ends_with(' ')),
        "{table}"
    );
    b.shell("ip link set e0 multicast off");
    assert!(b.mcast("ifaces").ends(0).out.contains("no multicast"));
}

#[test]
fn odd_interface_names_are_escaped() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for name in ["e.0@1", "é-~[x]", "name-of-15-char", "a\u{1b}[31mb"] {
        b.shell(&format!(
            "ip link set e0 down; ip link set e0 name '{name}'; ip link set '{name}' up"
        ));
        let recv = b.mcast_with(&["recv", "--iface", name, "239.1.1.1:5000"]).ready();
        let iface = interface(&b, name);
        assert_eq!(
            (users(&iface, "239.1.1.1"), iface["igmp_version"].as_u64()),
            (Some(1), Some(3)),
            "{iface}"
        );
        assert_eq!(
            (iface["mld_version"].as_u64(), iface["mtu_bytes"].as_u64()),
            (Some(2), Some(1500)),
            "{iface}"
        );
        for format in ["text", "json"] {
            let finished = b.mcast(&format!("ifaces -o {format}")).ends(0);
            assert!(!finished.out.contains('\u{1b}'), "{finished}");
        }
        drop(recv);
        b.shell(&format!("ip link set '{name}' down; ip link set '{name}' name e0"));
    }
}

#[test]
fn a_host_that_hides_proc_still_lists_its_interfaces() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    // An empty /proc, in a separate mount namespace.
    let mut command = b.command("unshare");
    let mcast = env!("CARGO_BIN_EXE_mcast");
    command.args([
        "--mount",
        "sh",
        "-ec",
        &format!("mount -t tmpfs none /proc; '{mcast}' ifaces; exec '{mcast}' ifaces -o json"),
    ]);
    let finished = lab::Running::start(command).ends(0);
    let json: Vec<Value> =
        finished.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let e0 =
        json.iter().find(|event| event["name"] == "e0").unwrap_or_else(|| panic!("{finished}"));
    for field in ["groups", "igmp_version", "mld_version"] {
        assert_eq!(e0[field], Value::Null, "{finished}");
    }
    assert_eq!(
        (&e0["mtu_bytes"], &e0["addresses"][0]["address"]),
        (&json!(1500), &json!("10.0.0.101")),
        "{finished}"
    );
    assert_eq!(row(&finished, "e0")[5..], ["-", "-"], "{finished}");
    assert!(finished.err.is_empty() && finished.out.contains("groups     -"), "{finished}");
}

#[test]
fn quiet_prints_only_the_number() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    assert_eq!(b.mcast("ifaces -q").ends(0).out, "2 interfaces\n");
    assert_eq!(b.mcast("ifaces -qq").ends(0).out, "");
    let summary = b.mcast("ifaces -q -o json").ends(0);
    assert_eq!(
        (summary.out.lines().count(), &summary.summary()["interfaces"]),
        (1, &json!(2)),
        "{summary}"
    );
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let program = "
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer).returncode)
";
    for format in ["text", "json"] {
        let finished = lab
            .host()
            .python(program, &[env!("CARGO_BIN_EXE_mcast"), "ifaces", "-o", format])
            .ends(0);
        assert_eq!(finished.err, "", "{finished}");
    }
}

#[test]
fn a_signal_ends_a_stalled_write() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    // The pipe is full from the start. The signal follows when mcast catches all its signals;
    // SIGCHLD is the last one.
    let program = r#"
import os, re, signal, subprocess, sys, time
reader, writer = os.pipe()
end = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
for piece in (b"x" * 4096, b"x"):
    try:
        while True: os.write(end, piece)
    except BlockingIOError: pass
mcast = subprocess.Popen(sys.argv[1:], stdout=writer)
def caught():
    status = open(f"/proc/{mcast.pid}/status").read()
    return int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (signal.SIGCHLD - 1) & 1
while not caught(): time.sleep(0.002) # between two polls
mcast.send_signal(signal.SIGINT)
sys.exit(mcast.wait())
"#;
    lab.host().python(program, &[env!("CARGO_BIN_EXE_mcast"), "ifaces"]).ends(130);
}
