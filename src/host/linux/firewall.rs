//! The rules of nft, and the capabilities of this process.

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

/// How long nft may run. It prints a ruleset of many thousand elements in a fraction of this.
const PATIENCE: Duration = Duration::from_secs(2);

/// The output of `nft -j list ruleset`.
pub fn ruleset() -> Result<String, Unread> {
    nft(&["-j", "list", "ruleset"])
}

/// The output of `nft -a list ruleset`, which shows a little more than the JSON.
pub fn ruleset_listing() -> Result<String, Unread> {
    nft(&["-a", "list", "ruleset"])
}

/// Whether this process has CAP_NET_ADMIN. In a user namespace that does not own the network
/// namespace, nft fails all the same.
pub fn may_see_firewall() -> bool {
    has_capability(CAP_NET_ADMIN)
}

/// Whether this process has CAP_NET_RAW, to capture frames. The same limit applies in a user
/// namespace.
pub fn may_capture() -> bool {
    has_capability(CAP_NET_RAW)
}

fn nft(arguments: &[&str]) -> Result<String, Unread> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tool = find_tool("nft", std::env::split_paths(&path)).ok_or(Unread::NoTool)?;
    let mut command = Command::new(tool);
    // `refusal` searches nft's messages in English.
    command.args(arguments).env("LC_ALL", "C");
    run(command, PATIENCE)
}

/// The PATH of an ordinary user lacks the sbin directories that hold nft. Relative directories are
/// not searched: a file in the working directory must not run as root.
fn find_tool(name: &str, path: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let directories = path.chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    directories
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|file| Path::is_file(file))
}

/// Runs a command and returns its standard output.
fn run(mut command: Command, patience: Duration) -> Result<String, Unread> {
    let failed = |error: io::Error| Unread::Failed(error.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    restore_limits_for(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let (output, errors) = (read(child.stdout.take()), read(child.stderr.take()));
    let Some(status) = wait(&mut child, patience).map_err(failed)? else {
        child.kill().and_then(|()| child.wait()).map_err(failed)?;
        return Err(Unread::NoAnswer(patience));
    };
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        // nft 1.0.6 may print invalid bytes as the flags of a table. The rest is still of use.
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    let (output, errors) = (text(output), text(errors));
    if status.success() { Ok(output) } else { Err(refusal(&errors)) }
}

/// Reads one output of the command to its end, in a thread: a full pipe would stop the command.
fn read(output: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut output) = output {
            let _ = output.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Waits for the end of the command; `None` if it runs for longer than `patience`.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    const PAUSE: Duration = Duration::from_millis(2);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= patience {
            return Ok(None);
        }
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
}

/// The reason that nft printed. Without CAP_NET_ADMIN it is "Operation not permitted (you must be
/// root)".
fn refusal(errors: &str) -> Unread {
    if ["not permitted", "Permission denied"].iter().any(|words| errors.contains(words)) {
        return Unread::NotPermitted;
    }
    let line = errors.lines().map(str::trim).find(|line| !line.is_empty());
    line.map_or(Unread::NoReason, |line| Unread::Failed(line.to_owned()))
}

fn has_capability(capability: u32) -> bool {
    fs::read_to_string("/proc/thread-self/status")
        .is_ok_and(|status| effective_capabilities(&status) >> capability & 1 == 1)
}

/// Reads the effective capabilities in the text of /proc/PID/status.
fn effective_capabilities(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn effective_capabilities_are_read() {
        let effective = effective_capabilities;
        assert_eq!(effective("Name:\tmcast\nCapPrm:\tffff\nCapEff:\t0000000000003000\n"), 0x3000);
        assert_eq!(effective("CapEff:\tzz\n"), 0);
        assert_eq!(effective(""), 0);
    }

    #[test]
    fn long_and_invalid_output_is_returned() {
        let long = run(shell("head -c 300000 /dev/zero | tr '\\0' x"), LONG).unwrap();
        assert_eq!(long.len(), 300_000);
        assert_eq!(run(shell("printf 'a\\377b'; echo no >&2"), LONG).unwrap(), "a\u{fffd}b");
    }

    #[test]
    fn a_refusal_differs_from_a_failure() {
        let run = |script: &str| run(shell(script), LONG).unwrap_err();
        // Recorded from nft 1.0.6, run by an ordinary user.
        let refused = "Operation not permitted (you must be root)\nnetlink: Error: cache \
                       initialization failed: Operation not permitted";
        assert_eq!(run(&format!("echo '{refused}' >&2; exit 1")), Unread::NotPermitted);
        let failed =
            run("echo; echo 'Error: JSON support not compiled-in' >&2; echo more >&2; exit 1");
        assert_eq!(failed, Unread::Failed("Error: JSON support not compiled-in".to_owned()));
        assert_eq!(run("exit 3"), Unread::NoReason);
    }

    #[test]
    fn a_slow_command_is_killed() {
        let patience = Duration::from_millis(20);
        let error = run(shell("exec sleep 600"), patience).unwrap_err();
        assert_eq!(error, Unread::NoAnswer(patience));
    }

    #[test]
    fn only_absolute_directories_are_searched() {
        assert_eq!(
            find_tool("sh", [PathBuf::from("."), PathBuf::from("/bin")].into_iter()),
            Some(PathBuf::from("/bin/sh"))
        );
        assert_eq!(find_tool("mcast-has-no-such-tool", [PathBuf::from("/bin")].into_iter()), None);
        assert_eq!(find_tool("Cargo.toml", [PathBuf::from(".")].into_iter()), None);
    }
}
