//! `mcast check` in networks with one known fault each: it finds the fault, its commands are run,
//! and the datagrams arrive. In a healthy network it finds no fault.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::{self, Ip, Scene};
use lab::{Finished, Host, Lab, Running, eventually, finding, ids, record};
use serde_json::Value;

/// Runs a check on a host, as root of its network.
fn check(host: &Host, arguments: &str) -> Finished {
    host.mcast(&format!("check {arguments} -o json {}", record().join(" "))).finish()
}

/// Runs a check on a host without the rights to capture frames and to read the firewall.
fn check_unprivileged(host: &Host, arguments: &str) -> Finished {
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

/// Checks a scene while its sender is running.
fn check_scene(scene: &Scene) -> Finished {
    let _sender = scene.start_sender();
    check(&scene.receiver, &format!("{} --duration 1s", scene.arguments()))
}

/// Runs all commands of a finding.
fn run_commands(scene: &mut Scene, finding: &Value) {
    let commands = finding["commands"].as_array().expect("commands");
    assert!(!commands.is_empty(), "no commands: {finding}");
    for command in commands {
        scene.run_at(
            command["run"].as_str().expect("a line"),
            command["where"].as_str().expect("a place"),
        );
    }
}

/// A check finds one fault in a scene without arrivals. After the commands of the finding, the
/// datagrams arrive. Returns both checks.
fn checks_before_and_after_the_fix(mut scene: Scene, id: &str) -> [Finished; 2] {
    assert!(!scene.flows(), "the scene is not broken");
    let checked = check_scene(&scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec![id.to_owned()]),
        "{checked}"
    );
    assert_eq!(checked.summary()["verdict"]["status"], 1, "{checked}");
    run_commands(&mut scene, &finding(&checked, id));
    scene.wait_for_flow();
    let after = check_scene(&scene);
    assert_eq!((after.status.code(), ids(&after, "fault")), (Some(0), Vec::new()), "{after}");
    finding(&after, "arrives");
    [checked, after]
}

fn detects_and_fixes(scene: Scene, id: &str) -> Finished {
    let [checked, _] = checks_before_and_after_the_fix(scene, id);
    checked
}

/// Runs a test for IPv4 and IPv6 in parallel: it mostly waits. The thread of IPv6 has another name,
/// for its records.
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
fn a_healthy_wire_has_no_fault() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy(&lab, Ip::V4);
    let checked = check_scene(&scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault"), ids(&checked, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{checked}"
    );
    for id in ["interface", "membership", "igmp-version", "self-test", "rp-filter", "arrives"] {
        assert_eq!(finding(&checked, id)["level"], "pass", "{checked}");
    }
    // The usual limit of Linux, 208 KiB, is worth a note.
    let limit = scene.receiver.shell("cat /proc/sys/net/core/rmem_max || true");
    let is_small = limit.trim().parse::<u64>().is_ok_and(|limit| limit < 512 * 1024);
    let level = if is_small { "note" } else { "pass" };
    assert_eq!(finding(&checked, "limits")["level"], level, "{checked}");
    checked.prints("Multicast works here: 239.1.1.1:5000 arrives on e0 from 10.0.0.100:");
    assert!(!scene.receiver.is_member("e0", "239.1.1.1"), "the group is left");
}

#[test]
fn a_snooping_switch_with_a_querier_has_no_fault() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy_with_querier(&lab, Ip::V4);
    scene.wait_for_flow();
    let checked = check_scene(&scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault"), ids(&checked, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{checked}"
    );
    // The querier queries every two seconds. The short check triggers a query when it leaves the
    // group.
    assert_eq!(finding(&checked, "querier")["level"], "pass", "{checked}");
}

#[test]
fn silence_is_not_a_fault() {
    let Some(lab) = Lab::with(&["setpriv"]) else { return };
    both(|ip| {
        let (_a, b) = lab.pair_with_ipv6();
        let arguments =
            format!("{} --iface e0 -d 200ms", ip.either("239.1.1.1:5000", "[ff15::1234]:5000"));
        for checked in [check(&b, &arguments), check_unprivileged(&b, &arguments)] {
            assert_eq!(
                (checked.status.code(), ids(&checked, "fault"), ids(&checked, "warning")),
                (Some(0), Vec::new(), vec!["nothing-arrives".to_owned()]),
                "{checked}"
            );
        }
    });
}

