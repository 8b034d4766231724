//! The plan of `mcast recv`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::beside;
use super::{Host, PlanError, Sources};
use crate::assertion::Assertion;
use crate::cli::{DisplayArgs, RecvArgs};
use crate::notice::{Notice, advice};
use crate::report::Output;
use crate::stats::flow::Settings;
use crate::sys::Backend;
use crate::target::{Listen, Target, TargetPair, TargetRange};
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
    /// The joins for session announcements and RTCP, whose datagrams only describe streams.
    pub beside: Vec<Listen>,
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
    /// The targets of which two each carry the same stream.
    pub pairs: Vec<(Target, Target)>,
    /// How to recognise and measure the streams of other senders.
    pub formats: Settings,
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
        let targets = targets(args);
        let listens = host.listens(&targets, &args.common.iface, &sources)?;
        let everywhere = host.everywhere(&targets, &args.common.iface, &listens);
        let chosen = targets != [TargetRange::default()];
        let beside = beside::joins(args, &listens);
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
        let formats = Settings {
            rtp_clock: args.rtp_clock,
            choice: args.format,
            trust_clock: args.trust_clock,
            local: host.addresses(),
        };
        let (stats, spin, assertions) = (args.stats, args.spin, args.assert.clone());
        Ok(Recv {
            listens,
            everywhere,
            beside,
            limits,
            rcvbuf,
            spin,
            command,
            stats,
            show,
            assertions,
            pairs: args.pair.iter().flat_map(TargetPair::targets).collect(),
            formats,
            advice,
            backend,
        })
    }
}

/// The targets to join: those of the pairs too, and without the default if there are pairs.
fn targets(args: &RecvArgs) -> Vec<TargetRange> {
    let has_default = args.targets == [TargetRange::default()];
    let chosen = args.targets.iter().filter(|_| !has_default || args.pair.is_empty());
    let paired = args.pair.iter().flat_map(|pair| [&pair.a, &pair.b]);
    chosen.chain(paired).cloned().collect()
}

/// Whether payloads would reach a terminal unescaped.
fn may_disturb_terminal(args: &RecvArgs, show: bool) -> bool {
    args.output == Output::Raw && show && !args.force
}
