//! `mcast send`: opens, sends round after round, says the end, closes.

mod payload;

use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use tracing::debug;

use crate::event::{self, Event, LatenessInfo, SendSummary, Sending, Sent, TargetInfo, TargetTotals};
use crate::iface::Cast;
use crate::interrupt::Interrupt;
use crate::net::{Endpoint, Outbox, Sent as Outcome, Wake};
use crate::pace::Pace;
use crate::plan;
use crate::probe::{END_INTERVAL, ENDS};
use crate::report::{Goal, Reporter};
use crate::run::{self, RunError, Stop};
use crate::stats::Meter;
use crate::stats::delay::{Delays, Precision};
use crate::verdict::{self, Verdict};
use crate::warning::Warning;
use payload::Payload;

/// Sends as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused before the first datagram. A datagram that cannot be sent is counted, warned of once, and judged at the end.
pub fn run(plan: &plan::Send, reporter: &mut Reporter, interrupt: &Interrupt) -> Result<Verdict, RunError> {
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    let start = Instant::now();
    let mut session = Session::new(plan, &outbox);

    let announced = announce(plan, &outbox, session.payload.stream(), reporter);
    let sent = announced.and_then(|()| session.send(&mut outbox, start, reporter, interrupt));
    let (stop, mut failure) = run::conclude(sent, interrupt);
    let elapsed = start.elapsed();
    // Where only the output failed, receivers still want to know the end.
    if !matches!(failure, Some(RunError::Net(_))) {
        failure = failure.or(session.end(&mut outbox, interrupt).err());
    }

    let Session { meter, totals, sent, lateness, .. } = session;
    let errors = totals.iter().map(|target| target.errors).sum();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_send(sent, plan.count, errors, stop),
    };
    let said = reporter.last_words(|reporter| {
        reporter.event(&Event::SendSummary(SendSummary {
            elapsed,
            meter: (&meter).into(),
            errors,
            targets: totals,
            pace_ns: lateness.quantiles().map(LatenessInfo::from),
            cpu: run::processor_time(),
            verdict: verdict.clone(),
        }))
    });
    failure.map_or(Ok(()), Err)?;
    said?;
    Ok(verdict)
}

/// Says where datagrams go, and what they carry.
fn announce(plan: &plan::Send, outbox: &Outbox, stream: Option<u64>, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    let looped = |at: &&Endpoint| at.cast == Cast::Multicast && at.via.address.is_some_and(|address| address.is_loopback());
    let on_loopback = plan.endpoints.iter().find(looped);
    if let (Some(at), false) = (on_loopback, plan.options.loopback) {
        reporter.warn(&Warning::LoopbackLoops { iface: at.via.name.clone() })?;
    }
    let described = |(position, (at, source))| TargetInfo::to(at, source, outbox.ttl(position));
    let targets = outbox.endpoints().enumerate().map(described).collect();
    reporter.event(&Event::Sending(Sending {
        targets,
        ttl: plan.options.ttl.or(outbox.ttl(0)),
        dscp: plan.options.dscp,
        interval: plan.period.to_duration(),
        burst: plan.burst,
        len_bytes: plan.content.len(),
        stream,
    }))?;
    Ok(reporter.flush()?)
}

/// How often a sender that has no time to wait looks at signals, interfaces and its reader.
const LOOK: Duration = Duration::from_millis(50);

/// How many targets are named in warnings of one kind.
const MOST_WARNINGS: usize = 10;

/// What changes while sending.
struct Session<'a> {
    plan: &'a plan::Send,
    payload: Payload,
    meter: Meter,
    totals: Vec<TargetTotals>,
    /// How many datagrams it was each endpoint's turn for.
    sent: u64,
    /// How many datagrams were tried to send.
    tried: u64,
    /// How late rounds were.
    lateness: Delays,
    /// The failures that were warned of: the position of the endpoint, and the error.
    warned: HashSet<(usize, Option<i32>)>,
}

impl<'a> Session<'a> {
    fn new(plan: &'a plan::Send, outbox: &Outbox) -> Self {
        let totals = outbox.endpoints().map(|(at, _)| TargetTotals {
            group: at.group,
            port: at.port,
            iface: at.via.name.clone(),
            datagrams: 0,
            bytes: 0,
            errors: 0,
        });
        let (payload, lateness) = (Payload::new(plan, outbox), Delays::new(Precision::Coarse));
        let (meter, warned) = (Meter::default(), HashSet::new());
        Session { plan, payload, meter, totals: totals.collect(), sent: 0, tried: 0, lateness, warned }
    }

