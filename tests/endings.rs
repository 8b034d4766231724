//! How a run ends: every row of the table of exit statuses, every limit, signals, COMMAND, and
//! readers that go away.
#![cfg(target_os = "linux")]

mod lab;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use lab::{Host, Lab, Running, eventually};
use serde_json::json;

const GROUP: &str = "224.202.20.30";

/// Whether a process runs. A zombie does not count.
fn is_alive(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn too_few_datagrams_before_the_timeout_exit_1() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 --count 10 --timeout 6s -o json").ready();
    a.mcast("send --iface e0 --count 3 --interval 1ms").ends(0);
    let finished = recv.ends(1);
    let verdict = finished.summary()["verdict"].clone();
    assert_eq!(
        verdict,
        json!({"status": 1, "reasons": ["received 3 of 10 datagrams within --timeout 6s"]})
    );
    assert_eq!(finished.events_of("datagram").len(), 3);
}

#[test]
fn datagrams_do_not_extend_the_timeout() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let send = a.mcast("send --iface e0 --interval 50ms").ready();
    let start = Instant::now();
    b.mcast("recv --iface e0 --count 1000000 --timeout 500ms").ready().ends(1);
    assert!(start.elapsed() >= Duration::from_millis(500));
    send.signal("TERM");
    send.ends(0);
}

#[test]
fn without_a_count_the_timeout_is_for_the_first_datagram() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let silence = b.mcast("recv --iface e0 --timeout 50ms").ends(1);
    silence.prints("FAIL no datagrams arrived within --timeout 50ms");
    silence.prints("no datagrams for 224.202.20.30:54321 in ");
    assert_eq!(silence.err.matches("mcast check 224.202.20.30:54321 --iface e0").count(), 1);

    let recv = b.mcast("recv --iface e0 --timeout 60s --idle 100ms").ready();
    a.mcast("send --iface e0 --count 1").ends(0);
    recv.ends(0).prints("received 1 datagram ");
}

#[test]
fn idle_ends_the_run_after_the_first_datagram() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let enough = b.mcast("recv --iface e0 --idle 2s").ready();
    let too_few = b.mcast("recv --iface e0 --idle 2s --count 9").ready();
    a.mcast("send --iface e0 --count 3 --interval 5ms").ends(0);
    enough.ends(0).prints("received 3 datagrams");
    too_few.ends(1).prints("3 of 9 datagrams before --idle 2s ended the run");
}

#[test]
fn a_duration_ends_the_run_in_any_case() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    b.mcast("recv --iface e0 --duration 20ms").ends(0).prints("received 0 datagrams");
    b.mcast("recv --iface e0 --duration 20ms --count 1")
        .ends(1)
        .prints("0 of 1 datagrams within --duration 20ms");
    let sent = b.mcast("send --iface e0 --duration 1s --interval 400ms -o json").ends(0);
    // Due at 0, 400 and 800 ms; a busy machine may skip some.
    assert!((1..=3).contains(&sent.summary()["datagrams"].as_u64().unwrap()), "{sent}");
}

#[test]
fn a_duration_ends_a_round_that_cannot_be_sent() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, _b) = lab.pair();
    a.shell(
        "nft 'add table ip f; add chain ip f o { type filter hook output priority 0; }; add rule \
         ip f o udp dport 5000 drop'",
    );
    let sent = a
        .mcast("send --iface e0 239.0.0.0+1000:5000 --burst 10000 --duration 100ms -q -o json")
        .ends(1)
        .summary();
    // A whole round is 10 million datagrams.
    let errors = sent["errors"].as_u64().expect("a count");
    assert!(sent["datagrams"] == 0 && (1..5_000_000).contains(&errors), "{sent}");
}

