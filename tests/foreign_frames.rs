//! Frames of the group that reach an interface and that IP never sees: `mcast check` names their
//! tags, or that they are addressed to another host.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::Ip;
use lab::{Finished, Host, Lab, Running, finding};

const FRAMES: &str = include_str!("lab/frames.py");

/// Starts to send frames of the group, with these bytes of tags and to this address (Python), until
/// it is dropped.
fn start_frames(host: &Host, ip: Ip, tags: &str, mac: &str) -> Running {
    let program = format!(
        "{FRAMES}
v6, wire = {v6}, Wire()
print('started')
while True:
    wire.send(packet(b'tick', v6), mac={mac}, tags={tags})
    time.sleep(0.02)
",
        v6 = ip.either("False", "True"),
    );
    let running = host.python(&program, &[]);
    running.line(|line| line == "started");
    running
}

fn check(host: &Host, ip: Ip, iface: &str, prefix: &str) -> Finished {
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let target = ip.target();
    host.program(&format!("{prefix} {mcast} check {target} --iface {iface} -d 500ms -o json"))
        .finish()
}

const Q: &str = "bytes([0x81, 0, 0, 5])";
const AD: &str = "bytes([0x88, 0xa8, 0, 7])";
const AD_AND_Q: &str = "bytes([0x88, 0xa8, 0, 7, 0x81, 0, 0, 5])";
const Q_AND_Q: &str = "bytes([0x81, 0, 0, 7, 0x81, 0, 0, 5])";
const PRIORITY_AND_Q: &str = "bytes([0x81, 0, 0x60, 0, 0x81, 0, 0, 5])";

#[test]
fn each_vlan_tag_names_its_interface() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let single = "ip link add link e0 name e0.5 type vlan id 5; ip link set e0.5 up";
    let inner = "; ip link add link e0.7 name e0.7.5 type vlan id 5; ip link set e0.7.5 up";
    for (tags, words, line) in [
        (Q, " VLAN tag 5,", single.to_owned()),
        (PRIORITY_AND_Q, " VLAN tag 5,", single.to_owned()),
        (
            AD,
            "provider VLAN tag 7 (802.1ad),",
            "ip link add link e0 name e0.7 type vlan proto 802.1ad id 7; ip link set e0.7 up"
                .to_owned(),
        ),
        (
            AD_AND_Q,
            "two VLAN tags (802.1ad outer 7, inner 5),",
            format!(
                "ip link add link e0 name e0.7 type vlan proto 802.1ad id 7; ip link set e0.7 \
                 up{inner}"
            ),
        ),
        (
            Q_AND_Q,
            "two VLAN tags (outer 7, inner 5),",
            format!("ip link add link e0 name e0.7 type vlan id 7; ip link set e0.7 up{inner}"),
        ),
    ] {
        for ip in [Ip::V4, Ip::V6] {
            let _sender = start_frames(&a, ip, tags, "None");
            let checked = check(&b, ip, "e0", "");
            let found = finding(&checked, "vlan-tag");
            assert_eq!(found["level"], "fault", "{checked}");
            assert!(found["what"].as_str().unwrap().contains(words), "{words}\n{checked}");
            assert_eq!(found["commands"][0]["run"], line, "{checked}");
        }
    }
}

#[test]
fn a_frame_to_another_host_is_named() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let mac = "bytes([2, 0, 0, 0, 0, 0x99])";
    for ip in [Ip::V4, Ip::V6] {
        let sender_to_other = start_frames(&a, ip, "b''", mac);
        let checked = check(&b, ip, "e0", "");
        let found = finding(&checked, "other-mac");
        assert_eq!(
            (checked.status.code(), &found["level"]),
            (Some(1), &"fault".into()),
            "{checked}"
        );
        let address = ip.either("01:00:5e:01:01:01", "33:33:00:00:12:34");
        assert!(found["remedy"].as_str().unwrap().contains(address), "{checked}");
        let checked = check(&b, ip, "e0", "setpriv --bounding-set=-all --inh-caps=-all");
        let nothing = finding(&checked, "nothing-arrives");
        let evidence = nothing["evidence"].as_str().unwrap();
        assert!(
            evidence.contains("consistent with a VLAN tag, another host's MAC address"),
            "{checked}"
        );
        assert_eq!(checked.status.code(), Some(0), "{checked}");
        // If the group arrives too, frames to another host are not a fault.
        let _sender_to_group = start_frames(&a, ip, "b''", "None");
        let checked = check(&b, ip, "e0", "");
        assert_eq!(checked.status.code(), Some(0), "{checked}");
        drop(sender_to_other);
    }
}
