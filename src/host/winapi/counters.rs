//! The counters of the interfaces, by GetIfEntry2, and of UDP, by GetUdpStatisticsEx.

use std::collections::BTreeMap;

use crate::host::LinkCounters;
use crate::host::os::indexes;
use crate::sys::{Adapter, adapters, interface_counters, udp_counters};

/// By the name of the interface. Windows counts the octets of multicast, not the frames.
pub fn link_counters() -> BTreeMap<String, LinkCounters> {
    let of = |adapter: &Adapter| {
        let index = indexes(adapter).next()?;
        let found = interface_counters(index)
            .inspect_err(|error| tracing::debug!(%error, index, "no counters"))
            .ok()?;
        let counters = LinkCounters {
            rx_packets: found.received,
            rx_errors: found.receive_errors,
            rx_dropped: found.receive_discards,
            rx_multicast: None,
            tx_packets: found.sent,
            tx_dropped: found.send_discards,
        };
        Some((adapter.name.clone(), counters))
    };
    adapters().unwrap_or_default().iter().filter_map(of).collect()
}

/// The counters of UDP, named as in `MIB_UDPSTATS`. `None` if the system does not show them.
pub fn system_counters() -> Option<BTreeMap<String, u64>> {
    let found =
        udp_counters().inspect_err(|error| tracing::debug!(%error, "no counters of UDP")).ok()?;
    let named = [
        ("udp.InDatagrams", found.received),
        ("udp.NoPorts", found.no_ports),
        ("udp.InErrors", found.errors),
    ];
    Some(named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
