//! The plan of `mcast recv`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::{Host, PlanError, Sources};
use crate::assertion::Assertion;
use crate::cli::{DisplayArgs, RecvArgs};
use crate::notice::{Notice, advice};
use crate::report::Output;
use crate::sys::Backend;
use crate::target::{Listen, TargetRange};
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::Limits;

/// How long `recv` continues after its COMMAND has ended, and how long it waits before it stops
/// COMMAND.
pub const COMMAND_GRACE: Duration = Duration::from_millis(500);

/// The plan of `mcast recv`.
#[derive(Clone, Debug)]
pub struct Recv {
    /// Each endpoint once.
    pub listens: Vec<Listen>,
    /// The groups to join on interfaces that appear later.
    pub everywhere: Vec<Listen>,
    /// The conditions to stop.
    pub limits: Limits,
    /// The receive buffer; `None` requests the maximum of the system.
    pub rcvbuf: Option<RcvbufRequest>,
    pub spin: bool,
    /// The command to run after all joins, with its arguments; may be empty.
    pub command: Vec<OsString>,
    /// The time between two reports.
    pub stats: Option<Duration>,
    pub show: bool,
    pub assertions: Vec<Assertion>,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    pub backend: Backend,
}

impl Recv {
    /// Plans a receiver on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &RecvArgs, host: &Host) -> Result<Self, PlanError> {
        let DisplayArgs { quiet, verbose, .. } = args.common.display;
        let show = quiet == 0 && (args.stats.is_none() || verbose > 0);
        if may_disturb_terminal(args, show) && io::stdout().is_terminal() {
            return Err(PlanError::RawToTerminal);
        }
        let sources = Sources { include: args.source.clone(), exclude: args.exclude.clone() };
        let listens = host.listens(&args.targets, &args.common.iface, &sources)?;
        let everywhere = host.everywhere(&args.targets, &args.common.iface, &listens);
        let chosen = args.targets != [TargetRange::default()];
        let mut advice = if chosen {
            advice::for_receiver(listens.iter().map(|listen| &listen.at))
        } else {
            Vec::new()
        };
        advice.extend(host.advice(listens.iter().map(|listen| &listen.at)));
        advice.extend(args.common.typed.bare_ports.iter().copied().map(advice::bare_port));
        let limits = Limits {
            count: args.count,
            duration: args.duration,
            timeout: args.timeout,
            idle: args.idle,
            once: args.once,
        };
        let (rcvbuf, command, backend) = (args.rcvbuf, args.command.clone(), args.common.backend());
        let (stats, spin, assertions) = (args.stats, args.spin, args.assert.clone());
        Ok(Recv {
            listens,
            everywhere,
            limits,
            rcvbuf,
            spin,
            command,
            stats,
            show,
            assertions,
            advice,
            backend,
        })
    }
}

/// Whether payloads would reach a terminal unescaped.
fn may_disturb_terminal(args: &RecvArgs, show: bool) -> bool {
    args.output == Output::Raw && show && !args.force
}