#[test]
fn a_signal_before_the_count_sets_the_status() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for (signal, endless, counted) in [("HUP", 129, 129), ("INT", 0, 130), ("TERM", 0, 143)] {
        for command in ["recv --iface e0", "send --iface e0"] {
            for (options, wanted) in [("", endless), ("--count 9", counted)] {
                let running = b.mcast(&format!("{command} {options}")).ready();
                running.signal(signal);
                let finished = running.ends(wanted);
                assert!(finished.out.contains("datagram"), "no summary\n{finished}");
                assert!(!b.is_member("e0", GROUP));
            }
        }
    }
}

#[test]
fn interrupted_json_ends_with_a_summary() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let recv = b.mcast("recv --iface e0 --count 5 -o json").ready();
    recv.signal("INT");
    let finished = recv.ends(130);
    assert_eq!(
        finished.summary()["verdict"],
        json!({"status": 130, "reasons": ["stopped by SIGINT after 0 of 5 datagrams"]})
    );
    assert_eq!(finished.events_of("left").len(), 1);
}

#[test]
fn a_killed_run_leaves_no_membership() {
    let Some(lab) = Lab::with(&["python3", "tcpdump"]) else { return };
    let (a, b) = lab.pair();
    let wire = a.capture("e0");
    let recv = b.mcast("recv --iface e0").ready();
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_ex"]);
    recv.signal("KILL");
    recv.finish();
    eventually("the kernel leaves", || !b.is_member("e0", GROUP));
    wire.wait_for_frame(&["igmp v3 report", "gaddr 224.202.20.30 to_in"]);
}

#[test]
fn a_closed_pipe_ends_the_run_at_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    // mcast detects the closed pipe although no sender sends.
    let out = b.shell(&format!("{mcast} recv --iface e0 2>&1 | head -1"));
    assert!(out.starts_with("listening to"), "{out}");
    assert!(!b.is_member("e0", GROUP));
    let out = b.shell(&format!("{mcast} send --iface e0 --interval 20ms 2>&1 | head -2"));
    assert!(out.lines().nth(1).unwrap().contains("sent to"), "{out}");
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for command in [
        "recv --iface e0 -o json",
        "send --iface e0 --interval 1ms",
        "send --iface e0 -o json --count 3",
    ] {
        let mut process = b.command(env!("CARGO_BIN_EXE_mcast"));
        process
            .args(command.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
            (Some(0), ""),
            "{command}"
        );
    }
}

