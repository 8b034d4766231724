//! The manual pages and the completion scripts, in the programs that read them.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "lab/skip.rs"]
#[allow(dead_code, reason = "the lab and the closing line use the rest")]
mod skip;

const MCAST: &str = env!("CARGO_BIN_EXE_mcast");

const COMMANDS: &[&str] = &[
    "send",
    "recv",
    "scan",
    "ping",
    "check",
    "bench",
    "bench-throughput",
    "bench-join",
    "bench-groups",
    "ifaces",
    "completions",
    "man",
];

/// Whether a tool runs. On minimized systems, `man` only prints a notice.
fn has(tool: &str) -> bool {
    let version = Command::new(tool).arg("--version").output();
    let runs = version.is_ok_and(|Output { status, stdout, .. }| {
        status.success() && !String::from_utf8_lossy(&stdout).contains("minimized")
    });
    if !runs {
        skip::skipped(&format!("needs {tool}"));
    }
    runs
}

fn run(program: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(program)
        .args(arguments)
        .env("MANWIDTH", "80")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("MAN_KEEP_FORMATTING")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder of one test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("manual-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes the pages of all commands.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let (status, out, err) = run(MCAST, &["man", folder.to_str().unwrap()]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    out.lines().map(PathBuf::from).collect()
}

fn script(shell: &str, folder: &Path) -> String {
    let (status, out, err) = run(MCAST, &["completions", shell]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{shell}");
    let file = folder.join(shell);
    fs::write(&file, out).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn man_creates_the_folder_and_lists_one_page_for_each_command() {
    let folder = folder("written").join("share/man1");
    let files = pages(&folder);
    let commands = COMMANDS.iter().map(|command| folder.join(format!("mcast-{command}.1")));
    assert_eq!(files, [folder.join("mcast.1")].into_iter().chain(commands).collect::<Vec<_>>());
    let read = |files: &[PathBuf]| -> Vec<String> {
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    };
    let first = read(&files);
    assert_eq!(run(MCAST, &["man"]).1, first[0]);
    pages(&folder);
    assert_eq!(read(&files), first, "the pages differ from run to run");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_reason() {
    let file = folder("refused").join("file");
    fs::write(&file, "").unwrap();
    let (status, out, err) = run(MCAST, &["man", file.to_str().unwrap()]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    for part in [file.to_str().unwrap(), "(EEXIST)", "tip: "] {
        assert!(err.contains(part), "{err}");
    }
    fs::create_dir_all(file.with_file_name("taken/mcast.1")).unwrap();
    let (status, _, err) = run(MCAST, &["man", file.with_file_name("taken").to_str().unwrap()]);
    assert!(status == Some(2) && err.contains("taken/mcast.1: Is a directory (EISDIR)"), "{err}");
}

#[test]
fn every_page_renders_without_a_warning() {
    if !has("man") {
        return;
    }
    for page in pages(&folder("rendered")) {
        let (status, text, err) = run("man", &["--warnings", "-l", page.to_str().unwrap()]);
        assert_eq!((status, err.as_str()), (Some(0), ""), "{}", page.display());
        let headings: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
            .filter(|line| !line.contains('('))
            .collect();
        let expected =
            ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"];
        let mut order = headings.iter();
        for heading in expected {
            assert!(order.any(|found| *found == heading), "{}: {headings:?}", page.display());
        }
        assert!(!text.contains("\\f") && !text.contains("\\("), "{text}");
    }
}

#[test]
fn a_page_has_every_option_of_the_help_and_commands_to_copy() {
    if !has("man") {
        return;
    }
    let folder = folder("options");
    pages(&folder);
    for command in COMMANDS {
        let page = folder.join(format!("mcast-{command}.1"));
        let text = run("man", &["-l", page.to_str().unwrap()]).1;
        let mut words: Vec<&str> = command.split('-').collect();
        let typed = words.join(" ");
        words.push("--help");
        let help = run(MCAST, &words).1;
        // In the long help, each option has its own line: `-c, --count <N>`.
        let is_option = |line: &&str| {
            line.starts_with('-') && line.split(' ').all(|word| word.starts_with(['-', '<', '[']))
        };
        for option in help.lines().map(str::trim).filter(is_option) {
            assert!(text.contains(option.trim_end_matches('.')), "{command}: {option}\n{text}");
        }
        assert!(text.contains(&format!("    mcast {typed}")), "{text}");
    }
    let text = run("man", &["-l", folder.join("mcast-recv.1").to_str().unwrap()]).1;
    for section in ["ENVIRONMENT", "FILES"] {
        assert!(text.contains(&format!("\n{section}\n")), "{text}");
    }
    assert!(text.contains("MCAST_IFACE") && text.contains("mcast-send(1)"), "{text}");
}

#[test]
fn the_scripts_are_valid_in_their_shells() {
    let folder = folder("scripts");
    for shell in ["bash", "zsh", "fish"] {
        let script = script(shell, &folder);
        if has(shell) {
            assert_eq!(run(shell, &["-n", &script]), (Some(0), String::new(), String::new()));
        }
    }
}

/// The completions that bash offers for the last word of a line.
fn offered_by_bash(script: &str, line: &[&str]) -> Vec<String> {
    let ask = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
               function=$(complete -p mcast | sed 's/.* -F \\([^ ]*\\) .*/\\1/'); \
               \"$function\" mcast \"${COMP_WORDS[COMP_CWORD]}\" \
               \"${COMP_WORDS[COMP_CWORD - 1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let arguments = [&["--norc", "-c", ask, "bash", script], line].concat();
    run("bash", &arguments).1.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_interfaces_and_the_command_of_recv() {
    if !has("bash") {
        return;
    }
    let script = script("bash", &folder("bash"));
    for (line, offered) in [
        (
            &["mcast", ""][..],
            &["send", "recv", "scan", "check", "ifaces", "completions", "man"][..],
        ),
        (&["mcast", "re"], &["recv"]),
        (&["mcast", "recv", "--if"], &["--iface"]),
        (&["mcast", "recv", "--iface", ""], &["lo", "all", "ask"]),
        (&["mcast", "recv", "-i", "l"], &["lo"]),
        (&["mcast", "check", "--iface", "l"], &["lo"]),
        (&["mcast", "send", "--iface", "=", "l"], &["lo"]),
        (&["mcast", "recv", "--output", "h"], &["hex"]),
        (&["mcast", "completions", "z"], &["zsh"]),
        (&["mcast", "recv", "--once", "--", "readarr"], &["readarray"]),
        (&["mcast", "recv", "--", "mcast", "send", "--pro"], &["--probe"]),
    ] {
        let found = offered_by_bash(&script, line);
        for word in offered {
            assert!(
                found.iter().any(|found| found == word),
                "{line:?}: {word} is not in {found:?}"
            );
        }
    }
    // An interval is no interface, and a count is no file.
    assert_eq!(offered_by_bash(&script, &["mcast", "send", "-i", "l"]), ["l"]);
    assert_eq!(offered_by_bash(&script, &["mcast", "recv", "--count", ""]), [""]);
}

#[test]
fn fish_completes_interfaces_and_the_command_of_recv() {
    if !has("fish") {
        return;
    }
    let script = script("fish", &folder("fish"));
    for (line, offered) in [
        ("mcast re", "recv"),
        ("mcast recv --iface ", "lo"),
        ("mcast check -i a", "all"),
        ("mcast completions f", "fish"),
        ("mcast recv -c 1 -- mcast send --pro", "--probe"),
    ] {
        let ask = "source $argv[1]; complete -C $argv[2]";
        let (status, found, err) = run("fish", &["--no-config", "-c", ask, &script, line]);
        assert_eq!(status, Some(0), "{err}");
        let mut words = found.lines().map(|line| line.split('\t').next().unwrap_or_default());
        assert!(words.any(|word| word == offered), "{line}: {offered} is not in\n{found}");
    }
}

#[test]
fn an_interface_name_that_bash_would_expand_is_not_offered() {
    if !has("bash") {
        return;
    }
    let folder = folder("names");
    let text = fs::read_to_string(script("bash", &folder)).unwrap();
    for name in ["e0", "wg.5", "$(id)", "a;b", "*"] {
        fs::create_dir_all(folder.join("net").join(name)).unwrap();
    }
    let script = folder.join("moved");
    fs::write(&script, text.replace("/sys/class/net", folder.join("net").to_str().unwrap()))
        .unwrap();
    let line = ["mcast", "recv", "--iface", ""];
    let found = offered_by_bash(script.to_str().unwrap(), &line);
    assert_eq!(found, ["e0", "wg.5", "all", "ask"]);
}
