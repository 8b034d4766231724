use std::ffi::OsString;

use clap::Command;

use super::*;
use crate::cli::{parse, with_help};

/// The first words of the help of options.
const VERBS: &[&str] = &[
    "Allow", "Check", "Disable", "Exit", "Find", "Join", "Keep", "Leave", "Look", "Ping", "Poll",
    "Print", "Read", "Receive", "Repeat", "Report", "Run", "Save", "Scan", "Send", "Serve", "Set",
    "Show", "Start", "Stay", "Stop", "Use",
];

/// The help of a command line, on a terminal of 80 columns.
fn help(line: &str) -> String {
    let program = with_help().term_width(80);
    program.try_get_matches_from(line.split(' ')).expect_err(line).to_string()
}

/// mcast and its commands, as typed.
fn lines() -> Vec<String> {
    let program = with_help();
    let mut lines = vec!["mcast".to_owned()];
    for command in program.get_subcommands() {
        let line = format!("mcast {}", command.get_name());
        let nested = command.get_subcommands();
        let nested: Vec<_> = nested.map(|nested| format!("{line} {}", nested.get_name())).collect();
        lines.push(line);
        lines.extend(nested);
    }
    lines
}

/// The commands that report events. The others print documents.
fn commands() -> Vec<Command> {
    let mut program = with_help();
    program.build();
    let reports = |command: &&Command| command.get_arguments().any(|arg| arg.get_id() == "verbose");
    let all = program.get_subcommands();
    let all = all.flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
    all.filter(reports).cloned().collect()
}

/// The words that run a command: `mcast bench join`.
fn line_of(command: &Command) -> &str {
    command.get_bin_name().expect("a built command")
}

fn visible(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_hide_set())
}

#[test]
fn short_help_fits_80_columns_and_40_lines() {
    for line in lines() {
        let shown = help(&format!("{line} -h"));
        assert!(shown.lines().count() <= 40, "{} lines:\n{shown}", shown.lines().count());
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        for part in ["Usage: ", "Exit status:\n  0 ", "--help' for all options"] {
            assert!(shown.contains(part), "no {part:?}:\n{shown}");
        }
    }
}

#[test]
fn short_help_has_twelve_options_at_most() {
    for command in commands() {
        let shown = visible(&command)
            .filter(|arg| !arg.is_positional() && !arg.is_hide_short_help_set())
            .filter(|arg| arg.get_id() != "help");
        assert!(shown.count() <= 12, "{}", command.get_name());
    }
}

#[test]
fn brackets_are_not_broken() {
    for line in lines().iter().flat_map(|line| [format!("{line} -h"), format!("{line} --help")]) {
        for shown in help(&line).lines() {
            for start in ["[unit:", "[default:", "[env:"] {
                let opened = shown.rfind(start).map(|at| &shown[at..]);
                assert!(opened.is_none_or(|rest| rest.contains(']')), "{shown}");
            }
        }
    }
}

#[test]
fn options_are_grouped() {
    const GROUPS: [&str; 8] = [TARGET, PAYLOAD, PACE, REPLAY, LIMITS, OUTPUT, ADVANCED, GENERAL];
    let mut used = Vec::new();
    for command in commands() {
        for arg in visible(&command) {
            let group = arg.get_help_heading();
            assert!(group.is_some_and(|group| GROUPS.contains(&group)), "{arg}: {group:?}");
            used.extend(GROUPS.iter().position(|known| group == Some(known)));
        }
        let long = help(&format!("{} --help", line_of(&command)));
        let positions: Vec<usize> =
            GROUPS.iter().filter_map(|group| long.find(&format!("\n{group}:\n"))).collect();
        assert!(positions.is_sorted() && !positions.is_empty(), "{long}");
        assert!(!long.contains("\nOptions:") && !long.contains("\nArguments:"), "{long}");
    }
    assert!((0..GROUPS.len()).all(|group| used.contains(&group)), "a group has no options");
}

