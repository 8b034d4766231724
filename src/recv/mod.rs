//! `mcast recv`: joins, receives, shows, leaves.

mod command;
mod count;
mod querier;
mod until;

pub use until::Until;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::ptr;
use std::time::{Duration, Instant, SystemTime};

use tracing::debug;

use crate::event::{Event, IntervalReport, Left, Listening, Payload, ProbeInfo, RcvbufInfo, Received, RecvSummary, TargetInfo};
use crate::iface::Via;
use crate::interrupt::Interrupt;
use crate::net::{self, Datagram, Endpoint, Filter, Inbox, Listen, Rcvbuf};
use crate::pace::Pace;
use crate::plan::{self, Limits};
use crate::rcvbuf::Wish;
use crate::report::Reporter;
use crate::run::{self, Ended, RunError, Stop};
use crate::spans::spans;
use crate::verdict::{self, Evidence, Judgement, Verdict};
use crate::warning::{self, Waiting, Warning};
use command::Running;
use count::{Counts, Heard};
use querier::Querier;

/// Receives as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused. Every group is left and the summary is said all the same.
pub fn run(plan: &plan::Recv, reporter: &mut Reporter, interrupt: &Interrupt) -> Result<Verdict, RunError> {
    let mut inbox = Inbox::open(&plan.listens, plan.rcvbuf.map(Wish::bytes), plan.backend)?;
    let start = Instant::now();
    let may_be_copied = inbox.tells_interfaces() && on_several_interfaces(&plan.listens);
    let clocks = (SystemTime::now(), start);
    let mut session = Session {
        listens: &plan.listens,
        until: Until::new(plan.limits, start),
        counts: Counts::new(start, plan.listens.len(), plan.stats.is_some(), may_be_copied),
        reports: plan.stats.map(|every| Pace::after(start, every)),
        show: plan.show,
        querier: Querier::new(&specific_interfaces(&plan.listens, &inbox), start),
        overflowed: false,
        crowded: false,
    };
    let mut command = None;

    let received = announce(plan, &inbox, reporter).and_then(|()| {
        if !plan.command.is_empty() {
            command = Some(Running::start(&plan.command)?);
        }
        session.receive(&mut inbox, command.as_mut(), reporter, interrupt)
    });
    let (stop, failure) = run::conclude(received, interrupt);
    let elapsed = start.elapsed();
    debug!(?stop, foreign = inbox.foreign(), "stopped");

    let kernel_drops = inbox.kernel_drops();
    let left = inbox.leave();
    let hurry = matches!(stop, Stop::Interrupted(_) | Stop::Failed);
    let command = command.map(|running| running.finish(reporter.wake(interrupt), hurry)).transpose()?;
    let set_by = clock_was_set(clocks);
    if set_by.is_some() || !net::is_synchronised() {
        session.counts.streams.distrust_clock();
    }
    let last_report = session.last_report(start + elapsed, kernel_drops);
    let figures = session.counts.figures(elapsed, kernel_drops);
    let judgements: Vec<Judgement> =
        plan.assertions.iter().map(|assertion| assertion.judge(|metric| figures.value(metric))).collect();
    let received = session.counts.datagrams();
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_recv(&Evidence {
            stop,
            limits: &plan.limits,
            received,
            measured: figures.measured.as_ref().map_or(0, |measured| measured.figures.received),
            streams: session.counts.streams.counts(),
            command: command.as_ref(),
            judgements: &judgements,
        }),
    };
    let said = reporter.last_words(|reporter| {
        if let Some(report) = last_report {
            reporter.event(&Event::Interval(report))?;
        }
        if let Some(by) = set_by {
            reporter.warn(&Warning::ClockSet { by })?;
        }
        let command_failed = matches!(command, Some(Ended::Failed(_)));
        if received == 0 && verdict.status == 1 && !command_failed {
            reporter.warn(&Warning::NothingReceived { at: in_words(&plan.listens) })?;
        }
        for left in left {
            match left {
                Ok(Listen { at: Endpoint { group, port, via, .. }, .. }) => {
                    let left = Left { group, port, iface: &via.name, ifindex: via.index };
                    reporter.event(&Event::Left(left))?;
                }
                Err(error) => reporter.warn(&Warning::NotLeft(error))?,
            }
        }
        reporter.event(&Event::RecvSummary(RecvSummary { figures, assertions: judgements, verdict: verdict.clone() }))
    });
    failure.map_or(Ok(()), Err)?;
    said?;
    Ok(verdict)
}

