//! `mcast check` in networks that are broken for one known reason each: it finds the reason, what
//! it says to type is typed, and the datagrams flow. And where nothing is broken it finds nothing.
#![cfg(target_os = "linux")]

mod lab;

use std::cell::Cell;

use lab::scenes::{self, Ip, Scene};
use lab::{Finished, Host, Lab, Running, eventually, finding, ids};
use serde_json::Value;

/// With `MCAST_RECORD_FACTS=/some/directory`, what a check is given besides, so that it keeps its
/// facts there by the name of the test: `tests/facts` reasons from them again.
fn record() -> Vec<String> {
    thread_local!(static RECORDED: Cell<usize> = const { Cell::new(0) });
    let Ok(directory) = std::env::var("MCAST_RECORD_FACTS") else { return Vec::new() };
    let number = RECORDED.get() + 1;
    RECORDED.set(number);
    let test = std::thread::current().name().unwrap_or("facts").to_owned();
    let name = if number == 1 { test } else { format!("{test}-{number}") };
    vec!["--record".to_owned(), format!("{directory}/{name}.json")]
}

/// Runs a check at a host, as root of its network.
fn check(host: &Host, arguments: &str) -> Finished {
    host.mcast(&format!("check {arguments} -o json {}", record().join(" "))).finish()
}

/// Runs a check at a host, as nobody: without the rights to look at frames and at the firewall.
fn check_as_nobody(host: &Host, arguments: &str) -> Finished {
    let mut command = host.command("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
    command
        .arg(env!("CARGO_BIN_EXE_mcast"))
        .arg("check")
        .args(arguments.split_whitespace())
        .args(["-o", "json"])
        .args(record());
    Running::start(command).finish()
}

/// What a check says of a scene while its sender sends.
fn look(scene: &Scene) -> Finished {
    let _sends = scene.sends();
    check(&scene.receiver, &format!("{} --duration 1s", scene.asks()))
}

/// Types all that a finding says.
fn obey(scene: &mut Scene, finding: &Value) {
    let commands = finding["commands"].as_array().expect("commands");
    assert!(!commands.is_empty(), "nothing to type: {finding}");
    for command in commands {
        scene.types(
            command["run"].as_str().expect("a line"),
            command["where"].as_str().expect("a place"),
        );
    }
}

/// A scene in which nothing flows is found to have one fault; what the finding says is typed, and
/// the datagrams flow. Answers what was said of it, before and after.
fn finds_and_mends_it(mut scene: Scene, id: &str) -> [Finished; 2] {
    assert!(!scene.flows(), "the scene is not broken");
    let told = look(&scene);
    assert_eq!((told.status.code(), ids(&told, "fault")), (Some(1), vec![id.to_owned()]), "{told}");
    assert_eq!(told.summary()["verdict"]["status"], 1, "{told}");
    obey(&mut scene, &finding(&told, id));
    scene.comes_to_flow();
    let after = look(&scene);
    assert_eq!((after.status.code(), ids(&after, "fault")), (Some(0), Vec::new()), "{after}");
    finding(&after, "arrives");
    [told, after]
}

fn finds_and_mends(scene: Scene, id: &str) -> Finished {
    let [told, _] = finds_and_mends_it(scene, id);
    told
}

/// Does a test for IPv4, and for IPv6 at the same time: most of it is waiting. The thread of IPv6
/// has a name of its own, for its records.
fn both(test: impl Fn(Ip) + Sync) {
    let name = format!("{}_with_ipv6", std::thread::current().name().unwrap_or("a test"));
    std::thread::scope(|scope| {
        let ipv6 = std::thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, || test(Ip::V6))
            .expect("a thread");
        test(Ip::V4);
        ipv6.join().expect("IPv6 is as IPv4");
    });
}

