//! The groups that are joined at a time.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tracing::debug;

use super::counts::Counts;
use super::load::Load;
use super::schedule::Outcome;
use crate::net::{BareJoin, Inbox, KernelDrops, NetError};
use crate::notice::interface::Role;
use crate::notice::receive;
use crate::report::Reporter;
use crate::target::Listen;
use crate::verdict::RunError;
use crate::{notice, plan};

/// How long to read datagrams before everything else has its turn.
const MAX_TURN: Duration = Duration::from_millis(10);

/// The groups that are joined at a time.
pub struct Batch {
    /// All its targets, those that could not be joined included.
    pub listens: Vec<Listen>,
    /// The targets that could not be joined.
    pub skipped: usize,
    inbox: Option<Inbox>,
    /// The memberships of groups without a port.
    _bare: Vec<BareJoin>,
    load: Load,
    end: Instant,
}

impl Batch {
    /// Joins the groups. A target that cannot be joined is skipped with a warning.
    pub fn join(
        listens: Vec<Listen>,
        plan: &plan::Scan,
        reporter: &mut Reporter,
    ) -> Result<Self, RunError> {
        let (bare, bound): (Vec<&Listen>, Vec<&Listen>) =
            listens.iter().partition(|listen| listen.at.port == 0);
        let bound: Vec<Listen> = bound.into_iter().cloned().collect();
        let (mut joined, mut failed) = (Vec::new(), Vec::new());
        for listen in bare {
            match BareJoin::join(listen) {
                Ok(join) => joined.push(join),
                Err(error) => failed.push((listen.clone(), error)),
            }
        }
        let inbox = open(&bound, plan, &mut failed)?;
        for (listen, error) in &failed {
            reporter.warn(&notice::scan::skipped(&listen.at, error))?;
        }
        let now = Instant::now();
        debug!(targets = listens.len(), skipped = failed.len(), "joined");
        Ok(Batch {
            skipped: failed.len(),
            inbox,
            _bare: joined,
            load: Load::new(plan.budget, now),
            end: now.checked_add(plan.dwell).unwrap_or(now + Duration::from_secs(3600)),
            listens,
        })
    }

    /// When the batch ends, or its rate must be compared with the budget.
    pub fn due(&self) -> Instant {
        self.end.min(self.load.due())
    }

    /// Waits for datagrams until `until`. Returns whether the reader of the output is gone.
    pub fn wait(&mut self, until: Option<Instant>, reporter: &Reporter) -> Result<bool, NetError> {
        match &mut self.inbox {
            Some(inbox) => inbox.wait(reporter.wake(), Instant::now(), until),
            None => crate::net::wait(reporter.wake(), until),
        }
    }

    /// Reads the datagrams that have arrived.
    pub fn read(&mut self, counts: &mut Counts, reporter: &mut Reporter) -> Result<(), RunError> {
        let Some(inbox) = &mut self.inbox else { return Ok(()) };
        let (load, enough) = (&mut self.load, Instant::now() + MAX_TURN);
        loop {
            let mut count = 0;
            let flow = inbox.read(|datagram| {
                count += 1;
                load.add(datagram.payload.len());
                counts.add(&datagram);
                Ok::<_, RunError>(ControlFlow::<()>::Continue(()))
            })?;
            debug_assert!(flow.is_continue());
            if count == 0 || Instant::now() >= enough {
                break;
            }
            inbox.poll_ready(reporter.wake())?;
        }
        Ok(reporter.interface_events(inbox.follow()?, Role::Receiver)?)
    }

    /// How the batch ended at `now`; `None` if it continues.
    pub fn outcome(&mut self, now: Instant) -> Option<Outcome> {
        if self.load.exceeds(now) {
            return Some(Outcome::OverBudget);
        }
        (now >= self.end).then(|| Outcome::Complete { peak: self.load.peak() })
    }

    /// Leaves the groups. Returns the targets and the kernel's drops.
    pub fn leave(
        self,
        reporter: &mut Reporter,
    ) -> Result<(Vec<Listen>, Option<KernelDrops>), RunError> {
        let Some(inbox) = self.inbox else { return Ok((self.listens, None)) };
        let drops = inbox.discards().map(|discards| discards.drops);
        for error in inbox.leave().into_iter().filter_map(Result::err) {
            reporter.warn(&receive::not_left(&error))?;
        }
        Ok((self.listens, drops))
    }
}

/// Opens the sockets of all targets. If that fails, opens each target alone to find those that
/// cannot be joined, and adds them to `failed`.
fn open(
    listens: &[Listen],
    plan: &plan::Scan,
    failed: &mut Vec<(Listen, NetError)>,
) -> Result<Option<Inbox>, NetError> {
    if listens.is_empty() {
        return Ok(None);
    }
    let open = |listens: &[Listen]| Inbox::open(listens, None, plan.backend);
    let error = match open(listens) {
        Ok(inbox) => return Ok(Some(inbox)),
        Err(error) => error,
    };
    debug!(%error, "cannot join all targets of a batch");
    let mut able = Vec::new();
    for listen in listens {
        match open(std::slice::from_ref(listen)) {
            Ok(_) => able.push(listen.clone()),
            Err(error) => failed.push((listen.clone(), error)),
        }
    }
    // All of them alone, but not together: too many.
    if able.len() == listens.len() {
        return Err(error);
    }
    if able.is_empty() { Ok(None) } else { open(&able).map(Some) }
}
