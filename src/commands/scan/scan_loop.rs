//! The loop of a scan: looks for groups, joins a few of them, listens, leaves and moves on.

use std::time::{Duration, Instant};

use super::batch::Batch;
use super::counts::Counts;
use super::discovery::Discovery;
use super::schedule::{Outcome, Schedule};
use crate::event::{Event, FoundInfo};
use crate::net::KernelDrops;
use crate::plan;
use crate::report::{Goal, Progress, Reporter};
use crate::verdict::{RunError, Stop};

/// A scan.
pub struct ScanLoop<'a> {
    plan: &'a plan::Scan,
    start: Instant,
    discovery: Discovery<'a>,
    pub schedule: Schedule,
    pub counts: Counts,
    /// The kernel's drops, if the system counts them.
    pub drops: Option<KernelDrops>,
    /// The targets that could not be joined.
    pub skipped: usize,
}

/// How the time with some groups ended.
enum End {
    Batch(Outcome),
    Scan(Stop),
}

impl<'a> ScanLoop<'a> {
    /// A scan that begins at `start`.
    pub fn new(plan: &'a plan::Scan, discovery: Discovery<'a>, start: Instant) -> Self {
        let mut schedule = Schedule::new(plan.at_once, plan.dwell);
        for listen in &plan.listens {
            schedule.add(listen.clone());
        }
        let (counts, drops) = (Counts::new(plan), None);
        ScanLoop { plan, start, discovery, schedule, counts, drops, skipped: 0 }
    }

    /// Scans all groups. Returns the reason to stop.
    pub fn run(&mut self, reporter: &mut Reporter) -> Result<Stop, RunError> {
        let mut progress = reporter.progress(Some(self.goal(Instant::now())), false);
        if let Some(time) = self.plan.discover {
            if let Some(stop) = self.discover(time, &mut progress, reporter)? {
                return Ok(stop);
            }
        }
        while let Some(listens) = self.schedule.next() {
            progress.aim(self.goal(Instant::now() + self.plan.dwell));
            let mut batch = Batch::join(listens, self.plan, reporter)?;
            self.skipped += batch.skipped;
            let end = self.stay(&mut batch, &mut progress, reporter)?;
            let (listens, drops) = batch.leave(reporter)?;
            self.drops = self.drops.into_iter().chain(drops).reduce(|sum, more| sum + more);
            self.report(reporter)?;
            match end {
                End::Scan(stop) => return Ok(stop),
                End::Batch(outcome) => {
                    let counts = &self.counts;
                    self.schedule.finish(listens, outcome, |listen| counts.has(&listen.at));
                }
            }
            self.take_discovered();
        }
        Ok(Stop::Complete)
    }

    /// Looks for groups. Returns the reason to stop, if there is one.
    fn discover(
        &mut self,
        time: Duration,
        progress: &mut Progress,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        let end = Instant::now().checked_add(time);
        progress.aim(Goal { duration: Some(time), ..Goal::open(self.start) });
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(Some(Stop::Interrupted(signal)));
            }
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                self.take_discovered();
                return Ok(None);
            }
            progress.draw(now, None, 0, &self.counts.meter);
            let until = [end, progress.due()].into_iter().flatten().min();
            if self.discovery.wait(now, until, reporter)? {
                return Ok(Some(Stop::ReaderGone));
            }
            self.discovery.poll(Instant::now(), reporter)?;
            reporter.flush()?;
        }
    }

    /// Listens to the groups of a batch.
    fn stay(
        &mut self,
        batch: &mut Batch,
        progress: &mut Progress,
        reporter: &mut Reporter,
    ) -> Result<End, RunError> {
        loop {
            if let Some(signal) = reporter.signal() {
                return Ok(End::Scan(Stop::Interrupted(signal)));
            }
            let now = Instant::now();
            batch.read(&mut self.counts, reporter)?;
            if let Some(outcome) = batch.outcome(now) {
                return Ok(End::Batch(outcome));
            }
            self.discovery.poll(now, reporter)?;
            progress.draw(now, None, self.schedule.done() as u64, &self.counts.meter);
            let due = [Some(batch.due()), self.discovery.due(), progress.due()];
            if batch.wait(due.into_iter().flatten().min(), reporter)? {
                return Ok(End::Scan(Stop::ReaderGone));
            }
            reporter.flush()?;
        }
    }

    /// All flows, in the order of groups and ports.
    pub fn found(&self) -> Vec<FoundInfo> {
        let sessions = self.discovery.sessions();
        self.counts.found(|group, port| sessions.name(group, port))
    }

    fn take_discovered(&mut self) {
        for listen in self.discovery.take() {
            self.schedule.add(listen);
        }
    }

    /// Reports the flows that were found since the last report.
    fn report(&mut self, reporter: &mut Reporter) -> Result<(), RunError> {
        let sessions = self.discovery.sessions();
        for found in self.counts.newly_found(|group, port| sessions.name(group, port)) {
            reporter.event(&Event::Found(&found))?;
        }
        Ok(reporter.flush()?)
    }

    /// The expected end, if the groups that are not joined yet are joined from `at` on.
    fn goal(&self, at: Instant) -> Goal {
        let duration = at.saturating_duration_since(self.start) + self.schedule.time_left();
        let count = Some(self.schedule.groups() as u64);
        Goal { count, duration: Some(duration), ..Goal::open(self.start) }
    }
}
