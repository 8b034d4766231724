//! A receiver without datagrams reports the cause once, with the next step.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::Value;

const GROUP: &str = "239.1.1.1";
const TARGET: &str = "239.1.1.1:5000";
const LOOK_CLOSER: &str = "mcast check 239.1.1.1:5000 --iface e0";

/// The findings of a run: at most one, with one command.
fn findings(run: &Finished) -> Vec<Value> {
    let findings = run.events_of("finding");
    assert!(findings.len() <= 1, "{run}");
    for finding in &findings {
        assert_eq!(finding["commands"].as_array().map(Vec::len), Some(1), "{run}");
    }
    findings
}

fn ids(run: &Finished) -> Vec<String> {
    findings(run).iter().map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
}

/// Waits for the finding with this id.
fn wait_for_finding(running: &Running, id: &str) -> Value {
    let line =
        running.line(|line| line.starts_with(&format!("{{\"event\":\"finding\",\"id\":\"{id}\"")));
    serde_json::from_str(&line).expect("JSON")
}

/// Starts mcast with another environment.
fn with_env(host: &Host, arguments: &str, name: &str, value: &str) -> Running {
    let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(arguments.split_whitespace()).env(name, value);
    Running::start(command)
}

#[test]
fn the_rule_that_drops_a_silent_group_is_named() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair();
    b.firewall(
        "table inet f { chain in { type filter hook input priority 0; udp dport 5000 drop; }; }",
    );
    let sends = a.mcast(&format!("send {TARGET} --iface e0 --interval 10ms")).ready();
    let run = b.mcast(&format!("recv {TARGET} --iface e0 --timeout 1s -o json")).ends(1);
    let found = findings(&run);
    let blamed = found
        .iter()
        .find(|finding| finding["id"] == "firewall-input")
        .unwrap_or_else(|| panic!("{run}"));
    assert_eq!(blamed["level"], "fault", "{run}");
    let remedy = blamed["commands"][0]["run"].as_str().expect("a command");
    let evidence = blamed["evidence"].as_str().expect("evidence");
    assert!(evidence.starts_with("no datagrams for 239.1.1.1:5000 in "), "{run}");
    assert!(run.events_of("warning").is_empty(), "the finding replaces the warning\n{run}");

    // The suggested command fixes it.
    b.shell(remedy);
    b.mcast(&format!("recv {TARGET} --iface e0 --count 3 --timeout 60s")).ends(0);
    drop(sends);
}

#[test]
fn a_missing_carrier_is_reported_unless_quiet() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    a.shell("ip link set e0 down");
    b.wait_for_carrier("e0", false);
    let short = format!("recv {TARGET} --iface e0 --duration 10ms");
    let run = b.mcast(&format!("{short} -o json")).ends(0);
    assert_eq!(ids(&run), ["no-carrier"], "{run}");
    let portable = with_env(&b, &format!("{short} -o json"), "MCAST_PORTABLE", "1").ends(0);
    assert_eq!(ids(&portable), ids(&run), "{portable}");

    for wanted in ["", " -q", " -o raw", " -q -o json"] {
        let run = b.mcast(&format!("{short}{wanted}")).ends(0);
        assert!(
            run.err.contains("no-carrier: e0 has no carrier"),
            "diagnostics go to standard error\n{run}"
        );
        assert!(!run.out.contains("no-carrier"), "{run}");
        assert_eq!(run.err.matches("no-carrier").count(), 1, "{run}");
    }
    let run = b.mcast(&format!("{short} -qq")).ends(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    // Other failures and asserted silence need no explanation.
    let failed = b.mcast(&format!("recv {TARGET} --iface e0 -o json -- false")).ends(1);
    let asserted = b.mcast_with(
        &[&short.split(' ').collect::<Vec<_>>()[..], &["-o", "json", "--assert", "datagrams == 0"]]
            .concat(),
    );
    for run in [failed, asserted.ends(0)] {
        assert_eq!(ids(&run), [""; 0], "{run}");
    }
    // An assertion that does not hold asserts no silence.
    let wanting = b.mcast_with(
        &[&short.split(' ').collect::<Vec<_>>()[..], &["-o", "json", "--assert", "datagrams > 0"]]
            .concat(),
    );
    assert_eq!(ids(&wanting.ends(1)), ["no-carrier"]);
}

#[test]
fn five_seconds_of_silence_are_reported_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let recv = |options: &str| b.mcast(&format!("recv {TARGET} --iface e0 {options}"));
    // They wait side by side.
    let asserted = b
        .mcast_with(&["recv", TARGET, "--iface", "e0", "-o", "json", "--assert", "datagrams == 0"])
        .ready();
    let [plain, spinning] = ["-o json", "-o json --spin"].map(|options| recv(options).ready());
    let portable =
        with_env(&b, &format!("recv {TARGET} --iface e0 -o json"), "MCAST_PORTABLE", "1").ready();
    let many = b.mcast("recv 239.1.1.1+2000:5000 --iface e0 -o json").ready();
    let [text, quiet, raw] = ["", "-q", "-o raw"].map(recv);
    for running in [&plain, &spinning, &portable] {
        let found = wait_for_finding(running, "nothing-arrives");
        assert!(
            found["what"].as_str().unwrap().starts_with("no datagrams for 239.1.1.1:5000 in "),
            "{found}"
        );
        assert_eq!(found["commands"][0]["run"], LOOK_CLOSER);
    }
    let found = wait_for_finding(&many, "nothing-arrives");
    assert!(
        found["what"]
            .as_str()
            .unwrap()
            .starts_with("no datagrams for 239.1.1.1:5000 and 1999 more targets in "),
        "{found}"
    );
    for running in [&text, &quiet, &raw] {
        running.error_line(|line| line.trim() == LOOK_CLOSER);
    }
    let end = |running: Running| {
        running.signal("INT");
        running.ends(0)
    };
    for run in [plain, spinning, portable, many].map(end) {
        assert_eq!(ids(&run), ["nothing-arrives"], "reported once\n{run}");
    }
    let run = end(raw);
    assert_eq!((run.out.as_str(), run.err.matches(LOOK_CLOSER).count()), ("", 1), "{run}");
    assert_eq!(ids(&end(asserted)), [""; 0]);
    for running in [text, quiet] {
        end(running);
    }
}

