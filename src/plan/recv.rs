//! The plan of `mcast recv`.

use std::ffi::OsString;
use std::time::Duration;

use super::beside;
use super::{Host, Measuring, PlanError, Sources};
use crate::cli::RecvArgs;
use crate::notice::{Notice, advice};
use crate::sys::Backend;
use crate::target::{Listen, TargetRange};
use crate::units::rcvbuf::RcvbufRequest;

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
    pub measuring: Measuring,
    /// The receive buffer; `None` requests the maximum of the system.
    pub rcvbuf: Option<RcvbufRequest>,
    pub spin: bool,
    /// Answer the senders that ask for it.
    pub reply: bool,
    /// The most answers in a second.
    pub reply_limit: u64,
    /// The command to run after all joins, with its arguments; may be empty.
    pub command: Vec<OsString>,
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
        let measuring = Measuring::new(args, host.addresses())?;
        let sources = Sources { include: args.source.clone(), exclude: args.exclude.clone() };
        let targets = targets(args);
        let listens = host.listens(&targets, &args.common.iface, &sources)?;
        let everywhere = host.everywhere(&targets, &args.common.iface, &listens);
        let beside = beside::joins(args, &listens);
        let mut advice = if targets == [TargetRange::default()] {
            Vec::new()
        } else {
            advice::for_receiver(listens.iter().map(|listen| &listen.at))
        };
        advice.extend(host.advice(listens.iter().map(|listen| &listen.at)));
        advice.extend(args.common.typed.bare_ports.iter().copied().map(advice::bare_port));
        let (rcvbuf, command, backend) = (args.rcvbuf, args.command.clone(), args.common.backend());
        Ok(Recv {
            listens,
            everywhere,
            beside,
            measuring,
            rcvbuf,
            spin: args.spin,
            reply: args.reply,
            reply_limit: args.reply_limit,
            command,
            advice,
            backend,
        })
    }
}

/// The targets to join: those of the pairs too, and the default if there are none.
fn targets(args: &RecvArgs) -> Vec<TargetRange> {
    let targets = chosen_targets(args);
    if targets.is_empty() { vec![TargetRange::default()] } else { targets }
}

/// The targets that the user named, those of the pairs too.
pub(super) fn chosen_targets(args: &RecvArgs) -> Vec<TargetRange> {
    let paired = args.pair.iter().flat_map(|pair| [&pair.a, &pair.b]);
    args.targets.iter().chain(paired).cloned().collect()
}
