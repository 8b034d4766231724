//! The state of a run in one line, for `systemctl status`.

use std::time::Duration;

use super::human::rate;
use crate::assertion::Value;
use crate::event::{
    Event, IntervalReport, PingSummary, SendInterval, StreamInfo, TargetInfo, Totals,
};
use crate::notice::{Level, Notice};
use crate::units::printable::Printable;
use crate::units::rcvbuf::format_duration;
use crate::units::words::{and_more, count, list};

/// The state of a run.
#[derive(Debug, Default)]
pub struct Status {
    text: Option<String>,
    targets: usize,
    /// The time of the last interval with a datagram.
    last: Option<Duration>,
    /// The losses of each stream since the start. A late datagram decreases them.
    lost: Vec<u64>,
    total: Counters,
}

/// The faults since the start.
#[derive(Debug, Default)]
struct Counters {
    dropped: u64,
    corrupt: u64,
    errors: u64,
    skipped: u64,
}

impl Status {
    /// Takes an event. Returns whether it is about the state of the run: its start, its progress or
    /// its end.
    pub fn take(&mut self, event: &Event) -> bool {
        let text = match event {
            Event::Listening(ready) => self.begin("listening to", &ready.targets),
            Event::Sending(ready) => self.begin("sending to", &ready.targets),
            Event::Pinging(ready) => self.begin("pinging", &ready.targets),
            Event::Checking(ready) => self.begin("checking", &ready.targets),
            Event::Scanning(_) => "scanning".to_owned(),
            Event::Reading(_) => "reading a capture".to_owned(),
            Event::BenchingThroughput(_) | Event::BenchingJoin(_) | Event::BenchingGroups(_) => {
                "running a benchmark".to_owned()
            }
            Event::Interval(report) => self.received(report),
            Event::SendInterval(report) => self.sent(report),
            Event::PingProgress(summary) => pinged(summary),
            Event::Checked(state) => checked(state.findings),
            Event::Failure(failure) => one_line(&failure.error),
            event => return event.is_summary(),
        };
        self.text = Some(text);
        true
    }

    /// The state in one line.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn begin(&mut self, action: &str, targets: &[TargetInfo]) -> String {
        self.targets = targets.len();
        let Some(first) = targets.first() else { return action.to_owned() };
        let name = match first.group {
            group if group.is_ipv6() => format!("[{group}]:{}", first.port),
            group => format!("{group}:{}", first.port),
        };
        format!("{action} {}", and_more(name, targets.len() - 1, "target"))
    }

    fn received(&mut self, report: &IntervalReport) -> String {
        let counters = &report.counters;
        let now = report.since + counters.elapsed;
        for stream in counters.streams.iter().map(|stream| &stream.so_far) {
            let len = self.lost.len().max(stream.position + 1);
            self.lost.resize(len, 0);
            self.lost[stream.position] = stream.lost;
        }
        let total = &mut self.total;
        total.dropped += counters.kernel_drops.unwrap_or(0);
        total.corrupt += counters.corrupt;
        if counters.meter.datagrams > 0 {
            self.last = Some(now);
        }
        let traffic = match self.last {
            None => format!("no datagrams in {}", time(now)),
            Some(last) if last < now => format!("no datagrams for {}", time(now - last)),
            Some(_) => {
                let is_active = |stream: &&StreamInfo| stream.counters.datagrams > 0;
                let streams = counters.streams.iter().filter(is_active).count() as u64;
                let streams = (streams > 0).then(|| format!(", {}", count(streams, "stream")));
                format!("{}{}", pace("receiving", &counters.meter), streams.unwrap_or_default())
            }
        };
        let (total, lost) = (&self.total, self.lost.iter().sum::<u64>());
        let faults = [
            (lost > 0).then(|| format!("{lost} lost")),
            (total.dropped > 0).then(|| format!("{} dropped by this host's kernel", total.dropped)),
            (total.corrupt > 0).then(|| format!("{} corrupt", total.corrupt)),
        ];
        with_faults(traffic, faults)
    }

    fn sent(&mut self, report: &SendInterval) -> String {
        let total = &mut self.total;
        total.errors += report.errors;
        total.skipped += report.skipped;
        let faults = [
            (total.errors > 0).then(|| count(total.errors, "error").to_string()),
            (total.skipped > 0).then(|| format!("skipped {}", count(total.skipped, "round"))),
        ];
        let targets = count(self.targets as u64, "target");
        with_faults(format!("{} to {targets}", pace("sending", &report.meter)), faults)
    }
}

fn pinged(summary: &PingSummary) -> String {
    let receivers = count(summary.receivers(), "receiver");
    match summary.counts.loss_ratio {
        Some(loss) => format!("{receivers}, lost {}", Value::Ratio(loss)),
        None => receivers.to_string(),
    }
}

/// The faults and warnings, by their ids.
fn checked(findings: &[Notice]) -> String {
    let ids = |level| findings.iter().filter(move |finding| finding.level == level);
    let named = |level, name| {
        let ids: Vec<String> = ids(level).map(|finding| finding.id.to_string()).collect();
        let count = count(ids.len() as u64, name);
        (!ids.is_empty()).then(|| format!("{count} ({})", ids.join(", ")))
    };
    let found = [named(Level::Fault, "fault"), named(Level::Warning, "warning")];
    let found: Vec<String> = found.into_iter().flatten().collect();
    if found.is_empty() { "no faults and no warnings".to_owned() } else { list(&found) }
}

/// `receiving 1.00 kpps, 8.00 Mbit/s`. An interval with one datagram has no rate.
fn pace(action: &str, meter: &Totals) -> String {
    match (meter.rate_pps, meter.bitrate_bps) {
        (Some(pps), Some(bps)) => format!("{action} {}pps, {}bit/s", rate(pps), rate(bps)),
        _ => format!("{action} {}", count(meter.datagrams, "datagram")),
    }
}

fn with_faults(text: String, faults: impl IntoIterator<Item = Option<String>>) -> String {
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    if faults.is_empty() {
        return text;
    }
    format!("{text}; since the start: {}", list(&faults))
}

/// Whole seconds, because the line is read minutes later.
fn time(time: Duration) -> String {
    format_duration(Duration::from_secs(time.as_secs()))
}

/// A line break would begin another variable of the message.
fn one_line(text: &str) -> String {
    Printable(text.lines().next().unwrap_or_default()).to_string()
}
