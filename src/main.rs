//! The `mcast` program: parses the arguments; the library does the rest.

use std::process::ExitCode;

use clap::Parser;
use mcast::cli::Cli;

fn main() -> ExitCode {
    mcast::run(&Cli::parse())
}
