//! Text: lines about the start, one line for each datagram, and a summary.

use std::cell::OnceCell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use super::changes;
use super::format::{EventClock, Format};
use super::human::{SHORTEST_RATE, payload, rate, size, time_of_day, time_to_millis};
use super::screen::Screen;
use super::style::Paint;
use super::{
    answers, bench, capture, check, effort, flows, ifaces, impaired, interval, measured, notice,
    pairs, ping, playout, receivers, recording, replay, scan, traffic,
};
use crate::event::{
    Event, Excluded, FormInfo, IfacesSummary, InputInfo, InterfaceInfo, Listening, Origin, Pinging,
    PlayoutPace, RcvbufInfo, ReceivedDatagram, RecvSummary, SendSummary, Sending, SentDatagram,
    TargetInfo, Totals, Watching, spans,
};
use crate::units::dscp;
use crate::units::rcvbuf::{RcvbufRequest, format_duration};
use crate::units::words::{count, span};
use crate::verdict::{COULD_NOT_RUN, Verdict};

/// The text format.
pub struct Text {
    screen: Screen,
    paint: Paint,
    paint_notes: Paint,
    /// Show long payloads and lists in full.
    whole: bool,
    /// The host's time zone, read from its file for the first time that is shown.
    zone: OnceCell<TimeZone>,
    /// Collected until the last one: the widest cell determines the width of a column.
    interfaces: Vec<InterfaceInfo>,
    /// Findings were shown.
    has_findings: bool,
    /// The first cycle of a repeated command was shown: what follows is dated.
    is_watching: bool,
    clock: EventClock,
    /// The table of a scan, which grows.
    found: scan::Growing,
    trials: bench::Trials,
    cycles: bench::Cycles,
    steps: bench::Steps,
    /// A line was written.
    has_lines: bool,
}

impl Format for Text {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        let start = out.len();
        self.write(event, out, notes)?;
        // With --quiet, no line stands above a summary.
        if !self.has_lines && out.get(start) == Some(&b'\n') {
            out.remove(start);
        }
        self.has_lines |= out.len() > start;
        Ok(())
    }

    fn set_clock(&mut self, clock: EventClock) {
        self.clock = clock;
    }
}

impl Text {
    /// `paint` colours the results, `paint_notes` the diagnostics.
    pub fn new(screen: Screen, paint: Paint, paint_notes: Paint, whole: bool) -> Self {
        let (zone, clock) = match screen {
            // The same on every host.
            Screen::Buffer(_) => {
                let epoch = Some(SystemTime::UNIX_EPOCH);
                (OnceCell::from(TimeZone::UTC), EventClock::Capture(epoch))
            }
            Screen::Output | Screen::Diagnostics => (OnceCell::new(), EventClock::System),
        };
        Text {
            screen,
            paint,
            paint_notes,
            whole,
            zone,
            interfaces: Vec::new(),
            has_findings: false,
            is_watching: false,
            clock,
            found: scan::Growing::default(),
            trials: bench::Trials::default(),
            cycles: bench::Cycles::default(),
            steps: bench::Steps::default(),
            has_lines: false,
        }
    }

