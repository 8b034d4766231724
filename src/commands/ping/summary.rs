//! The summary of a ping.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::ping_loop::PingLoop;
use super::unicast::Unicast;
use crate::event::{PingCounts, PingReceiver, PingSummary, PingTarget, UnicastInfo};
use crate::net::Outbox;
use crate::plan;
use crate::stats::ping::{Figures, Receiver, Table};
use crate::target::{Endpoint, Zoned};
use crate::verdict::Verdict;

/// The summary, without the assertions and the verdict.
pub fn describe(
    plan: &plan::Ping,
    ping: &PingLoop,
    outbox: &Outbox,
    elapsed: Duration,
) -> PingSummary {
    let (receivers, counts) = receivers(plan, ping, outbox);
    PingSummary {
        elapsed,
        targets: targets(plan, ping, outbox, elapsed),
        missing: missing(plan, &receivers),
        receivers,
        counts,
        untracked: ping.table.untracked(),
        foreign: ping.table.foreign(),
        assertions: Vec::new(),
        verdict: Verdict::default(),
    }
}

/// The targets, without those of unicast requests.
fn targets(
    plan: &plan::Ping,
    ping: &PingLoop,
    outbox: &Outbox,
    elapsed: Duration,
) -> Vec<PingTarget> {
    let multicast = outbox.endpoints().take(plan.endpoints.len()).enumerate();
    let target = |(position, (at, source)): (usize, (&Endpoint, SocketAddr))| PingTarget {
        group: at.group,
        port: at.port,
        source: source.ip(),
        iface: at.via.name.clone(),
        requests: ping.table.requests(position),
        errors: ping.requester.errors[position],
        replies: ping.table.replies(position),
        estimate: ping.surveys[position].estimate(elapsed),
        rtt_ns: ping.table.rtt(position).quantiles(),
    };
    multicast.map(target).collect()
}

/// The receivers of all targets, with their unicast counts, and the counts of all together.
fn receivers(
    plan: &plan::Ping,
    ping: &PingLoop,
    outbox: &Outbox,
) -> (Vec<PingReceiver>, PingCounts) {
    let mut all = ping.table.receivers();
    for receiver in &mut all {
        // If a part of the receivers is asked, no answer to the last requests is no loss.
        if ping.surveys.get(receiver.target).is_some_and(|survey| !survey.asks_all()) {
            receiver.figures.expected -= receiver.figures.unresolved;
            receiver.figures.unresolved = 0;
        }
    }
    let (multicast, unicast): (Vec<Receiver>, Vec<Receiver>) =
        all.into_iter().partition(|receiver| receiver.target < plan.endpoints.len());
    let mut sum = Figures::default();
    multicast.iter().for_each(|receiver| sum.add(&receiver.figures));
    let describe = |receiver: &Receiver| {
        let at = outbox.endpoint(receiver.target);
        PingReceiver {
            address: Zoned::ip(receiver.source.ip(), Some(at.via.name.clone())),
            source_port: receiver.source.port(),
            receiver: receiver.ids.last().copied().unwrap_or_default(),
            restarts: receiver.ids.len().saturating_sub(1) as u64,
            group: at.group,
            port: at.port,
            iface: at.via.name.clone(),
            first_seen: time(receiver.first_seen),
            last_seen: time(receiver.last_seen),
            counts: (&receiver.figures).into(),
            unicast: plan.unicast.then(|| by_unicast(receiver, &unicast, ping)),
        }
    };
    (multicast.iter().map(describe).collect(), (&sum).into())
}

fn time(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.max(0).unsigned_abs())
}

/// The unicast counts of a receiver.
fn by_unicast(receiver: &Receiver, answered: &[Receiver], ping: &PingLoop) -> UnicastInfo {
    let (table, unicast): (&Table, &Unicast) = (&ping.table, &ping.unicast);
    let (mut sum, mut errors, mut last_seen) = (Figures::default(), 0, None);
    for (target, id) in unicast.at(receiver.source.ip()) {
        if !receiver.ids.contains(&id) {
            continue;
        }
        errors += ping.requester.errors.get(target).copied().unwrap_or(0);
        let known: Vec<&Receiver> = answered.iter().filter(|of| of.target == target).collect();
        for of in &known {
            sum.add(&of.figures);
            last_seen = last_seen.max(Some(of.last_seen));
        }
        if known.is_empty() {
            let requests = table.requests(target);
            sum.expected += requests;
            sum.unresolved += requests;
        }
    }
    UnicastInfo { errors, last_seen: last_seen.map(time), counts: (&sum).into() }
}

/// The expected addresses of which no reply arrived.
fn missing(plan: &plan::Ping, receivers: &[PingReceiver]) -> Option<Vec<IpAddr>> {
    let answered = |address: &IpAddr| {
        let mut of = receivers.iter().filter(|receiver| receiver.counts.replies > 0);
        of.any(|receiver| receiver.address.address() == *address)
    };
    let expected = plan.expected.as_ref()?;
    Some(expected.iter().copied().filter(|address| !answered(address)).collect())
}
