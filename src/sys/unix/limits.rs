//! The limit of open files.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// Starts `command` with this soft limit of open files, although this process may have raised its
/// own.
pub fn start_with_open_files(command: &mut Command, soft: rlim_t) {
    let lower = move || {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        Ok(setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?)
    };
    // SAFETY: between fork and exec `lower` makes two system calls, which are async-signal-safe,
    // and allocates nothing.
    unsafe { command.pre_exec(lower) };
}

/// The error of too many open files.
pub fn too_many_files() -> io::Error {
    Errno::EMFILE.into()
}
