//! COMMAND on FreeBSD.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::c_int;
use nix::unistd::{getpid, getppid};

/// Makes the kernel kill `command` when this process ends (PROC_PDEATHSIG_CTL, procctl(2)).
pub fn end_with_this_process(command: &mut Command) {
    let parent = getpid();
    let tie = move || {
        let mut signal: c_int = libc::SIGKILL;
        // SAFETY: `signal` is an int that outlives the call, as PROC_PDEATHSIG_CTL requires; the id
        // 0 is the calling process.
        let result = unsafe {
            let signal = (&raw mut signal).cast();
            libc::procctl(libc::P_PID, 0, libc::PROC_PDEATHSIG_CTL, signal)
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have ended before the call.
        if getppid() == parent { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
    };
    // SAFETY: between fork and exec `tie` makes two system calls, which are async-signal-safe, and
    // allocates nothing.
    unsafe { command.pre_exec(tie) };
}
