//! Counts the datagrams of a scan: by group, by flow and by stream.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use crate::event::{FoundInfo, describe_found};
use crate::format::probe;
use crate::format::probe::Reading;
use crate::host;
use crate::net::Datagram;
use crate::plan;
use crate::stats::Meter;
use crate::stats::flow::Flows;
use crate::stats::stream::{Arrival, LocalClock, Streams};
use crate::target::Endpoint;

/// Identifies a flow that was reported.
type Reported = (IpAddr, u16, SocketAddr, Option<String>);

/// Counts the datagrams of a scan.
pub struct Counts {
    streams: Streams,
    flows: Flows,
    /// The group, port and interface of each target with data.
    alive: HashSet<(IpAddr, u16, u32)>,
    reported: HashSet<Reported>,
    /// All datagrams.
    pub meter: Meter,
}

impl Counts {
    pub fn new(plan: &plan::Scan) -> Self {
        let local = LocalClock {
            host: host::host_id(),
            synchronised: host::is_synchronised(),
            asserted: false,
        };
        Counts {
            streams: Streams::new(plan.listens.len(), false, local),
            flows: Flows::new(plan.listens.len(), plan.formats.clone()),
            alive: HashSet::new(),
            reported: HashSet::new(),
            meter: Meter::default(),
        }
    }

    /// Counts a datagram.
    pub fn add(&mut self, datagram: &Datagram) {
        let Datagram { payload, meta, endpoint, .. } = *datagram;
        let arrival = Arrival::from(datagram);
        self.meter.add(meta.time, payload.len());
        self.alive.insert((endpoint.group, endpoint.port, endpoint.via.index));
        match probe::read(payload, meta.truncated) {
            Reading::Probe(probe) if probe.kind.is_of_stream() => {
                self.streams.take(&probe, &arrival);
            }
            Reading::Damaged(damage, stream) => self.streams.damaged(damage, stream, &arrival),
            Reading::Probe(_) | Reading::Plain => {
                self.flows.take(payload, &arrival, &mut self.streams);
            }
        }
    }

    /// Whether a target has data.
    pub fn has(&self, at: &Endpoint) -> bool {
        self.alive.contains(&(at.group, at.port, at.via.index))
    }

    /// How many groups have data, counted on each interface.
    pub fn groups(&self) -> usize {
        let groups = self.alive.iter().map(|(group, _, ifindex)| (group, ifindex));
        groups.collect::<HashSet<_>>().len()
    }

    /// All flows, in the order of groups and ports. `session` returns the announced name of a group
    /// and port.
    pub fn found(&self, session: impl Fn(IpAddr, u16) -> Option<String>) -> Vec<FoundInfo> {
        describe_found(&self.flows, &self.streams, session)
    }

    /// The flows that were not reported yet.
    pub fn newly_found(
        &mut self,
        session: impl Fn(IpAddr, u16) -> Option<String>,
    ) -> Vec<FoundInfo> {
        let mut found = self.found(session);
        let reported = &mut self.reported;
        found.retain(|info| {
            let address = info.source.address();
            reported.insert((info.group, info.port, address, info.iface.clone()))
        });
        found
    }

    /// Datagrams of flows and probes of streams beyond the limits.
    pub fn untracked(&self) -> u64 {
        self.flows.untracked.saturating_add(self.streams.untracked)
    }
}
