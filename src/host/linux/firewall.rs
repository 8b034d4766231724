//! The firewall of this host, as nft prints it, and the rights of this process.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use crate::host::firewall::Unread;
use crate::host::os::restore_limits_for;

/// Bits of linux/capability.h.
const CAP_NET_ADMIN: u32 = 12;
const CAP_NET_RAW: u32 = 13;

/// How long nft may take. It prints rulesets of many thousand elements in a fraction of that.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `nft -j list ruleset` prints.
pub fn ruleset() -> Result<String, Unread> {
    nft(&["-j", "list", "ruleset"])
}

/// What `nft -a list ruleset` prints: the same as text, with details that the JSON lacks.
pub fn ruleset_listing() -> Result<String, Unread> {
    nft(&["-a", "list", "ruleset"])
}

/// Whether this process may read the firewall: it has CAP_NET_ADMIN. In a user namespace that does
/// not own the network it is refused all the same.
pub fn may_see_firewall() -> bool {
    has_capability(CAP_NET_ADMIN)
}

/// Whether this process may see frames as they arrive: it has CAP_NET_RAW. The same holds of a user
/// namespace.
pub fn may_capture() -> bool {
    has_capability(CAP_NET_RAW)
}

fn nft(arguments: &[&str]) -> Result<String, Unread> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tool = tool("nft", std::env::split_paths(&path)).ok_or(Unread::NoTool)?;
    let mut command = Command::new(tool);
    // `refusal` reads the message in English.
    command.args(arguments).env("LC_ALL", "C");
    run(command, PATIENCE)
}

/// An ordinary user's PATH lacks the folders that hold nft.
fn tool(name: &str, path: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let places = path.chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    places
        .filter(|place| place.is_absolute())
        .map(|place| place.join(name))
        .find(|file| Path::is_file(file))
}

/// Runs a command, and returns its output.
fn run(mut command: Command, patience: Duration) -> Result<String, Unread> {
    let failed = |error: io::Error| Unread::Failed(error.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    restore_limits_for(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let (printed, said) = (read(child.stdout.take()), read(child.stderr.take()));
    let ended = ended(&mut child, patience).map_err(failed)?;
    if ended.is_none() {
        child.kill().and_then(|()| child.wait()).map_err(failed)?;
        return Err(Unread::NoAnswer(patience));
    }
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        // nft 1.0.6 prints the flags of some tables as invalid UTF-8: keep the rest.
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    let (printed, said) = (text(printed), text(said));
    if ended.is_some_and(|status| status.success()) { Ok(printed) } else { Err(refusal(&said)) }
}

/// Reads one of its outputs to the end: a full pipe would block the command.
fn read(output: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut output) = output {
            let _ = output.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// How the command ended, unless it takes longer than that.
fn ended(child: &mut Child, patience: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    const POLL: Duration = Duration::from_millis(2);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= patience {
            return Ok(None);
        }
        thread::sleep(POLL);
        waited += POLL;
    }
}

/// The reason in the message of nft. Without CAP_NET_ADMIN: "Operation not permitted (you must be
/// root)".
fn refusal(said: &str) -> Unread {
    if said.contains("Operation not permitted") || said.contains("Permission denied") {
        return Unread::NotPermitted;
    }
    match said.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => Unread::Failed(line.to_owned()),
        None => Unread::NoMessage,
    }
}

fn has_capability(capability: u32) -> bool {
    fs::read_to_string("/proc/thread-self/status")
        .is_ok_and(|status| effective(&status) >> capability & 1 == 1)
}

/// The capabilities that a process has, of /proc/PID/status.
fn effective(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn capabilities_are_bits() {
        assert_eq!(effective("Name:\tmcast\nCapPrm:\tffff\nCapEff:\t0000000000003000\n"), 0x3000);
        assert_eq!(effective("CapEff:\tzz\n"), 0);
        assert_eq!(effective(""), 0);
    }

    #[test]
    fn output_is_returned() {
        let long =
            run(shell("head -c 300000 /dev/zero | tr '\\0' x"), Duration::from_secs(60)).unwrap();
        assert_eq!(long.len(), 300_000);
        assert_eq!(
            run(shell("printf 'a\\377b'; echo no >&2"), Duration::from_secs(60)).unwrap(),
            "a\u{fffd}b"
        );
    }

    #[test]
    fn failures_are_distinguished() {
        let run = |script: &str| run(shell(script), Duration::from_secs(60)).unwrap_err();
        // The message of nft 1.0.6 without root.
        let said = "Operation not permitted (you must be root)\nnetlink: Error: cache \
                    initialization failed: Operation not permitted";
        assert_eq!(run(&format!("echo '{said}' >&2; exit 1")), Unread::NotPermitted);
        let failed =
            run("echo; echo 'Error: JSON support not compiled-in' >&2; echo more >&2; exit 1");
        assert_eq!(failed.to_string(), "nft: Error: JSON support not compiled-in");
        assert_eq!(run("exit 3"), Unread::NoMessage);
    }

    #[test]
    fn a_slow_command_is_killed() {
        let time = Duration::from_millis(20);
        assert_eq!(run(shell("exec sleep 600"), time), Err(Unread::NoAnswer(time)));
    }

    #[test]
    fn a_tool_is_searched_in_absolute_folders_only() {
        assert_eq!(
            tool("sh", [PathBuf::from("."), PathBuf::from("/bin")].into_iter()),
            Some(PathBuf::from("/bin/sh"))
        );
        assert_eq!(tool("mcast-has-no-such-tool", [PathBuf::from("/bin")].into_iter()), None);
        assert_eq!(tool("Cargo.toml", [PathBuf::from(".")].into_iter()), None);
    }
}
