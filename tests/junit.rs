//! `--junit FILE`: the verdict and each assertion as test cases.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Host, Lab, eventually};
use serde_json::{Value, json};

/// Prints the first suite of a file as JSON, by an XML parser apart from that of mcast.
const READER: &str = r#"
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
suite = root.find("testsuite")
def outcome(case):
    for kind in ("failure", "error", "skipped"):
        if (found := case.find(kind)) is not None:
            return {"kind": kind, "text": found.text, **found.attrib}
    return {"kind": "passed", "text": case.findtext("system-out")}
print(json.dumps({
    "root": root.attrib, "suite": suite.attrib, "warnings": suite.findtext("system-err"),
    "properties": {of.get("name"): of.get("value") for of in suite.iter("property")},
    "cases": [{**case.attrib, **outcome(case)} for case in suite.iter("testcase")],
}))
"#;

/// A file that no earlier test has left.
fn file(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("junit-{name}.xml"));
    let _ = fs::remove_file(&file);
    file
}

/// The suite in a file, which is valid by the schema of Jenkins.
fn suite(file: &Path) -> Value {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/junit/junit-10.xsd");
    let mut validator = Command::new("xmllint");
    validator.args(["--noout", "--schema", schema]).arg(file);
    let mut reader = Command::new("python3");
    reader.args(["-c", READER]).arg(file);
    let run = |mut command: Command| {
        let output = command.output().expect("xmllint and python3");
        let text = fs::read_to_string(file).unwrap_or_default();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}\n{text}");
        output.stdout
    };
    run(validator);
    serde_json::from_slice(&run(reader)).expect("JSON")
}

/// The case of a name.
fn case<'a>(suite: &'a Value, name: &str) -> &'a Value {
    let cases = suite["cases"].as_array().expect("cases");
    let found = cases.iter().find(|case| case["name"] == name);
    found.unwrap_or_else(|| panic!("no case {name}: {suite:#}"))
}

/// Runs mcast with `--junit`, which ends with `status`.
fn run(host: &Host, line: &str, file: &Path, status: i32) -> Value {
    let path = file.to_str().expect("UTF-8");
    let (line, command) = line.split_once(" -- ").map_or((line, None), |(a, b)| (a, Some(b)));
    let mut words: Vec<&str> = line.split_whitespace().chain(["--junit", path]).collect();
    words.extend(command.iter().flat_map(|command| ["--"].into_iter().chain(command.split(' '))));
    host.mcast_with(&words).ends(status);
    suite(file)
}

fn host() -> Option<Host> {
    Some(Lab::with(&["python3", "xmllint"])?.host())
}

#[test]
fn each_assertion_is_a_case() {
    let Some(host) = host() else { return };
    let send =
        format!("{} send --iface lo --probe --count 10 -i 10ms", env!("CARGO_BIN_EXE_mcast"));
    let line = format!(
        "recv --iface lo --once --timeout 60s --rcvbuf 4MiB --assert loss==0% \
         --assert delay.max<1ns --assert ts.cc_errors==0 -- {send}"
    );
    let suite = run(&host, &line, &file("assertions"), 1);
    assert_eq!(suite["suite"]["name"], "mcast recv", "{suite:#}");
    let counts = ["tests", "failures", "errors"].map(|name| suite["root"][name].clone());
    assert_eq!(counts, ["4", "3", "0"], "{suite:#}");
    let held = case(&suite, "loss==0%");
    assert_eq!(
        (&held["kind"], &held["text"], &held["classname"]),
        (&json!("passed"), &json!("measured 0 %"), &json!("mcast.recv"))
    );
    let failed = case(&suite, "delay.max<1ns");
    let message = failed["message"].as_str().expect("a message");
    assert_eq!(failed["kind"], "failure");
    assert!(message.starts_with("expected delay.max<1ns, measured "), "{message}");
    let unknown = case(&suite, "ts.cc_errors==0");
    assert_eq!(unknown["message"], "expected ts.cc_errors==0, value unknown");
    let verdict = case(&suite, "verdict");
    assert_eq!((&verdict["kind"], &verdict["type"]), (&json!("failure"), &json!("verdict")));
    let line = suite["properties"]["command"].as_str().expect("a command line");
    assert!(line.starts_with("mcast recv --iface lo --once"), "{line}");
    assert_eq!(suite["properties"]["version"], env!("CARGO_PKG_VERSION"));
    let stamp = suite["suite"]["timestamp"].as_str().expect("a time");
    assert!(stamp.len() == 20 && stamp.ends_with('Z'), "{stamp}");
}

