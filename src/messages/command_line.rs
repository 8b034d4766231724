//! Help, and the errors of refused command lines.

use super::page::Page;
use crate::cli::habit::{FOREIGN_OPTIONS, ForeignOption};
use crate::cli::{self, with_help};

const COMMANDS: &[&str] = &[
    "mcast",
    "mcast send",
    "mcast recv",
    "mcast scan",
    "mcast ping",
    "mcast check",
    "mcast bench",
    "mcast bench throughput",
    "mcast bench join",
    "mcast bench groups",
    "mcast ifaces",
    "mcast completions",
    "mcast man",
];

/// Refused command lines, one for each error.
const REFUSED: &[&str] = &[
    "mcast recv 239.1.1.1 -p 5000",
    "mcast recv -i udp://@239.1.1.1:5000",
    "mcast recv -i 1",
    "mcast recv -w 4M",
    "mcast recv -c 3 mcast send",
    "mcast recv -iface eth0",
    "mcast join 239.1.1.1:5000",
    "mcast 239.1.1.1:5000",
    "mcast --count 3",
    "mcast -s 239.1.1.1 --nonsense",
    "mcast recv udp://239.1.1.1:5000?reuse=1",
    "mcast send FILE:video.ts",
    "mcast recv udp-listen:5000",
    "mcast recv 10.0.0.5,232.1.1.1:5000",
    "mcast recv rtp:239.1.1.1:5004",
    "mcast recv 239.1.1.1 239.1.1.2 5000",
    "mcast recv --cuont 3",
    "mcast recieve",
    "mcast bench 239.1.1.1:5000",
    "mcast bench jion 239.1.1.1:5000",
];

pub fn page() -> Page {
    let mut samples = Vec::new();
    for command in COMMANDS {
        samples.push(help(&format!("{command} -h"), 80));
        samples.push(help(&format!("{command} --help"), 100));
    }
    samples.extend(REFUSED.iter().map(|line| answer(line)));
    samples.extend(FOREIGN_OPTIONS.iter().map(tips));
    Page { title: "help and usage", samples }
}

/// The help on a terminal of `columns` columns.
fn help(line: &str, columns: usize) -> String {
    let program = with_help().term_width(columns);
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

/// The tip for an option of another tool, and the tip for a line with a further error.
fn tips(row: &ForeignOption) -> String {
    let command = row.example.split(' ').nth(1).filter(|command| row.commands.contains(command));
    let command = command.unwrap_or(row.commands[0]);
    let line = format!("mcast {command} {} {}", row.names[0], row.sample_value());
    let line = line.trim_end();
    let tip = tip(line);
    if tip.contains(row.example) {
        return tip;
    }
    tip + "\n" + &self::tip(&format!("{line} --color no"))
}

/// The tip of a refused command line.
fn tip(line: &str) -> String {
    let answer = answer(line);
    let tip = answer.lines().find(|line| line.starts_with("  tip: ")).expect(line);
    format!("$ {line}\n{tip}")
}
