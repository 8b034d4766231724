//! A computer with a loopback interface.

#[cfg_attr(target_os = "linux", path = "computer/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "computer/elsewhere.rs")]
mod system;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};

pub use system::{Computer, Finished, Running};

/// The name of the loopback interface, or its address.
pub const LOOPBACK: &str = if cfg!(windows) {
    "127.0.0.1"
} else if cfg!(target_os = "linux") {
    "lo"
} else {
    "lo0"
};

/// The same for IPv6.
pub const LOOPBACK_V6: &str = if cfg!(windows) { "::1" } else { LOOPBACK };

/// The last options of a receiver. The timeout ends only failed tests.
const TO_JSON: [&str; 4] = ["--timeout", "60s", "-o", "json"];

/// The program under test.
pub fn program() -> String {
    std::env::var("MCAST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_mcast").to_owned())
}

/// A group that no other test uses: tests run at the same time.
pub fn group() -> String {
    let number = number();
    format!("239.195.{}.{}:{}", number >> 8, number & 255, 20_000 + number)
}

/// The same for IPv6, with a scope that stays on the interface.
pub fn group_v6() -> String {
    let number = number();
    format!("[ff11::195:{number:x}]:{}", 20_000 + number)
}

/// A port that no other test uses.
pub fn port() -> u16 {
    20_000 + number()
}

fn number() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A path for a file that does not exist.
pub fn new_file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mcast-loopback-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for files");
    let path = folder.join(name);
    let _ = fs::remove_file(&path);
    path
}

/// The path as an argument.
pub fn argument(path: &std::path::Path) -> &str {
    path.to_str().expect("UTF-8")
}

impl Computer {
    /// Runs mcast to its end, which must have this status.
    pub fn run(&self, status: i32, arguments: &[&str]) -> Finished {
        self.start(arguments).ends(status)
    }

    /// Starts mcast.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command();
        command.args(arguments);
        Running::start(command)
    }

    /// Starts a receiver of `count` datagrams that prints JSON, and waits until it has joined.
    pub fn receive(&self, target: &str, count: u32) -> Running {
        let count = count.to_string();
        let arguments = ["recv", target, "--iface", LOOPBACK, "--count", &count];
        self.start(&[&arguments[..], &TO_JSON].concat()).ready()
    }

    /// Runs a receiver that prints JSON and starts a quiet sender of the same target.
    pub fn exchange(
        &self,
        status: i32,
        (target, iface): (&str, &str),
        receiving: &[&str],
        sending: &[&str],
    ) -> Finished {
        let (sender, place) = (program(), [target, "--iface", iface]);
        let parts = [
            &["recv"],
            &place[..],
            receiving,
            &TO_JSON,
            &["--", &sender, "send"],
            &place,
            sending,
            &["-q"],
        ];
        self.run(status, &parts.concat())
    }

    /// Starts mcast with an input.
    pub fn start_reading(&self, arguments: &[&str], input: impl Into<Stdio>) -> Running {
        let mut command = self.command();
        command.args(arguments);
        Running::start_reading(command, input)
    }
}
