//! `recv --write`: other programs read the same datagrams, and no failure of a file ends a run.
#![cfg(target_os = "linux")]

mod lab;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Finished, Host, Lab, Running, eventually};
use serde_json::{Value, json};

/// An empty folder for a test, which its name identifies.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recording-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    folder
}

/// The datagrams that tcpdump reads in a file, which must be whole. Each is a line about IP and UDP.
fn tcpdump(file: &Path) -> Vec<String> {
    let mut command = Command::new("tcpdump");
    command.env("TZ", "UTC").env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command.args(["-r", "-", "-nn", "-tttt", "-v", "--time-stamp-precision=nano"]);
    let input = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let read = Running::start_reading(command, input).ends(0);
    assert!(read.err.lines().all(|line| line.starts_with("reading from file")), "{read}");
    // tcpdump indents the second line about an IPv4 packet.
    read.out.replace("\n    ", " ").lines().map(str::to_owned).collect()
}

/// What `recv` reports about its recording.
fn recording(run: &Finished) -> Value {
    run.summary()["recording"].clone()
}

fn count(recording: &Value) -> usize {
    recording["datagrams"].as_u64().expect("a number") as usize
}

/// The address of JSON as tcpdump shows it: `10.0.0.100.4000`, `fe80::1.4000`.
fn address(text: &str) -> String {
    let (host, port) = text.rsplit_once(':').expect("a port");
    let host = host.trim_matches(['[', ']']);
    format!("{}.{port}", host.split('%').next().expect("a host"))
}

#[test]
fn tcpdump_reads_the_same_datagrams() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let file = folder("same").join("out.pcapng");
    let recv = b
        .mcast(&format!(
            "recv --iface e0 239.1.1.1:5000 [ff02::5%e0]:5000 -o json -v --count 5 -w {}",
            file.display()
        ))
        .ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1 --message=").ends(0);
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --size 65507 --ttl 9 --dscp ef --count 2")
        .ends(0);
    a.mcast("send [ff02::5%e0]:5000 --count 2 --interval 1ms --message six --dscp af41").ends(0);
    let received = recv.ends(0);

    let end_marker = |shown: &&String| shown.ends_with("length 48");
    let read = tcpdump(&file);
    assert_eq!(count(&recording(&received)), read.len());
    let (markers, read): (Vec<_>, Vec<_>) = read.iter().partition(end_marker);
    let events = received.events_of("datagram");
    assert_eq!((read.len(), events.len()), (5, 5), "{markers:?} {received}");
    for (shown, event) in read.into_iter().zip(&events) {
        let text = |name: &str| event[name].as_str().expect("a text").to_owned();
        let time = text("time").replace('T', " ").replace('Z', "");
        assert!(shown.starts_with(&time), "{shown}");
        let (source, group) = (address(&text("source")), text("group"));
        let start = format!("{source} > {group}.{}: ", event["port"]);
        // tcpdump checks neither the sum of an empty datagram nor that of the longest.
        let is_usual = (1..1400).contains(&event["len_bytes"].as_u64().expect("a length"));
        let is_right = shown.contains("[udp sum ok]") == is_usual && !shown.contains("bad");
        assert!(shown.contains(&start) && is_right, "{shown}");
        assert!(shown.ends_with(&format!("length {}", event["len_bytes"])), "{shown}");
        let (ttl, class) = match shown.contains(" IP6 ") {
            true => (format!("hlim {}", event["ttl"]), "class 0x88"),
            false if event["dscp"] == 46 => (format!("ttl {},", event["ttl"]), "tos 0xb8"),
            false => (format!("ttl {},", event["ttl"]), "tos 0x0"),
        };
        assert!(shown.contains(&ttl) && shown.contains(class), "{shown}");
    }
}

