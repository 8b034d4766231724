//! The progress bar on standard error: only on a terminal, only during a finite run, and without
//! trace afterwards.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Finished, Host, Lab, Running};

/// Runs mcast in a terminal of 80 columns, and prints each piece of output as a line of JSON. It
/// types Ctrl-C after the given piece, if any.
const TERMINAL: &str = r#"
import fcntl, json, os, struct, sys, termios
trigger, arguments = sys.argv[1], sys.argv[2:]
pid, fd = start(arguments, lambda fd: fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0)))
seen, typed = "", not trigger
for data in pieces(fd):
    text = data.decode("utf-8", "replace")
    print(json.dumps(text, ensure_ascii=False))
    seen += text
    if not typed and trigger in seen:
        typed = True
        os.write(fd, b"\x03")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xff)
"#;

/// Starts a program on a terminal of a kind.
fn start_on_a_terminal(host: &Host, term: &str, trigger: &str, words: &[&str]) -> Running {
    let mut command = host.command("python3");
    command.args(["-u", "-c", &[lab::TERMINAL, TERMINAL].concat(), trigger]).args(words);
    command.env("TERM", term).env("TZ", "UTC").env_remove("NO_COLOR");
    Running::start(command)
}

/// Starts mcast on a terminal of a kind.
fn on_a_terminal(host: &Host, term: &str, trigger: &str, arguments: &str) -> Running {
    let words: Vec<&str> =
        [env!("CARGO_BIN_EXE_mcast")].into_iter().chain(arguments.split_whitespace()).collect();
    start_on_a_terminal(host, term, trigger, &words)
}

/// All output to the terminal.
fn sent(finished: &Finished) -> String {
    finished
        .out
        .lines()
        .map(|line| serde_json::from_str::<String>(line).expect("a JSON string"))
        .collect()
}

/// The content of the terminal at the end.
fn screen(finished: &Finished) -> Vec<String> {
    let text = sent(finished);
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0, 0);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                // Only two sequences may occur: clear the line, and colours.
                let end = letters.by_ref().find(char::is_ascii_alphabetic);
                assert!(matches!(end, Some('K' | 'm')), "{text:?}");
                if end == Some('K') {
                    lines[row] = Vec::new();
                }
            }
            letter => {
                if column == 80 {
                    (row, column) = (row + 1, 0);
                }
                lines.resize(lines.len().max(row + 1), Vec::new());
                let width = lines[row].len().max(column + 1);
                lines[row].resize(width, ' ');
                lines[row][column] = letter;
                column += 1;
            }
        }
        lines.resize(lines.len().max(row + 1), Vec::new());
    }
    let lines =
        lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// Whether there ever was a bar.
fn had_bar(text: &str) -> bool {
    text.contains(" left ")
}

#[test]
fn a_bar_counts_datagrams_and_disappears() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = on_a_terminal(&b, "xterm", "", "recv --iface e0 -q --count 5 --color never");
    recv.line(|text| text.contains("-- left") && text.contains("0/5"));
    a.mcast("send --iface e0 --count 2 --interval 10ms").ends(0);
    recv.line(|text| text.contains("pps") && text.contains("2/5"));
    a.mcast("send --iface e0 --count 3 --interval 10ms").ends(0);
    let finished = recv.ends(0);
    let shown = screen(&finished);
    assert!(
        shown[0].starts_with("received 5 datagrams (55 bytes)") && !had_bar(&shown.join("\n")),
        "{shown:?}"
    );
    let sequences = sent(&finished).replace("\u{1b}[2K", "");
    assert!(!sequences.contains('\u{1b}'), "nothing but the clearing of its line: {sequences:?}");
}

#[test]
fn a_signal_removes_the_bar() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    for (arguments, status) in [("--duration 1m", 0), ("--count 5000", 130)] {
        let send =
            on_a_terminal(&host, "xterm", "pps", &format!("send --iface lo --probe {arguments}"));
        let finished = send.ends(status);
        assert!(had_bar(&sent(&finished)), "{finished}");
        let shown = screen(&finished).join("\n");
        assert!(!had_bar(&shown) && !shown.contains("^C"), "{shown}");
        assert!(shown.contains("\nsent ") && shown.contains("bit/s"), "{shown}");
    }
}

#[test]
fn the_bar_leaves_other_lines_intact() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (_a, b) = lab.pair();
    // Reports on standard output, and a warning on standard error.
    let recv = on_a_terminal(&b, "xterm", "", "recv --iface e0 --stats 150ms --duration 5s");
    recv.line(had_bar);
    b.shell("ip link set e0 down");
    recv.line(|text| text.contains("warning"));
    let finished = recv.ends(0);
    let shown = screen(&finished);
    assert!(!had_bar(&shown.join("\n")), "{shown:#?}");
    let starts = |start: &str| shown.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(
        (starts("warning: "), starts("received 0 datagrams"), starts("listening to ")),
        (1, 1, 1),
        "{shown:#?}"
    );
    let elsewhere = shown
        .iter()
        .filter(|line| line.contains("warning: ") && !line.starts_with("warning: "))
        .count();
    assert_eq!(elsewhere, 0, "{shown:#?}");
}

