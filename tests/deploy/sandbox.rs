//! mcast runs under the restrictions of its units: their system calls, address families and
//! capabilities, without memory that is writable and executable.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::json;

use super::files::{has, output, path};
use super::lab::{Host, Lab, Running};
use super::systemd::{UNITS, Unit};

/// The numbers of constants in the headers of the system: `SYS_socket`, `AF_UNIX`.
static NUMBERS: LazyLock<BTreeMap<String, u32>> = LazyLock::new(|| {
    let mut compiler = Command::new("c++");
    compiler.args(["-E", "-dM", "-x", "c", "-include", "sys/syscall.h"]);
    let headers = output(compiler.args(["-include", "sys/socket.h", "/dev/null"]));
    let defined: BTreeMap<&str, &str> =
        headers.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' ')).collect();
    // AF_UNIX is PF_UNIX, which is PF_LOCAL.
    let number = |value: &str| {
        let mut value = value;
        for _ in 0..4 {
            match value.parse() {
                Ok(number) => return Some(number),
                Err(_) => value = defined.get(value)?,
            }
        }
        None
    };
    defined.iter().filter_map(|(name, value)| Some(((*name).to_owned(), number(value)?))).collect()
});

/// Starts mcast on a host, as the unit of its command would.
fn confined(host: &Host, arguments: &str) -> Running {
    as_unit(arguments.split(' ').next().unwrap(), host, arguments)
}

fn as_unit(unit: &str, host: &Host, arguments: &str) -> Running {
    let unit = Unit::of(unit);
    let number = |name: &str| NUMBERS[name];
    // A call of another architecture has no number.
    let calls = unit.system_calls();
    let allowed = calls.iter().filter_map(|name| NUMBERS.get(&format!("SYS_{name}")));
    let families = unit.values("RestrictAddressFamilies").concat();
    let rules = json!({
        "allowed": allowed.collect::<Vec<_>>(),
        "families": families.split(' ').map(number).collect::<Vec<_>>(),
        "socket": number("SYS_socket"),
        "mmap": number("SYS_mmap"),
        "mprotect": number("SYS_mprotect"),
    });
    let capabilities = unit.values("CapabilityBoundingSet").concat().to_lowercase();
    let kept = match capabilities.strip_prefix("cap_") {
        Some(kept) => format!(",+{kept}"),
        None => String::new(),
    };
    let mut command = host.command("setpriv");
    command.args(["--no-new-privs".to_owned(), format!("--bounding-set=-all{kept}")]);
    command.arg(format!("--inh-caps=-all{kept}"));
    command.arg("python3").arg(path("tests/deploy/sandbox.py")).arg(rules.to_string());
    command.arg(env!("CARGO_BIN_EXE_mcast"));
    command.args(arguments.split_whitespace());
    Running::start(command)
}

fn lab() -> Option<Lab> {
    if !has("systemd-analyze", "systemd") || !has("c++", "g++") {
        return None;
    }
    Lab::with(&["python3", "setpriv"])
}

#[test]
fn a_confined_receiver_measures() {
    let Some(lab) = lab() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let recv = "recv 239.1.1.1:5000 [ff15::1]:5000 --iface e0 --once --timeout 60s -o json \
                --metrics 127.0.0.1:9464";
    let recv = confined(&b, recv).ready();
    for target in ["239.1.1.1:5000", "[ff15::1]:5000"] {
        let send = format!("send {target} --iface e0 --probe --count 10 -o json");
        let sent = confined(&a, &send).ends(0).summary();
        assert_eq!(sent["datagrams"], 10);
    }
    let finished = recv.ends(0);
    let summary = finished.summary();
    for stream in summary["streams"].as_array().unwrap() {
        assert_eq!((&stream["received"], &stream["lost"]), (&json!(10), &json!(0)), "{finished}");
        // Both hosts of the lab have one clock.
        assert!(stream["delay_ns"].is_object(), "{finished}");
    }
    assert!(finished.events_of("warning").is_empty(), "{finished}");
}

#[test]
fn a_confined_command_runs() {
    let Some(lab) = lab() else { return };
    let host = lab.host();
    let recv = "recv 239.1.1.1:5000 --iface lo --once --timeout 60s -o json -- \
                mcast send 239.1.1.1:5000 --iface lo --probe --count 10 -q";
    assert_eq!(confined(&host, recv).ends(0).summary()["datagrams"], 10);
}

#[test]
fn a_confined_check_sees_frames() {
    let Some(lab) = lab() else { return };
    let (a, b) = lab.pair_with_ipv6();
    let send = a.mcast("send 239.1.1.1:5000 --iface e0 --interval 10ms").ready();
    let check = "check 239.1.1.1:5000 --iface e0 --duration 500ms -o json";
    let checked = confined(&b, check).ends(0);
    drop(send);
    assert!(checked.out.contains("\"arrives\""), "{checked}");
    assert!(!checked.out.contains("CAP_NET_RAW"), "{checked}");
}

#[test]
fn the_units_forbid_other_system_calls() {
    if !has("systemd-analyze", "systemd") {
        return;
    }
    for unit in UNITS {
        let allowed = Unit::of(unit).system_calls();
        for call in ["bpf", "chroot", "clock_settime", "mount", "ptrace", "reboot", "setuid"] {
            assert!(!allowed.contains(call), "{unit}: {call}");
        }
    }
}

/// Otherwise the other tests would prove nothing.
#[test]
fn the_sandbox_refuses_frames_to_a_receiver() {
    let Some(lab) = lab() else { return };
    let host = lab.host();
    let as_receiver = as_unit("recv", &host, "check 239.1.1.1:5000 --iface lo --duration 100ms");
    as_receiver.finish().prints("CAP_NET_RAW");
}
