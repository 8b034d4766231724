//! What a receiver does with each datagram, from sockets or from a capture: counts it, shows it and
//! decides whether to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::clock::Moment;
use super::count::{Classified, Counts};
use super::once_warnings::OnceWarnings;
use super::recording::Recorder;
use super::stop_conditions::StopConditions;
use super::views::{received, recorded};
use crate::event::{Event, IntervalReport};
use crate::net::{Datagram, Discards};
use crate::notice::Notice;
use crate::plan::Measuring;
use crate::report::Reporter;
use crate::stats::stream::Pairs;
use crate::target::without_zone;
use crate::units::Pace;
use crate::verdict::{RunError, Stop};

/// The state of a measurement.
pub struct Measurement<'a> {
    plan: &'a Measuring,
    pub conditions: StopConditions,
    pub counts: Counts,
    /// When to report.
    pub reports: Option<Pace>,
    pub warnings: OnceWarnings,
    pub recorder: Option<Recorder<'a>>,
}

impl<'a> Measurement<'a> {
    /// A measurement that begins at `start`, with empty counters.
    pub fn new(
        plan: &'a Measuring,
        start: Instant,
        mut counts: Counts,
        recorder: Option<Recorder<'a>>,
    ) -> Self {
        counts.streams.pairs = Pairs::new(plan.pairs.clone());
        (counts.observed, counts.spreads) = (plan.observed, plan.spreads);
        Measurement {
            plan,
            conditions: StopConditions::new(plan.limits, start),
            counts,
            reports: plan.stats.map(|every| Pace::after(start, every)),
            warnings: OnceWarnings::new(recorder.is_some()),
            recorder,
        }
    }

    /// Takes a datagram. `copied` is the warning about the first one that arrived before on another
    /// interface, from the index of that one and the name of this one. Returns the reason to stop,
    /// if this is the last datagram that `--count` asks for.
    #[inline(always)]
    pub fn take(
        &mut self,
        now: Instant,
        datagram: &Datagram,
        copied: impl FnOnce(u32, &str) -> Notice,
        reporter: &mut Reporter,
    ) -> Result<Option<Stop>, RunError> {
        self.record(datagram)?;
        let classified = self.counts.count(datagram);
        self.conditions.note_streams(now, self.counts.streams.all_ended());
        if matches!(classified, Classified::Beside) {
            return Ok(None);
        }
        if matches!(classified, Classified::End) {
            self.conditions.note_end_marker(now);
            return Ok(None);
        }
        self.warnings.check_untracked(&self.counts.streams, &self.counts.flows, reporter)?;
        self.warnings.check_peers(&mut self.counts.streams, reporter)?;
        self.count_copy(datagram, copied, reporter)?;
        if self.plan.show && reporter.shows_datagrams() {
            reporter.event(&Event::Received(received(datagram, classified)))?;
        }
        Ok(self.conditions.count_datagram(now))
    }

    /// Records a datagram, if there is a recording.
    #[inline(always)]
    pub fn record(&mut self, datagram: &Datagram) -> io::Result<()> {
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        recorder.record(&recorded(datagram))
    }

    /// Writes the recording out if it is due, and warns if it has ended. `drops` are the kernel's
    /// drops until now, if they changed.
    pub fn check_recorder(
        &mut self,
        now: Instant,
        drops: Option<Discards>,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        if let Some(dropped) = drops.and_then(|discards| discards.known_drops()) {
            recorder.note_drops(dropped);
        }
        recorder.poll(now)?;
        recorder.warning().map_or(Ok(()), |warning| reporter.warn(&warning))
    }

    /// Counts a datagram that arrived before on another interface. Warns of the first; the summary
    /// has the total.
    fn count_copy(
        &mut self,
        datagram: &Datagram,
        copied: impl FnOnce(u32, &str) -> Notice,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let Datagram { payload, meta, endpoint, iface, .. } = datagram;
        let (Some(copies), Some(ifindex)) = (&mut self.counts.copies, meta.ifindex) else {
            return Ok(());
        };
        let to = SocketAddr::new(endpoint.group, endpoint.port);
        let before = copies.add(meta.time, ifindex, without_zone(meta.source), to, payload);
        match (before, iface, copies.count) {
            (Some(first), Some(second), 1) => reporter.warn(&copied(first, second)),
            _ => Ok(()),
        }
    }

    /// The report on the interval in which the run ended; `None` if it is short and empty. The
    /// reports add up to the summary.
    pub fn last_report(
        &mut self,
        now: Moment,
        discards: Option<Discards>,
    ) -> Option<IntervalReport> {
        let every = self.reports.as_ref()?.period().to_duration();
        let (busy, since) = self.counts.unreported(now.steady, discards)?;
        (busy || since >= every / 2).then(|| self.counts.report(now, discards))?
    }
}