/// Says that every group is joined.
fn announce(plan: &plan::Recv, inbox: &Inbox, reporter: &mut Reporter) -> Result<(), RunError> {
    reporter.advise(&plan.advice)?;
    if let Some(warning) = warning::any_source_in_ssm_range(&plan.listens) {
        reporter.warn(&warning)?;
    }
    reporter.warn_all(&warning::at_start(inbox.interfaces()))?;
    let Rcvbuf { asked, granted } = inbox.rcvbuf();
    match (plan.rcvbuf, granted) {
        (Some(wish), Some(granted)) if granted < wish.bytes() => {
            reporter.warn(&Warning::RcvbufCapped { wish, granted, limit: net::most_rcvbuf() })?;
        }
        _ => {}
    }
    let targets = plan.listens.iter().flat_map(TargetInfo::of).collect();
    reporter.event(&Event::Listening(Listening { targets, rcvbuf_bytes: RcvbufInfo { asked, granted, wish: plan.rcvbuf } }))?;
    Ok(reporter.flush()?)
}

/// Which of the interfaces that the inbox follows are joined from sources, by their position among them.
fn specific_interfaces(listens: &[Listen], inbox: &Inbox) -> Vec<usize> {
    let is_specific = |via: &Via, ipv4: bool| {
        let on_it = |listen: &&Listen| ptr::eq(&*listen.at.via, via) && listen.at.group.is_ipv4() == ipv4;
        listens.iter().filter(on_it).any(|listen| matches!(*listen.filter, Filter::Include(_)))
    };
    let interfaces = inbox.interfaces().enumerate();
    interfaces.filter(|(_, (via, ipv4, _))| is_specific(via, *ipv4)).map(|(position, _)| position).collect()
}

fn igmp_or_mld_version(iface: &str, ipv4: bool) -> Option<u8> {
    if ipv4 { net::igmp_version(iface) } else { net::mld_version(iface) }
}

/// Whether some group is joined on more than one interface, so that one datagram may arrive twice.
fn on_several_interfaces(listens: &[Listen]) -> bool {
    let mut interfaces: HashMap<(IpAddr, u16), u32> = HashMap::new();
    listens.iter().any(|Listen { at, .. }| *interfaces.entry((at.group, at.port)).or_insert(at.via.index) != at.via.index)
}

/// What is listened to, for a sentence.
fn in_words(listens: &[Listen]) -> String {
    let targets: Vec<TargetInfo> = listens.iter().flat_map(TargetInfo::of).collect();
    let spans: Vec<String> = spans(&targets).iter().map(|span| format!("{span} on {}", span.first.iface)).collect();
    spans.join(", ")
}

/// The longest to read on for datagrams that came before the end: a flood must not put the end off.
const CATCH_UP: Duration = Duration::from_millis(100);

/// What one batch of each ready socket came to.
struct Batch {
    /// The last datagram that was asked for is among them.
    stop: Option<Stop>,
    /// All of them came after the end.
    only_late: bool,
}

/// What changes while receiving.
struct Session<'a> {
    listens: &'a [Listen],
    until: Until,
    counts: Counts,
    /// When to report.
    reports: Option<Pace>,
    /// Show each datagram.
    show: bool,
    querier: Querier,
    overflowed: bool,
    /// Streams were too many to be followed, and that was said.
    crowded: bool,
}

