//! COMMAND and its descendants, which end with this process.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::SIGQUIT;
use signal_hook::low_level;

use super::ignored::is_ignored;
use crate::sys::imp;

/// The process group that a signal handler kills; 0 for none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// A program in its own process group, with its descendants. On Linux these include processes that
/// left the group or whose parent has ended; elsewhere, only the members of the group.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    leader: Pid,
}

impl ProcessGroup {
    /// Starts a program that does not outlive this process. If this process is killed (SIGKILL),
    /// Linux and FreeBSD kill the program, but not its descendants.
    ///
    /// # Errors
    /// The error of the system.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        command.process_group(0);
        imp::end_with_this_process(command);
        imp::adopt_orphans();
        kill_before_quitting()?;
        let child = command.spawn()?;
        let leader = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        GROUP.store(leader.as_raw(), Ordering::SeqCst);
        Ok(ProcessGroup { child, leader })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, if the program has ended.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Collects the exit statuses of programs whose parent has ended.
    pub fn reap_orphans(&self) {
        imp::reap_orphans(self.id());
    }

    /// Whether the program and all its descendants have ended.
    pub fn is_gone(&mut self) -> bool {
        if self.try_wait().is_none() {
            return false;
        }
        self.reap_orphans();
        let gone = match imp::descendants() {
            Ok(descendants) => descendants.is_empty(),
            Err(_) => killpg(self.leader, None) == Err(Errno::ESRCH),
        };
        if gone {
            // Another process may get this number from now on.
            GROUP.store(0, Ordering::SeqCst);
        }
        gone
    }

    /// Requests the end of the program and its descendants (SIGTERM).
    pub fn terminate(&mut self) {
        self.signal(Signal::SIGTERM);
    }

    /// Kills the program and its descendants (SIGKILL).
    pub fn kill(&mut self) {
        const ROUNDS: u32 = 20;
        const BETWEEN: Duration = Duration::from_millis(5);
        for _ in 0..ROUNDS {
            if self.is_gone() {
                return;
            }
            // A program may start another one in the meantime: one round may not suffice.
            self.signal(Signal::SIGKILL);
            let _ = self.child.wait();
            thread::sleep(BETWEEN);
        }
    }

    /// Sends a signal to all remaining processes. Some may have ended, or belong to another user.
    fn signal(&self, signal: Signal) {
        if GROUP.load(Ordering::SeqCst) != 0 {
            let _ = killpg(self.leader, signal);
        }
        for process in imp::descendants().unwrap_or_default() {
            let process = Pid::from_raw(process);
            let is_member = nix::unistd::getpgid(Some(process)) == Ok(self.leader);
            if !is_member {
                let _ = kill(process, signal);
            }
        }
    }
}

/// Kills the group from a signal handler.
pub(super) fn kill_at_once() {
    let group = GROUP.load(Ordering::SeqCst);
    if group > 0 {
        // SAFETY: kill(2) takes two numbers, touches no memory and is async-signal-safe.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// SIGQUIT still ends this process at once, with a core dump if enabled, but kills the group first.
fn kill_before_quitting() -> io::Result<()> {
    if is_ignored(SIGQUIT) {
        return Ok(());
    }
    let quit = || {
        kill_at_once();
        let _ = low_level::emulate_default_handler(SIGQUIT);
    };
    // SAFETY: the action calls kill(2) and what signal-hook offers for signal handlers. All of it
    // is async-signal-safe.
    unsafe { low_level::register(SIGQUIT, quit) }?;
    Ok(())
}
