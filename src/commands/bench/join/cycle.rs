//! One cycle: joins, waits for datagrams, leaves, and waits until the network has forgotten the
//! group.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::arrivals::Arrivals;
use super::wire::{Seen, Wire};
use crate::event::{CycleInfo, JoinFrom};
use crate::net::{self, Inbox, NetError, Operation};
use crate::notice::interface::Role;
use crate::notice::receive;
use crate::plan;
use crate::report::Reporter;
use crate::units::UnixTime;
use crate::verdict::{RunError, Stop};

/// How often frames are read: their buffer holds more than this time of traffic.
const FRAME_READ_INTERVAL: Duration = Duration::from_millis(10);

/// How long no frame must arrive before the first join.
const QUIET_BEFORE: Duration = Duration::from_millis(500);

/// Joins and leaves a group.
pub struct Cycles<'a> {
    plan: &'a plan::Join,
    /// `None` if mcast captures no frames.
    wire: Option<Wire>,
    /// Whether frames of the group arrive although this host is no member; `None` if unknown.
    forwarded: Option<bool>,
}

/// The end of a part of a cycle: its result, or the reason to stop the run.
type Part<T> = Result<ControlFlow<Stop, T>, RunError>;

/// Returns the reason to stop from a part, or its result.
macro_rules! finished {
    ($part:expr) => {
        match $part? {
            ControlFlow::Continue(result) => result,
            ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
        }
    };
}

impl<'a> Cycles<'a> {
    pub fn new(plan: &'a plan::Join, wire: Option<Wire>) -> Self {
        Cycles { plan, wire, forwarded: None }
    }

    /// Whether frames are seen.
    pub fn see_frames(&self) -> bool {
        self.wire.is_some()
    }

    /// Finds out whether the group is forwarded before the first join.
    pub fn begin(&mut self, reporter: &mut Reporter) -> Part<()> {
        if self.wire.is_some() {
            let since = UnixTime::now();
            let seen = finished!(self.quiet(since, QUIET_BEFORE, QUIET_BEFORE, reporter));
            self.forwarded = Some(seen.frames > 0);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Runs the cycle with this number. After the last one, nothing waits for the network without
    /// frames that show it.
    pub fn cycle(&mut self, cycle: u32, reporter: &mut Reporter) -> Part<(CycleInfo, Arrivals)> {
        let forwarded_before = self.forwarded;
        let called = UnixTime::now();
        let mut inbox =
            Inbox::open(std::slice::from_ref(&self.plan.listen), None, self.plan.backend)?;
        let mut seen = Seen::default();
        let arrivals = finished!(self.receive(&mut inbox, called, &mut seen, reporter));
        let leaving = UnixTime::now();
        for error in inbox.leave().into_iter().filter_map(Result::err) {
            reporter.warn(&receive::not_left(&error))?;
        }
        let is_last = cycle == self.plan.cycles;
        let left = finished!(self.forget(leaving, &arrivals, is_last, reporter));
        let report = seen.report.filter(|_| forwarded_before != Some(true));
        let stopped = left.map(|(_, stopped)| stopped);
        self.forwarded = stopped.map(|stopped| !stopped);
        let join = |from: UnixTime| arrivals.first.map(|first| first.duration_since(from));
        let info = CycleInfo {
            cycle,
            forwarded_before,
            join: join(report.unwrap_or(called)),
            join_from: if report.is_some() { JoinFrom::Report } else { JoinFrom::Call },
            report_delay: seen.report.map(|report| report.duration_since(called)),
            leave: left.filter(|(_, stopped)| *stopped).and_then(|(seen, _)| seen.report_to_last()),
            stopped,
            datagrams: arrivals.count,
            gap: arrivals.gap(),
        };
        Ok(ControlFlow::Continue((info, arrivals)))
    }

    /// Receives datagrams until they are enough, or none arrived in time.
    fn receive(
        &mut self,
        inbox: &mut Inbox,
        called: UnixTime,
        seen: &mut Seen,
        reporter: &mut Reporter,
    ) -> Part<Arrivals> {
        let (start, mut arrivals) = (Instant::now(), Arrivals::default());
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(ControlFlow::Break(Stop::Interrupted(signal)));
            }
            let is_over = arrivals.first.is_none() && start.elapsed() >= self.plan.join_wait;
            if is_over || arrivals.are_enough(UnixTime::now()) {
                self.read_frames(called, seen)?;
                return Ok(ControlFlow::Continue(arrivals));
            }
            let now = Instant::now();
            if inbox.wait(reporter.wake(), now, Some(now + FRAME_READ_INTERVAL))? {
                return Ok(ControlFlow::Break(Stop::ReaderGone));
            }
            let flow = inbox.read(|datagram| {
                arrivals.add(datagram.meta.time, datagram.meta.source);
                Ok::<_, RunError>(ControlFlow::<()>::Continue(()))
            })?;
            debug_assert!(flow.is_continue());
            self.read_frames(called, seen)?;
            reporter.interface_events(inbox.follow()?, Role::Receiver)?;
        }
    }

    /// Waits until the network has stopped forwarding the group. Returns what was seen since the
    /// leave, and whether the frames stopped; `None` without frames.
    fn forget(
        &mut self,
        leaving: UnixTime,
        arrivals: &Arrivals,
        is_last: bool,
        reporter: &mut Reporter,
    ) -> Part<Option<(Seen, bool)>> {
        let longest = self.plan.leave_wait;
        if self.wire.is_none() {
            let wait = if is_last { Duration::ZERO } else { longest };
            finished!(self.quiet(leaving, wait, wait, reporter));
            return Ok(ControlFlow::Continue(None));
        }
        let silence = arrivals.silence().min(longest);
        let seen = finished!(self.quiet(leaving, silence, longest, reporter));
        let since_last = UnixTime::now().duration_since(seen.last.unwrap_or(leaving));
        Ok(ControlFlow::Continue(Some((seen, since_last >= silence))))
    }

    /// Reads frames until none of the group arrived for `silence`, or for `longest`.
    fn quiet(
        &mut self,
        since: UnixTime,
        silence: Duration,
        longest: Duration,
        reporter: &mut Reporter,
    ) -> Part<Seen> {
        let (start, mut seen) = (Instant::now(), Seen::default());
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(ControlFlow::Break(Stop::Interrupted(signal)));
            }
            self.read_frames(since, &mut seen)?;
            let quiet = UnixTime::now().duration_since(seen.last.unwrap_or(since));
            if quiet >= silence || start.elapsed() >= longest {
                return Ok(ControlFlow::Continue(seen));
            }
            let rest = silence.saturating_sub(quiet).max(Duration::from_millis(1));
            let wait = if self.wire.is_some() { rest.min(FRAME_READ_INTERVAL) } else { rest };
            if net::wait(reporter.wake(), Some(Instant::now() + wait))? {
                return Ok(ControlFlow::Break(Stop::ReaderGone));
            }
        }
    }

    fn read_frames(&mut self, since: UnixTime, seen: &mut Seen) -> Result<(), NetError> {
        match &mut self.wire {
            Some(wire) => {
                wire.read(since, seen).map_err(|error| Operation::ReadFrames.failed(error))
            }
            None => Ok(()),
        }
    }
}