#[test]
fn wireshark_reads_interfaces_comments_and_counters() {
    let Some(lab) = Lab::with_large(&["tshark", "capinfos"]) else { return };
    let (a, b) = lab.pair_with_two_wires();
    let file = folder("wireshark").join("out.pcapng");
    let line = format!("recv 239.1.1.1:5000 --iface all --once -q -w {}", file.display());
    let recv = b.mcast(&line).ready_when_member(&b, "e1", "239.1.1.1");
    a.mcast("send 239.1.1.1:5000 --iface all --probe --count 100 --rate 10kpps").ends(0);
    recv.ends(0);

    let read = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg(&file);
        Running::start(command).ends(0).out
    };
    let info = read("capinfos", &[]);
    for part in [
        "Raw IP",
        "nanoseconds (9)",
        &format!("Capture application: mcast {}", env!("CARGO_PKG_VERSION")),
        "Capture oper-sys:    Linux ",
        "rebuilt their IP and UDP headers",
        &format!("Command line: mcast {line}"),
        "Name = e0",
        "Name = e1",
        "Number of stat entries = 1",
    ] {
        assert!(info.contains(part), "no {part:?} in\n{info}");
    }
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
    let fields = ["frame.interface_name", "udp.checksum.status", "ip.checksum.status"];
    let fields: Vec<&str> = fields.iter().flat_map(|field| ["-e", field]).collect();
    let shown = read("tshark", &[&checks, &["-T", "fields"][..], &fields, &["-r"]].concat());
    let on = |iface: &str| shown.lines().filter(|line| *line == format!("{iface}\t1\t1")).count();
    assert_eq!((on("e0"), on("e1"), shown.lines().count()), (105, 105, 210), "{shown}");
    let malformed =
        read("tshark", &["-Y", "_ws.malformed || _ws.expert.severity >= 4194304", "-r"]);
    assert_eq!(malformed, "");
}

#[test]
fn the_file_is_whole_after_a_kill() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let file = folder("kill").join("out.pcapng");
    let line = format!("recv --iface e0 239.1.1.1:5000 --stats 20ms -w {}", file.display());
    let recv = b.mcast(&line).ready();
    let sender = a.mcast("send --iface e0 239.1.1.1:5000 --probe --rate 1kpps -q");
    let len = || file.metadata().map_or(0, |found| found.len());
    eventually("several writes", || len() > 20_000);
    recv.signal("KILL");
    recv.finish();
    drop(sender);
    assert!(tcpdump(&file).len() > 100);
}

#[test]
fn datagrams_are_in_the_file_within_a_second() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let file = folder("second").join("out.pcapng");
    let line = format!("recv --iface e0 239.1.1.1:5000 -w {}", file.display());
    let recv = b.mcast(&line).ready();
    let empty = file.metadata().expect("a file").len();
    a.mcast("send --iface e0 239.1.1.1:5000 --count 1").ends(0);
    eventually("a write", || file.metadata().expect("a file").len() > empty);
    recv.signal("KILL");
    recv.finish();
    assert_eq!(tcpdump(&file).len(), 1);
}

/// Runs a script on a host, in a mount namespace with a disk of 200 KiB at `folder`.
fn on_small_disk(host: &Host, folder: &Path, script: &str) -> Running {
    let mut command = host.command("unshare");
    let mount = format!("mount -t tmpfs -o size=200k none {}", folder.display());
    command.args(["--mount", "sh", "-c", &format!("{mount}; {script}")]);
    Running::start(command)
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_run() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let (disk, kept) = (folder("disk"), folder("disk-kept").join("out.pcapng"));
    let (disk, kept_name) = (disk.display(), kept.display());
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let script = format!(
        "{mcast} recv --iface e0 239.1.1.1:5000 -o json --once --stats 10ms -w {disk}/out.pcapng; \
         status=$?; cp {disk}/out.pcapng {kept_name}; exit $status"
    );
    let recv = on_small_disk(&b, &folder("disk"), &script).ready();
    let send = "send --iface e0 239.1.1.1:5000 --probe --size 1000 --count 1000 --rate 5kpps";
    a.mcast(send).ends(0);
    let run = recv.ends(1);
    let summary = run.summary();
    assert_eq!(summary["datagrams"], 1000, "{run}");
    let recorded = recording(&run);
    assert_eq!(recorded["error"], "No space left on device (ENOSPC)", "{run}");
    let warnings = run.events_of("warning");
    assert_eq!(warnings.iter().filter(|of| of["id"] == "recording-ended").count(), 1, "{run}");
    let read = tcpdump(&kept);
    assert_eq!(count(&recorded), read.len(), "{run}");
    assert!(read.len() > 50 && read.len() < 200, "{run}");
    assert_eq!(recorded["bytes"], kept.metadata().expect("a copy").len(), "{run}");
}

#[test]
fn a_path_that_cannot_be_written_is_refused_before_the_joins() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let folder = folder("refused");
    let fifo = folder.join("fifo");
    b.shell(&format!("mkfifo {}", fifo.display()));
    for (path, why) in [
        (folder.clone(), "Is a directory"),
        (folder.join("no/such"), "No such file or directory"),
        (fifo, "no program reads this FIFO; start its reader first"),
        (PathBuf::from("/proc/out.pcapng"), "cannot write '/proc/out.pcapng'"),
    ] {
        let run = b.mcast(&format!("recv --iface e0 -w {}", path.display())).ends(2);
        assert!(run.err.contains(why) && run.out.is_empty(), "{run}");
    }
    assert!(!b.is_member("e0", "224.202.20.30"));
}

