//! The `mcast` program: hands its arguments to the library.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    mcast::run(&env::args_os().collect::<Vec<_>>())
}
