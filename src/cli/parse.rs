//! The way from the words that were typed to the typed arguments.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use super::Cli;
use super::habit::{answer, command_first, join_ports, misread, read};

/// Reads a command line, the program's name first.
///
/// # Errors
/// What the line lacks, with a tip; or the help or the version, if the line asks for it.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut program = Cli::command();
    program.build();
    let mut words = command_first(&program, words.into_iter().collect());
    if let Some(line) = read(&program, &words) {
        let refused = |why: String| {
            clap::Error::raw(ErrorKind::ValueValidation, why + "\n").with_cmd(&program)
        };
        join_ports(&line, &mut words).map_err(refused)?;
        misread(&line).map_or(Ok(()), |why| Err(refused(why)))?;
    }
    let takes = |words: &[OsString]| from_words(words).is_ok();
    from_words(&words).map_err(|error| answer(&program, &words, error, &takes))
}

fn from_words(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut program = Cli::command();
    let matches = program.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
}
