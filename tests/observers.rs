//! Files and endpoints beside the results: bad input is refused before anything is joined, and every
//! end of a run completes the files.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lab::captures::{pcap, text_datagrams};
use lab::{Finished, Host, Lab};
use serde_json::Value;

/// The options that write a file, and the ends of the names of these files.
const OPTIONS: [(&str, &str); 4] =
    [("--report", "html"), ("--junit", "xml"), ("--csv", "csv"), ("--metrics", "prom")];

/// A new folder for the files of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("observers-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The options for all files that remain after a run.
    fn all(&self) -> String {
        let option =
            |(option, end): &(&str, &str)| format!("{option} {}", self.path(&format!("x.{end}")));
        OPTIONS[..3].iter().map(option).collect::<Vec<_>>().join(" ")
    }

    /// Asserts that each file is complete. The table has at least so many intervals.
    fn is_complete(&self, intervals: usize) {
        let page = self.read("x.html");
        assert!(page.trim_end().ends_with("</html>"), "{page}");
        let cases = self.read("x.xml");
        assert!(cases.trim_end().ends_with("</testsuites>"), "{cases}");
        let table = self.read("x.csv");
        let rows = table.lines().count();
        assert!(table.ends_with('\n') && rows > intervals, "{table}");
    }
}

/// The exit status and the reason in the last line of JSON.
fn is_refused(finished: &Finished) -> Value {
    assert_eq!(finished.status.code(), Some(2), "{finished}");
    let summary = finished.summary();
    assert_eq!(summary["verdict"]["status"], 2, "{finished}");
    assert!(finished.err.starts_with("error: "), "{finished}");
    summary
}

#[test]
fn a_file_that_cannot_be_written_fails_before_anything_is_joined() {
    let Some(lab) = Lab::with(&["python3", "setpriv", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let capture = a.capture("e0");
    let folder = Folder::new("unwritable");
    for (option, end) in OPTIONS {
        let (missing, directory) =
            (folder.path(&format!("no/such.{end}")), folder.path(&format!("directory.{end}")));
        fs::create_dir_all(&directory).expect("a folder");
        let read_only = folder.path(&format!("read-only.{end}"));
        fs::write(&read_only, "old").expect("a file");
        fs::set_permissions(&read_only, fs::Permissions::from_mode(0o444)).expect("a mode");
        for file in [&missing, &directory, &read_only] {
            let line = format!("recv --iface e0 239.1.1.1:5000 -d 1ms -o json {option} {file}");
            // Root writes to read-only files.
            let finished = b.mcast_unprivileged(&line).finish();
            let summary = is_refused(&finished);
            let error = summary["error"].as_str().expect("an error");
            assert!(error.starts_with(&format!("cannot write '{file}': ")), "{finished}");
        }
        assert_eq!(folder.read(&format!("read-only.{end}")), "old", "{option}");
    }
    // The marker is the first datagram of the group.
    b.mcast("send --iface e0 239.1.1.1:5000 --count 1 -m marker").ends(0);
    capture.wait_for_frame(&["10.0.0.101", "239.1.1.1.5000"]);
    assert!(!capture.so_far().contains("gaddr 239.1.1.1"), "{}", capture.so_far());
}

#[test]
fn a_port_in_use_fails_before_anything_is_joined() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let line = "recv --iface lo 239.1.1.1:5000 -o json --metrics :9464";
    let _first = host.mcast(line).ready();
    let summary = is_refused(&host.mcast(line).finish());
    assert!(summary["error"].as_str().expect("an error").contains("127.0.0.1:9464"), "{summary}");
}

#[test]
fn a_full_disk_fails_the_run_at_its_end() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    for (option, _) in &OPTIONS[..3] {
        let line = format!("recv --iface lo -d 10ms -o json {option} /dev/full");
        let finished = host.mcast(&line).finish();
        assert_eq!(finished.status.code(), Some(2), "{finished}");
        finished.prints("cannot write '/dev/full': No space left on device (ENOSPC)");
        finished.summary();
    }
}

