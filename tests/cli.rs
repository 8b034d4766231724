//! The command line on every system: help, errors, and a smoke test on this host only.

use std::process::{Command, Output};

fn mcast(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_mcast"))
        .env_remove("GITHUB_ACTIONS")
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("MCAST_IFACE")
        .env_remove("RUST_LOG")
        .output()
        .expect("mcast runs");
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn help_and_version_go_to_standard_output_with_status_0() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["send", "--help"],
        &["recv", "-h"],
        &["ifaces", "-h"],
        &["--version"],
    ] {
        let (status, out, err) = mcast(arguments);
        assert_eq!((status, err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(
            out.lines().all(|line| line.chars().count() <= 100),
            "{arguments:?} is too wide:\n{out}"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn unwritable_help_is_an_error_but_a_closed_pipe_is_not() {
    for arguments in
        [&["--help"][..], &["-h"], &["--version"], &["recv", "--help"], &["help", "send"]]
            .into_iter()
            .chain([&["man"][..], &["completions", "bash"]])
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let run = |stdout: std::process::Stdio| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_mcast"));
            command.args(arguments).stdout(stdout).stderr(std::process::Stdio::piped());
            let output = command.spawn().unwrap().wait_with_output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let text = "error: cannot write the output: No space left on device (ENOSPC)\n";
        assert_eq!(run(full.into()), (Some(2), text.to_owned()), "{arguments:?}");
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        assert_eq!(run(writer.into()), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn the_long_version_adds_commit_and_target() {
    let short = concat!("mcast ", env!("CARGO_PKG_VERSION"));
    assert_eq!(mcast(&["-V"]).1, format!("{short}\n"));
    let long = mcast(&["--version"]).1;
    let lines: Vec<&str> = long.lines().collect();
    let commit = lines[0].strip_prefix(short).unwrap();
    let target = lines[1].strip_prefix("target ").unwrap();
    assert!(lines.len() == 2 && target.contains('-'), "{long}");
    // A package has no .git, and a machine may have no git.
    let folder = env!("CARGO_MANIFEST_DIR");
    let is_checkout = std::path::Path::new(folder).join(".git").exists();
    let show = ["show", "-s", "--abbrev=7", "--format=%h %cd", "--date=short"];
    let git = Command::new("git").args(["-C", folder]).args(show).output();
    if let Some(output) = git.ok().filter(|output| is_checkout && output.status.success()) {
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(commit, format!(" ({})", shown.trim()), "{long}");
    }
}

#[test]
fn h_prints_short_help_and_help_prints_long_help() {
    for command in ["send", "recv", "scan", "check", "ifaces", "completions", "man"] {
        let (status, long, err) = mcast(&[command, "--help"]);
        assert_eq!((status, err.as_str()), (Some(0), ""));
        assert_eq!(mcast(&["help", command]).1, long, "{command}");
        if !["completions", "man"].contains(&command) {
            assert_eq!(mcast(&["--color", "never", command, "--help"]).1, long, "{command}");
        }
        let short = mcast(&[command, "-h"]).1;
        assert!(short.lines().count() <= 40, "{short}");
        assert!(short.lines().count() < long.lines().count(), "{short}");
        assert!(long.contains("Examples:") && !short.contains("Examples:"), "{short}");
    }
    assert_eq!(mcast(&["help", "listen"]).1, mcast(&["recv", "--help"]).1);
    assert_eq!(mcast(&["help"]).1, mcast(&["--help"]).1);
    for word in ["MCAST_IFACE", "RUST_LOG", "receive", "listen", "rx", "tx", "interfaces"] {
        assert!(mcast(&["--help"]).1.contains(word), "{word}");
    }
}

#[test]
fn no_arguments_print_help_and_exit_2() {
    let (status, out, err) = mcast(&[]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("Usage: mcast"), "{err}");
}

#[test]
fn a_wrong_value_gets_a_reason_and_an_example() {
    for (arguments, value, reason, correct) in [
        (&["send", "hello"][..], "'hello'", "not an IP address", "239.1.1.1:5000"),
        (
            &["recv", "all-systems.mcast.net:5000"],
            "'all-systems.mcast.net'",
            "does not resolve names",
            "239.1.1.1:5000",
        ),
        (&["send", ":5000"], "':5000'", "cannot send to all addresses", "239.1.1.1:5000"),
        (&["check", "[::]:5000"], "::", "not a multicast group", "239.1.1.1:5000"),
        (&["recv", "239.1.1.1", "--port", "5000"], "'--port'", "port", "mcast recv 239.1.1.1:5000"),
        (
            &["recv", "-c", "3", "mcast", "send"],
            "'mcast'",
            "write '--' before COMMAND: mcast recv -c 3 -- mcast send",
            "mcast recv -c 3 -- mcast send",
        ),
        (&["send", "240.0.0.5:5000"], "240.0.0.5", "IANA-reserved", "239.1.1.1:5000"),
        (&["recv", "[ff00::1]:5000"], "ff00::1", "reserved scope 0", "[ff15::1234]:5000"),
        (
            &["recv", "10.0.0.0/24:5000"],
            "10.0.0.0",
            "only groups can form a range",
            "239.1.1.1+4:5000",
        ),
        (&["recv", "239.0.0.0/8:5000"], "16777216", "the maximum of 65536", "239.0.0.0+1000:5000"),
        (
            &["recv", "239.1.1.9-239.1.1.1:5000"],
            "239.1.1.9",
            "is reversed",
            "try 239.1.1.1-239.1.1.9:5000",
        ),
        (
            &["recv", "239.1.1.9-[ff15::1]:5000"],
            "ff15::1",
            "239.1.1.9 is IPv4",
            "239.1.1.1-239.1.1.4:5000",
        ),
        (&["recv", "239.1.1.1+0:5000"], "+0", "greater than zero", "239.1.1.1+4:5000"),
        (
            &["recv", "fd00::5@232.1.1.1:5000"],
            "fd00::5",
            "is IPv6, but 232.1.1.1 is IPv4",
            "10.0.0.5@232.1.1.1:5000",
        ),
        (
            &["recv", "232.1.1.2@232.1.1.1:5000"],
            "232.1.1.2",
            "a multicast group",
            "10.0.0.5@232.1.1.1:5000",
        ),
        (
            &["send", "10.0.0.5@232.1.1.1:5000"],
            "10.0.0.5",
            "a sender cannot filter by source",
            "try 232.1.1.1:5000",
        ),
        (&["recv", "--source", "239.1.1.2"], "239.1.1.2", "a multicast group", "10.0.0.5"),
        (&["recv", "--exclude", "me"], "'me'", "not an IP address", "10.0.0.5"),
        (
            &["recv", "--source", "10.0.0.5", "--exclude", "10.0.0.6"],
            "--source",
            "cannot be used with",
            "--exclude",
        ),
        (&["send", "--file", "x", "--speed", "2"], "--file", "cannot be used with", "--speed"),
        (&["send", "--lines", "--keep-ttl"], "--lines", "cannot be used with", "--keep-ttl"),
        (&["send", "--message", "x", "--loop"], "--message", "cannot be used with", "--loop"),
        (&["send", "--probe", "--only", "239.1.1.1"], "--probe", "cannot be used with", "--only"),
        (&["send", "--replay", "x", "--poisson"], "--replay", "cannot be used with", "--poisson"),
        (&["recv", "239.1.1.1:0"], "'0'", "not a UDP port", "1 to 65535"),
        (&["recv", "239.1.1.1:70000"], "'70000'", "not a UDP port", "1 to 65535"),
        (&["send", "--interval", "5"], "'5'", "a unit is missing", "5s"),
        (&["send", "--interval", "-5s"], "'-5s'", "greater than zero", "100ms"),
        (&["send", "--ttl", "300"], "'300'", "from 0 to 255", "for example 1"),
        (&["send", "--ttl", "-1"], "'-1'", "from 0 to 255", "for example 1"),
        (&["send", "--dscp", "ef9"], "'ef9'", "not a DSCP", "for example ef"),
        (&["send", "--source-port", "0"], "'0'", "not a UDP port", "40000"),
        (&["send", "--count", "0"], "'0'", "greater than zero", "for example 10"),
        (&["recv", "--timeout", "soon"], "'soon'", "not a time", "100ms"),
        (&["recv", "--rcvbuf", "plenty"], "'plenty'", "not a size", "4MiB"),
        (&["recv", "--rcvbuf", "100Mbit*"], "'100Mbit*'", "the pause is missing", "100Mbit*50ms"),
        (
            &["recv", "--rcvbuf", "100*50ms"],
            "'100*50ms'",
            "'100': a unit is missing",
            "as in 100Mbit*50ms",
        ),
        (
            &["recv", "--rcvbuf", "100Mbit*50"],
            "'100Mbit*50'",
            "'50': a unit is missing",
            "as in 100Mbit*50ms",
        ),
        (
            &["recv", "--rcvbuf", "100Mbit/50ms"],
            "'100Mbit/50ms'",
            "not divided",
            "try 100Mbit*50ms",
        ),
        (
            &["recv", "--rcvbuf", "100Mbit*50ms/70000"],
            "'70000'",
            "not a datagram size",
            "100Mbit*50ms/1316",
        ),
        (&["recv", "--rcvbuf", "10Gbit*1h"], "'10Gbit*1h'", "more than the maximum", "try 10Gbit*"),
        (&["recv", "--output", "xml"], "'xml'", "invalid value", "json"),
        (&["send", "--output", "hex"], "'hex'", "invalid value", "json"),
    ] {
        // The interface ends the run before it sends, if mcast accepts the value by mistake.
        let (status, out, err) = mcast(&[arguments, &["--iface", "no-such-interface"]].concat());
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(err.matches("error:").count(), 1, "{err}");
        for part in [value, reason, correct] {
            assert!(err.contains(part), "{arguments:?} lacks {part:?}:\n{err}");
        }
    }
}

#[test]
fn a_mistyped_command_or_option_gets_a_suggestion() {
    let (status, _, err) = mcast(&["recieve"]);
    assert!(status == Some(2) && err.contains("unrecognized subcommand 'recieve'"), "{err}");
    let (status, _, err) = mcast(&["recv", "--cuont", "3"]);
    assert!(status == Some(2) && err.contains("'--count'"), "{err}");
    let (status, _, err) = mcast(&["ifaces", "--iface", "lo"]);
    assert!(status == Some(2) && err.contains("'--iface'"), "{err}");
}

#[test]
fn colour_follows_the_option_and_the_terminal() {
    let refused =
        |color: &str| mcast(&["recv", "--color", color, "--iface", "no-such-interface"]).2;
    assert!(refused("always").contains("\u{1b}["));
    assert!(!refused("never").contains('\u{1b}') && !refused("auto").contains('\u{1b}'));
}

/// The lab provides a host without network on Linux. On other systems, 127.0.0.1 selects the
/// loopback interface.
#[cfg(not(target_os = "linux"))]
#[test]
fn a_smoke_test_on_loopback_passes() {
    let recv = ["recv", "--iface", "127.0.0.1", "--count", "3", "--timeout", "10s"];
    let send =
        ["--", "mcast", "send", "--iface", "127.0.0.1", "--count", "3", "--interval", "100ms"];
    let (status, out, err) = mcast(&[&recv[..], &send[..]].concat());
    assert_eq!(status, Some(0), "{out}{err}");
    assert_eq!(out.matches("hello world").count(), 3, "{out}{err}");
}
