//! Datagrams that cannot be sent, with the reason in the state of the interface.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, eventually};

const GROUPS: [&str; 2] = ["239.1.1.1:5000", "[ff15::1]:5000"];

#[test]
fn an_output_drop_is_not_a_full_queue() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, _b) = lab.pair_with_ipv6();
    a.firewall(
        "table netdev f {
            chain out { type filter hook egress device e0 priority 0; udp dport 5000 drop; }
        }",
    );
    for target in GROUPS {
        let sent = a.mcast(&format!("send {target} --iface e0 --count 1 -q")).ends(1);
        assert!(sent.err.contains("ENOBUFS"), "{sent}");
        assert!(sent.err.contains("the queue of e0 is empty"), "{sent}");
        assert!(!sent.err.contains("lower the rate"), "{sent}");
    }
}

/// Enables duplicate address detection, as on a host outside of the lab.
fn detects_duplicates(host: &Host) {
    host.shell(
        "for file in all default e0; do echo 1 > /proc/sys/net/ipv6/conf/$file/accept_dad; done",
    );
}

#[test]
fn a_sender_waits_for_a_tentative_address() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair_with_ipv6();
    detects_duplicates(&a);
    for send in ["[ff15::1]:5000 --iface fd00::1", "[ff15::1]:5000 --iface e0", "[ff02::1%e0]:5000"]
    {
        a.shell("ip link set e0 down; ip link set e0 up");
        a.address("e0", "fd00::1/64");
        assert!(a.shell("ip -6 addr show dev e0").contains("tentative"));
        a.mcast(&format!("send {send} --count 1 -q")).ends(0);
    }
}

#[test]
fn a_receiver_waits_for_a_tentative_address() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair_with_ipv6();
    detects_duplicates(&a);
    a.address("e0", "fd00::1/64");
    a.mcast("recv [fd00::1]:5000 --duration 50ms").ends(0);
}

#[test]
fn a_duplicate_address_is_an_error_at_once() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.address("e0", "fd00::1/64");
    detects_duplicates(&a);
    a.address("e0", "fd00::1/64");
    eventually("the address is known to be a duplicate", || {
        a.shell("ip -6 addr show dev e0").contains("dadfailed")
    });
    for command in ["send [ff15::1]:5000 --iface fd00::1 --count 1", "recv [fd00::1]:5000"] {
        let refused = a.mcast(command).ends(2);
        assert!(refused.err.contains("remove fd00::1 from one host"), "{refused}");
    }
}
