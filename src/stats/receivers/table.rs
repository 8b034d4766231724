//! The table of all receivers.

use std::collections::HashMap;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::Duration;

use super::receiver::{Receiver, ReportedStream};
use super::state::State;
use super::totals::Totals;
use crate::format::exchange::{Report, Request};
use crate::format::probe::{Probe, ProbeKind};

/// The most entries: one for each receiver, group and port. The table takes about 20 MB then.
const MOST: usize = 65_536;

/// A receiver is silent after this many intervals without a report.
const SILENT_INTERVALS: u32 = 3;

/// If only a share of the receivers reports, the probability that a receiver counts as silent by
/// chance.
const SILENT_BY_CHANCE: f64 = 1e-6;

/// The receivers of a measured stream, by their reports. Times count from the start of the
/// sender's run.
#[derive(Clone, Debug)]
pub struct Receivers {
    stream: u64,
    most: usize,
    entries: usize,
    receivers: Vec<Receiver>,
    by_run: HashMap<(u64, SocketAddr), usize>,
    /// The receiver at each address that began last.
    newest: HashMap<SocketAddr, usize>,
    silent_after: Option<Duration>,
    /// The sender waits no longer for reports.
    is_over: bool,
    /// Reports that arrived after a newer one, or twice.
    pub late: u64,
    /// Reports of receivers and streams beyond the limit of the table.
    pub untracked: u64,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The first report of a receiver, at this position.
    New(usize),
    /// A newer report of the receiver at this position.
    Known(usize),
    /// It arrived after a newer report, or twice.
    Late,
    /// The table is full.
    Untracked,
    /// It is no report on the sender's stream.
    Foreign,
}

impl Receivers {
    /// The receivers of the run with the number `stream`.
    pub fn new(stream: u64) -> Self {
        Receivers::with_limit(stream, MOST)
    }

    pub(super) fn with_limit(stream: u64, most: usize) -> Self {
        Receivers {
            stream,
            most,
            entries: 0,
            receivers: Vec::new(),
            by_run: HashMap::new(),
            newest: HashMap::new(),
            silent_after: None,
            is_over: false,
            late: 0,
            untracked: 0,
        }
    }

    /// Notes the present request, which decides when a receiver without reports is silent.
    pub fn request(&mut self, request: &Request) {
        self.silent_after = silence(request);
    }

    /// The sender waits no longer: receivers that did not report the end are silent.
    pub fn finish(&mut self) {
        self.is_over = true;
    }

    /// Takes a report from `source` that arrived at `now`.
    pub fn take(
        &mut self,
        header: &Probe,
        report: &Report,
        source: SocketAddr,
        now: Duration,
    ) -> Taken {
        if header.kind != ProbeKind::Report || header.stream != self.stream {
            return Taken::Foreign;
        }
        let address = of_host(source);
        if let Some(position) = self.by_run.get(&(report.receiver, address)).copied() {
            return self.update(position, header, report, now);
        }
        if !self.has_room() {
            return Taken::Untracked;
        }
        let position = self.receivers.len();
        self.by_run.insert((report.receiver, address), position);
        self.receivers.push(Receiver {
            id: report.receiver,
            address,
            first: now,
            last: now,
            streams: vec![ReportedStream {
                report: *report,
                reports: 1,
                sequence: header.sequence,
            }],
            previous: self.newest.insert(address, position),
        });
        Taken::New(position)
    }

    fn update(&mut self, position: usize, header: &Probe, report: &Report, now: Duration) -> Taken {
        let streams = &mut self.receivers[position].streams;
        let known = streams
            .iter_mut()
            .find(|known| (known.report.group, known.report.port) == (report.group, report.port));
        let newest = ReportedStream { report: *report, reports: 1, sequence: header.sequence };
        if let Some(known) = known {
            let is_newer = header.sequence > known.sequence;
            if is_newer {
                known.report = *report;
                known.sequence = header.sequence;
            }
            // A report that was overtaken is not lost. Duplicates make at most as many.
            known.reports = known.reports.saturating_add(1).min(known.sequence.saturating_add(1));
            if !is_newer {
                self.late += 1;
                return Taken::Late;
            }
        } else if self.has_room() {
            self.receivers[position].streams.push(newest);
        } else {
            return Taken::Untracked;
        }
        let receiver = &mut self.receivers[position];
        receiver.last = receiver.last.max(now);
        Taken::Known(position)
    }