/// Whether a process, mcast by then, is inside poll(2).
fn waits_in_poll(id: u32) -> bool {
    let is_mcast = std::fs::read_to_string(format!("/proc/{id}/comm"))
        .is_ok_and(|name| name.trim() == "mcast");
    let call = std::fs::read_to_string(format!("/proc/{id}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().and_then(|number| number.parse::<libc::c_long>().ok());
    #[cfg(target_arch = "x86_64")]
    let poll = [libc::SYS_poll, libc::SYS_ppoll];
    #[cfg(not(target_arch = "x86_64"))]
    let poll = [libc::SYS_ppoll; 2];
    is_mcast && number.is_some_and(|number| poll.contains(&number))
}

#[test]
fn a_stalled_reader_does_not_delay_a_signal() {
    let Some(lab) = Lab::open() else { return };
    if std::fs::read("/proc/self/syscall").is_err() {
        return Lab::unsupported("needs a kernel with /proc/PID/syscall");
    }
    let (_a, b) = lab.pair();
    for command in ["send --iface e0 --interval 200us", "recv --iface e0"] {
        // The pipe is full and has no reader, which blocks every write of the program.
        let (reader, writer) = nix::unistd::pipe().unwrap();
        let mut end = OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(format!("/proc/self/fd/{}", writer.as_raw_fd()))
            .unwrap();
        for piece in [&[b'x'; 4096][..], b"x"] {
            while end.write(piece).is_ok() {}
        }
        let mut process = b.command(env!("CARGO_BIN_EXE_mcast"));
        process.args(command.split(' ')).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let child = process.spawn().unwrap();
        eventually("it waits for room", || waits_in_poll(child.id()));
        let status = std::process::Command::new("kill")
            .args(["-s", "TERM", &child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
        eventually("it ends", || !is_alive(child.id()));
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(errors.contains("were lost, including the summary"), "{command}: {errors}");
        drop(reader);
    }
    assert!(!b.is_member("e0", GROUP));
}

#[test]
fn unwritable_output_is_an_error() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let output = b.shell(&format!(
        "{mcast} recv --iface e0 --duration 1ms 2>&1 >/dev/full || echo status $?"
    ));
    assert!(
        output
            .contains("error: cannot write the output: No space left on device (ENOSPC)\nstatus 2"),
        "{output}"
    );
}

#[test]
fn a_command_starts_after_the_join_and_ends_the_run() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let start = Instant::now();
    let finished = b
        .mcast("recv --iface e0 -o json -- mcast send --iface e0 --count 3 --interval 10ms")
        .ends(0);
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert_eq!(finished.events_of("datagram").len(), 3);
    assert!(
        finished.err.contains("sent 3 datagrams"),
        "the command's output goes to standard error\n{finished}"
    );

    let script = "grep -q 1E14CAE0 /proc/net/igmp && echo joined first";
    b.mcast_with(&["recv", "--iface", "e0", "--", "sh", "-c", script])
        .ends(0)
        .prints("joined first");
}

#[test]
fn a_failing_command_fails_the_run() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let failed = b.mcast("recv --iface e0 --count 5 --timeout 60s -- false").ends(1);
    failed.prints("FAIL 'false' exited with status 1");
    let killed = b.mcast_with(&["recv", "--iface", "e0", "--", "sh", "-c", "kill -9 $$"]).ends(1);
    killed.prints("'sh' ended by signal: 9 (SIGKILL)");
    let missing = b.mcast("recv --iface e0 -- no-such-program").ends(2);
    missing.prints("error: cannot run 'no-such-program': ");
    let missing = b.mcast("recv --iface e0 -o json -- no-such-program").ends(2);
    assert_eq!(missing.summary()["verdict"]["status"], 2, "the summary is always last\n{missing}");
    assert!(!b.is_member("e0", GROUP));
}

#[test]
fn a_command_may_fail_after_the_count() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let script = format!("{} send --iface e0 --count 1; exit 7", env!("CARGO_BIN_EXE_mcast"));
    b.mcast_with(&["recv", "--iface", "e0", "--count", "1", "--", "sh", "-c", &script])
        .ends(1)
        .prints("'sh' exited with status 7");
}

#[test]
fn a_running_command_is_stopped_with_the_receiver() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let finished =
        b.mcast("recv --iface e0 --count 2 -- mcast send --iface e0 --interval 10ms").ends(0);
    finished.prints("received 2 datagrams");
    assert!(
        finished.err.lines().any(|line| line.starts_with("sent ")),
        "the sender gets a signal and prints its summary\n{finished}"
    );

    // Interrupted as well, the command fails for that reason alone, and the run is not the worse
    // for it.
    let recv =
        b.mcast("recv --iface e0 -- mcast send --iface e0 --interval 10ms --count 100000").ready();
    recv.line(|line| line.contains("hello world"));
    recv.signal("TERM");
    recv.ends(0).prints("SIGTERM after");
}

#[test]
fn children_of_a_command_end_with_it() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let script = format!(
        "{} send --iface e0 --interval 10ms & echo started $!; wait",
        env!("CARGO_BIN_EXE_mcast")
    );
    let finished =
        b.mcast_with(&["recv", "--iface", "e0", "--count", "2", "--", "sh", "-c", &script]).ends(0);
    let id =
        finished.err.lines().find_map(|line| line.strip_prefix("started ")).expect("a process id");
    eventually("the sender ends", || !is_alive(id.parse().expect("a number")));
}