impl Session<'_> {
    /// One wait, one batch, until there is a reason to stop.
    fn receive(
        &mut self,
        inbox: &mut Inbox,
        mut command: Option<&mut Running>,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Stop, RunError> {
        // COMMAND writes on the same terminal, and nobody could make way for it.
        let mut progress = reporter.progress(self.until.goal().filter(|_| command.is_none()), self.show);
        loop {
            // What came before the reason to stop still counts, though it was not read yet: the queue may be long, or the program was held up.
            if let Some(signal) = interrupt.signal() {
                let reached = self.catch_up(inbox, Some(Instant::now()), reporter, interrupt)?;
                return Ok(reached.unwrap_or(Stop::Interrupted(signal)));
            }
            if let Some((at, stop)) = self.until.deadline().filter(|(at, _)| *at <= Instant::now()) {
                let reached = self.catch_up(inbox, Some(at), reporter, interrupt)?;
                return Ok(reached.unwrap_or(stop));
            }
            if let Some(ended) = command.as_mut().and_then(|running| running.newly_ended()) {
                let failed = matches!(ended, Ended::Failed(_));
                // Receiving goes on, so nothing is too late.
                if let Some(stop) = self.catch_up(inbox, None, reporter, interrupt)? {
                    return Ok(stop);
                }
                self.command_ended(failed, reporter)?;
            }
            self.report_if_due(inbox, reporter)?;
            let now = Instant::now();
            reporter.warn_all(&self.querier.look(now, inbox.interfaces(), igmp_or_mld_version))?;
            progress.draw(now, None, self.counts.datagrams(), self.counts.meter());
            let until = self.until.deadline().map(|(at, _)| at);
            let report = self.reports.as_ref().and_then(Pace::next);
            let deadline = until.into_iter().chain(self.querier.due()).chain(report).chain(progress.due()).min();
            if inbox.wait(reporter.wake(interrupt), deadline)? {
                return Ok(Stop::ReaderGone);
            }
            let Batch { stop, .. } = self.read(inbox, None, reporter)?;
            let moves = inbox.follow()?;
            self.counts.follow(&moves.moves);
            reporter.moved(moves)?;
            reporter.flush()?;
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    /// Reads one batch of each ready socket. What is later than `cutoff` came after the end, and is left out.
    fn read(&mut self, inbox: &mut Inbox, cutoff: Option<SystemTime>, reporter: &mut Reporter) -> Result<Batch, RunError> {
        let now = Instant::now();
        let (mut timely, mut late) = (0, 0);
        let flow = inbox.read(|datagram| {
            let meta = datagram.meta;
            if cutoff.is_some_and(|cutoff| meta.kernel_time && meta.time > cutoff) {
                late += 1;
                return Ok::<_, RunError>(ControlFlow::Continue(()));
            }
            timely += 1;
            self.note_drops(&datagram, reporter)?;
            let heard = self.counts.take(&datagram);
            self.until.streams(now, self.counts.streams.all_ended());
            if heard == Heard::End {
                self.until.end(now);
                return Ok(ControlFlow::Continue(()));
            }
            self.note_crowd(reporter)?;
            self.note_copy(&datagram, reporter)?;
            if self.show {
                reporter.event(&Event::Received(received(&datagram, heard)))?;
            }
            Ok(self.until.datagram(now).map_or(ControlFlow::Continue(()), ControlFlow::Break))
        })?;
        let stop = match flow {
            ControlFlow::Break(stop) => Some(stop),
            ControlFlow::Continue(()) => None,
        };
        Ok(Batch { stop, only_late: late > 0 && timely == 0 })
    }

    /// Reads what nobody has read yet; with `until`, only what the kernel had taken by then. Answers whether that reached what was asked.
    fn catch_up(
        &mut self,
        inbox: &mut Inbox,
        until: Option<Instant>,
        reporter: &mut Reporter,
        interrupt: &Interrupt,
    ) -> Result<Option<Stop>, RunError> {
        let start = Instant::now();
        let cutoff = until.map(|until| SystemTime::now() - start.saturating_duration_since(until));
        let mut reached = None;
        while reached.is_none() && start.elapsed() < CATCH_UP {
            inbox.wait(reporter.wake(interrupt), Some(start))?;
            if !inbox.is_ready() {
                break;
            }
            let batch = self.read(inbox, cutoff, reporter)?;
            reached = batch.stop;
            // Each socket's datagrams come in the order of their times, so nothing timely is behind these.
            if batch.only_late {
                break;
            }
        }
        reporter.flush()?;
        Ok(reached)
    }

    /// Says once that the receive buffer has overflowed; the summary has the number.
    fn note_drops(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        match datagram.meta.drops {
            Some(dropped) if dropped > 0 && !self.overflowed => {
                self.overflowed = true;
                reporter.warn(&Warning::KernelDrops { dropped })
            }
            _ => Ok(()),
        }
    }

    /// Says once that there are too many streams; the summary has the number of their datagrams.
    fn note_crowd(&mut self, reporter: &mut Reporter) -> io::Result<()> {
        if self.crowded || self.counts.streams.untracked == 0 {
            return Ok(());
        }
        self.crowded = true;
        let (followed, _) = self.counts.streams.counts();
        reporter.warn(&Warning::TooManyStreams { followed })
    }

    /// Says once that datagrams arrive on two interfaces; the summary has the number.
    fn note_copy(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        let Datagram { payload, meta, endpoint, iface, .. } = datagram;
        let (Some(copies), Some(ifindex)) = (&mut self.counts.copies, meta.ifindex) else { return Ok(()) };
        let to = SocketAddr::new(endpoint.group, endpoint.port);
        let before = copies.add(meta.time, ifindex, meta.source, to, payload);
        match (before, iface, copies.count) {
            (Some(first), Some(second), 1) => {
                let first = self.listens.iter().map(|listen| &listen.at.via).find(|via| via.index == first);
                let first = first.map_or_else(|| "another interface".to_owned(), |via| via.name.clone());
                reporter.warn(&Warning::ArrivesTwice { first, second: (*second).to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn command_ended(&mut self, failed: bool, reporter: &mut Reporter) -> io::Result<()> {
        let decides = self.until.command_ended(Instant::now(), failed);
        if decides {
            return Ok(());
        }
        let forever = self.until.deadline().is_none();
        let (streams, open) = self.counts.streams.counts();
        let Limits { count, once, .. } = *self.until.limits();
        let waiting = match count {
            Some(count) => Some(Waiting::Datagrams { received: self.counts.datagrams(), count }),
            None if once && streams == 0 => Some(Waiting::FirstStream),
            None if once && open > 0 => Some(Waiting::Ends { open, streams }),
            None => None,
        };
        waiting.map_or(Ok(()), |waiting| reporter.warn(&Warning::StillWaiting { waiting, forever }))
    }

    /// Reports on the interval that is over.
    fn report_if_due(&mut self, inbox: &Inbox, reporter: &mut Reporter) -> Result<(), RunError> {
        let now = Instant::now();
        if self.reports.as_mut().is_some_and(|reports| reports.due(now).is_some()) {
            // One report for all that is due: who was held up has only one interval to tell of.
            while self.reports.as_mut().is_some_and(|reports| reports.due(now).is_some()) {}
            if let Some(report) = self.counts.report(now, inbox.kernel_drops()) {
                reporter.event(&Event::Interval(report))?;
                reporter.flush()?;
            }
        }
        Ok(())
    }

    /// The report on the interval in which it ended, where there is something to tell: the reports add up to the summary.
    fn last_report(&mut self, now: Instant, kernel_drops: Option<u64>) -> Option<IntervalReport> {
        let every = self.reports.as_ref()?.period().to_duration();
        let (busy, since) = self.counts.unreported(now, kernel_drops)?;
        (busy || since >= every / 2).then(|| self.counts.report(now, kernel_drops))?
    }
}

/// By how much somebody set the clock while it ran, in seconds. What a reference corrects little by little is less.
fn clock_was_set((system, steady): (SystemTime, Instant)) -> Option<f64> {
    const LEAST: f64 = 0.01;
    const SLEWED: f64 = 0.001;
    let steady = steady.elapsed().as_secs_f64();
    let system =
        SystemTime::now().duration_since(system).map_or_else(|error| -error.duration().as_secs_f64(), |time| time.as_secs_f64());
    Some(system - steady).filter(|by| by.abs() > LEAST + SLEWED * steady)
}

/// A datagram, as an event.
fn received<'a>(datagram: &Datagram<'a>, heard: Heard) -> Received<'a> {
    let Datagram { payload, meta, endpoint, iface, .. } = *datagram;
    let probe = match heard {
        Heard::Measured { stream, seq, delay } => Some(ProbeInfo::Whole { stream, seq, delay_ns: delay }),
        Heard::Damaged(damage) => Some(ProbeInfo::Damaged { damage: damage.name() }),
        Heard::Plain | Heard::End => None,
    };
    Received {
        time: meta.time,
        source: meta.source,
        group: endpoint.group,
        port: endpoint.port,
        iface,
        ttl: meta.ttl,
        dscp: meta.dscp(),
        len_bytes: payload.len(),
        probe,
        payload: Payload(payload),
    }
}
