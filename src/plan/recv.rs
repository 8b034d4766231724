//! What `mcast recv` does.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::{Host, PlanError, Sources};
use crate::assertion::Assertion;
use crate::cli::RecvArgs;
use crate::notice::{Notice, advice};
use crate::report::Output;
use crate::sys::Backend;
use crate::target::{Listen, TargetRange};
use crate::units::rcvbuf::RcvbufRequest;
use crate::verdict::Limits;

/// How long `recv` goes on listening after its COMMAND has ended, and how long it waits for it
/// before stopping it.
pub const COMMAND_GRACE: Duration = Duration::from_millis(500);

/// What `mcast recv` does.
#[derive(Clone, Debug)]
pub struct Recv {
    /// What to listen to, each once.
    pub listens: Vec<Listen>,
    /// What of it to join on interfaces that appear later.
    pub everywhere: Vec<Listen>,
    /// When to stop.
    pub limits: Limits,
    /// The receive buffer; as much as the system grants where `None`.
    pub rcvbuf: Option<RcvbufRequest>,
    /// Never sleep while waiting.
    pub spin: bool,
    /// A command to run once every group is joined, and its arguments; empty for none.
    pub command: Vec<OsString>,
    /// Report on each such time.
    pub stats: Option<Duration>,
    /// Show each datagram.
    pub show: bool,
    /// What must hold in the end.
    pub assertions: Vec<Assertion>,
    /// What the user should know of the addresses before it begins.
    pub advice: Vec<Notice>,
    /// How the system is asked.
    pub backend: Backend,
}

impl Recv {
    /// The plan of these arguments on this host.
    ///
    /// # Errors
    /// What cannot be carried out here.
    pub fn new(args: &RecvArgs, host: &Host) -> Result<Self, PlanError> {
        let show = args.stats.is_none() || args.common.display.verbose > 0;
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

/// Whether payloads would be written as they are, so that a terminal obeys what is in them.
fn may_disturb_terminal(args: &RecvArgs, show: bool) -> bool {
    args.output == Output::Raw && show && args.common.display.quiet == 0 && !args.force
}