#[test]
fn help_of_an_option_begins_with_a_verb_and_fits_two_lines() {
    for command in commands() {
        for arg in visible(&command) {
            let help = arg.get_help().expect("a help text").to_string();
            let verb = help.split(' ').next().unwrap_or_default();
            assert!(VERBS.contains(&verb), "{arg}: {help}");
            let lines = help.lines().map(|line| line.len().div_ceil(BESIDE_AN_OPTION + 2));
            assert!(lines.sum::<usize>() <= 2, "{arg}: {help}");
        }
    }
}

#[test]
fn times_have_their_units_in_brackets() {
    let commands = commands();
    let times = commands
        .iter()
        .flat_map(visible)
        .filter(|arg| arg.get_value_names().is_some_and(|names| names[0] == "TIME"));
    let helps: Vec<String> = times.filter_map(|arg| Some(arg.get_help()?.to_string())).collect();
    assert!(helps.len() >= 7, "{helps:?}");
    helps.iter().for_each(|help| assert!(help.contains("[unit: us, ms, s, m, h]"), "{help}"));
}

#[test]
fn long_help_has_examples_exit_statuses_and_environment() {
    for line in lines() {
        let shown = help(&format!("{line} --help"));
        assert!(shown.contains("\nExamples:\n") && shown.contains("\nExit status:\n"), "{shown}");
    }
    for command in commands() {
        let below = command.get_after_long_help().expect("sections").to_string();
        for text in ["RUST_LOG", "NO_COLOR", "  0      ", "  2      ", "  128+N  "] {
            assert!(below.contains(text), "{}: {text}", command.get_name());
        }
        let has_iface = visible(&command).any(|arg| arg.get_id() == "iface");
        assert_eq!(below.contains("MCAST_IFACE"), has_iface, "{}", command.get_name());
        below.lines().for_each(|line| assert!(line.chars().count() <= 80, "{line}"));
    }
}

/// The words of a command line up to a pipe or a redirection.
fn words(line: &str) -> Vec<OsString> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars().chain([' ']) {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            _ => word.push(letter),
        }
    }
    words.into_iter().take_while(|word| word != "|" && word != ">").map(OsString::from).collect()
}

#[test]
fn examples_are_accepted() {
    for command in std::iter::once(with_help()).chain(commands()) {
        let below = command.get_after_long_help().expect("sections").to_string();
        let examples = below.split("Examples:\n").nth(1).expect("examples");
        let examples = examples.split("\n\n").next().unwrap_or_default().replace("\\\n", "");
        let lines: Vec<&str> = examples
            .lines()
            .map(|line| line.trim_start().trim_start_matches("sudo "))
            .filter(|line| line.starts_with("mcast "))
            .collect();
        assert!(lines.len() >= 3, "{below}");
        for line in lines {
            let words = words(line);
            let command = words.iter().position(|word| word == "--").map(|at| &words[at + 1..]);
            let all = std::iter::once(words.as_slice()).chain(command);
            all.for_each(|words| assert!(parse(words.iter().cloned()).is_ok(), "{line}"));
        }
    }
}

#[test]
fn help_of_recv_names_every_metric() {
    let commands = commands();
    let recv = commands.iter().find(|command| command.get_name() == "recv").expect("recv");
    let below = recv.get_after_long_help().expect("sections").to_string();
    let shown = below.split("Examples").next().unwrap_or_default();
    let expand = |word: &'static str| -> Vec<String> {
        let Some((family, names)) = word.split_once('.') else { return vec![word.to_owned()] };
        names.split('|').map(|name| format!("{family}.{name}")).collect()
    };
    let shown: &'static str = shown.to_owned().leak();
    let names: Vec<String> = shown.split([' ', '\n']).flat_map(expand).collect();
    for (name, ..) in crate::assertion::METRICS {
        assert!(names.iter().any(|shown| shown == name), "{name} is not in {shown}");
    }
}
