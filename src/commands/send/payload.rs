//! Writes the payload of each datagram: a fixed message, the probes of measured streams, or the
//! datagrams of a source.

use std::time::{Duration, SystemTime};

use super::source::Source;
use crate::format::exchange::{REPORT_LEN, Request};
use crate::format::probe::{MIN_LEN, Probe, ProbeKind, Writer};
use crate::input::Input;
use crate::net::{Outbox, Slot};
use crate::sys::PollSource;
use crate::units::random;
use crate::{host, plan};

/// Writes the payloads of a run.
pub enum PayloadWriter {
    /// The same message in every datagram.
    Fixed(Vec<u8>),
    /// One measured stream for each endpoint.
    Probes(Box<Probes>),
    /// The datagrams of a source.
    Sourced(Box<dyn Source>),
}

/// The measured streams of a run. All carry one stream id; each endpoint has its own sequence
/// numbers, and a receiver can distinguish the losses of different endpoints.
pub struct Probes {
    writer: Writer,
    end: Writer,
    /// The request for reports behind the header, if the run asks for them.
    request: Option<[u8; Request::LEN]>,
    /// The fields that all probes share.
    common: Probe,
    /// The time of the last check whether the clock is synchronised.
    clock_checked: SystemTime,
    counts: Vec<ProbeCount>,
}

/// The sequence numbers of one endpoint.
struct ProbeCount {
    ttl: u8,
    /// How many probes were sent.
    sent: u64,
    /// The sequence number of the next probe that is written. Those from `sent` on are queued.
    next: u64,
}

impl PayloadWriter {
    /// The payloads of a plan; `source` supplies them if the plan has an input.
    pub fn new(plan: &plan::Send, source: Option<Box<dyn Source>>, outbox: &Outbox) -> Self {
        if let Some(source) = source {
            return PayloadWriter::Sourced(source);
        }
        match &plan.content {
            plan::Content::Message(message) => PayloadWriter::Fixed(message.clone()),
            plan::Content::Input(_) | plan::Content::Replay(_) => PayloadWriter::Fixed(Vec::new()),
            plan::Content::Probe { size } => {
                let common = Probe {
                    kind: ProbeKind::Data,
                    reply_wanted: false,
                    report_wanted: plan.reports.is_some(),
                    synchronised: host::is_synchronised(),
                    stream: random(),
                    sequence: 0,
                    sent: 0,
                    ttl: 0,
                    traffic_class: plan.options.dscp.unwrap_or(0) << 2,
                    host: host::host_id(),
                };
                let count = |position| ProbeCount {
                    ttl: outbox.ttl(position).unwrap_or(0),
                    sent: 0,
                    next: 0,
                };
                PayloadWriter::Probes(Box::new(Probes {
                    writer: Writer::new(*size),
                    end: Writer::new(0),
                    request: None,
                    common,
                    clock_checked: SystemTime::now(),
                    counts: (0..plan.endpoints.len()).map(count).collect(),
                }))
            }
        }
    }

    /// The stream id of a measured run.
    pub fn stream(&self) -> Option<u64> {
        match self {
            PayloadWriter::Fixed(_) | PayloadWriter::Sourced(_) => None,
            PayloadWriter::Probes(probes) => Some(probes.common.stream),
        }
    }

