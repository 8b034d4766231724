//! Help, and the answers to command lines that mcast does not take.

use super::page::Page;
use crate::cli;

/// Command lines that are refused, one for each answer.
const REFUSED: &[&str] = &["mcast recv 239.1.1.1 -p 5000"];

pub fn page() -> Page {
    let mut samples = Vec::new();
    for command in ["", "send", "recv", "check", "ifaces", "completions", "man"] {
        for flag in ["-h", "--help"] {
            samples.push(answer(&format!("mcast {command} {flag}")));
        }
    }
    samples.extend(REFUSED.iter().map(|line| answer(line)));
    Page { title: "help and usage", samples }
}

/// What mcast prints instead of running.
fn answer(line: &str) -> String {
    let answer = cli::parse(line.split_whitespace().map(Into::into));
    format!("$ {line}\n{}", answer.expect_err(line))
}
