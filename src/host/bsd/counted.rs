//! The counters of the interfaces and the protocols.

use std::collections::BTreeMap;

use super::links::states;
use crate::host::LinkCounters;
use crate::host::system_counters::{Table, decode};
use crate::sys::sysctl_named;
use crate::units::printable::name_of;

/// The counters of UDP and IP, by name. `None` if the system shows none.
pub fn system_counters() -> Option<BTreeMap<String, u64>> {
    let table = Table::HERE;
    let mut counters = BTreeMap::new();
    for (name, positions) in [("net.inet.udp.stats", table.udp), ("net.inet.ip.stats", table.ip)] {
        match sysctl_named(name) {
            Ok(bytes) => decode(&bytes, table.size, positions, &mut counters),
            Err(error) => tracing::debug!(name, %error, "cannot read"),
        }
    }
    Some(counters).filter(|counters| !counters.is_empty())
}

/// The counters of the interfaces. `rx_dropped` is ifi_iqdrops, and `tx_dropped` ifi_oqdrops
/// (FreeBSD) or ifm_snd_drops (macOS).
pub fn link_counters() -> BTreeMap<String, LinkCounters> {
    states()
        .into_iter()
        .filter_map(|state| {
            let [rx_packets, rx_errors, tx_packets, _, _, _, _, rx_multicast, _, rx_dropped] =
                state.counters;
            let counters = LinkCounters {
                rx_packets,
                rx_errors,
                rx_dropped,
                rx_multicast: Some(rx_multicast),
                tx_packets,
                tx_dropped: state.send_drops,
            };
            Some((name_of(&state.link?.name), counters))
        })
        .collect()
}