#[test]
fn a_success_has_no_failure() {
    let Some(host) = host() else { return };
    let send = format!("{} send --iface lo --count 3 -i 10ms", env!("CARGO_BIN_EXE_mcast"));
    let line = format!("recv --iface lo --count 3 --timeout 60s -qq -- {send}");
    let file = file("success");
    fs::write(&file, "an old report").unwrap();
    let of_recv = run(&host, &line, &file, 0);
    assert_eq!(of_recv["cases"].as_array().unwrap().len(), 1, "{of_recv:#}");
    assert_eq!(case(&of_recv, "verdict")["kind"], "passed");
    let of_send = run(&host, "send --iface lo --count 3 -i 10ms", &file, 0);
    assert_eq!(of_send["suite"]["name"], "mcast send");
    let read = case(&of_send, "verdict");
    assert_eq!((&read["kind"], &read["classname"]), (&json!("passed"), &json!("mcast.send")));
}

#[test]
fn a_run_that_cannot_run_is_an_error() {
    let Some(host) = host() else { return };
    let suite = run(&host, "recv --iface nope", &file("unknown"), 2);
    let verdict = case(&suite, "verdict");
    assert_eq!((&verdict["kind"], &verdict["type"]), (&json!("error"), &json!("error")));
    let message = verdict["message"].as_str().expect("a message");
    assert!(message.starts_with("cannot find interface 'nope'"), "{message}");
    assert!(!message.contains("tip:") && verdict["text"].as_str().unwrap().contains("  tip: "));
}

#[test]
fn an_interrupted_run_is_an_error() {
    let Some(host) = host() else { return };
    let file = file("interrupted");
    let path = file.to_str().unwrap();
    let recv = host.mcast(&format!("recv --iface lo --count 5 --junit {path}")).ready();
    assert!(!file.exists(), "no reader sees an incomplete file");
    recv.signal("TERM");
    recv.ends(143);
    let suite = suite(&file);
    let verdict = case(&suite, "verdict");
    assert_eq!((&verdict["kind"], &verdict["type"]), (&json!("error"), &json!("interrupted")));
    assert_eq!(verdict["message"], "stopped by SIGTERM after 0 of 5 datagrams");
}

#[test]
fn silence_is_explained() {
    let Some(host) = host() else { return };
    let suite = run(&host, "recv 239.1.1.1:5000 --iface lo --timeout 1s", &file("silence"), 1);
    let verdict = case(&suite, "verdict");
    assert_eq!(verdict["message"], "no datagrams arrived within --timeout 1s");
    let text = verdict["text"].as_str().expect("a text");
    assert!(text.contains("\nwarning nothing-arrives: "), "{text}");
}

#[test]
fn each_finding_of_a_check_is_a_case() {
    let Some(lab) = Lab::with(&["python3", "xmllint"]) else { return };
    let (host, _other) = lab.pair();
    host.shell("ip link set e0 down");
    let suite = run(&host, "check 239.1.1.1:5000 --iface e0 --duration 1s", &file("check"), 1);
    let cases = suite["cases"].as_array().unwrap();
    let faults = cases.iter().filter(|case| case["type"] == "fault").count();
    let passes = cases.iter().filter(|case| case["kind"] == "passed").count();
    assert!(faults > 0 && passes > 0, "{suite:#}");
    assert_eq!(case(&suite, "verdict")["kind"], "failure");
    let fault = cases.iter().find(|case| case["type"] == "fault").unwrap();
    assert_eq!((&fault["kind"], &fault["classname"]), (&json!("failure"), &json!("mcast.check")));
}

