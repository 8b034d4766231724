//! The tip of a refused line: the intended line, not an option of similar letters.

use std::ffi::OsString;
use std::path::Path;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::line::{Line, Part, find_command, takes_value};
use super::rewrite::{Rewritten, rewrite, takes_next};
use super::table::{COMMAND_WORDS, FOREIGN_OPTIONS, is_size};
use crate::cli::values;
use crate::target::TargetRange;
use crate::units::words::quote;

/// Whether mcast accepts a line.
pub type Accepts<'a> = &'a dyn Fn(&[OsString]) -> bool;

/// Replaces the tips of the parser in an error by one that fits the line.
pub fn answer(
    program: &Command,
    words: &[OsString],
    mut error: clap::Error,
    accepts: Accepts,
) -> clap::Error {
    if !error.use_stderr() {
        return error;
    }
    let similar = match error.kind() {
        ErrorKind::UnknownArgument => similar_option(program, words, &error),
        ErrorKind::InvalidSubcommand => similar_command(program, words),
        _ => None,
    };
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::Suggested]
        .into_iter()
        .for_each(|kind| drop(error.remove(kind)));
    let tip = missing_separator(program, words, accepts)
        .or_else(|| translated(program, words, &error, accepts))
        .or_else(|| with_command(program, words, accepts));
    match (tip, similar) {
        (Some(tip), _) => {
            let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
            error.insert(ContextKind::Suggested, tip);
        }
        (None, Some((kind, similar))) => {
            error.insert(kind, ContextValue::String(similar));
        }
        (None, None) => {}
    }
    error
}

/// The error of a valid but ambiguous line.
pub fn misread(line: &Line) -> Option<String> {
    line.parts.iter().find_map(|part| match part {
        Part::Option { name, value: Some(value) }
            if name == "-i" && !["send", "ping"].contains(&line.command.as_str()) =>
        {
            let group =
                value.parse::<TargetRange>().is_ok_and(|range| range.first().is_multicast());
            let is_number = value.parse::<f64>().is_ok();
            if group || value.contains("://") {
                Some(format!(
                    "'-i {value}' is not an interface\n\n  tip: write the group without an \
                     option: mcast {} {}",
                    line.command,
                    quote(value)
                ))
            } else if line.command == "recv" && (is_number || values::time(value).is_ok()) {
                let unit = if is_number { "s" } else { "" };
                Some(format!(
                    "'-i {value}' is ambiguous: an interface or an interval\n\n  tip: use \
                     --iface {value} for the interface, or --stats {value}{unit} to report at \
                     intervals"
                ))
            } else {
                None
            }
        }
        Part::Option { name, value: Some(value) }
            if name == "-w" && line.command == "recv" && is_size(value) =>
        {
            Some(format!(
                "'-w {value}' is ambiguous: a file or the size of a buffer\n\n  tip: use --write \
                 {value} for the file, or --rcvbuf {value} for the receive buffer"
            ))
        }
        _ => None,
    })
}

/// Splits a line into its parts. `None` without a command.
pub fn read(program: &Command, words: &[OsString]) -> Option<Line> {
    Line::read(program, words, takes_next)
}

/// `recv -c 3 mcast send`: a program among the targets.
fn missing_separator(program: &Command, words: &[OsString], accepts: Accepts) -> Option<String> {
    let line = read(program, words).filter(|line| line.command == "recv")?;
    let (at, _) = line.targets().find(|(_, text)| is_program(text))?;
    let (front, command) = words.split_at(at);
    if !accepts(front) {
        return None;
    }
    let mut words: Vec<OsString> = front.to_vec();
    words.push("--".into());
    words.extend(command.iter().filter(|word| *word != "--").cloned());
    Some(format!("write '--' before COMMAND: {}", shown(&words)))
}

/// Whether a word is a program and not a target.
fn is_program(word: &str) -> bool {
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| word.starts_with(start));
    let is_installed = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(Path::new(word)).is_file())
    };
    word.parse::<TargetRange>().is_err() && (word == "mcast" || is_path || is_installed())
}

/// The line with the options of mcast.
fn translated(
    program: &Command,
    words: &[OsString],
    error: &clap::Error,
    accepts: Accepts,
) -> Option<String> {
    let line = read(program, words)?;
    let command = command_of(program, words)?;
    let has = |option: &str| takes_value(command, option).is_some();
    if let Some(line) = with_two_dashes(command, words).and_then(|words| read(program, &words)) {
        let rewritten = rewrite(&line, has).map(|rewritten| rewritten.line);
        let mut lines = std::iter::once(line).chain(rewritten);
        if let Some(line) = lines.find(|line| accepts(&line.os_words())) {
            return Some(format!("use two dashes for a long option: {}", line.shown()));
        }
    }
    let Rewritten { line, why, example } = rewrite(&line, has)?;
    if accepts(&line.os_words()) {
        return Some(format!("{why}: {}", line.shown()));
    }
    let is_about_it = error.kind() != ErrorKind::UnknownArgument
        || matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(option))
            if has_tip(why, option));
    let example = example.filter(|_| is_about_it)?;
    Some(format!("{why}: {}", example_of(&line.command, example, accepts)))
}

/// Whether the tip `why` is about this option.
fn has_tip(why: &str, option: &str) -> bool {
    FOREIGN_OPTIONS.iter().any(|row| row.why == why && row.names.contains(&option))
}

