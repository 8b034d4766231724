//! The flows that a scan found.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::Totals;
use crate::format::names;
use crate::format::numbered::Unit;
use crate::stats::Meter;
use crate::stats::flow::{Flow, Flows};
use crate::stats::sequence::Losses;
use crate::stats::stream::{Stream, Streams};
use crate::target::Zoned;
use crate::units::order;

/// A flow that a scan found: one source that sends to one target.
#[derive(Clone, Debug, Serialize)]
pub struct FoundInfo {
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The sender's address and port.
    pub source: Zoned<SocketAddr>,
    /// The interface that it arrives on.
    pub iface: Option<String>,
    /// The format; `null` if mcast does not recognise it.
    pub format: Option<&'static str>,
    /// How the format is known.
    pub how: Option<&'static str>,
    /// Datagrams, bytes and rates while the group was joined.
    #[serde(flatten)]
    pub meter: Totals,
    /// The lost part of what was sent; `null` if the format has no numbers.
    pub loss_ratio: Option<f64>,
    /// Whether no more was lost.
    pub lost_exact: Option<bool>,
    /// What the loss is a part of.
    pub unit: Option<&'static str>,
    /// The name of the service or session, from the stream or its announcement.
    pub name: Option<String>,
    /// The format in text.
    #[serde(skip)]
    pub title: Option<&'static str>,
}

/// Orders flows by group and port, and identifies each.
type Place = (IpAddr, u16, u32, SocketAddr);

/// A flow, with all of its streams.
struct Row {
    zone: Option<String>,
    iface: Option<String>,
    format: Option<&'static str>,
    how: Option<&'static str>,
    title: Option<&'static str>,
    meter: Meter,
    /// What its streams count, and the losses.
    losses: HashMap<&'static str, Losses>,
    exact: bool,
    service: Option<String>,
}

/// Describes all flows, in the order of groups and ports. `session` returns the announced name of a
/// group and port.
pub fn describe_found(
    flows: &Flows,
    streams: &Streams,
    session: impl Fn(IpAddr, u16) -> Option<String>,
) -> Vec<FoundInfo> {
    let mut rows: BTreeMap<Place, Row> = order::map(flows.iter().map(of_flow));
    let hidden = flows.unmeasured_streams();
    for (position, stream) in streams.iter().enumerate() {
        if hidden.contains(&position) {
            continue;
        }
        let key = stream.key;
        let place = (key.group, key.port, key.ifindex, stream.source);
        let row = rows.entry(place).or_insert_with(|| of_probes(stream));
        row.add(stream);
    }
    rows.into_iter().map(|(place, row)| row.describe(place, &session)).collect()
}

fn of_flow(flow: &Flow) -> (Place, Row) {
    let key = flow.key;
    let measured = flow.format().filter(|_| flow.is_measured());
    let measured = measured.map(|(format, how)| (format.name(), how.name(), format.name()));
    let name = || flow.name().or_else(|| names::by_port(key.group, key.port));
    let named = measured.or_else(|| name().map(|name| (name.id, name.how.name(), name.title)));
    let row = Row {
        zone: flow.zone.clone(),
        iface: flow.iface.clone(),
        format: named.map(|(id, ..)| id),
        how: named.map(|(_, how, _)| how),
        title: named.map(|(.., title)| title),
        meter: flow.meter.clone(),
        losses: HashMap::new(),
        exact: true,
        service: None,
    };
    ((key.group, key.port, key.ifindex, key.source), row)
}

/// The flow of a sender of probes, which is in no table of flows. Its streams add their datagrams.
fn of_probes(stream: &Stream) -> Row {
    Row {
        zone: stream.zone.clone(),
        iface: stream.iface.clone(),
        format: Some(stream.format()),
        how: Some(stream.how().name()),
        title: Some(stream.format()),
        meter: Meter::default(),
        losses: HashMap::new(),
        exact: true,
        service: None,
    }
}

impl Row {
    fn add(&mut self, stream: &Stream) {
        if stream.run().is_some() {
            self.meter.merge(&stream.counters(false).meter);
        }
        let losses = self.losses.entry(stream.unit().name()).or_default();
        *losses = losses.and(stream.losses(false));
        self.exact &= stream.has_exact_losses();
        if let Some(meter) = stream.transport() {
            let is_alone = stream.unit() == Unit::TsPackets;
            self.title = Some(if is_alone { stream.format() } else { "rtp/ts" });
            self.format = Some(stream.format());
            self.service = meter.service().map(str::to_owned);
        }
    }

    fn describe(
        self,
        (group, port, _, source): Place,
        session: impl Fn(IpAddr, u16) -> Option<String>,
    ) -> FoundInfo {
        // Streams of one flow count the same.
        let losses = self.losses.into_iter().next();
        FoundInfo {
            group,
            port,
            source: Zoned::socket(source, self.zone),
            iface: self.iface,
            format: self.format,
            how: self.how,
            meter: (&self.meter).into(),
            loss_ratio: losses.and_then(|(_, losses)| losses.ratio()),
            lost_exact: losses.map(|_| self.exact),
            unit: losses.map(|(unit, _)| unit),
            name: self.service.or_else(|| session(group, port)),
            title: self.title,
        }
    }
}