#[test]
fn a_hangup_ends_commands_unless_nohup_ignores_it() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let check = b.mcast("check --iface e0 --duration 30s -o json").ready();
    check.signal("HUP");
    assert_eq!(check.ends(129).summary()["verdict"]["status"], 129);

    let mut nohup = b.command("nohup");
    nohup.args([env!("CARGO_BIN_EXE_mcast"), "recv", "--iface", "e0", "--count", "9"]);
    let nohup = Running::start(nohup).ready();
    nohup.signal("HUP");
    nohup.signal("TERM");
    nohup.ends(143).prints("SIGTERM after 0 of 9 datagrams");
}

/// Starts a receiver whose COMMAND runs `script`, and answers it with the process id that the
/// script prints.
fn receiver_of(host: &Host, options: &[&str], script: &str) -> (Running, u32) {
    let recv = ["recv", "--iface", "e0"].iter().chain(options).copied();
    let line: Vec<&str> = recv.chain(["--", "sh", "-c", script]).collect();
    let running = host.mcast_with(&line);
    let line = running.error_line(|line| line.starts_with("started "));
    (running, line["started ".len()..].parse().expect("a process id"))
}

#[test]
fn a_command_ends_with_the_receiver() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for signal in ["HUP", "INT", "TERM", "QUIT", "KILL", "ABRT"] {
        let deaf = "trap '' HUP INT TERM QUIT; echo started $$; while :; do sleep 0.05; done";
        let (recv, id) = receiver_of(&b, &[], deaf);
        recv.signal(signal);
        eventually("COMMAND ends", || !is_alive(id));
        recv.finish();
    }
}

#[test]
fn a_closed_terminal_ends_the_command() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let script = r#"
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "recv", "--iface", "e0", "--count", "9", "--", "sh", "-c", "echo started $$; exec sleep 300"])
output = b""
while b"started " not in output or not output.endswith(b"\n"):
    output += os.read(master, 4096)
os.close(master)
print(output.split(b"started ")[1].split()[0].decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;
    let output = b.python(script, &[env!("CARGO_BIN_EXE_mcast")]).ends(0).out;
    let (id, status) = output.trim().split_once(' ').expect("two numbers");
    assert_eq!(status, "129", "{output}");
    assert!(!is_alive(id.parse().unwrap()), "{output}");
}

#[test]
fn stubborn_descendants_of_a_command_end() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for script in [
        // It ignores SIGTERM, and COMMAND does not.
        "sh -c 'trap \"\" TERM; echo started $$; sleep 300; sleep 300' & wait",
        // COMMAND ends before it, and leaves it.
        "sh -c 'echo started $$; exec sleep 300' & exit 0",
        // It runs in a separate session, and its parent has exited.
        "(setsid sh -c 'echo started $$; exec sleep 300' &); sleep 300",
        "(setsid sh -c 'trap \"\" TERM; echo started $$; sleep 300; sleep 300' &); exit 0",
    ] {
        // With a count, the end of COMMAND does not end the run.
        for (signal, status) in [("HUP", 129), ("INT", 130)] {
            let (recv, id) = receiver_of(&b, &["--count", "9"], script);
            recv.signal(signal);
            recv.ends(status);
            assert!(!is_alive(id), "{script} after {signal}");
        }
    }
}

#[test]
fn a_second_interrupt_kills_the_process_group() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let deaf = "trap '' INT TERM; sh -c 'echo started $$; sleep 300; sleep 300' & wait; sleep 300";
    for second in ["INT", "QUIT"] {
        let (mut recv, id) = receiver_of(&b, &[], deaf);
        recv.signal("INT");
        eventually("it leaves", || !b.is_member("e0", GROUP));
        ends_by(&mut recv, second);
        recv.finish();
        eventually("the children of COMMAND end", || !is_alive(id));
    }
}

#[test]
fn orphans_of_a_command_are_reaped() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let (recv, id) = receiver_of(&b, &[], "(sh -c 'echo started $$' &); sleep 300");
    eventually("it is collected", || !std::fs::exists(format!("/proc/{id}")).unwrap());
    recv.signal("INT");
    recv.ends(0);
}