/// The example of a row for `command`. Rows for several commands have an example of recv.
fn example_of(command: &str, example: &str, accepts: Accepts) -> String {
    let own = example.replacen("mcast recv ", &format!("mcast {command} "), 1);
    let words: Vec<OsString> = own.replace('\'', "").split(' ').map(OsString::from).collect();
    if accepts(&words) { own } else { example.to_owned() }
}

/// The words with `-iface` as `--iface`. `None` if nothing changes.
fn with_two_dashes(command: &Command, words: &[OsString]) -> Option<Vec<OsString>> {
    let fix = |word: &OsString| {
        let word = word.to_str()?;
        let name = word.strip_prefix('-').filter(|name| name.len() > 2)?;
        let option = format!("--{}", name.split('=').next()?);
        let is_foreign = || {
            let mut rows =
                FOREIGN_OPTIONS.iter().filter(|row| row.commands.contains(&command.get_name()));
            rows.any(|row| row.names.contains(&option.as_str()))
        };
        let is_long = takes_value(command, &option).is_some() || is_foreign();
        (is_long && !name.starts_with('-')).then(|| OsString::from(format!("-{word}")))
    };
    let fixed: Vec<OsString> =
        words.iter().map(|word| fix(word).unwrap_or_else(|| word.clone())).collect();
    (fixed != words).then_some(fixed)
}

/// The tip for a line that names a family of commands and none of them: `mcast bench`.
fn with_member(family: &Command, words: &[OsString], accepts: Accepts) -> Option<String> {
    if words.get(2).is_none_or(|word| family.find_subcommand(word).is_some()) {
        return None;
    }
    let mut lines =
        family.get_subcommands().filter(|command| !command.is_hide_set()).map(|member| {
            let mut line = words.to_vec();
            line.insert(2, member.get_name().into());
            line
        });
    let line = lines.find(|line| accepts(line))?;
    let name = line[2].to_string_lossy();
    Some(format!("write the name of a benchmark, for example {name}: {}", shown(&line)))
}

/// The tip for a line without a command, or with an unknown one.
fn with_command(program: &Command, words: &[OsString], accepts: Accepts) -> Option<String> {
    let word = words.get(1)?.to_str()?;
    if let Some(family) = program.find_subcommand(word) {
        return with_member(family, words, accepts);
    }
    let line = |command: &str, rest: usize| {
        let mut line = vec![OsString::from("mcast"), command.into()];
        line.extend(words[rest..].iter().cloned());
        line
    };
    if let Some((_, command)) = COMMAND_WORDS.iter().find(|(others, _)| others.contains(&word)) {
        let line = line(command, 2);
        let shown = if accepts(&line) { shown(&line) } else { format!("mcast {command}") };
        return Some(format!("use the command {command}: {shown}"));
    }
    let why = "write a command first";
    let (recv, send) = (line("recv", 1), line("send", 1));
    let is_target = word.parse::<TargetRange>().is_ok();
    match (accepts(&recv), accepts(&send)) {
        (true, true) if is_target => Some(format!("{why}: {}, or mcast send", shown(&recv))),
        (true, _) => Some(format!("{why}: {}", shown(&recv))),
        (false, true) => Some(format!("{why}: {}", shown(&send))),
        (false, false) if is_target || word.starts_with('-') => {
            Some(format!("{why}: mcast recv 239.1.1.1:5000, or mcast send 239.1.1.1:5000"))
        }
        (false, false) => None,
    }
}

/// The command of a line; of nested ones the inner one.
fn command_of<'a>(program: &'a Command, words: &[OsString]) -> Option<&'a Command> {
    let words: Vec<&str> = words.iter().map_while(|word| word.to_str()).collect();
    find_command(program, &words).map(|(command, ..)| command)
}

/// The option that differs by one letter.
fn similar_option(
    program: &Command,
    words: &[OsString],
    error: &clap::Error,
) -> Option<(ContextKind, String)> {
    let command = command_of(program, words)?;
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return None };
    let typed = typed.strip_prefix("--").filter(|typed| typed.len() >= 4)?;
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let mut options = shown.filter_map(clap::Arg::get_long);
    let similar = options.find(|option| strsim::osa_distance(option, typed) == 1)?;
    Some((ContextKind::SuggestedArg, format!("--{similar}")))
}

/// The command that differs by one or two letters.
fn similar_command(program: &Command, words: &[OsString]) -> Option<(ContextKind, String)> {
    let first = words.get(1)?.to_str()?;
    let family = program.find_subcommand(first);
    let typed = if family.is_some() { words.get(2)?.to_str()? } else { first };
    let names = family
        .unwrap_or(program)
        .get_subcommands()
        .flat_map(|command| std::iter::once(command.get_name()).chain(command.get_all_aliases()));
    let most = if typed.len() < 5 { 1 } else { 2 };
    let (_, similar) = names
        .map(|name| (strsim::osa_distance(name, typed), name))
        .filter(|(distance, name)| *distance <= most && name.len() > 2)
        .min()?;
    Some((ContextKind::SuggestedSubcommand, similar.to_owned()))
}

/// A line quoted for a shell.
pub fn shown(words: &[OsString]) -> String {
    let rest = words.iter().skip(1).map(|word| quote(&word.to_string_lossy()));
    std::iter::once("mcast".to_owned()).chain(rest).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
