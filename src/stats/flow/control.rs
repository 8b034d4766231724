//! What RTCP and SAP state of RTP streams.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::record::{Flow, State};
use crate::format::rtcp::{Rtcp, SenderReport};
use crate::format::sap;
use crate::stats::rtp::Sessions;
use crate::stats::stream::{Arrival, Detail, Streams};
use crate::units::UnixTime;

/// The time in ns between two searches for the sessions of all streams: forged announcements must
/// not slow the receiver down.
const RELABEL: i64 = 1_000_000_000;

/// How many reports wait for the first datagram of their stream: FFmpeg reports before it sends.
const MOST_EARLY: usize = 16;

/// Where RTCP finds a stream: the port of the source may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    source: IpAddr,
    group: IpAddr,
    ifindex: u32,
    ssrc: u64,
}

/// The RTP streams, and the sessions that SAP announces.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// The positions of the flows.
    flows: HashMap<Place, usize>,
    sessions: Sessions,
    /// Reports on unknown streams, and their arrivals and ports.
    early: VecDeque<(Place, SenderReport, UnixTime, u16)>,
    /// The changes of the sessions that all labels reflect, and the time of the search.
    labelled: (u64, Option<UnixTime>),
}

impl Control {
    /// The announced sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Notes that a flow has a new stream, and labels it.
    pub fn add(&mut self, position: usize, flow: &Flow, ssrc: u64, streams: &mut Streams) {
        let place = Place::new(flow, ssrc);
        self.flows.insert(place, position);
        self.label(flow, ssrc, streams);
        let State::Measured(measured) = &flow.state else { return };
        let Some(stream) = measured.streams.get(&ssrc) else { return };
        self.early.retain(|(of, report, time, port)| {
            let is_of_stream = *of == place && is_near(flow, *port);
            if is_of_stream {
                streams.early_report(*stream, report, *time);
            }
            !is_of_stream
        });
    }

    /// Notes that interfaces have changed.
    pub fn rebuild(&mut self, flows: &[Flow]) {
        self.flows.clear();
        for (position, flow) in flows.iter().enumerate() {
            if let State::Measured(measured) = &flow.state {
                let places = measured.streams.keys().map(|ssrc| Place::new(flow, *ssrc));
                self.flows.extend(places.map(|place| (place, position)));
            }
        }
    }

    /// Adds the reports and the ends of streams from one address.
    pub fn report(&mut self, rtcp: Rtcp, arrival: &Arrival, flows: &[Flow], streams: &mut Streams) {
        for report in rtcp.sender_reports() {
            if let Some(position) = self.find(report.ssrc, arrival, flows) {
                streams.sender_report(position, &report, arrival.time);
            } else {
                if self.early.len() >= MOST_EARLY {
                    self.early.pop_front();
                }
                let place = Place::of(report.ssrc, arrival);
                self.early.push_back((place, report, arrival.time, arrival.port));
            }
        }
        for ssrc in rtcp.byes() {
            if let Some(position) = self.find(ssrc, arrival, flows) {
                streams.bye(position, arrival.time);
            }
        }
    }

    /// Adds an announcement.
    pub fn announce(&mut self, payload: &[u8], time: UnixTime, flows: &[Flow], to: &mut Streams) {
        if let Some(sap) = sap::read(payload) {
            self.sessions.take(&sap);
        }
        if self.labelled.1.is_none_or(|last| time.since(last).unsigned_abs() >= RELABEL as u64) {
            self.relabel(time, flows, to);
        }
    }

    /// Labels all streams, if the sessions have changed.
    pub fn relabel(&mut self, now: UnixTime, flows: &[Flow], streams: &mut Streams) {
        if self.labelled.0 == self.sessions.changes() {
            return;
        }
        self.labelled = (self.sessions.changes(), Some(now));
        for (place, position) in &self.flows {
            if let Some(flow) = flows.get(*position) {
                self.label(flow, place.ssrc, streams);
            }
        }
    }

    fn label(&self, flow: &Flow, ssrc: u64, streams: &mut Streams) {
        let State::Measured(measured) = &flow.state else { return };
        let position = measured.streams.get(&ssrc);
        let Some(Detail::Rtp(detail)) = position.and_then(|position| streams.detail(*position))
        else {
            return;
        };
        let (group, source) = (flow.key.group, flow.key.source.ip());
        let payload_type = detail.meter.payload_type();
        detail.set_label(self.sessions.label(group, flow.key.port, source, payload_type));
    }

    /// The stream that RTCP from this address is about: on the same port, or on the next one.
    fn find(&self, ssrc: u32, arrival: &Arrival, flows: &[Flow]) -> Option<usize> {
        let place = Place::of(ssrc, arrival);
        let flow = flows.get(*self.flows.get(&place)?)?;
        match &flow.state {
            State::Measured(measured) if is_near(flow, arrival.port) => {
                measured.streams.get(&place.ssrc).copied()
            }
            _ => None,
        }
    }
}

/// Whether RTCP to this port can be about a flow.
fn is_near(flow: &Flow, port: u16) -> bool {
    flow.key.port == port || flow.key.port.checked_add(1) == Some(port)
}

impl Place {
    fn of(ssrc: u32, arrival: &Arrival) -> Self {
        Place {
            source: arrival.source.ip(),
            group: arrival.group,
            ifindex: arrival.iface.map_or(0, |(index, _)| index),
            ssrc: ssrc.into(),
        }
    }

    fn new(flow: &Flow, ssrc: u64) -> Self {
        let key = flow.key;
        Place { source: key.source.ip(), group: key.group, ifindex: key.ifindex, ssrc }
    }
}

#[cfg(test)]
mod tests;