#[test]
fn nothing_is_found_wrong_with_a_wire() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy(&lab, Ip::V4);
    let told = look(&scene);
    assert_eq!(
        (told.status.code(), ids(&told, "fault"), ids(&told, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{told}"
    );
    for id in
        ["interface", "membership", "igmp-version", "limits", "self-test", "rp-filter", "arrives"]
    {
        assert_eq!(finding(&told, id)["level"], "pass", "{told}");
    }
    told.says("Multicast works here: 239.1.1.1:5000 arrives on e0 from 10.0.0.100:");
    assert!(!scene.receiver.is_member("e0", "239.1.1.1"), "the group is left");
}

#[test]
fn nothing_is_found_wrong_with_a_switch_that_snoops_and_asks() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy_with_querier(&lab, Ip::V4);
    scene.comes_to_flow();
    let told = look(&scene);
    assert_eq!(
        (told.status.code(), ids(&told, "fault"), ids(&told, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{told}"
    );
    // The querier asks every two seconds, and this one listened for one: leaving a group makes it
    // speak.
    assert_eq!(finding(&told, "querier")["level"], "pass", "{told}");
}

#[test]
fn silence_is_no_fault() {
    let Some(lab) = Lab::with(&["setpriv"]) else { return };
    both(|ip| {
        let (_a, b) = lab.pair_with_ipv6();
        let asks =
            format!("{} --iface e0 -d 200ms", ip.either("239.1.1.1:5000", "[ff15::1234]:5000"));
        for told in [check(&b, &asks), check_as_nobody(&b, &asks)] {
            assert_eq!(
                (told.status.code(), ids(&told, "fault"), ids(&told, "warning")),
                (Some(0), Vec::new(), vec!["nothing-arrives".to_owned()]),
                "{told}"
            );
        }
    });
}

#[test]
fn data_that_comes_by_another_interface_is_found_there() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::wrong_interface(&lab, ip), "wrong-interface")
            .says(&format!("{} arrives on e1, not on e0", ip.target()));
    });
}

#[test]
fn two_interfaces_and_no_route_leave_the_choice_open() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::no_route(&lab, ip), "no-route").says(ip.either(
            "there is no route to the group",
            "an equal route to every group on each interface",
        ));
    });
}

#[test]
fn an_interface_that_is_down_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::interface_down(&lab, ip), "interface-down");
    });
}

#[test]
fn ipv6_that_is_switched_off_is_found() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    finds_and_mends(scenes::ipv6_disabled(&lab), "ipv6-disabled");
}

#[test]
fn a_wire_without_carrier_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::no_carrier(&lab, ip), "no-carrier");
    });
}

#[test]
fn a_program_that_is_bound_to_the_hosts_own_address_is_found_and_named() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::bound_to_address(&lab, ip);
        let told = look(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["bound-to-address".to_owned()]),
            "{told}"
        );
        told.says(&format!(
            "python3 (pid {}) is bound to {}",
            scene.programs[0].id(),
            ip.port(ip.receiver(), 5000)
        ));
        assert!(
            !scene.programs[0].so_far().contains("heard"),
            "the other program heard what mcast did"
        );
        // What is said to be typed shows that the group arrives; the program itself has to be
        // mended.
        obey(&mut scene, &finding(&told, "bound-to-address"));
        scene.comes_to_flow();
        scene.programs = vec![scenes::receiver(&scene.receiver, ip, "", 0, 0.0, true)];
        let told = look(&scene);
        assert_eq!((told.status.code(), ids(&told, "fault")), (Some(0), Vec::new()), "{told}");
        scene.programs[0].line(|line| line.starts_with("heard"));
    });
}

#[test]
fn a_port_that_is_not_shared_is_found_with_its_program() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::port_taken(&lab, ip);
        assert!(!scene.flows());
        let told = look(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["port-taken".to_owned()]),
            "{told}"
        );
        told.says(&format!(
            "python3 (pid {}) holds UDP port 5000 for itself",
            scene.programs[0].id()
        ));
        scene.programs.clear();
        scene.comes_to_flow();
    });
}

#[test]
fn a_firewall_is_found_with_the_rule_that_does_it() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    both(|ip| {
        let allows = ip.either(
            "ip daddr 239.1.1.1 udp dport 5000 accept",
            "ip6 daddr ff15::1234 udp dport 5000 accept",
        );
        let finds = |scene, id, rule| {
            let told = finds_and_mends(scene, id);
            told.says(rule);
            told.says(allows);
        };
        finds(
            scenes::firewall_input_policy(&lab, ip),
            "firewall-input",
            "chain input of table inet filter: its policy is drop",
        );
        finds(scenes::firewall_input_rule(&lab, ip), "firewall-input", "udp dport 5000 drop");
        finds(
            scenes::firewall_prerouting(&lab, ip),
            "firewall-prerouting",
            "chain prerouting of table inet raw",
        );
        finds(
            scenes::firewall_ingress(&lab, ip),
            "firewall-ingress",
            "chain ingress of table netdev filter",
        );
    });
}