#[test]
fn each_expected_receiver_is_a_case() {
    let Some(lab) = Lab::with(&["python3", "xmllint"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --reply -q");
    let recv = recv.ready_when_member(&b, "e0", "239.1.1.1");
    let list = file("expected").with_extension("txt");
    fs::write(&list, "10.0.0.101\n10.0.0.199\n").unwrap();
    let line = format!(
        "ping 239.1.1.1:5000 --iface e0 --count 3 -i 50ms --expect {} --assert receivers==1",
        list.display()
    );
    let suite = run(&a, &line, &file("ping"), 1);
    assert_eq!(case(&suite, "receiver 10.0.0.101")["kind"], "passed", "{suite:#}");
    assert_eq!(case(&suite, "receiver 10.0.0.199")["message"], "no reply");
    assert_eq!(case(&suite, "receivers==1")["kind"], "passed");
    recv.signal("INT");
    recv.ends(0);
}

#[test]
fn a_benchmark_has_a_case_for_each_size() {
    let Some(lab) = Lab::with(&["python3", "xmllint"]) else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 --reply -q --rcvbuf 4MiB");
    let recv = recv.ready_when_member(&b, "e0", "239.1.1.1");
    let line = "bench throughput 239.1.1.1:5000 --iface e0 --size 128 --size 512 --trial 200ms \
                --max-rate 100pps";
    let suite = run(&a, line, &file("bench"), 0);
    assert_eq!(suite["suite"]["name"], "mcast bench throughput");
    for name in ["128 bytes", "512 bytes"] {
        let case = case(&suite, name);
        assert_eq!(case["classname"], "mcast.bench.throughput");
        assert!(case["text"].as_str().unwrap().contains("pps, "), "{case}");
    }
    recv.signal("INT");
    recv.finish();
}

#[test]
fn a_file_that_cannot_be_written_fails_before_the_join() {
    let Some(host) = host() else { return };
    for path in ["/no/such/folder/out.xml", "/", "/dev/null/out.xml"] {
        let run = host.mcast(&format!("recv --iface lo -o json --junit {path}")).ends(2);
        run.prints(&format!("cannot write '{path}'"));
        assert_eq!(run.events().len(), 1, "only the summary: {run}");
    }
    // The error of one file reaches the others.
    let file = file("other");
    let path = file.to_str().unwrap();
    host.mcast(&format!("recv --iface lo --junit {path} --report /no/such/out.html")).ends(2);
    let suite = suite(&file);
    let message = case(&suite, "verdict")["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("cannot write '/no/such/out.html'"), "{message}");
}

#[test]
fn a_full_disk_is_an_error_at_the_end() {
    let Some(host) = host() else { return };
    let line = "send --iface lo --count 2 -i 10ms --junit /dev/full";
    host.mcast(line).ends(2).prints("cannot write '/dev/full': No space left on device");
}

#[test]
fn foreign_text_is_no_markup() {
    let Some(host) = host() else { return };
    let name = "a<&\">'\u{1b}]\u{1}";
    let file = file("foreign");
    let words = ["recv", "--iface", name, "]]>\u{7}\u{fffe}\u{202e}</testcase>", "--junit"];
    host.mcast_with(&[&words[..3], &["--junit", file.to_str().unwrap()]].concat()).ends(2);
    let unknown = suite(&file);
    let message = case(&unknown, "verdict")["message"].as_str().unwrap();
    assert!(message.contains(r#"a<&">'\u{1b}]\u{1}"#), "{message}");
    let line = unknown["properties"]["command"].as_str().unwrap();
    assert!(line.contains(r"\u{1b}]\u{1}"), "{line}");
    let words = ["send", "--iface", "lo", "-c1", "--message", words[3], "--junit"];
    host.mcast_with(&[&words[..], &[file.to_str().unwrap()]].concat()).ends(0);
    let sent = suite(&file);
    let line = sent["properties"]["command"].as_str().unwrap();
    assert!(line.contains(r"]]>\u{7}\u{fffe}\u{202e}</testcase>"), "{line}");
}

#[test]
fn a_closed_output_leaves_a_complete_file() {
    let Some(host) = host() else { return };
    let file = file("closed");
    let mut command = host.command("sh");
    let script = "\"$0\" send --iface lo -i 1ms --junit \"$1\" | head -n 3";
    command.args(["-c", script, env!("CARGO_BIN_EXE_mcast")]).arg(&file);
    lab::Running::start(command).ends(0);
    eventually("the file", || file.exists());
    assert_eq!(case(&suite(&file), "verdict")["kind"], "passed");
}
