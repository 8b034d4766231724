//! The COMMAND of `recv -- COMMAND`, which starts when every group is joined and ends with the
//! receiver.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tracing::debug;

use crate::host;
use crate::net::{self, NetError, Wake};
use crate::plan::COMMAND_GRACE;
use crate::verdict::{Ended, RunError};

/// How long a command has to end after SIGTERM before it is killed.
const KILL_GRACE: Duration = Duration::from_secs(2);

/// A running COMMAND.
#[derive(Debug)]
pub struct RunningCommand {
    name: String,
    child: Child,
    ended: Option<Ended>,
}

impl RunningCommand {
    /// Starts `line`: a program and its arguments. Its standard output goes to standard error,
    /// because standard output carries the results. The name `mcast` runs this program,
    /// installed or not.
    pub fn start(line: &[OsString]) -> Result<Self, RunError> {
        let name = line[0].to_string_lossy().into_owned();
        let program = match std::env::current_exe() {
            Ok(this) if name == "mcast" => this.into_os_string(),
            _ => line[0].clone(),
        };
        let mut command = Command::new(program);
        command.args(&line[1..]).stdout(Stdio::from(io::stderr()));
        // In a separate process group, COMMAND can be ended together with the programs that it
        // starts. Only the foreground group may read a terminal, so COMMAND does not read it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if io::stdin().is_terminal() {
            command.stdin(Stdio::null());
        }
        host::restore_limits_for(&mut command);
        let child =
            command.spawn().map_err(|source| RunError::Command { name: name.clone(), source })?;
        debug!(pid = child.id(), command = name, "started");
        Ok(RunningCommand { name, child, ended: None })
    }

    /// How COMMAND ended; only for the first call after the end.
    pub fn newly_ended(&mut self) -> Option<&Ended> {
        if self.ended.is_some() {
            return None;
        }
        let status = self.child.try_wait().ok().flatten()?;
        debug!(%status, command = self.name, "ended");
        self.ended = Some(judge(&self.name, status));
        self.ended.as_ref()
    }

    /// Waits a moment for COMMAND to end, and then ends it. With `hurry`, after a signal or a
    /// failure, ends it at once. A command that was ended proves nothing about its success.
    pub fn finish(mut self, wake: Wake, hurry: bool) -> Result<Ended, NetError> {
        if !hurry {
            self.wait(wake, COMMAND_GRACE)?;
        }
        if let Some(ended) = &self.ended {
            return Ok(ended.clone());
        }
        debug!(pid = self.child.id(), command = self.name, "told to end");
        end(&mut self.child, EndSignal::Terminate);
        self.wait(wake, KILL_GRACE)?;
        self.kill();
        Ok(Ended::Stopped)
    }

    /// Waits for COMMAND to end, for at most `time`.
    fn wait(&mut self, wake: Wake, time: Duration) -> Result<(), NetError> {
        let until = Instant::now() + time;
        while self.ended.is_none() && self.newly_ended().is_none() && Instant::now() < until {
            net::wait(Wake { output: None, ..wake }, Some(until))?;
        }
        Ok(())
    }

    fn kill(&mut self) {
        if self.ended.is_none() {
            end(&mut self.child, EndSignal::Kill);
            let _ = self.child.wait();
        }
    }
}

/// COMMAND does not outlive the receiver, whatever fails in between.
impl Drop for RunningCommand {
    fn drop(&mut self) {
        self.kill();
    }
}

fn judge(name: &str, status: ExitStatus) -> Ended {
    match status.code() {
        Some(0) => Ended::Well,
        Some(code) => Ended::Failed(format!("'{name}' ended with exit status {code}")),
        None => Ended::Failed(format!("'{name}' was ended by a {status}")),
    }
}

#[derive(Clone, Copy)]
enum EndSignal {
    Terminate,
    Kill,
}

/// Ends COMMAND and the programs that it has started.
#[cfg(unix)]
fn end(child: &mut Child, signal: EndSignal) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    let signal = match signal {
        EndSignal::Terminate => Signal::SIGTERM,
        EndSignal::Kill => Signal::SIGKILL,
    };
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

/// Ends COMMAND at once, because Windows has no signal that asks it to end.
#[cfg(not(unix))]
fn end(child: &mut Child, _signal: EndSignal) {
    let _ = child.kill();
}
