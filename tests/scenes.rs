//! The scenes of `lab::scenes`: each is broken as it is meant to be, and the known remedy mends it. So a diagnosis can be held to them.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{self, Scene};
use lab::{Lab, eventually};

/// A scene in which nothing flows until one command is typed at a place.
fn mends(mut scene: Scene, command: &str, place: &str) {
    assert!(!scene.flows(), "the scene is not broken");
    scene.types(command, place);
    scene.comes_to_flow();
}

#[test]
fn nothing_is_wrong_with_a_wire() {
    let Some(lab) = Lab::open() else { return };
    scenes::healthy(&lab).comes_to_flow();
}

#[test]
fn nothing_is_wrong_with_a_switch_that_snoops_and_asks() {
    let Some(lab) = Lab::open() else { return };
    scenes::healthy_with_querier(&lab).comes_to_flow();
}

#[test]
fn data_comes_by_another_interface_than_the_one_that_is_named() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::wrong_interface(&lab), "mcast recv 239.1.1.1:5000 --iface e1", "here");
}

#[test]
fn two_interfaces_and_no_route_leave_the_choice_open() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::no_route(&lab), "mcast recv 239.1.1.1:5000 --iface e0", "here");
    mends(scenes::no_route(&lab), "ip route add 224.0.0.0/4 dev e0", "here");
}

#[test]
fn an_interface_that_is_down_hears_nothing() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::interface_down(&lab), "ip link set e0 up", "here");
}

#[test]
fn a_wire_without_carrier_carries_nothing() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::no_carrier(&lab), "ip link set IFACE up", "switch");
}

#[test]
fn who_is_bound_to_the_hosts_own_address_hears_nothing() {
    let Some(lab) = Lab::open() else { return };
    let mut scene = scenes::bound_to_address(&lab);
    scene.comes_to_flow();
    assert!(!scene.programs[0].so_far().contains("heard"), "the other program heard what mcast did");
    scene.programs = vec![scenes::receiver(&scene.receiver, "", 0, 0.0, true)];
    scene.comes_to_flow();
    scene.programs[0].line(|line| line.starts_with("heard"));
}

#[test]
fn a_port_that_is_not_shared_is_taken() {
    let Some(lab) = Lab::open() else { return };
    let scene = scenes::port_taken(&lab);
    let kill = format!("kill {}", scene.programs[0].id());
    mends(scene, &kill, "here");
}

#[test]
fn a_firewall_lets_in_only_what_was_asked_for() {
    let Some(lab) = Lab::open() else { return };
    let accept = "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept";
    mends(scenes::firewall_input_policy(&lab), accept, "here");
}

#[test]
fn a_firewall_has_a_rule_against_the_port() {
    let Some(lab) = Lab::open() else { return };
    let accept = "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept";
    mends(scenes::firewall_input_rule(&lab), accept, "here");
}

#[test]
fn a_firewall_drops_before_the_routing() {
    let Some(lab) = Lab::open() else { return };
    let accept = "nft insert rule inet raw prerouting ip daddr 239.1.1.1 udp dport 5000 accept";
    mends(scenes::firewall_prerouting(&lab), accept, "here");
}

#[test]
fn a_firewall_drops_on_the_interface_itself() {
    let Some(lab) = Lab::open() else { return };
    let accept = "nft insert rule netdev filter ingress ip daddr 239.1.1.1 udp dport 5000 accept";
    mends(scenes::firewall_ingress(&lab), accept, "here");
}

#[test]
fn a_source_of_another_interfaces_network_is_refused() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    mends(scenes::rp_filter_strict(&lab), "sysctl -w net.ipv4.conf.e0.rp_filter=2", "here");
}

#[test]
fn a_source_without_a_route_is_refused() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::rp_filter_loose(&lab), "ip route add 10.9.0.77 dev e0", "here");
}

#[test]
fn the_receivers_own_address_is_refused_as_a_source() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::duplicate_address(&lab), "ip addr del 10.0.0.101/24 dev e0; ip addr add 10.0.0.100/24 dev e0", "sender");
}

#[test]
fn a_small_buffer_overflows_in_a_pause_and_a_large_one_does_not() {
    let Some(lab) = Lab::open() else { return };
    let mut scene = scenes::buffer_overflow(&lab);
    {
        let _sends = scene.sends();
        eventually("the small buffer overflows", || scene.dropped() > 0);
    }
    scene.programs = vec![scenes::receiver(&scene.receiver, "", 1_000_000, 0.05, true)];
    scene.sender.mcast(&format!("send {} --count 300 -q --no-offload", scene.send)).ends(0);
    let heard = |line: &str| line.strip_prefix("heard ").and_then(|count| count.parse::<u32>().ok());
    scene.programs[0].line(|line| heard(line) >= Some(300));
    assert_eq!(scene.dropped(), 0);
}

#[test]
fn a_checksum_that_was_left_to_hardware_is_never_finished() {
    let Some(lab) = Lab::with(&["ethtool"]) else { return };
    let scene = scenes::bad_checksum(&lab);
    let before = scene.receiver.counter("Udp", "InCsumErrors");
    assert!(!scene.flows());
    assert!(scene.receiver.counter("Udp", "InCsumErrors") > before);
    mends(scene, "ethtool -K IFACE tx off", "sender");
}

