//! Help, and the answers to command lines that mcast does not take.

use clap::CommandFactory;

use super::page::Page;
use crate::cli::{self, Cli};

const COMMANDS: &[&str] = &[
    "mcast",
    "mcast send",
    "mcast recv",
    "mcast check",
    "mcast ifaces",
    "mcast completions",
    "mcast man",
];

/// Command lines that are refused, one for each answer.
const REFUSED: &[&str] = &["mcast recv 239.1.1.1 -p 5000"];

pub fn page() -> Page {
    let mut samples = Vec::new();
    for command in COMMANDS {
        samples.push(help(&format!("{command} -h"), 80));
        samples.push(help(&format!("{command} --help"), 100));
    }
    samples.extend(REFUSED.iter().map(|line| answer(line)));
    Page { title: "help and usage", samples }
}

/// The help on a terminal of `columns` columns.
fn help(line: &str, columns: usize) -> String {
    let program = Cli::command().term_width(columns);
    let shown = program.try_get_matches_from(line.split(' ')).expect_err(line);
    // clap indents empty lines.
    let lines = shown.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    format!("$ {line}\n{lines}")
}

/// The error of a refused command line.
fn answer(line: &str) -> String {
    let answer = cli::parse(line.split_whitespace().map(Into::into));
    format!("$ {line}\n{}", answer.expect_err(line))
}