    /// One round, one wait, until there is a reason to stop.
    fn send(
        &mut self,
        outbox: &mut Outbox,
        start: Instant,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Stop, RunError> {
        let end = self.plan.duration.and_then(|duration| start.checked_add(duration));
        let mut look = start + LOOK;
        let mut pace = Pace::new(start, self.plan.period);
        let mut progress = reporter.progress(self.goal(start), self.plan.show);
        loop {
            if let Some(signal) = interrupt.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if self.plan.count.is_some_and(|count| self.sent >= count) {
                return Ok(Stop::Count);
            }
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return Ok(Stop::Duration);
            }
            let late = pace.due(now);
            if let Some(late) = late {
                self.lateness.record(i64::try_from(late.as_nanos()).unwrap_or(i64::MAX));
                self.round(outbox, end, interrupt, reporter)?;
                if now < look {
                    continue;
                }
            }
            // Who is always late looks around all the same, from time to time.
            look = now + LOOK;
            reporter.flush()?;
            let next = if late.is_some() { Some(now) } else { pace.next().into_iter().chain(end).min() };
            progress.draw(now, next, self.sent, &self.meter);
            let until = next.into_iter().chain(progress.due()).min();
            if outbox.wait(reporter.wake(interrupt), until)? {
                return Ok(Stop::ReaderGone);
            }
            reporter.moved(outbox.follow()?)?;
        }
    }

    /// What it goes towards, if it ends by itself.
    fn goal(&self, start: Instant) -> Option<Goal> {
        let plan::Send { count, duration, period, burst, .. } = *self.plan;
        // The first round takes no time.
        let planned = count.map(|count| period.times((count - 1) / burst).to_duration());
        (count.is_some() || duration.is_some()).then_some(Goal { count, duration, planned, ..Goal::open(start) })
    }

    /// A burst to each endpoint. A signal ends the round where it is, and so does the end of the time.
    fn round(&mut self, outbox: &Outbox, end: Option<Instant>, interrupt: &Interrupt, reporter: &mut Reporter) -> io::Result<()> {
        // Rounds may be long: many endpoints, large bursts.
        const BETWEEN_LOOKS: u64 = 256;
        let left = self.plan.count.map_or(u64::MAX, |count| count - self.sent);
        let burst = self.plan.burst.min(left);
        for position in 0..self.totals.len() {
            for _ in 0..burst {
                // Those that cannot be sent take their time too.
                self.tried += 1;
                let look = self.tried % BETWEEN_LOOKS == 0;
                if interrupt.signal().is_some() || (look && end.is_some_and(|end| end <= Instant::now())) {
                    return Ok(());
                }
                self.datagram(position, outbox, reporter)?;
            }
        }
        self.sent += burst;
        Ok(())
    }

    /// One datagram to the endpoint at `position`.
    fn datagram(&mut self, position: usize, outbox: &Outbox, reporter: &mut Reporter) -> io::Result<()> {
        let (at, time) = (outbox.endpoint(position), SystemTime::now());
        let payload = self.payload.next(position, time);
        let len = payload.len();
        let outcome = match outbox.send(position, payload) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.totals[position].errors += 1;
                let number = error.source.raw_os_error();
                return self.warn_once(position, number, reporter, || Warning::NotSent { at: at.clone(), error });
            }
        };
        self.meter.add(time, len);
        self.totals[position].datagrams += 1;
        self.totals[position].bytes += len as u64;
        let probe = self.payload.left(position);
        if self.plan.show {
            let payload = match &self.payload {
                Payload::Fixed(payload) => payload.as_slice(),
                Payload::Probes(_) => &[],
            };
            reporter.event(&Event::Sent(Sent {
                time,
                group: at.group,
                port: at.port,
                iface: &at.via.name,
                len_bytes: len,
                probe,
                payload: event::Payload(payload),
            }))?;
        }
        match outcome {
            Outcome::Returned(error) => {
                self.warn_once(position, error.raw_os_error(), reporter, || Warning::CameBack { at: at.clone(), error })
            }
            Outcome::Fine => Ok(()),
        }
    }

    /// Says the end of measured streams, often enough that a receiver hears it though some are lost.
    fn end(&mut self, outbox: &mut Outbox, interrupt: &Interrupt) -> Result<(), RunError> {
        let start = Instant::now();
        for turn in 0..ENDS {
            while turn > 0 && start + END_INTERVAL * turn > Instant::now() {
                outbox.wait(Wake { interrupt, output: None }, Some(start + END_INTERVAL * turn))?;
            }
            for position in 0..self.totals.len() {
                let Some(payload) = self.payload.end(position, SystemTime::now()) else { return Ok(()) };
                if let Err(error) = outbox.send(position, payload) {
                    debug!(%error, "an end could not be sent");
                }
            }
        }
        Ok(())
    }

    /// Warns of a failure, unless it was warned of. Many targets fail alike, and then the first few are enough.
    fn warn_once(
        &mut self,
        position: usize,
        number: Option<i32>,
        reporter: &mut Reporter,
        warning: impl FnOnce() -> Warning,
    ) -> io::Result<()> {
        let alike = self.warned.iter().filter(|(_, known)| *known == number).count();
        let news = alike < MOST_WARNINGS && self.warned.insert((position, number));
        if news { reporter.warn(&warning()) } else { Ok(()) }
    }
}