#[test]
fn a_pipe_gets_no_bar() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    for arguments in [
        "send --iface lo -q --duration 600ms",
        "recv --iface lo --stats 200ms --duration 600ms",
        "recv --iface lo -q --duration 600ms",
    ] {
        let finished = host.mcast(arguments).ends(0);
        for out in [&finished.out, &finished.err] {
            assert!(!out.contains(['\u{1b}', '\r', '#']) && !had_bar(out), "{finished}");
        }
    }
    // The same if standard output is a terminal.
    let line = format!(
        "exec {} send --iface lo --probe --duration 600ms 2>/dev/null",
        env!("CARGO_BIN_EXE_mcast")
    );
    let finished = start_on_a_terminal(&host, "xterm", "", &["/bin/sh", "-c", &line]).ends(0);
    assert!(!had_bar(&sent(&finished)), "{finished}");
}

#[test]
fn the_bar_needs_a_terminal_without_other_lines() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    for (term, arguments, expected) in [
        ("xterm", "send --iface lo -q --duration 2s", true),
        ("xterm", "send --iface lo --probe --duration 2s", true),
        ("xterm", "recv --iface lo --stats 1s --duration 2s", true),
        ("xterm", "recv --iface lo -q --duration 2s", true),
        ("dumb", "send --iface lo -q --duration 600ms", false),
        ("xterm", "send --iface lo -qq --duration 600ms", false),
        ("xterm", "send --iface lo --duration 600ms", false),
        ("xterm", "send --iface lo --probe -v --duration 600ms", false),
        ("xterm", "recv --iface lo -q --idle 1s --timeout 600ms", false),
        // A child in the background of the same terminal prints no bar, and neither does its
        // parent.
        (
            "xterm",
            "recv --iface lo -q --duration 700ms -- mcast send --iface lo --probe --duration 600ms",
            false,
        ),
    ] {
        let finished = on_a_terminal(&host, term, "", arguments).finish();
        assert_eq!(had_bar(&sent(&finished)), expected, "{term} {arguments}: {finished}");
    }
}

#[test]
fn the_bar_follows_the_colour_option() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    for (color, expected) in [("never", false), ("always", true), ("auto", true)] {
        let finished = on_a_terminal(
            &host,
            "xterm",
            "",
            &format!("send --iface lo -q --duration 2s --color {color}"),
        )
        .ends(0);
        let text = sent(&finished);
        let bar = text.split('\r').find(|piece| had_bar(piece)).expect("a bar");
        assert_eq!(bar.contains("\u{1b}[1m"), expected, "{color}: {bar:?}");
    }
}

#[test]
fn an_endless_run_shows_its_rate() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let recv = on_a_terminal(&b, "xterm", "", "recv --iface e0 -q --once");
    recv.line(|text| text.contains("0 datagrams"));
    let send = a.mcast("send --iface e0 --probe --interval 10ms");
    recv.line(|text| text.contains(" kbit/s"));
    send.signal("INT");
    send.ends(0);
    let finished = recv.ends(0);
    let shown = screen(&finished);
    assert!(
        shown[0].starts_with("received ") && shown.iter().all(|line| !line.contains(" pps  ")),
        "{shown:?}"
    );
}

#[test]
fn the_bar_of_a_file_counts_all_passes() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let host = lab.host();
    let file = format!("{}/file-{}.bin", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    std::fs::write(&file, [7; 1316 * 60 + 1]).expect("a file");
    let send = |options: &str| {
        let line = format!("send --iface lo -q --interval 5ms --file {file} {options}");
        sent(&on_a_terminal(&host, "xterm", "", &line).finish())
    };
    // 120 full pieces, and one with the last bytes of both passes.
    let (both, endless) = (send("--loop 2"), send("--loop --duration 600ms"));
    let _ = std::fs::remove_file(&file);
    assert!(had_bar(&both) && both.contains("/121"), "{both:?}");
    assert!(!endless.contains("/121"), "{endless:?}");
}

#[test]
fn raw_payloads_need_force_on_a_terminal() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let finished = on_a_terminal(&b, "xterm", "", "recv --iface e0 -o raw --color never").ends(2);
    let output = sent(&finished);
    assert!(output.contains("error: cannot write raw payloads to a terminal"), "{output}");
    assert!(output.contains("add --force") && !b.is_member("e0", "224.202.20.30"), "{output}");
    for arguments in ["recv --iface e0 -o raw --force -c 1", "recv --iface e0 -o raw -q -c 1"] {
        let recv = on_a_terminal(&b, "xterm", "", arguments);
        b.wait_for_join("e0", "224.202.20.30");
        a.mcast("send --iface e0 -c 1 -m \u{1b}]0;title\u{7} -qq").ends(0);
        let output = sent(&recv.ends(0));
        assert_eq!(output.contains("\u{1b}]0;title"), arguments.contains("--force"), "{output:?}");
    }
}

#[test]
fn the_bar_of_a_scan_counts_groups() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let (a, b) = lab.pair();
    let _sender = a.mcast("send --iface e0 239.1.0.1:5000 --interval 10ms").ready();
    let scan = "scan --iface e0 239.1.0.0/26:5000 --dwell 400ms --color never";
    let finished = on_a_terminal(&b, "xterm", "", scan).ends(0);
    let all = sent(&finished);
    assert!(all.contains(" 0/64") && all.contains(" 8/64") && had_bar(&all), "{all:?}");
    let shown = screen(&finished);
    assert!(!had_bar(&shown.join("\n")), "{shown:#?}");
    let rows = shown.iter().filter(|line| line.starts_with("239.1.0.1:5000 ")).count();
    assert_eq!(rows, 2, "in the table that grows and in the sorted one: {shown:#?}");
}
