//! The files, and the tools that check them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lab::Lab;

/// A file or folder of the project.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the project.
pub fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether a program is installed. If not, the test is skipped, which is a failure in CI.
pub fn has(program: &str, package: &str) -> bool {
    let is_installed = Command::new(program).arg("--help").output().is_ok();
    if !is_installed {
        Lab::skipped(&format!("needs {program} (package {package})"));
    }
    is_installed
}

/// What a program prints. It must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (&output.stdout, &output.stderr);
    let [out, err] = [out, err].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out
}

/// Asserts that mcast accepts this command line.
pub fn assert_parses(arguments: &[String]) {
    let words = std::iter::once("mcast".into()).chain(arguments.iter().map(Into::into));
    if let Err(answer) = mcast::cli::parse(words) {
        panic!("mcast {arguments:?}: {answer}");
    }
}
