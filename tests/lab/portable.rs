//! The lab of systems without namespaces: one host, this one, and its loopback interface. It has the
//! names of the lab of Linux, which `tests/loopback.rs` uses on every system.

#![allow(dead_code, unused_imports, reason = "each test crate uses a part")]

#[path = "process.rs"]
mod process;
#[path = "schema.rs"]
pub mod schema;

use std::process::Command;

pub use process::{Finished, Running, eventually};

pub struct Lab;

/// This host.
pub struct Host;

impl Lab {
    #[allow(clippy::unnecessary_wraps, reason = "the lab of Linux can be refused")]
    pub fn open() -> Option<Lab> {
        Some(Lab)
    }

    /// Prints that this host cannot run a test. `why` begins with `needs`.
    pub fn unsupported(why: &str) {
        use std::io::Write;
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Bypass the test harness, which hides the output of passing tests.
        let _ = std::io::stderr().write_all(format!("SKIPPED: {test} {why}\n").as_bytes());
    }

    pub fn host(&self) -> Host {
        Host
    }
}

impl Host {
    /// A command that will run on the host.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // Annotations would be lines that no test expects.
        command.env_remove("GITHUB_ACTIONS").env_remove("MCAST_IFACE");
        command
    }

    /// Starts mcast on the host, with arguments separated by spaces.
    pub fn mcast(&self, arguments: &str) -> Running {
        self.mcast_with(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Starts mcast on the host, with arguments that may contain spaces.
    pub fn mcast_with(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(arguments).env("TZ", "UTC");
        Running::start(command)
    }
}