#[test]
fn a_run_that_cannot_start_keeps_the_old_file() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (_a, b) = lab.pair();
    let folder = folder("old");
    let (old, new) = (folder.join("old.pcapng"), folder.join("new.pcapng"));
    fs::write(&old, "an old recording").expect("a file");
    let owner = b.python(
        "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); \
         s.bind(('10.0.0.101', 5000)); print('bound', flush=True); time.sleep(300)",
        &[],
    );
    owner.line(|line| line == "bound");
    for file in [&old, &new] {
        b.mcast(&format!("recv 10.0.0.101:5000 -w {}", file.display())).ends(2);
    }
    assert_eq!(fs::read_to_string(&old).expect("the old file"), "an old recording");
    assert!(!new.exists());
    drop(owner);
    b.mcast(&format!("recv 10.0.0.101:5000 -d 1ms -w {}", old.display())).ends(0);
    assert!(fs::read(&old).expect("a recording").starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]));
}

/// A new FIFO, and its open reader.
fn fifo(host: &Host, folder: &Path) -> (PathBuf, File) {
    let fifo = folder.join("fifo");
    host.shell(&format!("mkfifo {}", fifo.display()));
    let mut options = File::options();
    let reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(&fifo).expect("a FIFO");
    (fifo, reader)
}

#[test]
fn a_reader_of_a_fifo_receives_the_recording() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let folder = folder("fifo");
    let (fifo, mut reader) = fifo(&b, &folder);
    let recv = b.mcast(&format!("recv --iface e0 --count 1 -w {}", fifo.display())).ready();
    a.mcast("send --iface e0 --count 1").ends(0);
    recv.ends(0);
    let (mut bytes, file) = (Vec::new(), folder.join("out.pcapng"));
    reader.read_to_end(&mut bytes).expect("the recording");
    fs::write(&file, bytes).expect("a file");
    assert_eq!(tcpdump(&file).len(), 1);
}

#[test]
fn a_closed_fifo_ends_the_recording_and_not_the_run() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (fifo, reader) = fifo(&b, &folder("closed-fifo"));
    let recv = b.mcast(&format!("recv --iface e0 --count 3 -o json -w {}", fifo.display())).ready();
    drop(reader);
    a.mcast("send --iface e0 --count 3 --interval 1ms").ends(0);
    let run = recv.ends(1);
    assert_eq!(recording(&run)["error"], "its reader closed it", "{run}");
    assert_eq!(run.summary()["datagrams"], 3, "{run}");
}

#[test]
fn a_stalled_reader_does_not_delay_a_signal() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let (fifo, _reader) = fifo(&b, &folder("stalled"));
    let line = format!("recv --iface e0 239.1.1.1:5000 -o json -w {}", fifo.display());
    let recv = b.mcast(&line).ready();
    // More than a pipe holds.
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --size 1400 --count 2000 --rate 20kpps")
        .ends(0);
    recv.signal("INT");
    let run = recv.ends(1);
    assert_eq!(recording(&run)["error"], "its reader does not read", "{run}");
}

#[test]
fn a_limit_starts_new_files_and_deletes_only_its_own() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    for keep in [None, Some(2)] {
        let folder = folder("limit");
        let others = folder.join("out_99999.pcapng");
        fs::write(&others, "of another run").expect("a file");
        let keep_option = keep.map_or_else(String::new, |keep| format!("--write-keep {keep}"));
        let path = folder.join("out.pcapng");
        let recv = b
            .mcast(&format!(
                "recv --iface e0 239.1.1.1:5000 -o json --once --write-limit 100kB {keep_option} \
                 -w {}",
                path.display()
            ))
            .ready();
        let send = "send --iface e0 239.1.1.1:5000 --probe --size 1000 --count 500 --rate 5kpps";
        a.mcast(send).ends(0);
        let run = recv.ends(0);
        let recorded = recording(&run);
        let name = |number: u64| folder.join(format!("out_{number:05}.pcapng"));
        let files = recorded["files"].as_u64().expect("a number");
        assert!(files > 4, "{run}");
        let kept = keep.unwrap_or(files);
        let numbers = files - kept + 1..=files;
        let counts = numbers.clone().map(|number| {
            assert!(name(number).metadata().expect("a file").len() <= 100_000, "{run}");
            tcpdump(&name(number)).len()
        });
        let total: usize = counts.sum();
        assert_eq!(fs::read_dir(&folder).expect("a folder").count() as u64, kept + 1, "{run}");
        assert!(others.exists());
        let first = name(*numbers.start()).display().to_string();
        assert_eq!((&recorded["kept"], &recorded["first"]), (&json!(kept), &json!(first)));
        assert_eq!(recorded["last"], name(files).display().to_string());
        match keep {
            None => assert_eq!((total, total), (505, count(&recorded)), "{run}"),
            Some(_) => assert!(total < 505 && count(&recorded) == 505, "{run}"),
        }
    }
}