#[test]
fn a_stopped_stream_is_reported() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = |port: u16| b.mcast(&format!("recv {GROUP}:{port} --iface e0 -o json")).ready();
    let [over, once, stops] = [5002, 5001, 5000].map(recv);
    // Measured streams announce their end, and a single datagram is not a stream.
    a.mcast(&format!("send {GROUP}:5002 --iface e0 --probe --count 30 --interval 10ms")).ends(0);
    a.mcast(&format!("send {GROUP}:5001 --iface e0 --count 1")).ends(0);
    let send = || a.mcast(&format!("send {TARGET} --iface e0 --count 30 --interval 10ms")).ends(0);
    send();
    let found = wait_for_finding(&stops, "stream-stopped");
    assert!(b.is_member("e0", GROUP));
    let (what, evidence) = (found["what"].as_str().unwrap(), found["evidence"].as_str().unwrap());
    assert!(
        what.starts_with("239.1.1.1:5000 stopped: no datagrams for ")
            && what.contains("after 30 datagrams"),
        "{what}"
    );
    assert!(evidence.starts_with("this host is still a member"), "{evidence}");
    assert_eq!(found["commands"][0]["run"], LOOK_CLOSER);
    // Datagrams continue.
    send();
    for (running, wanted) in [(over, &[][..]), (once, &[]), (stops, &["stream-stopped"])] {
        running.signal("INT");
        let run = running.ends(0);
        assert_eq!(ids(&run), wanted, "{run}");
    }
}

#[test]
fn silence_is_reported_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair_with_ipv6();
    let recv = |options: &str| b.mcast(&format!("recv {options}"));
    // They wait side by side: to a time before the explanation is due, when it is due, and after.
    let runs = [
        ("239.1.1.1:5000 --iface e0 --timeout 200ms", LOOK_CLOSER),
        ("239.1.1.1:5000 --iface e0 --count 3 --timeout 5s", LOOK_CLOSER),
        ("239.1.1.1:5000 --iface e0 --timeout 6s", LOOK_CLOSER),
        ("[ff15::1234]:5000 --iface e0 --timeout 6s", "mcast check '[ff15::1234]:5000' --iface e0"),
    ]
    .map(|(options, check)| (recv(options), check));
    for (run, check) in runs {
        let run = run.ends(1);
        assert_eq!(run.err.matches(check).count(), 1, "{run}");
        let statements = run.err.lines().filter(|line| line.starts_with("warning"));
        assert_eq!(statements.count(), 1, "{run}");
        assert!(!run.out.contains("nothing-arrives"), "{run}");
    }
    // A check adds nothing for unicast.
    let run = recv("10.0.0.101:5000 --timeout 200ms").ends(1);
    assert_eq!(run.err.matches("no datagrams arrived for").count(), 1, "{run}");
}

#[test]
fn an_early_interrupt_skips_the_explanation() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    a.shell("ip link set e0 down");
    b.wait_for_carrier("e0", false);
    for (signal, options, status) in [
        ("INT", "", 0),
        ("TERM", "", 0),
        ("INT", "--count 3", 130),
        ("INT", "--assert datagrams>0", 1),
    ] {
        for output in ["", " -o json"] {
            let recv = b.mcast(&format!("recv {TARGET} --iface e0 {options}{output}")).ready();
            recv.signal(signal);
            let run = recv.ends(status);
            assert!(!run.err.contains("no-carrier: "), "{signal} {options}\n{run}");
            for text in ["nothing", "no datagrams"] {
                assert!(!run.err.contains(text) && !run.out.contains(text), "{run}");
            }
            assert!(!run.out.contains("\"event\":\"finding\""), "{run}");
        }
    }
}

#[test]
fn a_signal_does_not_wait_for_a_slow_nft() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (_a, b) = lab.pair();
    let folder = own_folder("deaf-nft");
    let (tool, mark) = (folder.join("nft"), folder.join("pid"));
    fs::write(
        &tool,
        format!("#!/bin/sh\necho $$ > {0}.new; mv {0}.new {0}\nexec sleep 1000\n", mark.display()),
    )
    .unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}:/usr/sbin:/sbin",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let recv =
        with_env(&b, &format!("recv {TARGET} --iface e0 --duration 10ms -o json"), "PATH", &path);
    eventually("mcast runs nft", || mark.exists());
    recv.signal("INT");
    let run = recv.ends(0);
    let pid = fs::read_to_string(&mark).unwrap();
    let is_alive = fs::metadata(format!("/proc/{}", pid.trim())).is_ok();
    let _ = Command::new("kill").args(["-s", "KILL", pid.trim()]).status();
    let _ = fs::remove_dir_all(&folder);
    assert!(is_alive, "it waited for nft to be given up\n{run}");
    assert_eq!(run.summary()["verdict"]["status"], 0, "{run}");
}

/// A folder of this test's own.
fn own_folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("mcast-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
