//! `--live`: a full-screen view in tmux, driven by keys.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use lab::{Host, Lab};

/// The timeout of each wait, which ends only failed tests.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A terminal: a server of tmux with one pane. It ends with this value.
struct Terminal<'a> {
    host: &'a Host,
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    /// Runs a command line of the shell in a terminal of this size. `$M` is mcast. After it come its
    /// status and the modes of the terminal.
    fn start(host: &'a Host, (columns, lines): (u16, u16), line: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("live-{}-{number}", std::process::id());
        let socket = std::env::temp_dir().join(name);
        let terminal = Terminal { host, socket };
        let script = format!(
            "M='{}'; {line}; echo status=$?; echo modes: $(stty -a | grep -oE -- \
             '-?(icanon|echo|isig)\\b'); exec sleep 1000",
            env!("CARGO_BIN_EXE_mcast")
        );
        let (columns, lines) = (columns.to_string(), lines.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &lines, "sh", "-c", &script]);
        terminal
    }

    fn command(&self) -> Command {
        let mut command = self.host.command("tmux");
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket);
        command.env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.env_remove("TMUX").env_remove("NO_COLOR").env("SHELL", "/bin/sh");
        command
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().expect("tmux");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Presses keys, by the names that tmux gives them.
    fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is as wanted, and returns it.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(start.elapsed() < TIMEOUT, "timeout: {what}\n{screen}");
            std::thread::sleep(Duration::from_millis(20)); // between two polls
        }
    }

    /// Waits until the screen contains a text.
    fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Sends a signal to mcast, the child of the shell.
    fn signal(&self, name: &str) {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().to_owned();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let children = children.expect("the children of the shell");
        let child = children.split_whitespace().next().expect("mcast runs");
        let status = Command::new("kill").args(["-s", name, child]).status();
        assert!(status.expect("kill").success(), "cannot send {name}");
    }

    /// Waits until mcast has ended with this status and the terminal is as before. Returns the
    /// screen.
    fn ends(&self, status: i32) -> String {
        let screen = self.wait("the end", |screen| screen.contains("modes: "));
        assert!(screen.contains(&format!("status={status}\n")), "{screen}");
        for mode in ["icanon", "echo", "isig"] {
            let modes = screen.split("modes: ").nth(1).unwrap();
            assert!(modes.split_whitespace().any(|of| of == mode), "{mode} is off:\n{screen}");
        }
        let state = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(state.trim(), "0 1", "the normal screen with a cursor:\n{screen}");
        screen
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
        let _ = fs::remove_file(&self.socket);
    }
}

/// The row of the table with this text.
fn row<'s>(screen: &'s str, text: &str) -> &'s str {
    let mut rows = screen.lines().filter(|line| !line.contains('─'));
    rows.find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}:\n{screen}"))
}

/// The groups of the rows, from the top down.
fn groups(screen: &str) -> Vec<&str> {
    let rows = screen.lines().filter(|line| line.starts_with(['▶', ' ']) && line.contains(" pps"));
    rows.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("239."))).collect()
}

