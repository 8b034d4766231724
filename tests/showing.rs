//! The output of datagrams: all of many, complete and in order for every kind of reader, and each
//! of a few at once.
#![cfg(target_os = "linux")]

mod lab;

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use lab::{Host, Lab, eventually};
use serde_json::Value;

const GROUP: &str = "239.1.1.1";
const MANY: u64 = 3000;
const SIZE: usize = 100;

/// Sends a stream of `MANY` datagrams.
fn flood(from: &Host) {
    from.mcast(&format!(
        "send {GROUP}:5000 --iface e0 --probe --size {SIZE} --count {MANY} --rate 100kpps -q"
    ))
    .ends(0);
}

/// Receives the flood with `options`, writing to `output`.
fn receive(lab: &Lab, options: &str, output: impl Into<Stdio>) {
    let (a, b) = lab.pair();
    let mut command = b.command(env!("CARGO_BIN_EXE_mcast"));
    command.args(["recv", "239.1.1.1:5000", "--iface", "e0", "--once"]).args(options.split(' '));
    let mut recv =
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    b.wait_for_join("e0", GROUP);
    flood(&a);
    assert!(recv.wait().unwrap().success());
}

fn check_lines(lines: &str, what: &str) {
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let shown = events.iter().filter(|event| event["event"] == "datagram");
    let numbers: Vec<u64> = shown.map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.iter().copied().eq(0..MANY), "{what}: {} numbers: {numbers:?}", numbers.len());
    assert_eq!(events.last().unwrap()["datagrams"], MANY, "{what}");
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> (Self, File) {
        let path =
            std::env::temp_dir().join(format!("mcast-showing-{name}-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        (Scratch(path), file)
    }

    fn read(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Sends `hi` to port 5000 of a group by `e0`, with this traffic class.
const MARKED: &str = "
import socket, sys
group, traffic_class = sys.argv[1], int(sys.argv[2])
v6 = ':' in group
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
level, option = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if v6 else (0, socket.IP_TOS)
s.setsockopt(level, option, traffic_class)
if not v6:
    s.setsockopt(0, socket.IP_MULTICAST_IF, socket.inet_aton('10.0.0.100'))
s.sendto(b'hi', (group, 5000, 0, socket.if_nametoindex('e0')) if v6 else (group, 5000))
";

#[test]
fn verbose_text_shows_dscp_and_ecn() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair_with_ipv6();
    for (group, target) in [("239.1.1.1", "239.1.1.1:5000"), ("ff15::1", "[ff15::1]:5000")] {
        for (class, shown) in [
            ("184", "  dscp EF  2 bytes"),
            ("0", "  dscp 0  2 bytes"),
            ("163", "  dscp CS5  ecn CE  2 bytes"),
            ("2", "  dscp 0  ecn ECT(0)  2 bytes"),
        ] {
            let verbose = b.mcast(&format!("recv {target} --iface e0 -c 1 -v")).ready();
            let plain = b.mcast(&format!("recv {target} --iface e0 -c 1")).ready();
            a.python(MARKED, &[group, class]).ends(0);
            verbose.ends(0).prints(shown);
            assert!(!plain.ends(0).out.contains("dscp"), "{target}");
        }
    }
}

#[test]
fn a_file_gets_every_datagram_in_order() {
    let Some(lab) = Lab::open() else { return };
    let (scratch, file) = Scratch::new("lines");
    receive(&lab, "-o json", file);
    check_lines(&String::from_utf8(scratch.read()).unwrap(), "a file");

    let (scratch, file) = Scratch::new("raw");
    receive(&lab, "-o raw", file);
    let bytes = scratch.read();
    let numbers =
        bytes.chunks(SIZE).map(|probe| u64::from_be_bytes(probe[16..24].try_into().unwrap()));
    assert!(bytes.len() == MANY as usize * SIZE && numbers.eq(0..MANY), "{} bytes", bytes.len());
}

#[test]
fn a_slow_pipe_gets_every_datagram_in_order() {
    let Some(lab) = Lab::open() else { return };
    let (pipe, into_pipe) = nix::unistd::pipe().unwrap();
    let (socket, into_socket) = UnixStream::pair().unwrap();
    for (what, reader, writer) in [
        ("a pipe", pipe, into_pipe),
        ("a socket", OwnedFd::from(socket), OwnedFd::from(into_socket)),
    ] {
        // It fills up meanwhile: 3000 lines are a megabyte.
        let reader = thread::spawn(move || {
            let (mut lines, mut file) = (String::new(), File::from(reader));
            let mut few = [0; 10_000];
            let first = file.read(&mut few).unwrap();
            thread::sleep(std::time::Duration::from_millis(300)); // the reader has other things to do
            lines.push_str(std::str::from_utf8(&few[..first]).unwrap());
            file.read_to_string(&mut lines).unwrap();
            lines
        });
        receive(&lab, "-o json", writer);
        check_lines(&reader.join().unwrap(), what);
    }
}

#[test]
fn datagrams_are_shown_at_once() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 -o json").ready();
    let send = a.mcast("send 239.1.1.1:5000 --iface e0 -o json --interval 1000s").ready();
    let mut total = 0;
    let shown = || recv.so_far().matches("\"event\":\"datagram\"").count();
    for count in [1, 2, 100].repeat(10) {
        a.mcast(&format!("send 239.1.1.1:5000 --iface e0 --count {count} --interval 50us -q"))
            .ends(0);
        total += count;
        eventually("all are shown", || shown() >= total);
    }
    eventually("a sender shows its one datagram", || {
        send.so_far().contains("\"event\":\"datagram\"")
    });
}

#[test]
fn a_signal_cuts_no_line() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let send = a.mcast("send 239.1.1.1:5000 --iface e0 --interval 100us -o json");
    for signal in ["INT", "TERM"] {
        let recv = b.mcast("recv 239.1.1.1:5000 --iface e0 -o json").ready();
        recv.line(|line| line.contains("\"event\":\"datagram\""));
        recv.signal(signal);
        let finished = recv.ends(0);
        assert_eq!(
            finished.events_of("datagram").len() as u64,
            finished.summary()["datagrams"],
            "{}",
            finished.summary()
        );
    }
    send.signal("INT");
    let sent = send.ends(0);
    assert_eq!(
        sent.events_of("datagram").len() as u64,
        sent.summary()["datagrams"],
        "{}",
        sent.summary()
    );
}

