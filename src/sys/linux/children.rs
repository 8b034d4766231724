//! Child processes that end with this one, and orphans.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{getpgid, getpgrp, getpid, getppid};

/// Makes the kernel kill `command` when the thread that starts it ends (PR_SET_PDEATHSIG,
/// prctl(2)). The main thread must start it.
pub fn end_with_this_process(command: &mut Command) {
    let parent = getpid();
    let tie = move || {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have ended before the call.
        if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: between fork and exec `tie` makes two system calls, which are async-signal-safe, and
    // allocates nothing.
    unsafe { command.pre_exec(tie) };
}

/// Makes this process the parent of descendants whose parent has ended (PR_SET_CHILD_SUBREAPER,
/// prctl(2)).
pub fn adopt_orphans() {
    if let Err(error) = prctl::set_child_subreaper(true) {
        tracing::debug!(%error, "cannot adopt orphans of COMMAND");
    }
}

/// Collects the exit statuses of orphans: the children in other process groups, except `but`.
/// Helper processes of mcast are in its own group.
pub fn reap_orphans(but: u32) {
    let next =
        || waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT);
    while let Ok(status) = next() {
        let Some(ended) = status.pid().filter(|_| status != WaitStatus::StillAlive) else { return };
        let is_ours = ended.as_raw().unsigned_abs() == but || getpgid(Some(ended)) == Ok(getpgrp());
        if is_ours || waitpid(ended, Some(WaitPidFlag::WNOHANG)).is_err() {
            return;
        }
    }
}