    /// Whether the table takes another entry. Counts the report as untracked if not.
    fn has_room(&mut self) -> bool {
        let has_room = self.entries < self.most;
        if has_room {
            self.entries += 1;
        } else {
            self.untracked += 1;
        }
        has_room
    }

    /// The receivers in the order of their first reports.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Receiver> {
        self.receivers.iter()
    }

    /// How many receivers reported.
    pub fn len(&self) -> usize {
        self.receivers.len()
    }

    /// Whether no receiver reported.
    pub fn is_empty(&self) -> bool {
        self.receivers.is_empty()
    }

    /// The state of a receiver at `now`.
    pub fn state(&self, receiver: &Receiver, now: Duration) -> State {
        if receiver.has_ended() {
            return State::Ended;
        }
        let quiet = now.saturating_sub(receiver.last);
        if !self.is_over && self.silent_after.is_none_or(|after| quiet <= after) {
            return State::Reporting;
        }
        let newest = self.newest.get(&receiver.address).map(|at| &self.receivers[*at]);
        let is_replaced = newest.is_some_and(|newest| newest.first > receiver.last);
        if is_replaced { State::Replaced } else { State::Silent }
    }

    /// How long a silent receiver has not reported; `None` if it is not silent.
    pub fn silent_for(&self, receiver: &Receiver, now: Duration) -> Option<Duration> {
        let is_silent = self.state(receiver, now) == State::Silent;
        is_silent.then(|| now.saturating_sub(receiver.last))
    }

    /// Whether the receiver followed another one at the same address, which is replaced.
    pub fn is_restarted(&self, receiver: &Receiver, now: Duration) -> bool {
        let previous = receiver.previous.map(|at| &self.receivers[at]);
        previous.is_some_and(|previous| self.state(previous, now) == State::Replaced)
    }

    /// Whether each known receiver reported the end, and there is one. Silent receivers are left
    /// out.
    pub fn have_all_ended(&self, now: Duration) -> bool {
        let states = || self.receivers.iter().map(|receiver| self.state(receiver, now));
        states().all(|state| state != State::Reporting)
            && states().any(|state| state == State::Ended)
    }

    /// The most groups and ports of one receiver.
    pub fn most_groups(&self) -> u32 {
        let streams = self.receivers.iter().flat_map(|receiver| &receiver.streams);
        streams.map(|stream| stream.report.groups).max().unwrap_or(0)
    }

    /// All receivers together at `now`.
    pub fn totals(&self, now: Duration) -> Totals {
        let each = self.receivers.iter().map(|receiver| (receiver, self.state(receiver, now)));
        Totals::of(each)
    }
}

/// The address without a port, which differs between the sockets of a receiver.
fn of_host(source: SocketAddr) -> SocketAddr {
    match source {
        SocketAddr::V4(source) => SocketAddrV4::new(*source.ip(), 0).into(),
        SocketAddr::V6(source) => SocketAddrV6::new(*source.ip(), 0, 0, source.scope_id()).into(),
    }
}

/// How long a receiver that follows `request` may be without a report.
fn silence(request: &Request) -> Option<Duration> {
    let intervals = if request.asks_all() {
        f64::from(SILENT_INTERVALS)
    } else {
        // A receiver reports after each interval with the probability of the share.
        (SILENT_BY_CHANCE.ln() / (-request.probability()).ln_1p())
            .ceil()
            .max(SILENT_INTERVALS.into())
    };
    let seconds = request.interval.as_secs_f64() * intervals + request.window.as_secs_f64();
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests;
