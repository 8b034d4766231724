//! The programs of sockets, from /proc/PID/fd of the processes that this one may inspect.

use std::fs;
use std::path::Path;

use super::user::PortUser;
use crate::units::printable::{Printable, name_of};

/// The maximum number of inspected descriptors. Each needs a call.
const MOST: usize = 200_000;

/// Fills in the programs of sockets, and whether they belong to this process. Ends as soon as all
/// are known.
pub fn name(users: &mut [PortUser]) {
    let mut left = MOST;
    let own = std::process::id();
    name_those_of(own, users, &mut left);
    let Ok(processes) = fs::read_dir("/proc") else { return };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for pid in pids.filter(|pid| *pid != own) {
        if left == 0 || users.iter().all(|user| user.program.is_some()) {
            break;
        }
        name_those_of(pid, users, &mut left);
    }
}

/// Inspects the descriptors of a process. It may have ended, or belong to another user.
fn name_those_of(pid: u32, users: &mut [PortUser], left: &mut usize) {
    let process = format!("/proc/{pid}");
    let Ok(descriptors) = fs::read_dir(format!("{process}/fd")) else { return };
    for descriptor in descriptors.flatten() {
        if *left == 0 || users.iter().all(|user| user.program.is_some()) {
            return;
        }
        *left -= 1;
        let Some(inode) = inode_of(&descriptor.path()) else { continue };
        for user in users.iter_mut().filter(|user| user.inode == inode && user.program.is_none()) {
            user.program = Some(format!("{} (pid {pid})", comm(&process)));
            user.own = pid == std::process::id();
        }
    }
}

/// The inode of a socket descriptor.
fn inode_of(descriptor: &Path) -> Option<u64> {
    let open = fs::read_link(descriptor).ok()?;
    socket_inode(open.to_str()?)
}

fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The name of a process. It can contain any bytes, including escape sequences.
fn comm(process: &str) -> String {
    let name = fs::read(format!("{process}/comm")).unwrap_or_default();
    plain(&name)
}

fn plain(name: &[u8]) -> String {
    let name = name_of(name.strip_suffix(b"\n").unwrap_or(name));
    let name = Printable(&name).to_string();
    if name.is_empty() { "a program".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_have_an_inode() {
        assert_eq!(socket_inode("socket:[56789]"), Some(56_789));
        for other in [
            "pipe:[56789]",
            "/tmp/socket:[56789]",
            "socket:[]",
            "socket:[56789",
            "anon_inode:[eventfd]",
        ] {
            assert_eq!(socket_inode(other), None, "{other}");
        }
    }

    #[test]
    fn a_process_name_is_printable() {
        assert_eq!(plain(b"python3\n"), "python3");
        assert_eq!(plain(b"a\x1b[31mb\n\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(plain(b"\xff\n"), "\\xff");
        assert_eq!(plain(b""), "a program");
    }
}