#[test]
fn the_two_signals_of_timeout_end_a_command_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    for _ in 0..5 {
        let output = b.shell(&format!(
            "timeout --preserve-status 1 {mcast} recv --iface e0 -- sleep 30; echo status $?"
        ));
        assert!(
            output.contains("received 0 datagrams") && output.ends_with("status 0\n"),
            "{output}"
        );
    }
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let mcast = env!("CARGO_BIN_EXE_mcast");
    for (arguments, status) in [
        ("recv --iface nope", 2),
        ("recv --iface e0 -v --duration 10ms", 0),
        ("recv --iface e0 --timeout 10ms", 1),
    ] {
        let output =
            b.shell(&format!("{mcast} {arguments} 2>/dev/full >/dev/null || echo status $?"));
        assert_eq!(
            output,
            if status == 0 { String::new() } else { format!("status {status}\n") },
            "{arguments}"
        );
    }
}

#[test]
fn waiting_for_a_count_after_the_command_is_reported() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let recv =
        b.mcast("recv --iface e0 --count 5 -- mcast send --iface e0 --count 2 --interval 1ms");
    recv.error_line(|line| {
        line.starts_with("warning: COMMAND ended, but mcast still waits for 3 of 5 datagrams")
    });
    recv.error_line(|line| line.contains("tip: limit the wait with --timeout TIME"));
    recv.signal("INT");
    recv.ends(130).prints("SIGINT after 2 of 5 datagrams");
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    // A command that will not end keeps the receiver waiting after the first signal.
    let deaf = "trap '' INT TERM; echo deaf; while kill -0 $PPID 2>/dev/null; do sleep 0.05; done";
    let mut recv = b.mcast_with(&["recv", "--iface", "e0", "--", "sh", "-c", deaf]).ready();
    recv.error_line(|line| line == "deaf");
    recv.signal("INT");
    eventually("it leaves", || !b.is_member("e0", GROUP));
    ends_by(&mut recv, "INT");
    recv.ends(130);
}

/// Repeats a signal until the program ends: mcast ignores one that follows the first too soon.
fn ends_by(running: &mut Running, signal: &str) {
    let running = std::cell::RefCell::new(running);
    eventually("it ends", || {
        let mut running = running.borrow_mut();
        let is_running = running.is_running();
        if is_running {
            running.signal(signal);
        }
        !is_running
    });
}

#[test]
fn the_two_signals_of_timeout_are_one_interrupt() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    for command in ["send --iface e0 --rate 20kpps", "recv --iface e0"] {
        for _ in 0..5 {
            // It signals the program, and then its process group.
            let line = format!("{command} -q -o json");
            let mut timeout = b.command("timeout");
            timeout.args(["-s", "INT", "1", env!("CARGO_BIN_EXE_mcast")]).args(line.split(' '));
            let ended = Running::start(timeout).finish();
            assert_eq!(ended.summary()["verdict"]["status"], 0, "{ended}");
        }
    }
}

#[test]
fn datagrams_after_the_end_of_a_command_are_received() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let flood = r#"
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
for number in range(20000):
    s.sendto(b"%d" % number, ("224.202.20.30", 54321))
"#;
    // The command ends during the flood, after the host has received 3000 of 20,000 datagrams.
    let taken = "until awk '/^Udp:/ && ++n == 2 { exit !($2 > 3000) }' /proc/net/snmp; do :; done";
    let recv = b.mcast_with(&[
        "recv", "--iface", "e0", "--count", "30000", "--idle", "3s", "-q", "-o", "json", "--",
        "sh", "-c", taken,
    ]);
    b.wait_for_join("e0", GROUP);
    a.python(flood, &[]).ends(0);
    let finished = recv.ends(1);
    let [received, dropped] =
        ["datagrams", "kernel_drops"].map(|field| finished.summary()[field].as_u64().unwrap());
    assert_eq!(
        received + dropped,
        20_000,
        "each is either received or counted as dropped\n{finished}"
    );
}