#[test]
fn two_options_with_one_file_are_refused() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let folder = Folder::new("same");
    let file = folder.path("x.prom");
    let refused = |line: &str, first: &str, second: &str| {
        let error = is_refused(&host.mcast(&format!("{line} -o json")).finish())["error"].clone();
        let expected = format!("{first} and {second} name the same file, '");
        assert!(error.as_str().expect("an error").starts_with(&expected), "{error}");
    };
    for (position, (first, _)) in OPTIONS.iter().enumerate() {
        for (second, _) in &OPTIONS[position + 1..] {
            let line = format!("recv --iface lo -d 1ms {first} {file} {second} {file}");
            refused(&line, first, second);
        }
        refused(&format!("recv --iface lo -d 1ms --write {file} {first} {file}"), "--write", first);
    }
    refused(&format!("check --iface lo --record {file} --junit {file}"), "--record", "--junit");
    // Another path to the same file, and the capture that is read.
    let capture = folder.path("in.pcap");
    fs::write(&capture, pcap(&text_datagrams(3))).expect("a capture");
    let other = folder.path("../observers-same/in.pcap");
    refused(&format!("recv --read {capture} --report {other}"), "--read", "--report");
    assert_eq!(fs::read(&capture).expect("a capture"), pcap(&text_datagrams(3)));
    // A device takes everything.
    host.mcast("recv --iface lo -d 1ms --report /dev/null --junit /dev/null").ends(0);
}

#[test]
fn a_run_that_cannot_start_completes_its_files() {
    let Some(lab) = Lab::open() else { return };
    let folder = Folder::new("plan");
    let line = format!("recv --iface no-such -o json {}", folder.all());
    is_refused(&lab.host().mcast(&line).finish());
    folder.is_complete(0);
    for file in ["x.html", "x.xml"] {
        assert!(folder.read(file).contains("no-such"), "{}", folder.read(file));
    }
}

/// A receiver of a stream on the loopback interface, with all files.
fn receive(host: &Host, folder: &Folder, options: &str) -> (lab::Running, lab::Running) {
    let stats = "--iface lo 239.1.1.1:5000 --stats 50ms -o json";
    let recv = host.mcast(&format!("recv {stats} {} {options}", folder.all()));
    host.wait_for_join("lo", "239.1.1.1");
    (recv, host.mcast("send --iface lo 239.1.1.1:5000 --probe --interval 5ms -q"))
}

#[test]
fn every_signal_completes_the_files() {
    let Some(lab) = Lab::open() else { return };
    for (signal, status) in [("INT", 0), ("TERM", 0), ("HUP", 129)] {
        let host = lab.host();
        let folder = Folder::new(&format!("signal-{signal}"));
        let (recv, _sender) = receive(&host, &folder, "");
        recv.line(|line| {
            line.contains("\"event\":\"interval\"") && line.contains("\"streams\":[{")
        });
        recv.signal(signal);
        recv.ends(status);
        folder.is_complete(1);
    }
}

#[test]
fn a_closed_output_completes_the_files() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let folder = Folder::new("closed");
    let mcast = env!("CARGO_BIN_EXE_mcast");
    host.shell(&format!("{mcast} recv --iface lo -o json {} | head -1", folder.all()));
    lab::eventually("the files are complete", || Path::new(&folder.path("x.html")).exists());
    folder.is_complete(0);
}

#[test]
fn quiet_runs_write_the_same_files() {
    let Some(lab) = Lab::open() else { return };
    for quiet in ["-q", "-qq"] {
        let host = lab.host();
        let folder = Folder::new(&format!("quiet{quiet}"));
        let (recv, sender) = receive(&host, &folder, &format!("{quiet} --count 30"));
        let finished = recv.ends(0);
        drop(sender);
        folder.is_complete(1);
        assert!(!finished.out.contains("\"interval\""), "{finished}");
        assert!(folder.read("x.html").contains("239.1.1.1"), "{}", folder.read("x.html"));
    }
}

#[test]
fn a_capture_fills_the_files() {
    let Some(lab) = Lab::open() else { return };
    let folder = Folder::new("capture");
    let capture = folder.path("in.pcap");
    fs::write(&capture, pcap(&text_datagrams(30))).expect("a capture");
    lab.host().mcast(&format!("recv --read {capture} {}", folder.all())).ends(0);
    folder.is_complete(1);
}

#[test]
fn a_repeated_check_writes_the_findings_of_its_last_cycle() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let folder = Folder::new("check");
    let files = format!("--report {} --junit {}", folder.path("x.html"), folder.path("x.xml"));
    let line = format!("check --watch 1s -d 100ms 239.1.1.1:5000 --iface e0 -o json {files}");
    let run = b.mcast(&line);
    run.line(|line| line.contains("\"watching\""));
    b.shell("ip link set e0 down");
    run.line(|line| line.contains("\"interface-down\""));
    b.shell("ip link set e0 up");
    run.line(|line| line.contains("\"resolved\"") && line.contains("\"interface-down\""));
    run.signal("INT");
    run.ends(0);
    for file in ["x.html", "x.xml"] {
        let text = folder.read(file);
        assert!(text.contains("nothing-arrives") && !text.contains("interface-down"), "{text}");
    }
}
