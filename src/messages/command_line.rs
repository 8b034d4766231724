//! Help, and the answers to command lines that mcast does not take.

use clap::CommandFactory;

use super::page::Page;
use crate::cli::habit::FOREIGN_OPTIONS;
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
const REFUSED: &[&str] = &[
    "mcast recv 239.1.1.1 -p 5000",
    "mcast recv -i udp://@239.1.1.1:5000",
    "mcast recv -i 1",
    "mcast recv -c 3 mcast send",
    "mcast recv -iface eth0",
    "mcast join 239.1.1.1:5000",
    "mcast 239.1.1.1:5000",
    "mcast --count 3",
    "mcast -s 239.1.1.1 --nonsense",
    "mcast recv udp://239.1.1.1:5000?reuse=1",
    "mcast recv udp-listen:5000",
    "mcast recv 10.0.0.5,232.1.1.1:5000",
    "mcast recv rtp:239.1.1.1:5004",
    "mcast recv 239.1.1.1 239.1.1.2 5000",
    "mcast recv --cuont 3",
    "mcast recieve",
];

pub fn page() -> Page {
    let mut samples = Vec::new();
    for command in COMMANDS {
        samples.push(help(&format!("{command} -h"), 80));
        samples.push(help(&format!("{command} --help"), 100));
    }
    samples.extend(REFUSED.iter().map(|line| answer(line)));
    samples.extend(FOREIGN_OPTIONS.iter().map(|row| {
        let line = format!("mcast {} {} {}", row.commands[0], row.names[0], row.sample_value());
        format!("{}\n-- example: {}", error_of(line.trim_end()), row.example)
    }));
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

/// The error of a refused command line, with the usage.
fn answer(line: &str) -> String {
    let answer = cli::parse(line.split_whitespace().map(Into::into));
    format!("$ {line}\n{}", answer.expect_err(line))
}

/// The error of a refused command line, without the usage.
fn error_of(line: &str) -> String {
    let answer = answer(line);
    let end = answer.find("\n\nUsage:").unwrap_or(answer.len());
    answer[..end].replace("\n\n", "\n")
}