#[test]
fn arrival_on_another_interface_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::wrong_interface(&lab, ip), "wrong-interface")
            .prints(&format!("{} arrives on e1, not on e0", ip.target()));
    });
}

#[test]
fn two_interfaces_without_a_route_are_a_fault() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::no_route(&lab, ip), "no-route").prints(ip.either(
            "there is no route to the group",
            "an equal route to each group on every interface",
        ));
    });
}

#[test]
fn a_down_interface_is_detected() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::interface_down(&lab, ip), "interface-down");
    });
}

#[test]
fn disabled_ipv6_is_found() {
    let Some(lab) = Lab::with(&["sysctl"]) else { return };
    detects_and_fixes(scenes::ipv6_disabled(&lab), "ipv6-disabled");
}

#[test]
fn a_missing_carrier_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::no_carrier(&lab, ip), "no-carrier");
    });
}

#[test]
fn a_program_bound_to_a_unicast_address_is_named() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::bound_to_address(&lab, ip);
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["bound-to-address".to_owned()]),
            "{checked}"
        );
        checked.prints(&format!(
            "python3 (pid {}) cannot receive multicast on its socket, which is bound to {}",
            scene.programs[0].id(),
            ip.port(ip.receiver(), 5000)
        ));
        assert!(
            !scene.programs[0].so_far().contains("heard"),
            "the other program received datagrams too"
        );
        // The command only shows that the group arrives: the program itself needs a fix.
        run_commands(&mut scene, &finding(&checked, "bound-to-address"));
        scene.wait_for_flow();
        scene.programs = vec![scenes::receiver(&scene.receiver, ip, "", 0, 0.0, true)];
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(0), Vec::new()),
            "{checked}"
        );
        scene.programs[0].line(|line| line.starts_with("heard"));
    });
}

#[test]
fn the_program_on_an_exclusive_port_is_named() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::port_taken(&lab, ip);
        assert!(!scene.flows());
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["port-taken".to_owned()]),
            "{checked}"
        );
        checked.prints(&format!(
            "python3 (pid {}) holds UDP port 5000 exclusively",
            scene.programs[0].id()
        ));
        scene.programs.clear();
        scene.wait_for_flow();
    });
}

#[test]
fn the_rule_of_a_firewall_is_named() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    both(|ip| {
        let allows = ip.either(
            "ip daddr 239.1.1.1 udp dport 5000 accept",
            "ip6 daddr ff15::1234 udp dport 5000 accept",
        );
        let finds = |scene, id, rule| {
            let checked = detects_and_fixes(scene, id);
            checked.prints(rule);
            checked.prints(allows);
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
fn a_firewall_is_located_without_rights() {
    let Some(lab) = Lab::with(&["nft", "python3", "setpriv"]) else { return };
    both(|ip| {
        // The counter before the other hooks, and for IPv6 every counter, includes multicast for
        // other hosts. Without frames it proves nothing.
        let proven = ip.either((Some(1), "fault"), (Some(0), "warning"));
        let likely = (Some(0), "warning");
        for (scene, id, (status, level)) in [
            (scenes::firewall_input_policy(&lab, ip), "firewall-input", proven),
            (scenes::firewall_input_rule(&lab, ip), "firewall-input", proven),
            (scenes::firewall_prerouting(&lab, ip), "firewall-prerouting", likely),
            (scenes::firewall_ingress(&lab, ip), "firewall-ingress", likely),
        ] {
            let _sender = scene.start_sender();
            let checked =
                check_unprivileged(&scene.receiver, &format!("{} -d 500ms", scene.arguments()));
            assert_eq!(
                (checked.status.code(), finding(&checked, id)["level"].as_str()),
                (status, Some(level)),
                "{checked}"
            );
            assert_eq!(ids(&checked, "fault").len(), usize::from(level == "fault"), "{checked}");
            let drops = if level == "fault" { "drops" } else { "may drop" };
            checked.prints(&format!("this host {drops} {}", scene.target));
            finding(&checked, "not-seen");
        }
    });
}

#[test]
fn strict_rp_filter_is_found() {
    let Some(lab) = Lab::with(&["python3", "setpriv", "sysctl"]) else { return };
    let scene = scenes::rp_filter_strict(&lab);
    let checked = {
        let _sender = scene.start_sender();
        check_unprivileged(&scene.receiver, &format!("{} -d 500ms", scene.arguments()))
    };
    // The counter covers the whole host: without captured frames it proves nothing.
    assert_eq!(
        (checked.status.code(), &finding(&checked, "rp-filter")["level"]),
        (Some(0), &Value::from("warning")),
        "{checked}"
    );
    detects_and_fixes(scene, "rp-filter").prints("10.1.0.77");
}

#[test]
fn loose_rp_filter_is_found() {
    let Some(lab) = Lab::open() else { return };
    detects_and_fixes(scenes::rp_filter_loose(&lab), "rp-filter")
        .prints("ip route add 10.9.0.77/32 dev e0");
}

#[test]
fn a_duplicate_address_is_found() {
    let Some(lab) = Lab::open() else { return };
    detects_and_fixes(scenes::duplicate_address(&lab), "duplicate-address");
}

#[test]
fn the_program_with_a_full_buffer_is_named() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::buffer_overflow(&lab, ip);
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["buffer-overflow".to_owned()]),
            "{checked}"
        );
        checked.prints(&format!("python3 (pid {}) reads too slowly", scene.programs[0].id()));
        let found = finding(&checked, "buffer-overflow");
        run_commands(&mut scene, &found);
        // With the suggested buffer, the same slow program loses nothing.
        let run = found["commands"][0]["run"].as_str().unwrap();
        let kib: usize = run
            .split("--rcvbuf ")
            .nth(1)
            .and_then(|rest| rest.strip_suffix("KiB"))
            .expect(run)
            .parse()
            .unwrap();
        scene.programs = vec![scenes::receiver(&scene.receiver, ip, "", kib * 1024, 0.05, true)];
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(0), Vec::new()),
            "{checked}"
        );
    });
}

