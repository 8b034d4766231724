//! The way from the words that were typed to the typed arguments.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::habit::{answer, command_first, join_ports, misread, read, shown};
use super::{Cli, Command, CommonArgs, PingArgs, ScanArgs, Typed, with_help};
use crate::iface::Wanted;
use crate::units::printable::Printable;

/// Parses a command line, which begins with the name of the program.
///
/// # Errors
/// The missing or wrong part with a tip, or the requested help or version.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut program = Cli::command();
    program.build();
    let mut words = command_first(&program, words.into_iter().collect());
    let mut typed = Typed::default();
    if let Some(line) = read(&program, &words) {
        let refused = |why: String| {
            let error = clap::Error::raw(ErrorKind::ValueValidation, why + "\n");
            error.with_cmd(&built_with_help())
        };
        typed = line.typed();
        join_ports(&line, &mut words).map_err(refused)?;
        misread(&line).map_or(Ok(()), |why| Err(refused(why)))?;
    }
    typed.line = Printable(&shown(&words)).to_string();
    let mut cli = from_words(&mut program, &words).or_else(|_| {
        // An error, or the requested help: the same words with all of the help.
        let accepts = |words: &[OsString]| from_words(&mut Cli::command(), words).is_ok();
        let answered = |error| answer(&built_with_help(), &words, error, &accepts);
        from_words(&mut with_help(), &words).map_err(answered)
    })?;
    cli.line.clone_from(&typed.line);
    if let Some(common) = common_of(&mut cli.command) {
        common.typed = typed;
    }
    Ok(cli)
}

/// The options of a command that sends or receives.
fn common_of(command: &mut Command) -> Option<&mut CommonArgs> {
    match command {
        Command::Send(args) => Some(&mut args.common),
        Command::Recv(args) => Some(&mut args.common),
        Command::Scan(ScanArgs { common, .. }) | Command::Ping(PingArgs { common, .. }) => {
            Some(common)
        }
        Command::Bench(args) => Some(args.command.common()),
        Command::Check(_) | Command::Ifaces(_) | Command::Completions(_) | Command::Man(_) => None,
    }
}

fn built_with_help() -> clap::Command {
    let mut program = with_help();
    program.build();
    program
}

fn from_words(program: &mut clap::Command, words: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = program.try_get_matches_from_mut(words)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(program))?;
    mark_default_interface(&mut cli.command, &matches);
    mark_named_target(&mut cli.command, &matches);
    Ok(cli)
}

/// Marks a replay to targets that the user named.
fn mark_named_target(command: &mut Command, matches: &ArgMatches) {
    let matches = matches.subcommand().map(|(_, matches)| matches);
    if let (Command::Send(args), Some(matches)) = (command, matches) {
        args.replay.to_targets = matches.value_source("targets") == Some(ValueSource::CommandLine);
    }
}

/// Marks an interface that the environment names, and drops an empty one.
fn mark_default_interface(command: &mut Command, matches: &ArgMatches) {
    let nested = |matches: &'_ ArgMatches| matches.subcommand().map(|(_, nested)| nested.clone());
    let innermost = nested(matches).map(|outer| nested(&outer).unwrap_or(outer));
    let is_default = innermost.is_some_and(|matches| {
        matches.try_contains_id("iface").is_ok()
            && matches.value_source("iface") == Some(ValueSource::EnvVariable)
    });
    if !is_default {
        return;
    }
    let mark = |wanted: Wanted| Some(wanted.by_default()).filter(|wanted| !wanted.is_empty());
    if let Command::Check(args) = command {
        args.iface = args.iface.take().and_then(mark);
    } else if let Some(common) = common_of(command) {
        common.iface = common.iface.drain(..).filter_map(mark).collect();
    }
}
