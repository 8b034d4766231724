//! The README keeps its promises: its first command runs, every command in it is one that mcast
//! takes, and its JSON is the JSON that mcast writes.

use std::collections::BTreeSet;
use std::ffi::OsString;

use mcast::cli::{self, Cli};

const README: &str = include_str!("../README.md");

/// The words of a command line, as a shell would see them, up to a pipe, a redirection or another
/// command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars().chain([' ']) {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            _ => word.push(letter),
        }
    }
    words.into_iter().take_while(|word| !matches!(word.as_str(), "|" | ">" | "||" | "&&")).collect()
}

/// The mcast commands of the README, in its blocks, its lines and its code spans.
fn commands() -> Vec<Vec<String>> {
    let in_lines = README.lines().map(|line| line.trim_start().trim_start_matches("$ "));
    let in_spans = README.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let mut found: Vec<Vec<String>> = Vec::new();
    for text in in_lines.chain(in_spans) {
        let text = text
            .strip_prefix("cargo run --release -- ")
            .map(|rest| format!("mcast {rest}"))
            .unwrap_or_else(|| text.to_owned());
        if ["send", "recv", "check", "ifaces"]
            .iter()
            .any(|command| text.starts_with(&format!("mcast {command}")))
        {
            found.push(words(&text));
        }
    }
    found
}

#[test]
fn every_command_in_it_is_one_that_mcast_takes() {
    let commands = commands();
    assert!(commands.len() > 12, "the README's commands were not found: {commands:?}");
    for command in commands {
        // Help is an "error" of clap that goes to standard output.
        let words = |words: &[String]| words.iter().map(Into::into).collect::<Vec<OsString>>();
        let taken = cli::parse(words(&command))
            .map(|_| ())
            .or_else(|error| if error.use_stderr() { Err(error) } else { Ok(()) });
        assert!(taken.is_ok(), "{command:?}: {}", taken.unwrap_err());
        if let Some(inner) = command.iter().position(|word| word == "--") {
            assert!(cli::parse(words(&command[inner + 1..])).is_ok(), "{command:?}");
        }
    }
}

#[test]
fn every_option_that_it_speaks_of_exists() {
    let known: BTreeSet<String> = <Cli as clap::CommandFactory>::command()
        .get_subcommands()
        .flat_map(|command| {
            command
                .get_arguments()
                .filter_map(|argument| argument.get_long())
                .map(|long| format!("--{long}"))
        })
        .chain(["--help", "--release", "--profile", "--path", "--network", "--"].map(str::to_owned))
        .collect();
    for word in README.split(|letter: char| {
        letter.is_whitespace() || matches!(letter, '`' | '|' | ',' | ';' | '(' | ')' | '.')
    }) {
        let option = word.split('=').next().unwrap_or(word);
        if option.starts_with("--")
            && option.chars().skip(2).all(|letter| letter.is_ascii_lowercase() || letter == '-')
        {
            let table_rule = option.chars().all(|letter| letter == '-');
            assert!(
                table_rule || known.contains(option),
                "the README speaks of {option}, which mcast does not have"
            );
        }
    }
}

#[test]
fn every_target_of_its_table_is_one() {
    let table = README
        .split("| target | stands for |")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("a table of targets");
    let cells = table.lines().filter_map(|line| line.split('|').nth(1));
    let targets: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(targets.len() > 8, "{targets:?}");
    for target in targets {
        assert!(target.parse::<mcast::target::TargetRange>().is_ok(), "{target}");
    }
}

#[test]
fn every_warning_that_a_script_may_meet_is_named_in_it() {
    mcast::notice::Id::WARNINGS.iter().for_each(|id| {
        assert!(README.contains(&format!("`{id}`")), "the README does not name the warning {id}")
    });
}

#[test]
fn every_finding_that_a_script_may_meet_is_named_in_it() {
    mcast::notice::Id::FINDINGS.iter().for_each(|id| {
        assert!(README.contains(&format!("`{id}`")), "the README does not name the finding {id}")
    });
}

#[cfg(target_os = "linux")]
mod lab;

#[cfg(target_os = "linux")]
mod on_a_host {
    use super::lab::{Lab, schema};
    use super::*;

    /// The first console block: its command, and the lines that it shows.
    fn first_block() -> (Vec<String>, Vec<&'static str>) {
        let block = README
            .split("```console\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("a console block");
        let command = block
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("$ cargo run --release -- "))
            .expect("a command");
        (words(command), block.lines().skip(1).collect())
    }

    /// A line with everything replaced that differs from run to run: times, ports, rates.
    fn shape(line: &str) -> String {
        // The size of the buffer is the host's, and a slow run is one of seconds.
        let line = line
            .replace("KiB", "MiB")
            .replace(" ms", " s")
            .replace(" us", " s")
            .replace(" ns", " s");
        let digits: String =
            line.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
        let mut shape = String::new();
        digits.chars().filter(|letter| *letter != '.' && *letter != 'k').for_each(|letter| {
            if !(letter == '0' && shape.ends_with('0')) {
                shape.push(letter);
            }
        });
        shape
    }

    #[test]
    fn its_first_command_does_what_it_shows_on_a_host_that_has_only_lo() {
        let Some(lab) = Lab::open() else { return };
        let (command, shown) = first_block();
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let finished = lab.host().mcast_with(&arguments).ends(0);
        let sorted = |lines: &mut dyn Iterator<Item = &str>| -> Vec<String> {
            // The two programs write to one terminal, each at its own pace.
            let mut lines: Vec<String> = lines.map(shape).collect();
            lines.sort();
            lines
        };
        let printed = sorted(&mut finished.out.lines().chain(finished.err.lines()));
        assert_eq!(printed, sorted(&mut shown.into_iter()), "{finished}");
    }

    #[test]
    fn its_json_is_what_mcast_writes() {
        let Some(lab) = Lab::open() else { return };
        let host = lab.host();
        let heard = host
            .mcast(
                "recv --iface lo --count 2 -o json -- mcast send --iface lo --count 2 --interval \
                 1ms",
            )
            .ends(0);
        let block = README
            .split("```json\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("a JSON block");
        for line in block.lines() {
            let shown: serde_json::Value = serde_json::from_str(line).expect("JSON in the README");
            let written = &heard.events_of(shown["event"].as_str().unwrap())[0];
            let fields = |event: &serde_json::Value| {
                event.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(fields(&shown), fields(written));
            schema::check(&shown)
                .unwrap_or_else(|why| panic!("the README shows what is none: {line}\n{why}"));
        }
    }
}