#[test]
fn a_wrong_checksum_is_found() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        detects_and_fixes(scenes::bad_checksum(&lab, ip), "bad-checksum")
            .prints(ip.either("Udp: InCsumErrors", "Udp6: InCsumErrors"));
    });
}

#[test]
fn a_missing_ipv6_checksum_is_found() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let mut scene = scenes::no_checksum(&lab);
    let checked = check(&scene.receiver, &format!("{} -d 3s", scene.arguments()));
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec!["bad-checksum".to_owned()]),
        "{checked}"
    );
    checked.prints("without a checksum");
    scene.programs.clear();
    scene.wait_for_flow();
}

#[test]
fn a_wrong_length_is_found() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::bad_length(&lab, ip);
        assert!(!scene.flows());
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["bad-length".to_owned()]),
            "{checked}"
        );
        run_commands(&mut scene, &finding(&checked, "bad-length"));
        // The suggested test stream cannot fix headers that another program writes.
        assert!(!scene.flows());
        scene.programs.clear();
        scene.programs.push(scenes::relay(scene.switch.as_ref().unwrap().host(), &[]));
        scene.wait_for_flow();
    });
}

#[test]
fn a_vlan_tag_is_named() {
    let Some(lab) = Lab::with(&["ethtool", "python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::vlan_tag(&lab, ip);
        assert!(!scene.flows());
        let checked = check_scene(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["vlan-tag".to_owned()]),
            "{checked}"
        );
        // The kernel of this machine may lack VLANs. The test applies the other half of the advice:
        // the switch sends the frames untagged.
        scene.programs.clear();
        scene.programs.push(scenes::relay(scene.switch.as_ref().unwrap().host(), &[]));
        scene.wait_for_flow();
    });
}

#[test]
fn lost_fragments_are_found() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    both(|ip| {
        detects_and_fixes(scenes::fragments_lost(&lab, ip), "fragments-lost")
            .prints(ip.either("Ip: ReasmReqds", "Ip6: ReasmReqds"));
    });
}

#[test]
fn a_small_mtu_is_found() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::mtu_too_small(&lab, ip), "mtu-too-small");
    });
}

#[test]
fn a_repeated_report_finds_a_pruned_member() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let [checked, after] =
            checks_before_and_after_the_fix(scenes::snooping_pruned(&lab, ip), "snooping-pruned");
        checked.prints(ip.either("enable an IGMP querier", "enable an MLD querier"));
        // The report restored the membership for a moment. Only the querier keeps it.
        assert_eq!(finding(&after, "querier")["level"], "pass", "{after}");
    });
}

#[test]
fn an_old_querier_is_found_for_a_source() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    both(|ip| {
        let mut scene = scenes::ssm_unsupported(&lab, ip);
        finds_no_source_filtering(&mut scene);
        if ip == Ip::V4 {
            eventually("the receiver uses IGMPv3 again", || {
                scenes::uses_igmp(&scene.receiver, "V3")
            });
        }
        finds_no_warning(&scene);
    });
}

