//! The labels of a flow that mcast does not measure.

use std::net::{IpAddr, SocketAddr};

use super::snapshot::{Labels, labels};
use crate::event::FlowTotals;
use crate::target::Zoned;

/// What the labels of a flow depend on.
#[derive(Debug)]
pub struct FlowIdentity {
    source: Zoned<SocketAddr>,
    group: IpAddr,
    port: u16,
    iface: Option<String>,
    format: Option<&'static str>,
}

impl FlowIdentity {
    /// Whether these are the labels of a flow.
    pub fn is_of(&self, flow: &FlowTotals) -> bool {
        let FlowIdentity { source, group, port, iface, format } = self;
        (*source == flow.source && *group == flow.group && *port == flow.port)
            && (*iface == flow.iface && *format == flow.format)
    }

    /// The identity of a flow, and its labels.
    pub fn of(flow: &FlowTotals) -> (Self, Labels) {
        let identity = FlowIdentity {
            source: flow.source.clone(),
            group: flow.group,
            port: flow.port,
            iface: flow.iface.clone(),
            format: flow.format,
        };
        let labels = labels([
            ("group", Some(flow.group.to_string())),
            ("port", Some(flow.port.to_string())),
            ("source", Some(flow.source.to_string())),
            ("iface", flow.iface.clone()),
            ("format", flow.format.map(str::to_owned)),
        ]);
        (identity, labels)
    }
}
