//! `mcast recv`: joins, receives, shows, leaves.

mod command;
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

use crate::event::{Event, Left, Listening, Payload, RcvbufInfo, Received, RecvSummary, TargetInfo};
use crate::iface::Via;
use crate::interrupt::Interrupt;
use crate::net::{self, Datagram, Endpoint, Filter, Inbox, Listen, Rcvbuf};
use crate::plan;
use crate::rcvbuf::Wish;
use crate::report::Reporter;
use crate::run::{self, Ended, RunError, Stop};
use crate::spans::spans;
use crate::stats::{Copies, Tally};
use crate::verdict::{self, Verdict};
use crate::warning::{self, Warning};
use command::Running;
use querier::Querier;

/// Receives as `plan` says, until a limit, a signal, or the end of the output's reader.
///
/// # Errors
/// What the system refused. Every group is left and the summary is said all the same.
pub fn run(plan: &plan::Recv, reporter: &mut Reporter, interrupt: &Interrupt) -> Result<Verdict, RunError> {
    let mut inbox = Inbox::open(&plan.listens, plan.rcvbuf.map(Wish::bytes), plan.backend)?;
    let start = Instant::now();
    let mut session = Session {
        listens: &plan.listens,
        until: Until::new(plan.limits, start),
        tally: Tally::default(),
        querier: Querier::new(&specific_interfaces(&plan.listens, &inbox), start),
        copies: (inbox.tells_interfaces() && on_several_interfaces(&plan.listens)).then(Copies::default),
        overflowed: false,
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
    let Session { tally, copies, .. } = session;
    let verdict = match &failure {
        Some(error) => Verdict::could_not(error),
        None => verdict::of_recv(stop, &plan.limits, tally.meter.datagrams, command.as_ref()),
    };
    let said = reporter.last_words(|reporter| {
        let command_failed = matches!(command, Some(Ended::Failed(_)));
        if tally.meter.datagrams == 0 && verdict.status == 1 && !command_failed {
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
        reporter.event(&Event::RecvSummary(RecvSummary {
            elapsed,
            meter: (&tally.meter).into(),
            kernel_drops,
            truncated: tally.truncated,
            sources: tally.sources(),
            interface_copies: copies.as_ref().map(|copies| copies.count),
            verdict: verdict.clone(),
        }))
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
    tally: Tally,
    querier: Querier,
    /// Where datagrams may arrive on two interfaces.
    copies: Option<Copies>,
    overflowed: bool,
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
            reporter.warn_all(&self.querier.look(Instant::now(), inbox.interfaces(), igmp_or_mld_version))?;
            let deadline = self.until.deadline().map(|(at, _)| at).into_iter().chain(self.querier.due()).min();
            if inbox.wait(reporter.wake(interrupt), deadline)? {
                return Ok(Stop::ReaderGone);
            }
            let Batch { stop, .. } = self.read(inbox, None, reporter)?;
            reporter.moved(inbox.follow()?)?;
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
            let Datagram { payload, meta, .. } = datagram;
            if cutoff.is_some_and(|cutoff| meta.kernel_time && meta.time > cutoff) {
                late += 1;
                return Ok::<_, RunError>(ControlFlow::Continue(()));
            }
            timely += 1;
            self.tally.add(meta.source, meta.time, payload.len(), meta.truncated);
            self.note_drops(&datagram, reporter)?;
            self.note_copy(&datagram, reporter)?;
            reporter.event(&Event::Received(received(&datagram)))?;
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

    /// Says once that datagrams arrive on two interfaces; the summary has the number.
    fn note_copy(&mut self, datagram: &Datagram, reporter: &mut Reporter) -> io::Result<()> {
        let Datagram { payload, meta, endpoint, iface } = datagram;
        let (Some(copies), Some(ifindex)) = (&mut self.copies, meta.ifindex) else { return Ok(()) };
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
        match self.until.limits().count {
            Some(count) if !decides => {
                let forever = self.until.deadline().is_none();
                reporter.warn(&Warning::StillWaiting { received: self.tally.meter.datagrams, count, forever })
            }
            _ => Ok(()),
        }
    }
}

/// A datagram, as an event.
fn received<'a>(datagram: &Datagram<'a>) -> Received<'a> {
    let Datagram { payload, meta, endpoint, iface } = *datagram;
    Received {
        time: meta.time,
        source: meta.source,
        group: endpoint.group,
        port: endpoint.port,
        iface,
        ttl: meta.ttl,
        dscp: meta.dscp(),
        len_bytes: payload.len(),
        payload: Payload(payload),
    }
}
