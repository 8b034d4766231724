//! COMMAND, which ends with this process.

use std::io;
use std::process::{Child, Command, ExitStatus};

use super::wake::wake_at_end_of;

/// A program. Windows has no process groups that end together.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
}

impl ProcessGroup {
    /// Starts a program.
    ///
    /// # Errors
    /// The error of the system.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        crate::sys::imp::end_with_this_process(command);
        crate::sys::imp::adopt_orphans();
        let child = command.spawn()?;
        wake_at_end_of(&child);
        Ok(ProcessGroup { child })
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
        crate::sys::imp::reap_orphans(self.id());
    }

    /// Whether the program has ended.
    pub fn is_gone(&mut self) -> bool {
        self.try_wait().is_some()
    }

    /// Kills the program: Windows has no signal that requests the end.
    pub fn terminate(&mut self) {
        self.kill();
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