/// The number behind a word of the line of totals.
fn number(screen: &str, before: &str) -> u64 {
    let rest = screen.split(before).nth(1).unwrap_or_else(|| panic!("no {before}:\n{screen}"));
    rest.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

fn lab() -> Option<Lab> {
    Lab::with(&["stty", "tmux"])
}

#[test]
fn a_receiver_shows_streams_losses_and_details() {
    let Some(lab) = lab() else { return };
    let (a, b) = lab.pair();
    let view = Terminal::start(&b, (80, 24), "$M recv --iface e0 239.1.1.1+4:5000 --live");
    view.wait_for("no datagrams yet; listening to 4 targets on e0");
    let _lossy = a
        .mcast_with(&[
            "send",
            "--iface",
            "e0",
            "239.1.1.1:5000",
            "--probe",
            "--rate",
            "100pps",
            "--impair",
            "loss=20%,seed=7",
        ])
        .ready();
    let _clean = a.mcast("send --iface e0 239.1.1.2:5000 --probe --rate 50pps").ready();
    let _text = a.mcast("send --iface e0 239.1.1.3:5000 -m hello -i 100ms").ready();
    let screen = view.wait("three streams and losses", |screen| {
        screen.contains("Streams 3") && screen.contains(" LOSS ")
    });
    assert!(row(&screen, "239.1.1.3:5000").contains(" -  "), "text has no losses:\n{screen}");
    assert!(screen.contains("by magic") && screen.contains("gap "), "details:\n{screen}");
    view.wait("a histogram", |screen| screen.contains("▶") && screen.contains(" us █"));

    view.press(&["Enter"]);
    view.wait("no details", |screen| !screen.contains("by magic"));
    view.press(&["Down", "Down", "Enter"]);
    view.wait_for("begins    hello");

    // Bytes that follow Escape within 50 ms are a key with Alt: its effect must be visible first.
    view.press(&["Escape"]);
    view.wait("no details", |screen| !screen.contains("begins    hello"));
    sorting(&view);
    filtering(&view);
    pausing(&view);

    // The counters begin again; the summary has the whole run.
    let before = number(&view.screen(), "lost ");
    view.wait("many losses", |screen| number(screen, "lost ") > before.max(40));
    view.press(&["r"]);
    view.wait("fewer losses", |screen| screen.contains("lost ") && number(screen, "lost ") < 40);
    view.press(&["?"]);
    view.wait_for("pause the display; the run continues");
    view.press(&["x"]);
    resizing(&view);
    view.press(&["q"]);
    let screen = view.ends(0);
    assert!(screen.contains("received "), "the summary:\n{screen}");
    assert!(number(&screen, "\nlost ") > 40, "of the whole run:\n{screen}");
}

/// The heading by which the table is sorted.
fn sorted_by(screen: &str) -> Option<&str> {
    screen.split_whitespace().find(|word| word.ends_with(['▼', '▲']))
}

fn sorting(view: &Terminal) {
    // Each press moves the mark. The table has fewer columns than 30.
    for _ in 0..30 {
        let screen = view.screen();
        let before = sorted_by(&screen);
        if before == Some("LOSS▼") {
            break;
        }
        view.press(&["s"]);
        view.wait("another heading", |screen| sorted_by(screen) != before);
    }
    let screen = view.wait("the stream with losses is first", |screen| {
        screen.contains("LOSS▼") && groups(screen).first() == Some(&"239.1.1.1:5000")
    });
    assert_eq!(groups(&screen).len(), 3, "{screen}");
    view.press(&["S"]);
    view.wait("it is last", |screen| {
        screen.contains("LOSS▲") && groups(screen).last() == Some(&"239.1.1.1:5000")
    });
}

fn filtering(view: &Terminal) {
    view.press(&["/"]);
    view.wait_for("Esc clears it");
    view.press(&["-l", "1.2:"]);
    view.press(&["Enter"]);
    let screen = view.wait_for("Streams 1 of 3");
    assert_eq!(groups(&screen), ["239.1.1.2:5000"], "{screen}");
    view.press(&["Escape"]);
    view.wait("all rows", |screen| groups(screen).len() == 3);
}

fn pausing(view: &Terminal) {
    view.press(&["p"]);
    let paused = view.wait_for("PAUSED at ");
    let lost = number(&paused, "lost ");
    // The help is drawn after the display paused, and is no part of the run.
    view.press(&["?"]);
    view.wait_for("Keys");
    view.press(&["x"]);
    let still = view.wait("the tables", |screen| !screen.contains("Keys"));
    assert_eq!(number(&still, "lost "), lost);
    view.press(&["p"]);
    view.wait("more losses", |screen| !screen.contains("PAUSED") && number(screen, "lost ") > lost);
}

fn resizing(view: &Terminal) {
    view.tmux(&["resize-window", "-x", "130", "-y", "34"]);
    view.wait("more columns", |screen| {
        screen.contains("IFACE") && screen.contains("FORMAT") && screen.contains("BIT RATE")
    });
    view.tmux(&["resize-window", "-x", "20", "-y", "5"]);
    view.wait_for("20 x 5 is too");
    view.tmux(&["resize-window", "-x", "80", "-y", "24"]);
    view.wait_for("Streams 3");
}

#[test]
fn a_sender_shows_targets_and_the_receivers_that_report() {
    let Some(lab) = lab() else { return };
    let (a, b) = lab.pair();
    let _recv = b.mcast("recv --iface e0 239.1.1.1:5000 --reply").ready();
    let line = "$M send --iface e0 239.1.1.1+2:5000 --probe --rate 50pps --reports 1s --live";
    let view = Terminal::start(&a, (80, 24), line);
    let screen = view.wait("targets and a receiver", |screen| {
        screen.contains("[Targets 2] Receivers 1") && screen.contains("Tab switches")
    });
    assert!(screen.contains("sending") && screen.contains("2 targets"), "{screen}");
    assert_eq!(groups(&screen), ["239.1.1.1:5000", "239.1.1.2:5000"], "{screen}");
    view.press(&["Tab"]);
    let screen = view.wait_for("Targets 2 [Receivers 1]");
    assert!(row(&screen, "10.0.0.101").contains("reporting"), "{screen}");
    view.press(&["C-c"]);
    let screen = view.ends(0);
    assert!(screen.contains("sent "), "the summary:\n{screen}");
}

#[test]
fn a_ping_shows_receivers_and_losses_each_way() {
    let Some(lab) = Lab::with(&["nft", "stty", "tmux"]) else { return };
    let (a, b) = lab.pair();
    let _recv = b.mcast("recv --iface e0 239.1.1.1:5000 --reply").ready();
    let view = Terminal::start(&a, (80, 24), "$M ping --iface e0 239.1.1.1:5000 -i 50ms --live");
    let screen = view.wait_for("Receivers 1");
    assert!(row(&screen, "10.0.0.101").contains("0/0"), "hops:\n{screen}");
    view.wait("a histogram", |screen| screen.contains("round-trip time") && screen.contains('█'));
    b.firewall(
        "table inet lossy { chain input { type filter hook input priority 0; \
         ip daddr 239.1.1.1 numgen inc mod 4 0 drop; }; }",
    );
    let screen = view.wait_for("lost to ");
    assert!(screen.contains(" LOSS "), "{screen}");
    view.press(&["q"]);
    let screen = view.ends(0);
    assert!(screen.contains("1 receiver answered"), "the summary:\n{screen}");
}

#[test]
fn a_scan_shows_what_it_finds() {
    let Some(lab) = lab() else { return };
    let (a, b) = lab.pair();
    let _one = a.mcast("send --iface e0 239.1.0.3:5000 --probe --rate 200pps").ready();
    let _two = a.mcast("send --iface e0 239.1.0.5:5000 -m hello -i 20ms").ready();
    let line = "$M scan --iface e0 239.1.0.0/28:5000 --at-once 4 --dwell 1s --live";
    let view = Terminal::start(&b, (80, 24), line);
    let screen = view.wait("two flows", |screen| screen.contains("Flows 2"));
    assert!(screen.contains("2 alive"), "{screen}");
    assert!(row(&screen, "239.1.0.3:5000").contains("mcast"), "{screen}");
    let screen = view.ends(0);
    assert!(screen.contains("scanned 16 groups"), "the summary:\n{screen}");
}

#[test]
fn the_terminal_is_restored_on_every_way_out() {
    let Some(lab) = lab() else { return };
    let host = lab.host();
    let line = "$M recv --iface lo 239.1.1.1:5000 --live --count 5";
    for (way, status) in [("q", 130), ("C-c", 130), ("TERM", 143), ("HUP", 129)] {
        let view = Terminal::start(&host, (80, 24), line);
        view.wait_for("listening to 1 target");
        match way {
            "q" | "C-c" => view.press(&[way]),
            signal => view.signal(signal),
        }
        let screen = view.ends(status);
        assert!(screen.contains("received 0 datagrams"), "{way}: the summary:\n{screen}");
    }
}

#[test]
fn warnings_wait_for_the_end_of_the_view() {
    let Some(lab) = lab() else { return };
    let (_a, b) = lab.pair();
    let view = Terminal::start(&b, (100, 24), "$M recv --iface e0 239.1.1.1:5000 --live");
    view.wait_for("listening to 1 target");
    b.shell("ip link set e0 down");
    let screen = view.wait_for("Warnings 1");
    assert!(screen.contains("e0"), "{screen}");
    view.press(&["w"]);
    view.wait_for("w closes");
    view.press(&["q"]);
    let screen = view.ends(0);
    assert!(screen.contains("warning: "), "{screen}");
}

#[test]
fn results_go_to_a_file_while_the_view_is_on_standard_error() {
    let Some(lab) = lab() else { return };
    let host = lab.host();
    let file = std::env::temp_dir().join(format!("live-{}.json", std::process::id()));
    let line = format!("$M recv --iface lo 239.1.1.1:5000 --live -o json > {}", file.display());
    let view = Terminal::start(&host, (80, 24), &line);
    view.wait_for("listening to 1 target");
    host.mcast("send --iface lo 239.1.1.1:5000 --count 3 -i 1ms").ends(0);
    view.wait_for("3 datagrams");
    view.press(&["q"]);
    view.ends(0);
    let events = fs::read_to_string(&file).expect("the file");
    let _ = fs::remove_file(&file);
    let of = |kind: &str| events.lines().filter(|line| line.contains(kind)).count();
    let counted = [r#""event":"ready""#, r#""event":"datagram""#, r#""event":"summary""#].map(of);
    assert_eq!(counted, [1, 3, 1], "{events}");
}

#[test]
fn without_a_suitable_terminal_text_follows_with_the_reason() {
    let Some(lab) = lab() else { return };
    let host = lab.host();
    let recv = "$M recv --iface lo 239.1.1.1:5000 --duration 1ms --live";
    for (line, reason) in [
        (format!("TERM=dumb {recv}"), "cannot move its cursor (TERM=dumb)"),
        (format!("TERM= {recv}"), "(TERM is not set)"),
        (format!("{recv} -- true"), "COMMAND uses the terminal"),
    ] {
        let view = Terminal::start(&host, (120, 30), &line);
        let screen = view.ends(0);
        assert!(screen.contains(reason), "{line}:\n{screen}");
        assert!(screen.contains("listening to "), "text follows:\n{screen}");
    }
    // 20 x 5 shows only the end of the output: a pipe keeps the rest.
    let file = std::env::temp_dir().join(format!("live-{}.txt", std::process::id()));
    let line = format!("{recv} 2> {}", file.display());
    let view = Terminal::start(&host, (20, 5), &line);
    view.wait("the end", |screen| screen.contains("sig"));
    let note = fs::read_to_string(&file).expect("the file");
    let _ = fs::remove_file(&file);
    assert!(note.contains("the terminal has 20 x 5 characters"), "{note}");
    let finished = host.mcast("recv --iface lo 239.1.1.1:5000 --duration 1ms --live").ends(0);
    finished.prints("neither standard output nor standard error is a terminal");
    finished.prints("listening to ");
}
