//! The rules of this host's firewall, as nft prints them, and the capabilities of this process.

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

/// nft prints rulesets of many thousand elements in a fraction of this time.
const NFT_TIMEOUT: Duration = Duration::from_secs(2);

/// The output of `nft -j list ruleset`.
pub fn ruleset() -> Result<String, Unread> {
    nft(&["-j", "list", "ruleset"])
}

/// The output of `nft -a list ruleset`: the same rules as text, which has a few more details.
pub fn ruleset_listing() -> Result<String, Unread> {
    nft(&["-a", "list", "ruleset"])
}

/// Whether this process has CAP_NET_ADMIN. In a user namespace that does not own the network the
/// kernel still refuses.
pub fn may_see_firewall() -> bool {
    has_capability(CAP_NET_ADMIN)
}

/// Whether this process has CAP_NET_RAW, with the same limit in a user namespace.
pub fn may_capture() -> bool {
    has_capability(CAP_NET_RAW)
}

fn nft(arguments: &[&str]) -> Result<String, Unread> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tool = tool("nft", std::env::split_paths(&path)).ok_or(Unread::NoTool)?;
    let mut command = Command::new(tool);
    // `refusal` searches the untranslated message.
    command.args(arguments).env("LC_ALL", "C");
    run(command, NFT_TIMEOUT)
}

/// The PATH of an ordinary user lacks the folders of nft.
fn tool(name: &str, path: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let places = path.chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    places
        .filter(|place| place.is_absolute())
        .map(|place| place.join(name))
        .find(|file| Path::is_file(file))
}

/// Runs a command and returns its output.
fn run(mut command: Command, timeout: Duration) -> Result<String, Unread> {
    let failed = |error: io::Error| Unread::Failed(error.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    restore_limits_for(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let (output, errors) = (read(child.stdout.take()), read(child.stderr.take()));
    let ended = ended(&mut child, timeout).map_err(failed)?;
    if ended.is_none() {
        child.kill().and_then(|()| child.wait()).map_err(failed)?;
        return Err(Unread::TimedOut(timeout));
    }
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        // nft 1.0.6 prints invalid UTF-8 as the flags of some tables.
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    let (output, errors) = (text(output), text(errors));
    if ended.is_some_and(|status| status.success()) { Ok(output) } else { Err(refusal(&errors)) }
}

/// Reads an output to the end in a thread: a full pipe would block nft.
fn read(output: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut output) = output {
            let _ = output.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// The exit status; `None` after the timeout.
fn ended(child: &mut Child, timeout: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    const POLL_INTERVAL: Duration = Duration::from_millis(2);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= timeout {
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
        waited += POLL_INTERVAL;
    }
}

/// The error from the messages of nft. Without CAP_NET_ADMIN: "Operation not permitted (you must
/// be root)".
fn refusal(printed: &str) -> Unread {
    if printed.contains("Operation not permitted") || printed.contains("Permission denied") {
        return Unread::NotPermitted;
    }
    Unread::Failed(
        printed
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("unknown error")
            .trim()
            .to_owned(),
    )
}

fn has_capability(capability: u32) -> bool {
    fs::read_to_string("/proc/thread-self/status")
        .is_ok_and(|status| effective(&status) >> capability & 1 == 1)
}

/// The effective capabilities in /proc/PID/status.
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
    fn long_output_is_read() {
        let long =
            run(shell("head -c 300000 /dev/zero | tr '\\0' x"), Duration::from_secs(60)).unwrap();
        assert_eq!(long.len(), 300_000);
        assert_eq!(
            run(shell("printf 'a\\377b'; echo no >&2"), Duration::from_secs(60)).unwrap(),
            "a\u{fffd}b"
        );
    }

    #[test]
    fn missing_rights_differ_from_other_failures() {
        let run = |script: &str| run(shell(script), Duration::from_secs(60)).unwrap_err();
        // The message of nft 1.0.6 without CAP_NET_ADMIN.
        let message = "Operation not permitted (you must be root)\nnetlink: Error: cache \
                    initialization failed: Operation not permitted";
        assert_eq!(run(&format!("echo '{message}' >&2; exit 1")), Unread::NotPermitted);
        let failed =
            run("echo; echo 'Error: JSON support not compiled-in' >&2; echo more >&2; exit 1");
        assert_eq!(failed.to_string(), "nft: Error: JSON support not compiled-in");
        assert_eq!(run("exit 3").to_string(), "nft: unknown error");
    }

    #[test]
    fn a_slow_command_is_killed() {
        let error = run(shell("exec sleep 600"), Duration::from_millis(20)).unwrap_err();
        assert_eq!(error, Unread::TimedOut(Duration::from_millis(20)));
    }

    #[test]
    fn tools_are_searched_in_absolute_folders_only() {
        assert_eq!(
            tool("sh", [PathBuf::from("."), PathBuf::from("/bin")].into_iter()),
            Some(PathBuf::from("/bin/sh"))
        );
        assert_eq!(tool("mcast-has-no-such-tool", [PathBuf::from("/bin")].into_iter()), None);
        assert_eq!(tool("Cargo.toml", [PathBuf::from(".")].into_iter()), None);
    }
}