#[test]
fn a_firewall_is_found_by_its_place_where_its_rules_cannot_be_read() {
    let Some(lab) = Lab::with(&["nft", "python3", "setpriv"]) else { return };
    both(|ip| {
        // What comes in before the other places, and all multicast of IPv6, is counted whomever it
        // is for: without frames that is no proof.
        let proven = ip.either((Some(1), "fault"), (Some(0), "warning"));
        let likely = (Some(0), "warning");
        for (scene, id, (status, level)) in [
            (scenes::firewall_input_policy(&lab, ip), "firewall-input", proven),
            (scenes::firewall_input_rule(&lab, ip), "firewall-input", proven),
            (scenes::firewall_prerouting(&lab, ip), "firewall-prerouting", likely),
            (scenes::firewall_ingress(&lab, ip), "firewall-ingress", likely),
        ] {
            let _sends = scene.sends();
            let told = check_as_nobody(&scene.receiver, &format!("{} -d 500ms", scene.asks()));
            assert_eq!(
                (told.status.code(), finding(&told, id)["level"].as_str()),
                (status, Some(level)),
                "{told}"
            );
            assert_eq!(ids(&told, "fault").len(), usize::from(level == "fault"), "{told}");
            let drops = if level == "fault" { "drops" } else { "may drop" };
            told.says(&format!("this host {drops} {}", scene.target));
            finding(&told, "not-seen");
        }
    });
}

#[test]
fn a_source_of_another_interfaces_network_is_found_to_be_refused() {
    let Some(lab) = Lab::with(&["python3", "setpriv", "sysctl"]) else { return };
    let scene = scenes::rp_filter_strict(&lab);
    let told = {
        let _sends = scene.sends();
        check_as_nobody(&scene.receiver, &format!("{} -d 500ms", scene.asks()))
    };
    // The counter is the whole host's: without frames it is no proof.
    assert_eq!(
        (told.status.code(), &finding(&told, "rp-filter")["level"]),
        (Some(0), &Value::from("warning")),
        "{told}"
    );
    finds_and_mends(scene, "rp-filter").says("10.1.0.77");
}

#[test]
fn a_source_without_a_route_is_found_to_be_refused() {
    let Some(lab) = Lab::open() else { return };
    finds_and_mends(scenes::rp_filter_loose(&lab), "rp-filter")
        .says("ip route add 10.9.0.77/32 dev e0");
}

#[test]
fn an_address_that_two_hosts_have_is_found() {
    let Some(lab) = Lab::open() else { return };
    finds_and_mends(scenes::duplicate_address(&lab), "duplicate-address");
}

#[test]
fn a_buffer_that_overflows_is_found_with_its_program() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::buffer_overflow(&lab, ip);
        let told = look(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["buffer-overflow".to_owned()]),
            "{told}"
        );
        told.says(&format!("python3 (pid {}) does not read fast enough", scene.programs[0].id()));
        let found = finding(&told, "buffer-overflow");
        obey(&mut scene, &found);
        // With as much as it says, the same slow program loses nothing.
        let run = found["commands"][0]["run"].as_str().unwrap();
        let kib: usize = run
            .split("--rcvbuf ")
            .nth(1)
            .and_then(|rest| rest.strip_suffix("KiB"))
            .expect(run)
            .parse()
            .unwrap();
        scene.programs = vec![scenes::receiver(&scene.receiver, ip, "", kib * 1024, 0.05, true)];
        let told = look(&scene);
        assert_eq!((told.status.code(), ids(&told, "fault")), (Some(0), Vec::new()), "{told}");
    });
}

#[test]
fn a_checksum_that_was_left_to_hardware_is_found() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        finds_and_mends(scenes::bad_checksum(&lab, ip), "bad-checksum")
            .says(ip.either("Udp: InCsumErrors", "Udp6: InCsumErrors"));
    });
}

