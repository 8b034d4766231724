//! `mcast send`: opens, sends round after round, closes.

mod pace;

pub use pace::Pace;

use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use crate::event::{Event, Payload, SendSummary, Sending, Sent, TargetInfo, TargetTotals};
use crate::iface::Cast;
use crate::interrupt::Interrupt;
use crate::net::{Endpoint, Outbox, Sent as Outcome};
use crate::plan;
use crate::report::Reporter;
use crate::run::{self, RunError, Stop};
use crate::stats::Meter;
use crate::verdict::{self, Verdict};
use crate::warning::Warning;

/// Sends as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused before the first datagram. A datagram that cannot be sent is counted, warned of once, and judged at the end.
pub fn run(plan: &plan::Send, reporter: &mut Reporter, interrupt: &Interrupt) -> Result<Verdict, RunError> {
    let mut outbox = Outbox::open(&plan.endpoints, &plan.options, plan.backend)?;
    let start = Instant::now();
    let mut session = Session::new(plan, &outbox);

    let sent = announce(plan, &outbox, reporter).and_then(|()| session.send(&mut outbox, start, reporter, interrupt));
    let (stop, failure) = run::conclude(sent, interrupt);
    let elapsed = start.elapsed();

    let Session { meter, totals, rounds, .. } = session;
    let errors = totals.iter().map(|target| target.errors).sum();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_send(rounds, plan.count, errors, stop),
    };
    let said = reporter.last_words(|reporter| {
        reporter.event(&Event::SendSummary(SendSummary {
            elapsed,
            meter: (&meter).into(),
            errors,
            targets: totals,
            verdict: verdict.clone(),
        }))
    });
    failure.map_or(Ok(()), Err)?;
    said?;
    Ok(verdict)
}

/// Says where datagrams go, and what they carry.
fn announce(plan: &plan::Send, outbox: &Outbox, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    let looped = |at: &&Endpoint| at.cast == Cast::Multicast && at.via.address.is_some_and(|address| address.is_loopback());
    let on_loopback = plan.endpoints.iter().find(looped);
    if let (Some(at), false) = (on_loopback, plan.options.loopback) {
        reporter.warn(&Warning::LoopbackLoops { iface: at.via.name.clone() })?;
    }
    let described = |(position, (at, source))| TargetInfo::to(at, source, outbox.ttl(position));
    let targets = outbox.endpoints().enumerate().map(described).collect();
    let (ttl, dscp, interval) = (plan.options.ttl.or(outbox.ttl(0)), plan.options.dscp, plan.interval);
    reporter.event(&Event::Sending(Sending { targets, ttl, dscp, interval }))?;
    Ok(reporter.flush()?)
}

/// How often a sender that has no time to wait looks at signals, interfaces and its reader.
const LOOK: Duration = Duration::from_millis(50);

/// How many targets are named in warnings of one kind.
const MOST_WARNINGS: usize = 10;

/// What changes while sending.
struct Session<'a> {
    plan: &'a plan::Send,
    meter: Meter,
    totals: Vec<TargetTotals>,
    rounds: u64,
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
        Session { plan, meter: Meter::default(), totals: totals.collect(), rounds: 0, warned: HashSet::new() }
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
        let mut pace = Pace::new(start, self.plan.interval);
        loop {
            if let Some(signal) = interrupt.signal() {
                return Ok(Stop::Interrupted(signal));
            }
            if Some(self.rounds) == self.plan.count {
                return Ok(Stop::Count);
            }
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return Ok(Stop::Duration);
            }
            let due = pace.due(now);
            if due {
                self.round(outbox, interrupt, reporter)?;
                if now < look {
                    continue;
                }
            }
            // Who is always late looks around all the same, from time to time.
            look = now + LOOK;
            reporter.flush()?;
            let until = if due { Some(now) } else { pace.next().into_iter().chain(end).min() };
            if outbox.wait(reporter.wake(interrupt), until)? {
                return Ok(Stop::ReaderGone);
            }
            reporter.moved(outbox.follow()?)?;
        }
    }

    /// One datagram to each endpoint. A signal ends the round where it is.
    fn round(&mut self, outbox: &Outbox, interrupt: &Interrupt, reporter: &mut Reporter) -> io::Result<()> {
        let payload = self.plan.payload.as_slice();
        for position in 0..self.totals.len() {
            if interrupt.signal().is_some() {
                return Ok(());
            }
            let (at, time) = (outbox.endpoint(position), SystemTime::now());
            match outbox.send(position, payload) {
                Ok(outcome) => {
                    self.meter.add(time, payload.len());
                    self.totals[position].datagrams += 1;
                    self.totals[position].bytes += payload.len() as u64;
                    reporter.event(&Event::Sent(Sent {
                        time,
                        group: at.group,
                        port: at.port,
                        iface: &at.via.name,
                        len_bytes: payload.len(),
                        payload: Payload(payload),
                    }))?;
                    if let Outcome::Returned(error) = outcome {
                        self.warn_once(position, error.raw_os_error(), reporter, || Warning::CameBack { at: at.clone(), error })?;
                    }
                }
                Err(error) => {
                    self.totals[position].errors += 1;
                    let number = error.source.raw_os_error();
                    self.warn_once(position, number, reporter, || Warning::NotSent { at: at.clone(), error })?;
                }
            }
        }
        self.rounds += 1;
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