#[test]
fn standard_output_takes_the_recording_and_nothing_else() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let file = folder("output").join("out.pcapng");
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let mut command = b.command("sh");
    command
        .args(["-c", &format!("{mcast} recv --iface e0 --count 2 -v -w - > {}", file.display())]);
    let recv = Running::start(command);
    recv.error_line(|line| line == "recording to standard output");
    a.mcast("send --iface e0 --count 2 --interval 1ms").ends(0);
    let run = recv.ends(0);
    assert!(run.err.contains("hello world") && run.err.contains("recorded 2 datagrams"), "{run}");
    assert_eq!(tcpdump(&file).len(), 2);
}

#[test]
fn a_closed_pipe_ends_the_run() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    for quiet in ["", "-qq"] {
        let script = format!(
            "{{ {mcast} recv --iface e0 {quiet} -w -; echo status $? >&2; }} | head -c 4 >/dev/null"
        );
        let mut command = b.command("sh");
        command.args(["-c", &script]);
        let run = Running::start(command).ends(0);
        assert!(run.err.ends_with("status 0\n"), "{run}");
    }
}

#[test]
fn the_recording_has_the_drops_of_the_kernel() {
    let Some(lab) = Lab::with_large(&["tshark"]) else { return };
    let (a, b) = lab.pair();
    let file = folder("drops").join("out.pcapng");
    let recv = b
        .mcast(&format!(
            "recv --iface e0 239.1.1.1:5000 -o json --once --rcvbuf 4kB -w {}",
            file.display()
        ))
        .ready();
    recv.signal("STOP");
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 500 --rate 10kpps").ends(0);
    recv.signal("CONT");
    // The end markers are lost, too: another stream ends the run.
    a.mcast("send --iface e0 239.1.1.1:5000 --probe --count 50 --rate 100pps").ends(0);
    recv.signal("INT");
    let run = recv.finish();
    let dropped = run.summary()["kernel_drops"].as_u64().expect("a number");
    assert!(dropped > 100, "{run}");
    let mut tshark = Command::new("tshark");
    tshark.args(["-T", "fields", "-e", "frame.drop_count", "-r"]).arg(&file);
    let shown = Running::start(tshark).ends(0);
    let counts: Vec<u64> = shown.out.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(counts.len() <= 2 && counts.iter().sum::<u64>() == dropped, "{shown}\n{run}");
}

#[test]
fn a_recording_of_a_capture_has_the_same_datagrams() {
    let Some(lab) = Lab::with(&["tcpdump"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let folder = folder("copy");
    let (first, copy) = (folder.join("first.pcapng"), folder.join("copy.pcapng"));
    let targets = "239.1.1.1:5000 [ff02::5%e0]:5000";
    let line = format!("recv --iface e0 {targets} -o json --count 20 -w {}", first.display());
    let recv = b.mcast(&line).ready();
    a.mcast(&format!("send --iface e0 {targets} --ttl 3 --dscp ef --count 10 --rate 1kpps"))
        .ends(0);
    let received = recv.ends(0);

    let read = format!("recv --read {} -o json", first.display());
    let again = b.mcast(&format!("{read} -w {}", copy.display())).ends(0);
    for name in ["datagrams", "bytes", "rate_pps"] {
        assert_eq!(received.summary()[name], again.summary()[name], "{name}\n{again}");
    }
    assert_eq!((count(&recording(&again)), tcpdump(&copy)), (20, tcpdump(&first)));

    let before = fs::read(&first).expect("the recording");
    let refused = b.mcast(&format!("{read} -w {}", first.display())).ends(2);
    assert!(refused.err.contains("--read and --write name the same file"), "{refused}");
    assert!(fs::read(&first).expect("the recording") == before);
}