#[test]
fn a_datagram_of_ipv6_without_a_checksum_is_found() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let mut scene = scenes::no_checksum(&lab);
    let told = check(&scene.receiver, &format!("{} -d 1s", scene.asks()));
    assert_eq!(
        (told.status.code(), ids(&told, "fault")),
        (Some(1), vec!["bad-checksum".to_owned()]),
        "{told}"
    );
    told.says("without a checksum");
    scene.programs.clear();
    scene.comes_to_flow();
}

#[test]
fn a_header_that_tells_a_wrong_length_is_found() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::bad_length(&lab, ip);
        assert!(!scene.flows());
        let told = look(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["bad-length".to_owned()]),
            "{told}"
        );
        obey(&mut scene, &finding(&told, "bad-length"));
        // What it says to send shows nothing while somebody else writes the header: whose program
        // that is mends it.
        assert!(!scene.flows());
        scene.programs.clear();
        scene.programs.push(scenes::relay(scene.switch.as_ref().unwrap().host(), &[]));
        scene.comes_to_flow();
    });
}

#[test]
fn a_tagged_frame_is_found_and_its_vlan_named() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::vlan_tag(&lab, ip);
        assert!(!scene.flows());
        let told = look(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["vlan-tag".to_owned()]),
            "{told}"
        );
        // The kernel of this machine may know no VLANs, so the other half of the remedy is done:
        // the switch sends it untagged.
        scene.programs.clear();
        scene.programs.push(scenes::relay(scene.switch.as_ref().unwrap().host(), &[]));
        scene.comes_to_flow();
    });
}

#[test]
fn fragments_that_never_come_whole_are_found() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    both(|ip| {
        finds_and_mends(scenes::fragments_lost(&lab, ip), "fragments-lost")
            .says(ip.either("Ip: ReasmReqds", "Ip6: ReasmReqds"));
    });
}

#[test]
fn a_frame_larger_than_the_mtu_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::mtu_too_small(&lab, ip), "mtu-too-small");
    });
}

#[test]
fn a_switch_that_forgot_a_member_is_found_by_reporting_it_anew() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let [told, after] =
            finds_and_mends_it(scenes::snooping_pruned(&lab, ip), "snooping-pruned");
        told.says(ip.either("enable an IGMP querier", "enable an MLD querier"));
        // What reported the member made it known for a moment; that it stays known is the querier's
        // work.
        assert_eq!(finding(&after, "querier")["level"], "pass", "{after}");
    });
}

#[test]
fn a_querier_of_igmpv2_or_mldv1_is_found_where_a_source_is_asked_for() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::ssm_unsupported(&lab, ip);
        finds_that_sources_are_not_told_apart(&mut scene);
        if ip == Ip::V4 {
            eventually("the receiver speaks IGMPv3 again", || {
                scenes::speaks(&scene.receiver, "V3")
            });
        }
        finds_nothing_to_warn_of(&scene);
    });
}

#[test]
fn a_version_of_mld_that_an_administrator_forced_is_found_where_a_source_is_asked_for() {
    let Some(lab) = Lab::with(&["python3", "sysctl"]) else { return };
    for conf in ["all", "e0"] {
        let mut scene = scenes::healthy(&lab, Ip::V6);
        scene.receiver.shell(&format!("echo 1 > /proc/sys/net/ipv6/conf/{conf}/force_mld_version"));
        scene.target = format!("[fd00::100]@{}", scene.target);
        finds_that_sources_are_not_told_apart(&mut scene);
        finds_nothing_to_warn_of(&scene);
    }
}

fn finds_that_sources_are_not_told_apart(scene: &mut Scene) {
    scene.comes_to_flow();
    let told = look(scene);
    assert_eq!(
        (told.status.code(), ids(&told, "warning")),
        (Some(0), vec!["ssm-unsupported".to_owned()]),
        "{told}"
    );
    obey(scene, &finding(&told, "ssm-unsupported"));
}

fn finds_nothing_to_warn_of(scene: &Scene) {
    let told = look(scene);
    assert_eq!((told.status.code(), ids(&told, "warning")), (Some(0), Vec::new()), "{told}");
}