#[test]
fn a_forced_mld_version_is_found_for_a_source() {
    let Some(lab) = Lab::with(&["python3", "sysctl"]) else { return };
    for conf in ["all", "e0"] {
        let mut scene = scenes::healthy(&lab, Ip::V6);
        scene.receiver.shell(&format!("echo 1 > /proc/sys/net/ipv6/conf/{conf}/force_mld_version"));
        scene.target = format!("[fd00::100]@{}", scene.target);
        finds_no_source_filtering(&mut scene);
        finds_no_warning(&scene);
    }
}

fn finds_no_source_filtering(scene: &mut Scene) {
    scene.wait_for_flow();
    let checked = check_scene(scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "warning")),
        (Some(0), vec!["ssm-unsupported".to_owned()]),
        "{checked}"
    );
    run_commands(scene, &finding(&checked, "ssm-unsupported"));
}

fn finds_no_warning(scene: &Scene) {
    let checked = check_scene(scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "warning")),
        (Some(0), Vec::new()),
        "{checked}"
    );
}

/// A laboratory for a host whose firewall filters bridged frames.
fn with_bridged_firewall() -> Option<Lab> {
    let lab = Lab::with(&["nft", "sysctl"])?;
    if !std::path::Path::new("/proc/sys/net/bridge").exists() {
        Lab::skipped("needs br_netfilter in the kernel");
        return None;
    }
    Some(lab)
}

#[test]
fn a_firewall_on_bridged_frames_is_found() {
    let Some(lab) = with_bridged_firewall() else { return };
    both(|ip| {
        let mut scene = scenes::bridge_firewall(&lab, ip);
        assert!(!scene.flows());
        let host = scene.switch.as_ref().expect("a switch").host();
        let checked = check(host, &format!("{} --iface br0 -d 200ms", scene.target));
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["bridge-firewall".to_owned()]),
            "{checked}"
        );
        // The host that it is typed on is the switch of this scene.
        let found = finding(&checked, "bridge-firewall");
        for command in found["commands"].as_array().expect("commands") {
            scene.run_at(command["run"].as_str().expect("a line"), "switch");
        }
        scene.wait_for_flow();
    });
}

#[test]
fn traffic_on_another_port_is_detected() {
    let Some(lab) = Lab::with(&["python3", "setpriv"]) else { return };
    both(|ip| {
        let scene = scenes::other_port(&lab, ip);
        let checked = {
            let _sender = scene.start_sender();
            check_unprivileged(&scene.receiver, &format!("{} -d 500ms", scene.arguments()))
        };
        assert_eq!(finding(&checked, "ignored-multicast")["level"], "warning", "{checked}");
        detects_and_fixes(scene, "other-port").prints("arrives on port 5001, not on 5000");
    });
}

#[test]
fn traffic_from_another_source_is_detected() {
    let Some(lab) = Lab::open() else { return };
    both(|ip| {
        detects_and_fixes(scenes::other_source(&lab, ip), "other-source");
    });
}

/// Waits for a sender, and runs the suggested command at the sender.
fn listen(scene: &Scene) -> Finished {
    listen_for(scene, "20s")
}

/// The same, with the longest time that it is waited for.
fn listen_for(scene: &Scene, duration: &str) -> Finished {
    let listener = format!(
        "check --listen {} -d {duration} -o json {}",
        scene.arguments(),
        record().join(" ")
    );
    let listener = scene.receiver.mcast(&listener).ready();
    let ready: Value =
        serde_json::from_str(listener.line(|line| line.contains("\"ready\"")).as_str())
            .expect("JSON");
    // A shell removes the quotes.
    let send = ready["send"].as_str().expect("a command").replace('\'', "");
    let words: Vec<&str> = send.split_whitespace().skip(1).collect();
    scene.sender.mcast_with(&words).ends(0);
    listener.finish()
}

#[test]
fn a_path_without_loss_passes() {
    let Some(lab) = Lab::open() else { return };
    let checked = listen(&scenes::healthy_with_querier(&lab, Ip::V4));
    assert_eq!((checked.status.code(), ids(&checked, "fault")), (Some(0), Vec::new()), "{checked}");
    finding(&checked, "path")["evidence"]
        .as_str()
        .filter(|text| text.contains("50 of 50 to 239.1.1.1"))
        .expect("all datagrams arrived");
}

