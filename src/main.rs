//! The `mcast` program: parses the arguments; the library does the rest.

use std::process::ExitCode;

use mcast::cli;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(cli) => mcast::run(&cli),
        Err(error) => error.exit(),
    }
}