/// A laboratory for a host that shows its firewall what crosses its bridge.
fn with_bridged_firewall() -> Option<Lab> {
    let lab = Lab::with(&["nft", "sysctl"])?;
    if !std::path::Path::new("/proc/sys/net/bridge").exists() {
        Lab::skipped("needs br_netfilter in the kernel");
        return None;
    }
    Some(lab)
}

#[test]
fn a_bridge_that_asks_the_firewall_of_its_host_is_found_there() {
    let Some(lab) = with_bridged_firewall() else { return };
    both(|ip| {
        let mut scene = scenes::bridge_firewall(&lab, ip);
        assert!(!scene.flows());
        let host = scene.switch.as_ref().expect("a switch").host();
        let told = check(host, &format!("{} --iface br0 -d 200ms", scene.target));
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["bridge-firewall".to_owned()]),
            "{told}"
        );
        // The host that it is typed on is the switch of this scene.
        let found = finding(&told, "bridge-firewall");
        for command in found["commands"].as_array().expect("commands") {
            scene.types(command["run"].as_str().expect("a line"), "switch");
        }
        scene.comes_to_flow();
    });
}

#[test]
fn another_port_is_found() {
    let Some(lab) = Lab::with(&["python3", "setpriv"]) else { return };
    both(|ip| {
        let scene = scenes::other_port(&lab, ip);
        let told = {
            let _sends = scene.sends();
            check_as_nobody(&scene.receiver, &format!("{} -d 500ms", scene.asks()))
        };
        assert_eq!(finding(&told, "ignored-multicast")["level"], "warning", "{told}");
        finds_and_mends(scene, "other-port").says("arrives on port 5001, not on 5000");
    });
}

#[test]
fn another_source_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        finds_and_mends(scenes::other_source(&lab, ip), "other-source");
    });
}

/// Waits for a sender, and types at the sender what it says.
fn divide(scene: &Scene) -> Finished {
    divide_within(scene, "20s")
}

/// The same, with the longest time that it is waited for.
fn divide_within(scene: &Scene, duration: &str) -> Finished {
    let listens =
        format!("check --listen {} -d {duration} -o json {}", scene.asks(), record().join(" "));
    let listens = scene.receiver.mcast(&listens).ready();
    let ready: Value =
        serde_json::from_str(listens.line(|line| line.contains("\"ready\"")).as_str())
            .expect("JSON");
    // A shell would take the quotes off.
    let send = ready["send"].as_str().expect("what to type").replace('\'', "");
    let words: Vec<&str> = send.split_whitespace().skip(1).collect();
    scene.sender.mcast_with(&words).ends(0);
    listens.finish()
}

#[test]
fn a_path_that_is_whole_is_found_to_be() {
    let Some(lab) = Lab::open() else { return };
    let told = divide(&scenes::healthy_with_querier(&lab, Ip::V4));
    assert_eq!((told.status.code(), ids(&told, "fault")), (Some(0), Vec::new()), "{told}");
    finding(&told, "path")["evidence"]
        .as_str()
        .filter(|said| said.contains("50 of 50 to 239.1.1.1 came"))
        .expect("all of it came");
}

#[test]
fn a_ttl_or_hop_limit_that_ends_at_a_router_is_found_by_dividing_the_path() {
    let Some(lab) = Lab::with(&["smcrouted"]) else { return };
    both(|ip| {
        let mut scene = scenes::ttl_too_low(&lab, ip);
        assert!(!scene.flows());
        let told = divide(&scene);
        assert_eq!(
            (told.status.code(), ids(&told, "fault")),
            (Some(1), vec!["ttl-too-low".to_owned()]),
            "{told}"
        );
        obey(&mut scene, &finding(&told, "ttl-too-low"));
        scene.comes_to_flow();
    });
}

#[test]
fn a_switch_that_prunes_is_found_by_dividing_the_path() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::snooping_pruned(&lab, Ip::V4);
    let told = divide(&scene);
    assert_eq!(
        (told.status.code(), ids(&told, "fault")),
        (Some(1), vec!["snooping-pruned".to_owned()]),
        "{told}"
    );
    finding(&told, "snooping-pruned")["evidence"]
        .as_str()
        .filter(|said| said.contains("0 of 50 to 239.1.1.1 came"))
        .expect("none of it came");
}