/// The time of day that mcast shows beside a datagram, as seconds, in this zone; and in UTC, by the
/// datagram of the same moment.
fn shown_in(host: &Host, zone: &str, directory: Option<&str>) -> (i64, i64) {
    let seconds = |line: &str| {
        let mut parts = line[..8].split(':').map(|part| part.parse::<i64>().expect(line));
        let mut next = || parts.next().expect(line);
        next() * 3600 + next() * 60 + next()
    };
    let of = |zone: &str| {
        let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(["send", "--iface", "e0", "--count", "1"]).env("TZ", zone);
        if let Some(directory) = directory {
            command.env("TZDIR", directory);
        }
        let sent = lab::Running::start(command).ends(0);
        seconds(sent.out.lines().find(|line| line.contains("sent to")).expect("a datagram"))
    };
    (of(zone), of("UTC"))
}

#[test]
fn times_follow_the_time_zone() {
    let Some(lab) = Lab::open() else { return };
    let (a, _b) = lab.pair();
    // An empty directory stands for a host without the data of time zones.
    let empty = std::env::temp_dir().join(format!("mcast-no-zones-{}", std::process::id()));
    std::fs::create_dir(&empty).unwrap();
    for directory in [None, empty.to_str()] {
        // Zones without summer time have a fixed difference.
        for (zone, hours) in
            [("Asia/Tokyo", 9), ("America/Phoenix", -7), ("IST-5:30", 0), ("Nowhere/At/All", 0)]
        {
            let (local, utc) = shown_in(&a, zone, directory);
            let ahead = (local - utc).rem_euclid(86_400);
            let wanted = if zone == "IST-5:30" { 19_800 } else { hours * 3600_i64 };
            // The two runs are some seconds apart.
            let apart = (wanted.rem_euclid(86_400) - ahead).rem_euclid(86_400);
            assert!(apart < 60, "{zone}: {local} and {utc} in {directory:?}");
        }
    }
    std::fs::remove_dir(&empty).unwrap();
}