#[test]
fn a_tagged_frame_is_not_for_a_host_without_vlans() {
    let Some(lab) = Lab::with(&["ethtool"]) else { return };
    let mut scene = scenes::vlan_tag(&lab);
    assert!(!scene.flows());
    // The kernel takes the tag off before a capture sees the frame, so the counters tell: the frames come, and IP gets none of them.
    let counts = || (scene.receiver.frames_received("e0"), scene.receiver.counter("IpExt", "InMcastPkts"));
    let before = counts();
    scene.sender.mcast("send 239.1.1.1:5000 --iface e0 --count 30 --interval 1ms -q --no-offload").ends(0);
    eventually("the frames come", || counts().0 >= before.0 + 30);
    assert_eq!(counts().1, before.1);
    // What an administrator of the switch does: the receiver's port is made an untagged one.
    scene.programs.clear();
    scene.programs.push(scenes::relay(scene.switch.as_ref().unwrap().host(), &[]));
    scene.comes_to_flow();
}

#[test]
fn a_datagram_without_all_its_fragments_is_none() {
    let Some(lab) = Lab::open() else { return };
    let scene = scenes::fragments_lost(&lab);
    mends(scene, "mcast send 239.1.1.1:5000 --iface e0 --interval 20ms --probe --size 1472", "sender");
}

#[test]
fn a_frame_larger_than_the_receivers_mtu_is_dropped() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::mtu_too_small(&lab), "ip link set e0 mtu 9000", "here");
}

#[test]
fn a_router_forwards_what_may_go_further() {
    let Some(lab) = Lab::with(&["smcrouted"]) else { return };
    let scene = scenes::ttl_too_low(&lab);
    let echo = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 6000))
print('bound')
s.sendto(*s.recvfrom(100))
";
    let ask = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.sendto(b'?', ('10.1.0.101', 6000))
s.recv(100)
";
    let answers = scene.receiver.python(echo, &[]);
    answers.line(|line| line == "bound");
    scene.sender.python(ask, &[]).ends(0);
    mends(scene, "mcast send 239.1.1.1:5000 --iface e0 --ttl 2", "sender");
}

#[test]
fn a_switch_forgets_a_member_that_nobody_asks() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::snooping_pruned(&lab), "ip link set BRIDGE type bridge mcast_snooping 0", "switch");
}

#[test]
fn a_switch_that_asks_again_learns_of_a_member_it_has_forgotten() {
    let Some(lab) = Lab::open() else { return };
    let mut scene = scenes::snooping_pruned(&lab);
    assert!(!scene.flows());
    // A bridge asks nothing while it still reckons with the other querier, here for 5 minutes; down and up it does not.
    scene.types("ip link set BRIDGE type bridge mcast_querier 1; ip link set BRIDGE down; ip link set BRIDGE up", "switch");
    eventually("the switch learns of the member", || scene.switch.as_ref().unwrap().knows_member(1, "239.1.1.1"));
    scene.comes_to_flow();
}

#[test]
fn a_switch_that_has_forgotten_a_member_learns_of_it_by_a_report() {
    let Some(lab) = Lab::open() else { return };
    let mut scene = scenes::snooping_pruned(&lab);
    assert!(!scene.flows());
    // A report lasts no longer than the switch remembers it: this is no remedy, but it tells what is wrong. A second member at the receiver
    // gives none, for the host is a member already; who may send what they like can report it, in IGMPv2 here.
    let report = "
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('10.0.0.101'))
group = socket.inet_aton('239.1.1.1')
s.sendto(struct.pack('!BBH4s', 0x16, 0, 0xffff - 0x1600 - 0xef01 - 0x0101 + 0xffff & 0xffff, group), ('239.1.1.1', 0))
";
    scene.receiver.python(report, &[]).ends(0);
    eventually("the switch learns of the member", || scene.switch.as_ref().unwrap().knows_member(1, "239.1.1.1"));
    eventually("the switch forgets it again", || !scene.switch.as_ref().unwrap().knows_member(1, "239.1.1.1"));
    let _sends = scene.sends();
    let before = scene.receiver.frames_received("e0");
    scene.types("ip link set e0 down; ip link set e0 up", "here");
    eventually("the frames come back", || scene.receiver.frames_received("e0") > before + 30);
}

#[test]
fn a_querier_of_igmpv2_knows_no_sources() {
    let Some(lab) = Lab::open() else { return };
    let mut scene = scenes::ssm_unsupported(&lab);
    scene.comes_to_flow();
    let recv = scene.receiver.mcast(&format!("recv {} -qq", scene.asks())).ready_when_member(&scene.receiver, "e0", "232.1.1.1");
    eventually("the switch learns of the member", || scene.switch.as_ref().unwrap().knows_member(1, "232.1.1.1"));
    // From another source, 100 frames at once.
    let strayed = |scene: &Scene| {
        let before = scene.receiver.frames_received("e0");
        scene.sender.mcast("send 232.1.1.1:5000 --iface 10.0.0.102 --count 100 --interval 100us -q --no-offload").ends(0);
        scene.receiver.frames_received("e0") - before
    };
    eventually("the network sends everybody's", || strayed(&scene) >= 100);
    scene.types("ip link set BRIDGE type bridge mcast_igmp_version 3", "switch");
    eventually("the receiver speaks IGMPv3 again", || scenes::speaks(&scene.receiver, "V3"));
    eventually("the network sorts them out", || strayed(&scene) < 50);
    drop(recv);
    scene.comes_to_flow();
}

#[test]
fn a_bridge_asks_the_firewall_of_its_host() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    mends(scenes::bridge_firewall(&lab), "sysctl -w net.bridge.bridge-nf-call-iptables=0", "switch");
}

#[test]
fn another_port_is_another_target() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::other_port(&lab), "mcast recv 239.1.1.1:5001 --iface e0", "here");
}

#[test]
fn another_source_is_not_the_one_that_is_asked_for() {
    let Some(lab) = Lab::open() else { return };
    mends(scenes::other_source(&lab), "mcast recv 10.0.0.100@239.1.1.1:5000 --iface e0", "here");
}