#[test]
fn a_switch_that_prunes_ipv6_keeps_neighbours_from_finding_each_other_and_that_is_said() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let told = divide_within(&scenes::snooping_pruned(&lab, Ip::V6), "2s");
    assert_eq!(
        (told.status.code(), ids(&told, "fault")),
        (Some(1), vec!["no-path".to_owned()]),
        "{told}"
    );
    told.says("'mcast check' without --listen, while the group is sent to, finds that");
}

#[test]
fn a_sender_that_is_waited_for_in_vain_is_said() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let told = check(&b, "--listen 239.1.1.1:5000 --iface e0 -d 300ms");
    assert_eq!(
        (told.status.code(), ids(&told, "fault")),
        (Some(1), vec!["no-path".to_owned()]),
        "{told}"
    );
}

#[test]
fn nothing_is_found_wrong_with_ipv6_either() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy(&lab, Ip::V6);
    for told in [look(&scene), divide(&scene)] {
        assert_eq!(
            (told.status.code(), ids(&told, "fault"), ids(&told, "warning")),
            (Some(0), Vec::new(), Vec::new()),
            "{told}"
        );
        for id in ["interface", "membership", "self-test", "arrives"] {
            assert_eq!(finding(&told, id)["level"], "pass", "{told}");
        }
    }
}

#[test]
fn a_querier_of_mld_is_made_to_speak() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy_with_querier(&lab, Ip::V6);
    scene.comes_to_flow();
    let told = look(&scene);
    assert_eq!(
        (told.status.code(), ids(&told, "fault"), ids(&told, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{told}"
    );
    finding(&told, "querier")["evidence"]
        .as_str()
        .filter(|said| said.contains("MLDv2"))
        .expect("its version");
}

#[test]
fn an_interruption_ends_it_with_what_was_found() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let running = b.mcast("check 239.1.1.1:5000 --iface e0 -d 1h -o json").ready();
    running.signal("INT");
    let told = running.ends(130);
    assert_eq!(told.summary()["verdict"]["status"], 130, "{told}");
    finding(&told, "interface");
}

#[test]
fn what_is_sent_to_be_heard_never_leaves_the_host_and_disturbs_nobody() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let capture = a.capture("e0");
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --count 1 -o json").ready();
    let told = check(&b, "239.1.1.1:5000 --iface e0 -d 200ms");
    assert_eq!(finding(&told, "self-test")["level"], "pass", "{told}");
    // Its first datagram is the sender's, though the check sent to the same group; and the
    // membership of who listens outlasts the check's.
    assert!(b.is_member("e0", "239.1.1.1"));
    a.mcast("send 239.1.1.1:5000 --iface e0 --count 1 --message mark").ends(0);
    assert_eq!(recv.ends(0).events_of("datagram")[0]["text"], "mark");
    capture.sees(&["239.1.1.1.5000", "UDP"]);
    assert!(
        !capture.so_far().contains("10.0.0.101."),
        "a datagram of the check has left:\n{}",
        capture.so_far()
    );
}

#[test]
fn what_was_seen_is_kept_and_where_it_cannot_be_that_is_said_at_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let file = std::env::temp_dir().join(format!("mcast-check-{}.json", std::process::id()));
    b.mcast(&format!("check 239.1.1.1:5000 --iface e0 -d 50ms --record {}", file.display()))
        .ends(0);
    let kept = std::fs::read_to_string(&file).expect("the record");
    std::fs::remove_file(&file).expect("the record");
    let facts: mcast::diagnosis::Facts = serde_json::from_str(&kept).expect("facts");
    assert_eq!((facts.iface.as_deref(), facts.target.port), (Some("e0"), 5000));
    // A pipe without a reader would never open.
    let pipe = file.with_extension("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for file in ["/no/such/folder/facts.json", pipe.to_str().unwrap()] {
        let check = format!("check 239.1.1.1:5000 --iface e0 -d 1h -o json --record {file}");
        let told = b.mcast(&check).ends(2);
        let summary = told.summary();
        assert_eq!(told.events().len(), 1, "{told}");
        let error = summary["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("cannot write '{file}': ")), "{told}");
    }
    std::fs::remove_file(&pipe).unwrap();
}
