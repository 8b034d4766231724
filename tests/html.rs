//! `--report FILE.html`: a page about a run, complete and valid in each case.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Host, Lab};
use serde_json::Value;

/// Reads a page with a parser apart from mcast, and prints its parts as JSON. It fails if elements
/// are not closed in their order, if the page has scripts or resources, or if the hash of its style
/// is not the one that its policy allows.
const READER: &str = include_str!("html/reader.py");

/// A file that no earlier test has left.
fn file(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}.html"));
    let _ = fs::remove_file(&file);
    file
}

/// The parts of a page.
fn read(file: &Path) -> Value {
    let output = Command::new("python3").args(["-c", READER]).arg(file).output().expect("python3");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", file.display());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The validator, which `.ci/run` installs with npm.
fn validator() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/html-validate/node_modules/html-validate/bin/html-validate.mjs")
}

/// Checks pages with html-validate, or skips that if it is not installed. A machine without npm
/// cannot install it.
fn validate(files: &[&Path]) {
    let has_npm = Command::new("npm").arg("--version").output().is_ok();
    match validator().is_file() {
        true => {}
        false if has_npm => return Lab::skipped("needs html-validate (.ci/run installs it)"),
        false => return Lab::unsupported("needs npm, for html-validate"),
    }
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/html/rules.json");
    let output = Command::new("node")
        .arg(validator())
        .args(["--config", rules, "--formatter", "text"])
        .args(files)
        .output()
        .expect("node");
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", String::from_utf8_lossy(&output.stderr));
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn contains(page: &Value, parts: &[&str]) {
    let shown = text(&page["text"]);
    for part in parts {
        assert!(shown.contains(part), "'{part}' is missing: {shown}");
    }
}

/// Runs mcast with `--report`, which ends with `status`; returns the page and standard output.
fn run(host: &Host, line: &str, file: &Path, status: i32) -> (Value, String) {
    let path = file.to_str().expect("UTF-8");
    let words: Vec<&str> = line.split_whitespace().chain(["--report", path]).collect();
    let out = host.mcast_with(&words).ends(status).out;
    (read(file), out)
}

/// Without the time of the report, which is another for each output.
fn without_time(mut summary: Value) -> Value {
    summary.as_object_mut().expect("an object").remove("time");
    summary
}

#[test]
fn a_receiver_shows_verdict_losses_and_json() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let page = file("recv");
    let path = page.to_str().unwrap();
    let recv = b
        .mcast_with(&[
            "recv",
            "--iface",
            "e0",
            "239.1.1.1:5000",
            "239.1.1.2:5000",
            "--once",
            "--rcvbuf",
            "4MiB",
            "--assert",
            "loss == 0%",
            "--assert",
            "duplicates == 0",
            "--report",
            path,
            "-o",
            "json",
        ])
        .ready();
    let _other = a.mcast("send --iface e0 239.1.1.2:5000 --probe --count 50 -i 10ms").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 200 -i 10ms --impair loss=20%,seed=7")
        .ends(0);
    let finished = recv.ends(1);
    let shown = read(&page);
    assert_eq!(text(&shown["title"]), "mcast recv: FAIL");
    contains(
        &shown,
        &["Expected loss == 0%, measured", "Losses by place", "Each stream over time", "e0"],
    );
    assert_eq!(without_time(shown["summary"].clone()), without_time(finished.summary()));
    let plots = shown["plots"].as_array().unwrap();
    assert!(plots.iter().any(|plot| plot == "Rate"), "{plots:?}");
    validate(&[&page]);
}

#[test]
fn text_of_the_command_line_is_not_markup() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    let page = file("markup");
    let odd = "</script><img src=x onerror=alert(1)>\"'&\u{1b}[31m\u{202e}";
    host.mcast_with(&[
        "send",
        "--iface",
        "lo",
        "--count",
        "3",
        "-i",
        "10ms",
        "-m",
        odd,
        "--report",
        page.to_str().unwrap(),
    ])
    .ends(0);
    let shown = read(&page);
    contains(&shown, &["</script><img src=x onerror=alert(1)>", "\\u{1b}[31m\\u{202e}"]);
    validate(&[&page]);
}

#[test]
fn every_command_has_a_valid_page() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let names = ["send", "ping", "scan", "check", "throughput", "groups", "join"];
    let files = names.map(file);
    let [send, ping, scan, check, throughput, groups, join] = &files;
    let recv = b
        .mcast("recv --iface e0 239.1.1.1-239.1.1.2:5000 --reply --rcvbuf 4MiB -o raw")
        .ready_when_member(&b, "e0", "239.1.1.2");
    let line =
        "send --iface e0 239.1.1.1:5000 239.1.1.2:5000 --probe --reports 100ms -i 10ms --count 100";
    contains(&run(&a, line, send, 0).0, &["Receivers", "10.0.0.101", "Each target over time"]);
    let line = "ping --iface e0 239.1.1.1:5000 -i 50ms --count 10";
    contains(&run(&a, line, ping, 0).0, &["Round-trip time", "10.0.0.101"]);
    let line =
        "bench throughput --iface e0 239.1.1.1:5000 --size 128 --trial 200ms --max-rate 200pps";
    contains(&run(&a, line, throughput, 0).0, &["Rates of the trials", "128 bytes"]);
    contains(
        &run(&a, "bench groups --iface e0 239.1.1.1-239.1.1.2:5000", groups, 0).0,
        &["Trials"],
    );
    recv.signal("INT");
    recv.finish();
    let _sender = a.mcast("send --iface e0 239.1.1.1:5000 -i 5ms").ready();
    let line = "scan --iface e0 239.1.1.0/30:5000 --dwell 500ms";
    contains(&run(&b, line, scan, 0).0, &["239.1.1.1:5000"]);
    let page = run(&b, "check --iface e0 239.1.1.1:5000 -d 2s", check, 0).0;
    contains(&page, &["Findings", "interface"]);
    // Without a switch the group arrives before each join.
    let path = join.to_str().unwrap();
    let words =
        ["bench", "join", "--iface", "e0", "239.1.1.1:5000", "--cycles", "2", "--report", path];
    b.mcast_with(&words).finish();
    contains(&read(join), &["Cycles"]);
    validate(&files.each_ref().map(PathBuf::as_path));
}

#[test]
fn a_page_is_complete_after_a_signal_and_after_a_failure() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    let page = file("signal");
    let path = page.to_str().unwrap();
    fs::write(&page, "old").unwrap();
    let recv = host.mcast_with(&["recv", "--iface", "lo", "--report", path]).ready();
    assert_eq!(fs::read_to_string(&page).unwrap(), "old", "until it is complete");
    recv.signal("INT");
    recv.finish();
    contains(&read(&page), &["no datagrams arrived", "Summary as text"]);
    let failed = file("failed");
    let (shown, _) = run(&host, "recv --iface nosuch", &failed, 2);
    assert_eq!(text(&shown["title"]), "mcast recv: ERROR");
    contains(&shown, &["cannot find interface 'nosuch'"]);
    let folder = page.parent().unwrap();
    let left = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
    validate(&[&page, &failed]);
}

#[test]
fn an_unwritable_file_fails_before_the_run() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let finished = host
        .mcast_with(&["recv", "--iface", "lo", "--report", "/no/such.html", "-o", "json"])
        .ends(2);
    assert!(finished.err.contains("cannot write '/no/such.html'"), "{}", finished.err);
    assert!(finished.events_of("ready").is_empty());
}
