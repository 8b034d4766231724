//! The computer that runs the tests.

use std::process::Command;

pub use super::super::process::{Finished, Running};

/// This computer.
pub struct Computer;

impl Computer {
    /// Always succeeds.
    pub fn open() -> Option<Self> {
        Some(Computer)
    }

    /// mcast on this computer.
    pub fn command(&self) -> Command {
        let mut command = Command::new(super::program());
        // Annotations would be lines that no test expects.
        command.env_remove("GITHUB_ACTIONS").env_remove("MCAST_IFACE");
        command
    }

    /// Prints the reason for a skipped test, past the test harness.
    pub fn skipped(why: &str) {
        use std::io::Write;
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = std::io::stderr().write_all(format!("SKIPPED: {test} {why}\n").as_bytes());
    }
}
