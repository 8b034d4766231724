//! Flows whose datagrams mcast does not measure.

use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use super::Totals;
use crate::format::kind::How;
use crate::format::names::{self, Name};
use crate::stats::flow::{Flow, Flows};
use crate::target::Zoned;
use crate::units::hex::Hex;
use crate::units::order::sort_by_key;

/// A flow whose datagrams mcast does not measure: it only names the format, does not know it, or
/// too many datagrams do not fit it.
#[derive(Debug, Serialize)]
pub struct FlowInfo {
    /// The sender's address.
    pub source: Zoned<SocketAddr>,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it arrives on.
    pub iface: Option<String>,
    /// The format; `null` if mcast does not recognise it.
    pub format: Option<&'static str>,
    /// How the format is known.
    pub how: Option<&'static str>,
    /// The name in text, if mcast never measures the format.
    #[serde(skip)]
    pub name: Option<&'static Name>,
    /// Datagrams that do not fit the format.
    pub foreign: u64,
    /// Datagrams, bytes and rates.
    #[serde(flatten)]
    pub meter: Totals,
    /// The length of the shortest payload.
    pub len_min_bytes: usize,
    /// The length of the longest payload.
    pub len_max_bytes: usize,
    /// The beginning of the first payload, in hex.
    #[serde(serialize_with = "hex")]
    pub first_bytes: Box<[u8]>,
}

impl FlowInfo {
    fn new(flow: &Flow) -> Self {
        let format = format_of(flow);
        FlowInfo {
            source: Zoned::socket(flow.key.source, flow.zone.clone()),
            group: flow.key.group,
            port: flow.key.port,
            iface: flow.iface.clone(),
            format: format.map(|(format, _)| format),
            how: format.map(|(_, how)| how.name()),
            foreign: flow.foreign,
            name: name_of(flow),
            meter: (&flow.meter).into(),
            len_min_bytes: flow.sizes.0,
            len_max_bytes: flow.sizes.1,
            first_bytes: flow.first_bytes.clone(),
        }
    }
}

/// The name of the format, if mcast never measures it.
fn name_of(flow: &Flow) -> Option<&'static Name> {
    match flow.format() {
        Some(_) => None,
        None => flow.name().or_else(|| names::by_port(flow.key.group, flow.key.port)),
    }
}

/// The format, and how it is known.
pub(super) fn format_of(flow: &Flow) -> Option<(&'static str, How)> {
    let named = || name_of(flow).map(|name| (name.id, name.how));
    flow.format().map(|(format, how)| (format.name(), how)).or_else(named)
}

/// Describes the flows without a measured format, those with the most datagrams first.
pub fn describe_flows(flows: &Flows) -> Vec<FlowInfo> {
    let unmeasured = flows.iter().filter(|flow| !flow.is_measured());
    let mut infos: Vec<FlowInfo> = unmeasured.map(FlowInfo::new).collect();
    sort_by_key(&mut infos, |info| std::cmp::Reverse(info.meter.datagrams));
    infos
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Hex(bytes))
}