    fn write(&mut self, event: &Event, out: &mut Vec<u8>, notes: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Listening(ready) => self.listening(ready, out),
            Event::Sending(ready) => self.sending(ready, out),
            Event::Reading(ready) => capture::reading(ready, self.paint, out),
            Event::Received(datagram) => {
                self.head(datagram, out)?;
                match &datagram.probe {
                    Some(probe) => writeln!(out, "  {}", measured::probe(probe)),
                    None => writeln!(out, "  {}", payload(datagram.payload.0, self.whole)),
                }
            }
            Event::Sent(datagram) => self.sent(datagram, out),
            Event::Warning(warning) => notice::line(warning, self.paint_notes, notes),
            // The summary follows at once.
            Event::Left(_) => Ok(()),
            Event::Interval(report) => {
                interval::line(report, self.screen.columns(), self.paint, out)
            }
            Event::SendInterval(report) => {
                interval::of_sender(report, self.screen.columns(), self.paint, out)
            }
            Event::PingProgress(_) | Event::Checked(_) => Ok(()),
            Event::Receivers(report) => receivers::line(report, self.paint, out),
            Event::RecvSummary(summary) => self.recv_summary(summary, out),
            Event::SendSummary(summary) => self.send_summary(summary, out),
            Event::Scanning(ready) => scan::scanning(ready, out),
            Event::Found(found) => self.found.row(found, self.screen.columns(), self.paint, out),
            Event::ScanSummary(summary) => {
                scan::summary(summary, self.screen.columns(), self.paint, out)?;
                self.reasons(&summary.verdict, out)
            }
            Event::Pinging(ready) => self.pinging(ready, out),
            Event::Reply(info) => ping::reply(info, self.paint, out),
            Event::PingSummary(summary) => {
                ping::summary(summary, self.whole, self.screen.columns(), self.paint, out)?;
                let missing = summary.missing.as_deref().unwrap_or_default();
                ping::missing(missing, self.paint, out)?;
                measured::passed(&summary.assertions, self.paint, out)?;
                self.reasons(&summary.verdict, out)
            }
            Event::BenchingThroughput(ready) => bench::begin_throughput(ready, self.paint, out),
            Event::BenchingJoin(ready) => bench::begin_join(ready, self.paint, out),
            Event::BenchingGroups(ready) => bench::begin_groups(ready, self.paint, out),
            Event::Trial(trial) => self.trials.row(trial, self.paint, out),
            Event::Cycle(cycle) => self.cycles.row(cycle, self.paint, out),
            Event::Step(step) => self.steps.row(step, self.paint, out),
            Event::ThroughputSummary(summary) => {
                bench::throughput(summary, self.paint, out)?;
                self.reasons(&summary.verdict, out)
            }
            Event::JoinSummary(summary) => {
                bench::join(summary, self.paint, out)?;
                self.reasons(&summary.verdict, out)
            }
            Event::GroupsSummary(summary) => {
                bench::groups(summary, self.paint, out)?;
                self.reasons(&summary.verdict, out)
            }
            Event::Checking(ready) => check::checking(ready, out),
            Event::Finding(found) => {
                self.has_findings = true;
                let time = self.is_watching.then(|| self.now());
                let time = time.as_deref();
                notice::paragraph(found, time, self.screen.columns(), self.paint, out)
            }
            Event::Resolved(found) => changes::resolved(found, &self.now(), self.paint, out),
            Event::Watching(watching) => self.watching(watching, out),
            Event::InterfaceChange(change) => {
                changes::interface(change, &self.now(), self.whole, self.paint, out)
            }
            Event::Explanation(found) => notice::explanation(found, self.paint_notes, notes),
            Event::CheckSummary(summary) => {
                // With --quiet, the conclusion stands alone.
                if self.has_findings {
                    check::counts(summary, self.paint, out)?;
                }
                check::conclusion(summary, self.paint, out)
            }
            Event::Interface(iface) => {
                self.interfaces.push(iface.clone());
                Ok(())
            }
            Event::IfacesSummary(summary) => self.ifaces_summary(summary, out),
            // The error is printed on standard error.
            Event::Failure(_) => Ok(()),
        }
    }

    fn listening(&self, ready: &Listening, out: &mut dyn Write) -> io::Result<()> {
        let several = if ready.targets.len() > 1 { " each" } else { "" };
        let RcvbufInfo { granted, request, .. } = ready.rcvbuf_bytes;
        let buffer = granted.map(|granted| match request.map(|request| request.granted(granted)) {
            Some(pause @ RcvbufRequest::Pause { .. }) => {
                format!(", receive buffer {}{several}: {pause}", size(granted))
            }
            _ => format!(", receive buffer {}{several}", size(granted)),
        });
        let buffer = buffer.unwrap_or_default();
        self.targets("listening to", &ready.targets, out, |target, out| {
            match target.address {
                _ if target.ifindex == 0 => write!(out, " on any interface")?,
                Some(address) => write!(out, " on {} ({address}{})", target.iface, vrf(target))?,
                None => write!(out, " on {} (no address{})", target.iface, vrf(target))?,
            }
            let excluded = target
                .excluded
                .iter()
                .copied()
                .flat_map(Excluded::iter)
                .map(|source| source.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            if excluded.is_empty() {
                write!(out, "{buffer}")
            } else {
                write!(out, ", excluding {excluded}{buffer}")
            }
        })?;
        match ready.recording.as_deref() {
            None => {}
            Some("-") => writeln!(out, "recording to standard output")?,
            Some(file) => writeln!(out, "recording to {file}")?,
        }
        ready.reply_limit.map_or(Ok(()), |limit| {
            writeln!(out, "answering requests, at most {} a second", count(limit, "answer"))
        })
    }

    fn sending(&self, ready: &Sending, out: &mut dyn Write) -> io::Result<()> {
        if let Some(info) = &ready.replay {
            replay::begin(info, out)?;
        }
        let dscp = ready.dscp.map(|dscp| format!(", DSCP {dscp}")).unwrap_or_default();
        self.targets("sending to", &ready.targets, out, |target, out| {
            if let Some(Origin::Socket(source)) = target.source {
                write!(out, " from {source}")?;
            }
            write!(out, " on {}{}", target.iface, vrf(target))?;
            if let Some(ttl) = target.ttl {
                write!(out, ", TTL {ttl}")?;
            }
            let what = ready.len_bytes.filter(|_| ready.stream.is_some());
            let what = what.map(|len| format!(", {len}-byte probes")).unwrap_or_default();
            let input = ready.input.as_ref().map(|of| match ready.playout {
                Some(_) => format!(", {}", of.place.quoted()),
                None => input(of, ready.len_bytes),
            });
            let input = input.unwrap_or_default();
            let burst = if ready.burst > 1 {
                format!(", bursts of {}", ready.burst)
            } else {
                String::new()
            };
            let each = if ready.targets.len() > 1 { " to each" } else { "" };
            write!(out, "{dscp}")?;
            if ready.replay.is_some() {
                return Ok(());
            }
            write!(out, "{what}{input}{burst}, {}{each}", send_pace(ready))?;
            let reports = ready.reports.map(format_duration);
            reports.map_or(Ok(()), |every| write!(out, ", with reports every {every}"))
        })?;
        ready.playout.as_ref().map_or(Ok(()), |stream| playout::contents(stream, out))?;
        traffic::impairments(ready, out)
    }

    fn pinging(&self, ready: &Pinging, out: &mut dyn Write) -> io::Result<()> {
        self.targets("pinging", &ready.targets, out, |target, out| {
            if let Some(Origin::Socket(source)) = target.source {
                write!(out, " from {source}")?;
            }
            write!(out, " on {}{}", target.iface, vrf(target))?;
            if let Some(ttl) = target.ttl {
                write!(out, ", TTL {ttl}")?;
            }
            let interval = format_duration(ready.interval);
            write!(out, ", {}-byte requests, every {interval}", ready.len_bytes)?;
            if ready.targets.len() > 1 { write!(out, " to each") } else { Ok(()) }
        })
    }

    fn targets(
        &self,
        verb: &str,
        targets: &[TargetInfo],
        out: &mut dyn Write,
        rest: impl Fn(&TargetInfo, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        for span in spans(targets) {
            write!(out, "{verb} {}", self.paint.strong(&span))?;
            if let (Some(mac), true) = (span.first.mac, span.is_one()) {
                write!(out, " {}", self.paint.faint(format_args!("({mac})")))?;
            }
            rest(span.first, out)?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// The line about a received datagram, up to its payload.
    pub(super) fn head(&self, datagram: &ReceivedDatagram, out: &mut dyn Write) -> io::Result<()> {
        let ReceivedDatagram {
            time, source, group, port, iface, ttl, dscp, ecn, len_bytes, ..
        } = datagram;
        let time = time_of_day(*time, self.zone.get_or_init(TimeZone::system));
        write!(
            out,
            "{}  {} > {}",
            self.paint.faint(time),
            self.paint.source(source),
            SocketAddr::new(*group, *port)
        )?;
        if let Some(iface) = iface {
            write!(out, "  {iface}")?;
        }
        if let Some(ttl) = ttl {
            write!(out, "  ttl {ttl}")?;
        }
        if self.whole {
            if let Some(dscp) = dscp {
                write!(out, "  dscp {}", dscp::name(*dscp))?;
            }
            if let Some(ecn) = ecn.and_then(dscp::ecn_name) {
                write!(out, "  ecn {ecn}")?;
            }
        }
        write!(out, "  {}", count(*len_bytes as u64, "byte"))
    }

    fn sent(&self, datagram: &SentDatagram, out: &mut dyn Write) -> io::Result<()> {
        let SentDatagram { time, group, port, iface, len_bytes, probe, payload: bytes } = datagram;
        let time = self.paint.faint(time_of_day(*time, self.zone.get_or_init(TimeZone::system)));
        let (to, len) = (SocketAddr::new(*group, *port), count(*len_bytes as u64, "byte"));
        write!(out, "{time}  sent to {to}  {iface}  {len}  ")?;
        match probe {
            Some(probe) => writeln!(out, "{}", measured::probe(probe)),
            None => writeln!(out, "{}", payload(bytes.0, self.whole)),
        }
    }

    fn recv_summary(&self, summary: &RecvSummary, out: &mut dyn Write) -> io::Result<()> {
        let counters = &summary.counters;
        let verb = if summary.capture.is_some() { "selected" } else { "received" };
        self.totals(verb, &counters.meter, out)?;
        write!(
            out,
            " from {} in {}",
            count(counters.sources as u64, "source"),
            span(counters.elapsed)
        )?;
        self.rates(&counters.meter, out)?;
        if let Some(drops) = counters.dropped() {
            let drops =
                if drops.count == 0 { "0".to_owned() } else { self.paint.bad(drops).to_string() };
            write!(out, "; {drops} dropped by this host's kernel")?;
        }
        if let Some(errors @ 1..) = counters.checksum_errors {
            write!(out, "; {} dropped with a wrong checksum", self.paint.bad(errors))?;
        }
        if let Some(copies @ 1..) = counters.interface_copies {
            write!(
                out,
                "; {} had already arrived on another interface",
                count(copies, "datagram")
            )?;
        }
        if counters.truncated > 0 {
            write!(out, "; {} truncated", counters.truncated)?;
        }
        writeln!(out)?;
        if let Some(info) = &summary.capture {
            capture::lines(info, self.zone.get_or_init(TimeZone::system), self.paint, out)?;
        }
        measured::summary(counters, self.whole, self.screen.columns(), self.paint, out)?;
        pairs::lines(&summary.pairs, self.paint, out)?;
        flows::lines(&summary.flows, self.whole, out)?;
        summary.recording.as_ref().map_or(Ok(()), |recording| {
            recording::line(recording, counters.meter.datagrams, out)
        })?;
        answers::line(&summary.answers, out)?;
        measured::passed(&summary.assertions, self.paint, out)?;
        self.reasons(&summary.verdict, out)
    }

    fn send_summary(&self, summary: &SendSummary, out: &mut dyn Write) -> io::Result<()> {
        self.totals("sent", &summary.meter, out)?;
        write!(out, " in {}", span(summary.elapsed))?;
        self.rates(&summary.meter, out)?;
        writeln!(out)?;
        effort::lines(summary, out)?;
        summary.playout.as_ref().map_or(Ok(()), |totals| playout::totals(totals, out))?;
        impaired::lines(&summary.targets, self.paint, out)?;
        summary.replay.as_ref().map_or(Ok(()), |totals| replay::summary(totals, out))?;
        summary.reports.as_ref().map_or(Ok(()), |reports| {
            receivers::summary(reports, self.whole, self.screen.columns(), self.paint, out)
        })?;
        measured::passed(&summary.assertions, self.paint, out)?;
        self.reasons(&summary.verdict, out)
    }

    /// The first cycle is complete: shows its end, and what follows.
    fn watching(&mut self, watching: &Watching, out: &mut dyn Write) -> io::Result<()> {
        self.is_watching = true;
        self.table(out)?;
        self.interfaces = Vec::new();
        changes::watching(watching, self.paint, out)
    }

    /// The time of the event that is being written.
    fn now(&self) -> String {
        let time = match self.clock {
            EventClock::System => Some(SystemTime::now()),
            EventClock::Capture(time) => time,
        };
        let zone = self.zone.get_or_init(TimeZone::system);
        time_to_millis(time.unwrap_or(SystemTime::UNIX_EPOCH), zone).to_string()
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.interfaces.as_slice() {
            [] => Ok(()),
            all => ifaces::table(all, self.screen.columns(), self.paint, self.whole, out),
        }
    }

    /// The table of the interfaces; with `-q`, and after their changes, only their number.
    fn ifaces_summary(&self, summary: &IfacesSummary, out: &mut dyn Write) -> io::Result<()> {
        match self.interfaces.is_empty() {
            true => ifaces::number(summary, out)?,
            false => self.table(out)?,
        }
        self.reasons(&summary.verdict, out)
    }

    fn totals(&self, verb: &str, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        write!(
            out,
            "{verb} {} ({})",
            self.paint.strong(count(totals.datagrams, "datagram")),
            count(totals.bytes, "byte")
        )
    }

    fn rates(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let long_enough = totals.span.is_some_and(|span| span >= SHORTEST_RATE);
        match (totals.rate_pps, totals.bitrate_bps) {
            (Some(pps), Some(bps)) if long_enough => {
                let between = totals.span.map(|time| format!(" ({})", span(time)));
                write!(
                    out,
                    ": {}pps, {}bit/s from first to last{}",
                    rate(pps),
                    rate(bps),
                    between.unwrap_or_default()
                )
            }
            _ => Ok(()),
        }
    }

    /// The reasons for exit status 1. An error is printed by the caller, after the summary.
    fn reasons(&self, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
        if verdict.status == COULD_NOT_RUN {
            return Ok(());
        }
        verdict
            .reasons
            .iter()
            .try_for_each(|reason| writeln!(out, "{} {reason}", self.paint.bad("FAIL")))
    }
}

/// `, VRF blue`.
fn vrf(target: &TargetInfo) -> String {
    target.vrf.map_or_else(String::new, |vrf| format!(", VRF {vrf}"))
}

/// `, lines of standard input`, `, 'x.bin' in pieces of 1316 bytes`.
fn input(InputInfo { place, form }: &InputInfo, len: Option<usize>) -> String {
    match (form, len) {
        (FormInfo::Lines, _) => format!(", lines of {}", place.quoted()),
        (FormInfo::Pieces, Some(len)) => {
            format!(", {} in pieces of {}", place.quoted(), count(len as u64, "byte"))
        }
        (FormInfo::Pieces, None) => format!(", {} in pieces", place.quoted()),
    }
}

/// The pace of a sender, and the transport stream that may have its own.
fn send_pace(ready: &Sending) -> String {
    match &ready.playout {
        Some(stream) if stream.pace == PlayoutPace::Pcr => playout::pace(stream),
        Some(stream) => format!("{}, {}", playout::pace(stream), traffic::pace(ready)),
        None => traffic::pace(ready),
    }
}