    /// The length of the next datagram in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            PayloadWriter::Fixed(payload) => payload.len(),
            PayloadWriter::Probes(probes) => probes.writer.len(),
            PayloadWriter::Sourced(source) => source.payload().len(),
        }
    }

    /// The source of the datagrams, if they do not repeat.
    pub fn source(&mut self) -> Option<&mut dyn Source> {
        match self {
            PayloadWriter::Sourced(source) => Some(&mut **source),
            PayloadWriter::Fixed(_) | PayloadWriter::Probes(_) => None,
        }
    }

    /// The input of the source, to wait for more of it.
    pub fn input(&self) -> Option<PollSource<'_>> {
        match self {
            PayloadWriter::Sourced(source) => source.input().and_then(Input::source),
            PayloadWriter::Fixed(_) | PayloadWriter::Probes(_) => None,
        }
    }

    /// Writes the payload of the next datagram to the endpoint at `position`; a probe carries
    /// `time` as its send time. A slot that repeats has a payload of this run.
    #[inline]
    pub fn write(&mut self, position: usize, time: SystemTime, Slot { bytes, repeats }: Slot) {
        match self {
            PayloadWriter::Fixed(_) if repeats => {}
            PayloadWriter::Fixed(payload) => bytes.copy_from_slice(payload),
            PayloadWriter::Sourced(source) => bytes.copy_from_slice(source.payload()),
            PayloadWriter::Probes(probes) => {
                probes.check_clock(time);
                let count = &mut probes.counts[position];
                let sequence = count.next;
                count.next += 1;
                let probe = probes.probe(position, time, ProbeKind::Data, sequence);
                if repeats {
                    // The request may have changed since.
                    let body = bytes.get_mut(MIN_LEN..MIN_LEN + Request::LEN);
                    if let (Some(body), Some(request)) = (body, &probes.request) {
                        body.copy_from_slice(request);
                    }
                    probes.writer.rewrite(&probe, bytes);
                } else {
                    probes.writer.write(&probe, bytes);
                }
            }
        }
    }

    /// Counts the next datagram to the endpoint at `position` as sent. Returns the sequence number
    /// that it carries.
    #[inline]
    pub fn count_sent(&mut self, position: usize) -> Option<u64> {
        match self {
            PayloadWriter::Fixed(_) | PayloadWriter::Sourced(_) => None,
            PayloadWriter::Probes(probes) => {
                let count = &mut probes.counts[position];
                count.sent += 1;
                Some(count.sent - 1)
            }
        }
    }

    /// Takes back the sequence numbers that were written but not sent: a receiver would count the
    /// missing numbers as losses.
    pub fn recall(&mut self, position: usize) {
        if let PayloadWriter::Probes(probes) = self {
            let count = &mut probes.counts[position];
            count.next = count.sent;
        }
    }

    /// Asks for reports in the probes and end markers that are written from now on.
    pub fn set_request(&mut self, request: &Request) {
        if let PayloadWriter::Probes(probes) = self {
            let body = request.body();
            let len = u16::try_from(probes.writer.len()).unwrap_or(u16::MAX);
            probes.writer = Writer::with_body(len, &body);
            probes.end = Writer::with_body(REPORT_LEN as u16, &body);
            probes.request = Some(body);
        }
    }

    /// The length of the end markers in bytes.
    pub fn end_len(&self) -> usize {
        if let PayloadWriter::Probes(probes) = self { probes.end.len() } else { MIN_LEN }
    }

    /// Writes the end marker of the stream to the endpoint at `position`. `bytes` has the length of
    /// an end marker. A fixed message has no end marker.
    pub fn write_end(&self, position: usize, time: SystemTime, bytes: &mut [u8]) {
        if let PayloadWriter::Probes(probes) = self {
            probes.end.write(
                &probes.probe(position, time, ProbeKind::End, probes.counts[position].sent),
                bytes,
            );
        }
    }
}

/// How often to check whether the clock is synchronised.
const CLOCK_CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl Probes {
    /// Checks from time to time whether the clock is synchronised, because that may change during
    /// a long run.
    fn check_clock(&mut self, now: SystemTime) {
        if now.duration_since(self.clock_checked).map_or(true, |ago| ago >= CLOCK_CHECK_INTERVAL) {
            self.common.synchronised = host::is_synchronised();
            self.clock_checked = now;
        }
    }

    #[inline]
    fn probe(&self, position: usize, time: SystemTime, kind: ProbeKind, sequence: u64) -> Probe {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let sent = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        Probe { kind, sequence, sent, ttl: self.counts[position].ttl, ..self.common }
    }
}
