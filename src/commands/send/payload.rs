//! What each datagram carries.

use std::time::{Duration, SystemTime};

use crate::format::probe::{Probe, ProbeKind, Writer};
use crate::net::Outbox;
use crate::units::random;
use crate::{host, plan};

/// What the datagrams of a run carry.
pub enum Payload {
    /// Always the same.
    Fixed(Vec<u8>),
    /// A measured stream to each endpoint.
    Probes(Box<Probes>),
}

/// Measured streams: one to each endpoint, with a count of its own.
pub struct Probes {
    writer: Writer,
    end: Writer,
    /// What all of them have in common.
    common: Probe,
    /// When the clock was last asked whether it follows a reference.
    asked: SystemTime,
    streams: Vec<Stream>,
}

/// The stream to one endpoint.
struct Stream {
    ttl: u8,
    /// How many have left.
    left: u64,
    /// The number of the next one that is written; from `left` on they wait to leave.
    next: u64,
}

impl Payload {
    /// The payloads of a plan.
    pub fn new(plan: &plan::Send, outbox: &Outbox) -> Self {
        match &plan.content {
            plan::Content::Message(message) => Payload::Fixed(message.clone()),
            plan::Content::Probe { size } => {
                let common = Probe {
                    kind: ProbeKind::Data,
                    reply_wanted: false,
                    synchronised: host::is_synchronised(),
                    stream: random(),
                    sequence: 0,
                    sent: 0,
                    ttl: 0,
                    traffic_class: plan.options.dscp.unwrap_or(0) << 2,
                    host: host::host_id(),
                };
                let stream =
                    |position| Stream { ttl: outbox.ttl(position).unwrap_or(0), left: 0, next: 0 };
                Payload::Probes(Box::new(Probes {
                    writer: Writer::new(*size),
                    end: Writer::new(0),
                    common,
                    asked: SystemTime::now(),
                    streams: (0..plan.endpoints.len()).map(stream).collect(),
                }))
            }
        }
    }

    /// The run, where it is a measured one.
    pub fn stream(&self) -> Option<u64> {
        match self {
            Payload::Fixed(_) => None,
            Payload::Probes(probes) => Some(probes.common.stream),
        }
    }

    /// The length of each datagram in bytes.
    pub fn len(&self) -> usize {
        match self {
            Payload::Fixed(payload) => payload.len(),
            Payload::Probes(probes) => probes.writer.len(),
        }
    }

    /// Writes the next datagram to the endpoint at `position`, which leaves at `time`.
    pub fn write(&mut self, position: usize, time: SystemTime, bytes: &mut [u8]) {
        match self {
            Payload::Fixed(payload) => bytes.copy_from_slice(payload),
            Payload::Probes(probes) => {
                probes.ask_clock(time);
                let stream = &mut probes.streams[position];
                let sequence = stream.next;
                stream.next += 1;
                let probe = probes.probe(position, time, ProbeKind::Data, sequence);
                probes.writer.write(&probe, bytes);
            }
        }
    }

    /// Takes note that the next one has left; answers its number.
    pub fn left(&mut self, position: usize) -> Option<u64> {
        match self {
            Payload::Fixed(_) => None,
            Payload::Probes(probes) => {
                let stream = &mut probes.streams[position];
                stream.left += 1;
                Some(stream.left - 1)
            }
        }
    }

    /// What was written and has not left gives its numbers back: one that could not be sent is not
    /// one that was lost.
    pub fn recall(&mut self, position: usize) {
        if let Payload::Probes(probes) = self {
            let stream = &mut probes.streams[position];
            stream.next = stream.left;
        }
    }

    /// Writes the end of the stream to the endpoint at `position` into `bytes`, as many as the
    /// smallest probe has. What is not measured has no end.
    pub fn end(&self, position: usize, time: SystemTime, bytes: &mut [u8]) {
        if let Payload::Probes(probes) = self {
            probes.end.write(
                &probes.probe(position, time, ProbeKind::End, probes.streams[position].left),
                bytes,
            );
        }
    }

    /// What to show of each datagram.
    pub fn text(&self) -> &[u8] {
        match self {
            Payload::Fixed(payload) => payload,
            Payload::Probes(_) => &[],
        }
    }
}

/// How long an answer of the clock is good for.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Probes {
    /// A reference may be lost or found during a long run.
    fn ask_clock(&mut self, now: SystemTime) {
        if now.duration_since(self.asked).map_or(true, |ago| ago >= ASK_AGAIN) {
            self.common.synchronised = host::is_synchronised();
            self.asked = now;
        }
    }

    fn probe(&self, position: usize, time: SystemTime, kind: ProbeKind, sequence: u64) -> Probe {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let sent = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        Probe { kind, sequence, sent, ttl: self.streams[position].ttl, ..self.common }
    }
}
