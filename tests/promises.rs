//! Promises of README.md and SECURITY.md that no other test checks. docs/promises.md lists all of
//! them.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::path::Path;

use lab::{Host, Lab, eventually};
use serde_json::Value;

#[test]
fn an_ordinary_user_sends_receives_and_measures() {
    let Some(lab) = Lab::with(&["setpriv"]) else { return };
    let (a, b) = lab.pair();
    let recv = "recv 239.1.1.1:5000 --iface e0 --once --timeout 120s --assert lost==0 -o json";
    let recv = b.mcast_unprivileged(recv).ready();
    let send = "send 239.1.1.1:5000 --iface e0 --probe --count 100 -i 1ms -q";
    a.mcast_unprivileged(send).ends(0);
    let summary = recv.ends(0).summary();
    assert_eq!(summary["measured"]["received"], 100, "{summary}");
    b.mcast_unprivileged("ifaces").ends(0).prints("e0");
    let checked = b.mcast_unprivileged("check 239.1.1.1:5000 --iface e0 -d 500ms -o json").ends(0);
    assert_eq!(checked.summary()["verdict"]["status"], 0, "{checked}");
}

/// What an administrator sets: addresses, routes, memberships of the host, rules and sysctls.
fn settings(host: &Host) -> String {
    host.shell(
        "ip -o addr; ip -o link; ip route show table all; ip rule; ip maddr; nft list ruleset; \
         sysctl -a 2>/dev/null | grep -E '^net\\.(ipv4|ipv6|core|bridge)\\.' | sort",
    )
}

/// The scene has faults: mcast prints the commands that fix them, and runs none.
#[test]
fn no_command_changes_the_settings_of_the_host() {
    let Some(lab) = Lab::with(&["nft", "sysctl"]) else { return };
    let (a, b) = lab.pair();
    b.firewall(
        "table inet f { chain in { type filter hook input priority 0; udp dport 5000 drop; }; }",
    );
    b.shell("sysctl -qw net.ipv4.conf.e0.rp_filter=1");
    let before = settings(&b);
    assert!(before.contains("dport 5000 drop"), "{before}");
    assert!(before.contains("net.ipv4.conf.e0.rp_filter = 1"), "{before}");
    let send = a.mcast("send 239.1.1.1:5000 --iface e0 -i 10ms -q");
    eventually("datagrams arrive", || b.frames_received("e0") > 5);
    let checked = b.mcast("check 239.1.1.1:5000 --iface e0 -d 500ms -o json").ends(1);
    let has_command = |finding: &Value| finding["commands"][0]["run"].is_string();
    assert!(checked.events_of("finding").iter().any(has_command), "{checked}");
    b.mcast("recv 239.1.1.1:5000 --iface e0 -d 300ms -q").ends(0);
    b.mcast("scan 239.1.1.0/30:5000 --iface e0 --dwell 200ms").ends(1);
    b.mcast("ifaces").ends(0);
    b.mcast("send 239.1.1.1:5000 --iface e0 --count 1 -q").ends(0);
    assert_eq!(settings(&b), before);
    send.signal("INT");
    send.ends(0);
}

/// README: no datagram of the first example leaves the computer.
#[test]
fn the_first_example_stays_on_the_computer() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (_a, b) = lab.pair();
    b.firewall(
        "table inet f { chain out { type filter hook output priority 0; oifname \"lo\" counter; \
         oifname != \"lo\" udp length > 0 counter comment \"elsewhere\"; }; }",
    );
    let example = "recv --iface lo --count 3 --timeout 120s -- mcast send --iface lo --count 3 \
                   --interval 1ms";
    b.mcast(example).ends(0).prints("received 3 datagrams");
    let rules = b.shell("nft list ruleset");
    let line =
        |part: &str| rules.lines().find(|line| line.contains(part)).expect("a rule").to_owned();
    assert!(!line("\"lo\" counter").contains("packets 0"), "{rules}");
    assert!(line("elsewhere").contains("packets 0"), "{rules}");
}

/// mcast has no configuration file: no source names a place of one.
#[test]
fn no_source_names_a_configuration_file() {
    fn search(folder: &Path, found: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, found);
                continue;
            }
            *found += 1;
            // Unit tests have binary samples.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for place in ["XDG_CONFIG", "\"HOME\"", "APPDATA", "home_dir", "config_dir", "\"/etc"] {
                assert!(!text.contains(place), "{} names {place}", path.display());
            }
        }
    }
    let mut found = 0;
    search(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found > 100, "only {found} files were found");
}
