//! Commands, options and targets.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::error::ErrorKind;
use mcast::cli::{self, Cli};

use super::page::{Page, spans_of};
use super::shell;

/// Options of other programs that the pages show.
const FOREIGN: [&str; 37] = [
    "--all-targets",
    "--bench",
    "--cap-add",
    "--check",
    "--config",
    "--fixcsum",
    "--follow",
    "--for",
    "--from",
    "--gateway",
    "--git",
    "--ignore-missing",
    "--lib",
    "--locked",
    "--manifest",
    "--manifest-path",
    "--memory",
    "--network",
    "--no-install-recommends",
    "--now",
    "--offline",
    "--parse",
    "--path",
    "--printsrcinfo",
    "--profile",
    "--release",
    "--repo",
    "--rm",
    "--show",
    "--storage",
    "--subnet",
    "--target",
    "--test",
    "--user-mode",
    "--web",
    "--workspace",
    "--write",
];

/// The mcast commands of a page: in code blocks and in code spans.
fn commands(page: &Page) -> Vec<Vec<String>> {
    let is_shell = |info: &str| !["json", "yaml", "hex", "dockerfile"].contains(&info);
    let blocks = page.blocks();
    let in_blocks = blocks
        .iter()
        .filter(|block| is_shell(block.info.split(' ').next().unwrap_or_default()))
        .flat_map(|block| shell::lines(&block.text));
    in_blocks.chain(page.spans()).filter_map(|line| shell::mcast_command(&line)).collect()
}

/// Parses a command, and the COMMAND in it if that is mcast.
pub fn parse(command: &[String]) -> Result<(), String> {
    let words: Vec<OsString> = command.iter().map(Into::into).collect();
    if let Err(error) = cli::parse(words) {
        // clap reports help as an error. Prose names a family of commands: `mcast bench`.
        let is_family = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if error.use_stderr() && !is_family {
            return Err(format!("{command:?}: {error}"));
        }
    }
    match command.iter().position(|word| word == "--") {
        Some(at) if command.get(at + 1).is_some_and(|word| word == "mcast") => {
            parse(&command[at + 1..])
        }
        _ => Ok(()),
    }
}

#[test]
fn every_command_is_accepted() {
    let mut count = 0;
    for page in Page::all() {
        for command in commands(&page) {
            parse(&command).unwrap_or_else(|error| panic!("{}: {error}", page.name));
            count += 1;
        }
    }
    assert!(count > 100, "only {count} commands were found");
}

#[test]
fn every_option_exists() {
    let own = <Cli as clap::CommandFactory>::command();
    let nested = own.get_subcommands().flat_map(clap::Command::get_subcommands);
    let known: BTreeSet<String> = own
        .get_subcommands()
        .chain(nested)
        .chain([&own])
        .flat_map(clap::Command::get_arguments)
        .flat_map(|argument| {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            argument.get_long().into_iter().chain(aliases).map(|long| format!("--{long}"))
        })
        .chain(["--help", "--version", "--"].map(str::to_owned))
        .chain(FOREIGN.map(str::to_owned))
        .collect();
    let between = |letter: char| {
        letter.is_whitespace() || matches!(letter, '`' | '|' | ',' | ';' | '(' | ')' | '.' | ':')
    };
    for page in Page::all() {
        for word in page.text.split(between) {
            let option = word.split('=').next().unwrap_or(word);
            let is_option = option.strip_prefix("--").is_some_and(|name| {
                name.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
            });
            assert!(
                !is_option || known.contains(option),
                "{} shows {option}, which mcast does not have",
                page.name
            );
        }
    }
}

#[test]
fn every_target_in_the_tables_is_valid() {
    let pages = Page::all();
    let tables: Vec<_> = pages.iter().flat_map(|page| page.tables_of("target")).collect();
    let targets: Vec<String> =
        tables.iter().flat_map(|table| &table.rows).flat_map(|row| spans_of(&row[0])).collect();
    assert!(targets.len() > 8, "the tables of targets were not found: {targets:?}");
    for target in targets {
        assert!(target.parse::<mcast::target::TargetRange>().is_ok(), "{target}");
    }
}
