//! What each datagram carries.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime};

use crate::event::ProbeInfo;
use crate::net::{self, Outbox};
use crate::plan;
use crate::probe::{Kind, Probe, Writer};

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
    /// How many went to each endpoint.
    sent: Vec<u64>,
    ttls: Vec<u8>,
}

impl Payload {
    /// The payloads of a plan.
    pub fn new(plan: &plan::Send, outbox: &Outbox) -> Self {
        match &plan.content {
            plan::Content::Message(message) => Payload::Fixed(message.clone()),
            plan::Content::Probe { size } => {
                let endpoints = plan.endpoints.len();
                let common = Probe {
                    kind: Kind::Data,
                    reply_wanted: false,
                    synchronised: net::is_synchronised(),
                    stream: random(),
                    sequence: 0,
                    sent: 0,
                    ttl: 0,
                    traffic_class: plan.options.dscp.unwrap_or(0) << 2,
                    host: net::host_id(),
                };
                Payload::Probes(Box::new(Probes {
                    writer: Writer::new(*size),
                    end: Writer::new(0),
                    common,
                    asked: SystemTime::now(),
                    sent: vec![0; endpoints],
                    ttls: (0..endpoints).map(|position| outbox.ttl(position).unwrap_or(0)).collect(),
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

    /// The next datagram to the endpoint at `position`, which leaves at `time`.
    pub fn next(&mut self, position: usize, time: SystemTime) -> &[u8] {
        match self {
            Payload::Fixed(payload) => payload,
            Payload::Probes(probes) => {
                probes.ask_clock(time);
                let probe = probes.probe(position, time, Kind::Data);
                probes.writer.write(&probe)
            }
        }
    }

    /// Takes note that it has left. One that could not be sent has not: its number is that of the next one, so that nobody counts it as lost.
    pub fn left(&mut self, position: usize) -> Option<ProbeInfo> {
        match self {
            Payload::Fixed(_) => None,
            Payload::Probes(probes) => {
                let seq = probes.sent[position];
                probes.sent[position] += 1;
                Some(ProbeInfo::Sent { stream: probes.common.stream, seq })
            }
        }
    }

    /// The end of the stream to the endpoint at `position`, where there is one.
    pub fn end(&mut self, position: usize, time: SystemTime) -> Option<&[u8]> {
        match self {
            Payload::Fixed(_) => None,
            Payload::Probes(probes) => {
                let probe = probes.probe(position, time, Kind::End);
                Some(probes.end.write(&probe))
            }
        }
    }
}

/// How long an answer of the clock is good for.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Probes {
    /// A reference may be lost or found during a long run.
    fn ask_clock(&mut self, now: SystemTime) {
        if now.duration_since(self.asked).map_or(true, |ago| ago >= ASK_AGAIN) {
            self.common.synchronised = net::is_synchronised();
            self.asked = now;
        }
    }

    fn probe(&self, position: usize, time: SystemTime, kind: Kind) -> Probe {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let sent = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        Probe { kind, sequence: self.sent[position], sent, ttl: self.ttls[position], ..self.common }
    }
}

/// A number that no other run has. The standard library's hasher is seeded by the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
