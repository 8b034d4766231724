//! Errors of values, of plans, and of the system.

use super::page::Page;
use super::{errors_of_plans, errors_of_system, errors_of_values};
use crate::cli::{self, Cli};

pub fn page() -> Page {
    let samples =
        [errors_of_values::samples(), errors_of_plans::samples(), errors_of_system::samples()];
    Page { title: "errors", samples: samples.concat() }
}

/// Reads a command line. `~` is a space in a word.
pub fn parse(line: &str) -> Result<Cli, clap::Error> {
    cli::parse(line.split(' ').map(|word| word.replace('~', " ").into()))
}

/// A command line as it is typed, and its error.
pub fn refused(line: &str, error: &str) -> String {
    format!("$ {}\nerror: {error}", line.replace('~', " "))
}