#[test]
fn listen_finds_a_low_ttl() {
    let Some(lab) = Lab::with(&["smcrouted"]) else { return };
    both(|ip| {
        if ip == Ip::V6 && !Lab::routes_ipv6_multicast() {
            return;
        }
        let mut scene = scenes::ttl_too_low(&lab, ip);
        assert!(!scene.flows());
        let checked = listen(&scene);
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault")),
            (Some(1), vec!["ttl-too-low".to_owned()]),
            "{checked}"
        );
        run_commands(&mut scene, &finding(&checked, "ttl-too-low"));
        scene.wait_for_flow();
    });
}

#[test]
fn listen_finds_a_pruning_switch() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::snooping_pruned(&lab, Ip::V4);
    let checked = listen(&scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec!["snooping-pruned".to_owned()]),
        "{checked}"
    );
    finding(&checked, "snooping-pruned")["evidence"]
        .as_str()
        .filter(|text| text.contains("received 0 of 50 to 239.1.1.1"))
        .expect("no datagrams arrived");
}

#[test]
fn pruning_of_ipv6_stops_unicast_too() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let checked = listen_for(&scenes::snooping_pruned(&lab, Ip::V6), "2s");
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec!["no-path".to_owned()]),
        "{checked}"
    );
    checked.prints("'mcast check' without --listen detects this");
}

#[test]
fn listen_without_a_sender_is_a_fault() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let checked = check(&b, "--listen 239.1.1.1:5000 --iface e0 -d 300ms");
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault")),
        (Some(1), vec!["no-path".to_owned()]),
        "{checked}"
    );
}

#[test]
fn healthy_ipv6_has_no_fault() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy(&lab, Ip::V6);
    for checked in [check_scene(&scene), listen(&scene)] {
        assert_eq!(
            (checked.status.code(), ids(&checked, "fault"), ids(&checked, "warning")),
            (Some(0), Vec::new(), Vec::new()),
            "{checked}"
        );
        for id in ["interface", "membership", "self-test", "arrives"] {
            assert_eq!(finding(&checked, id)["level"], "pass", "{checked}");
        }
    }
}

#[test]
fn an_mld_querier_is_provoked() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let scene = scenes::healthy_with_querier(&lab, Ip::V6);
    scene.wait_for_flow();
    let checked = check_scene(&scene);
    assert_eq!(
        (checked.status.code(), ids(&checked, "fault"), ids(&checked, "warning")),
        (Some(0), Vec::new(), Vec::new()),
        "{checked}"
    );
    finding(&checked, "querier")["evidence"]
        .as_str()
        .filter(|text| text.contains("MLDv2"))
        .expect("its version");
}

#[test]
fn an_interrupted_check_reports_its_findings() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let running = b.mcast("check 239.1.1.1:5000 --iface e0 -d 1h -o json").ready();
    running.signal("INT");
    let checked = running.ends(130);
    assert_eq!(checked.summary()["verdict"]["status"], 130, "{checked}");
    finding(&checked, "interface");
}

#[test]
fn the_self_test_stays_on_the_host() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let capture = a.capture("e0");
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --count 1 -o json").ready();
    let checked = check(&b, "239.1.1.1:5000 --iface e0 -d 200ms");
    assert_eq!(finding(&checked, "self-test")["level"], "pass", "{checked}");
    // The first datagram that the receiver gets is the sender's, although the check sent to the
    // same group. The membership of the receiver outlasts that of the check.
    assert!(b.is_member("e0", "239.1.1.1"));
    a.mcast("send 239.1.1.1:5000 --iface e0 --count 1 --message mark").ends(0);
    assert_eq!(recv.ends(0).events_of("datagram")[0]["text"], "mark");
    capture.wait_for_frame(&["239.1.1.1.5000", "UDP"]);
    assert!(
        !capture.so_far().contains("10.0.0.101."),
        "a datagram of the check has left:\n{}",
        capture.so_far()
    );
}

#[test]
fn facts_are_recorded_or_the_check_fails_early() {
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
        let checked = b.mcast(&check).ends(2);
        let summary = checked.summary();
        assert_eq!(checked.events().len(), 1, "{checked}");
        let error = summary["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("cannot write '{file}': ")), "{checked}");
    }
    std::fs::remove_file(&pipe).unwrap();
}
