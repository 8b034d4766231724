//! The COMMAND of `recv -- COMMAND`, which starts when every group is joined and ends with the
//! receiver.

use std::ffi::OsString;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tracing::debug;

use crate::host;
use crate::net::{self, NetError, Wake};
use crate::plan::COMMAND_GRACE;
use crate::report::HIDDEN_FROM_CHILDREN;
use crate::sys::ProcessGroup;
use crate::verdict::{Ended, RunError};

/// The time that COMMAND and its descendants have to end after SIGTERM, before SIGKILL.
const KILL_GRACE: Duration = Duration::from_secs(2);

/// How often a wait checks for the end of programs that are not children of mcast.
const LOOK: Duration = Duration::from_millis(20);

/// How often orphans are reaped during the run.
const REAP: Duration = Duration::from_secs(1);

/// A running COMMAND.
#[derive(Debug)]
pub struct RunningCommand {
    name: String,
    group: ProcessGroup,
    ended: Option<Ended>,
    reaped: Instant,
}

impl RunningCommand {
    /// Starts `line`: a program and its arguments. Its standard output goes to standard error,
    /// because standard output carries the results. It has no standard input. The name `mcast` runs this program,
    /// installed or not.
    pub fn start(line: &[OsString]) -> Result<Self, RunError> {
        let name = line[0].to_string_lossy().into_owned();
        let program = match std::env::current_exe() {
            Ok(this) if name == "mcast" => this.into_os_string(),
            _ => line[0].clone(),
        };
        let mut command = Command::new(program);
        // COMMAND has its own process group, and only the foreground group may read a terminal. A
        // pipe that no program writes to must not stop `mcast send`, which would read it.
        command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
        HIDDEN_FROM_CHILDREN.iter().for_each(|variable| {
            command.env_remove(variable);
        });
        host::restore_limits_for(&mut command);
        let group = ProcessGroup::spawn(&mut command)
            .map_err(|source| RunError::Command { name: name.clone(), source })?;
        debug!(pid = group.id(), command = name, "started");
        Ok(RunningCommand { name, group, ended: None, reaped: Instant::now() })
    }

    /// How COMMAND ended; only for the first call after the end.
    pub fn newly_ended(&mut self) -> Option<&Ended> {
        if self.reaped.elapsed() >= REAP {
            self.group.reap_orphans();
            self.reaped = Instant::now();
        }
        if self.ended.is_some() {
            return None;
        }
        let status = self.group.try_wait()?;
        debug!(%status, command = self.name, "ended");
        self.ended = Some(Ended::of(&self.name, status));
        self.ended.as_ref()
    }

    /// Waits a moment for COMMAND to end, and then terminates it with its descendants. With
    /// `hurry`, after a signal or a failure, there is no wait. A terminated COMMAND is neither a
    /// success nor a failure.
    pub fn finish(mut self, wake: Wake, hurry: bool) -> Result<Ended, NetError> {
        if !hurry {
            self.wait(wake, COMMAND_GRACE, |this| this.ended.is_some())?;
        }
        let ended = self.ended.clone();
        if !self.group.is_gone() {
            debug!(pid = self.group.id(), command = self.name, "sending SIGTERM");
            self.group.terminate();
            self.wait(wake, KILL_GRACE, |this| this.group.is_gone())?;
        }
        Ok(ended.unwrap_or(Ended::Stopped))
    }

    /// Waits until `is_over`, for at most `time`.
    fn wait(
        &mut self,
        wake: Wake,
        time: Duration,
        is_over: impl Fn(&mut Self) -> bool,
    ) -> Result<(), NetError> {
        let until = Instant::now() + time;
        loop {
            self.newly_ended();
            let now = Instant::now();
            if is_over(self) || now >= until {
                return Ok(());
            }
            net::wait(Wake { output: None, ..wake }, Some(until.min(now + LOOK)))?;
        }
    }
}

/// COMMAND does not outlive the receiver, even after an error.
impl Drop for RunningCommand {
    fn drop(&mut self) {
        self.group.kill();
    }
}
