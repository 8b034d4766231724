//! COMMAND and the programs that it starts, which end with this process.

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

/// A program in a process group of its own, with the programs that it has started. On Linux these
/// are all its descendants, also those that left the group or whose parent has ended; elsewhere
/// the members of the group.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    leader: Pid,
}

impl ProcessGroup {
    /// Starts a program that does not outlive this process. If this process is killed (SIGKILL),
    /// Linux kills the program, but not what the program has started.
    ///
    /// # Errors
    /// What the system said.
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

    /// The process id of the program.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the program ended, if it has.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Collects the exit statuses of programs whose parent has ended.
    pub fn reap_orphans(&self) {
        imp::reap_orphans(self.id());
    }

    /// Whether the program and all that it has started have ended.
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
            // Another process may have the number from now on.
            GROUP.store(0, Ordering::SeqCst);
        }
        gone
    }

    /// Asks the program and all that it has started to end (SIGTERM).
    pub fn terminate(&mut self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends the program and all that it has started (SIGKILL).
    pub fn kill(&mut self) {
        const ROUNDS: u32 = 20;
        const BETWEEN: Duration = Duration::from_millis(5);
        for _ in 0..ROUNDS {
            if self.is_gone() {
                return;
            }
            // A program may have started another one meanwhile, so one round may not be enough.
            self.signal(Signal::SIGKILL);
            let _ = self.child.wait();
            thread::sleep(BETWEEN);
        }
    }

    /// Sends a signal to all that is left. Some may end meanwhile, or belong to another user.
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

/// SIGQUIT still ends this process at once, with a core if the system writes one, and kills the
/// group before.
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
