//! Answers that replace a command: help, the version, and usage errors.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Error;

use super::document;
use super::reporting::{Showing, with_reporter};
use crate::cli::{self, DisplayArgs};
use crate::report::observe::{Observation, RunInfo};
use crate::report::{ColorWhen, Notes, Output, Paint, Screen, finished, fit};
use crate::units::printable::{Printable, name_of};
use crate::verdict::COULD_NOT_RUN;

/// Shows help or the version on standard output, or a usage error on standard error. Returns the
/// exit status.
pub fn show(answer: &Error, arguments: &[OsString]) -> ExitCode {
    if answer.use_stderr() {
        refuse(answer, arguments);
        return COULD_NOT_RUN.into();
    }
    document::exit_status(answer.print().and_then(|()| io::stdout().flush()))
}

/// Shows a usage error, and its JSON if the arguments ask for JSON.
fn refuse(error: &Error, arguments: &[OsString]) {
    let _ = io::stderr().write_all(&rendered(error, arguments));
    if wants_json(arguments) {
        let display = DisplayArgs { quiet: 0, verbose: 0, color: ColorWhen::Never };
        let showing = Showing {
            output: Output::Json,
            screen: Screen::Output,
            display: &display,
            intervals: false,
            notes: Notes::default(),
            other_use: None,
        };
        let info = RunInfo { command: "mcast", line: String::new() };
        let reason = anyhow!(reason(&error.to_string()));
        let _ = with_reporter(&showing, &Observation::default(), &info, |_| Err(reason));
    }
}

/// An error as text. It repeats arguments between styles, and therefore the escaped arguments are
/// parsed again.
fn rendered(error: &Error, arguments: &[OsString]) -> Vec<u8> {
    let columns = Screen::Diagnostics.columns();
    let again = cli::parse(printable(arguments).map(OsString::from)).err();
    let styled = again.as_ref().unwrap_or(error).render();
    if again.is_some() && Paint::new(ColorWhen::Auto, &io::stderr()).is_on() {
        return fit(&styled.ansi().to_string(), columns).into_bytes();
    }
    finished(styled.to_string().as_bytes(), columns)
}

fn printable(arguments: &[OsString]) -> impl Iterator<Item = String> {
    arguments.iter().map(|argument| {
        let text = name_of(argument.as_encoded_bytes());
        Printable(&text).to_string()
    })
}

/// The reason in a rendered error: its first paragraph.
fn reason(rendered: &str) -> String {
    let first = rendered.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the arguments ask for JSON, although they could not be parsed.
fn wants_json(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .map(|argument| argument.to_str().unwrap_or_default())
        .collect();
    let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let takes_next = |word: &str| word == "--output" || (is_short(word) && word.ends_with('o'));
    words.windows(2).any(|pair| takes_next(pair[0]) && pair[1] == "json")
        || words.iter().any(|word| {
            *word == "--output=json"
                || (is_short(word) && (word.ends_with("ojson") || word.ends_with("o=json")))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_detected_in_invalid_arguments() {
        let wants = |line: &str| {
            wants_json(&line.split(' ').map(OsString::from).collect::<Vec<OsString>>())
        };
        for line in [
            "mcast recv -o json --no-such",
            "mcast --output json recv",
            "mcast recv --output=json",
            "mcast recv -ojson",
            "mcast recv -o=json",
            "mcast recv -qo json",
        ] {
            assert!(wants(line), "{line}");
        }
        for line in ["mcast recv json", "mcast recv -o text", "mcast recv -- mcast send -o json"] {
            assert!(!wants(line), "{line}");
        }
    }

    #[test]
    fn the_reason_is_the_first_paragraph() {
        assert_eq!(
            reason("error: the following are required:\n  --size <BYTES>\n\nUsage: mcast send"),
            "the following are required: --size <BYTES>"
        );
    }
}
