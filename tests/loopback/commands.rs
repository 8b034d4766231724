//! Commands without traffic, errors and exit statuses.

use super::computer::{Computer, LOOPBACK, group, new_file, program};

#[test]
fn ifaces_lists_the_loopback_interface() {
    let Some(computer) = Computer::open() else { return };
    let finished = computer.run(0, &["ifaces", "-o", "json"]);
    let has_loopback = finished.events_of("interface").iter().any(|interface| {
        let addresses = interface["addresses"].to_string();
        interface["loopback"] == true && addresses.contains("127.0.0.1")
    });
    assert!(has_loopback, "{finished}");
    assert!(computer.run(0, &["ifaces"]).out.contains("127.0.0.1"));
}

#[test]
fn check_examines_the_loopback_interface() {
    let Some(computer) = Computer::open() else { return };
    let finished = computer
        .start(&["check", &group(), "--iface", LOOPBACK, "--duration", "1s", "-o", "json"])
        .finish();
    let summary = finished.summary();
    assert_eq!(finished.status.code().map(i64::from), summary["verdict"]["status"].as_i64());
    assert_eq!(finished.status.code(), Some(0), "{finished}");
    let self_test = finished.events_of("finding").into_iter().find(|it| it["id"] == "self-test");
    assert_eq!(self_test.expect("a self-test")["level"], "pass", "{finished}");
}

#[test]
fn the_documents_of_the_program_are_printed() {
    let Some(computer) = Computer::open() else { return };
    assert!(computer.run(0, &["--version"]).out.starts_with("mcast "));
    for command in ["send", "recv", "ping", "scan", "check", "bench", "ifaces"] {
        for help in [&["help", command][..], &[command, "-h"]] {
            assert!(computer.run(0, help).out.contains("Usage: mcast"), "{help:?}");
        }
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(computer.run(0, &["completions", shell]).out.contains("mcast"), "{shell}");
    }
    assert!(computer.run(0, &["man"]).out.contains(".TH"));
    let pages = new_file("man");
    computer.run(0, &["man", pages.to_str().unwrap()]);
    assert!(pages.join("mcast-recv.1").is_file());
}

#[test]
fn wrong_input_is_named_and_ends_with_2() {
    let Some(computer) = Computer::open() else { return };
    for (arguments, named) in [
        (&["recv", "300.1.1.1:5000"][..], "300.1.1.1"),
        (&["send", "239.1.1.1:70000"], "70000"),
        (&["recv", "--iface", "nosuch0"], "nosuch0"),
        (&["send", "--rate", "fast"], "fast"),
        (&["recv", "--assert", "loss << 1"], "loss << 1"),
        (&["recv", "--read", "nosuch.pcap"], "nosuch.pcap"),
        (&["nosuch"], "nosuch"),
    ] {
        let finished = computer.run(2, arguments);
        assert!(finished.err.contains(named), "{finished}");
    }
}

#[test]
fn silence_ends_with_1_after_the_timeout() {
    let Some(computer) = Computer::open() else { return };
    let finished = computer.run(
        1,
        &[
            "recv",
            &group(),
            "--iface",
            LOOPBACK,
            "--count",
            "1",
            "--timeout",
            "200ms",
            "-o",
            "json",
        ],
    );
    let summary = finished.summary();
    assert_eq!((&summary["datagrams"], &summary["verdict"]["status"]), (&0.into(), &1.into()));
}

#[test]
fn a_failed_command_ends_with_1() {
    let Some(computer) = Computer::open() else { return };
    let (target, command) = (group(), program());
    computer.run(
        1,
        &["recv", &target, "--iface", LOOPBACK, "--timeout", "60s", "--", &command, "nosuch"],
    );
}

/// Windows has no signals that another program can send.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130() {
    let Some(computer) = Computer::open() else { return };
    let receiver =
        computer.start(&["recv", &group(), "--iface", LOOPBACK, "--count", "1", "-o", "json"]);
    let receiver = receiver.ready();
    receiver.signal("INT");
    let finished = receiver.ends(130);
    assert_eq!(finished.events_of("left").len(), 1, "{finished}");
}
