//! On a terminal, every line fits the width, and words and commands stay unbroken.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, Running};

/// Runs a command line in a terminal of the given width, and prints its content.
const ON_A_TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
columns = int(sys.argv[1])
pid, master = pty.fork()
if pid == 0:
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(1, termios.TIOCSWINSZ, size)
    os.environ["NO_COLOR"] = "1"
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        part = os.read(master, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
os.write(1, shown.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

fn on_terminal(host: &Host, columns: usize, arguments: &[&str]) -> Running {
    let columns = columns.to_string();
    host.python(
        ON_A_TERMINAL,
        &[&[columns.as_str(), env!("CARGO_BIN_EXE_mcast")], arguments].concat(),
    )
}

#[test]
fn every_line_fits_a_terminal_and_commands_stay_whole() {
    let Some(lab) = Lab::with(&["nft"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    b.firewall(
        "table inet filter { chain input { type filter hook input priority 0; udp dport 5000 drop; }; }",
    );
    let group = "[ff15:1111:2222:3333:4444:5555:6666:7777]:6000";
    let sender = a.mcast(&format!("send {group} --iface e0 --probe --interval 10ms")).ready();
    let sender4 = a.mcast("send 239.1.1.1:5000 --iface e0 --interval 20ms").ready();
    for columns in [80, 60] {
        for (arguments, needs) in [
            (&["ifaces"][..], "NAME"),
            (&["check", "239.1.1.1:5000", "--iface", "e0", "-d", "1s"], "fault"),
            (&["recv", group, "--iface", "e0", "-d", "2s", "--stats", "100ms"], "LOST"),
            (&["recv", "232.1.1.1:5000", "--iface", "e0", "--timeout", "10ms", "-q"], "FAIL"),
            (&["recv", "--iface", "nosuch"], "error: cannot find interface 'nosuch'"),
            (&["recv", "--timeout", "5", "--rcvbuf", "1", "239.1.1.1:5000"], "missing; try 5s"),
            (&["send", "239.0.0.1:5000", "--iface", "e0", "-c", "1", "-q"], "sent 1 datagram"),
            (&["recv", "--help"], "Usage"),
            (&["--help"], "Usage"),
        ] {
            let shown = on_terminal(&b, columns, arguments).finish().out;
            assert!(shown.contains(needs), "{arguments:?}\n{shown}");
            for line in shown.lines() {
                // Progress stood there before.
                let line = line.rsplit("\u{1b}[2K").next().unwrap_or(line);
                if line.chars().count() <= columns {
                    continue;
                }
                let is_command = ["nft insert", "mcast check", "  mcast "]
                    .iter()
                    .any(|command| line.trim_start().starts_with(command.trim_start()));
                assert!(is_command, "{columns} columns, {arguments:?}: {line:?}\n{shown}");
            }
        }
    }
    for sender in [sender, sender4] {
        sender.signal("TERM");
        sender.finish();
    }
}
