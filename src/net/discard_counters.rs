//! The kernel's counters of dropped datagrams, from the moment before the sockets are opened.

use super::drops::{Discards, KernelDrops, Risen};
use crate::host;
use crate::host::{Counters, SocketDrops};
use crate::iface::Family;

/// The counters as they were before there were sockets.
pub(super) struct DiscardCounters {
    before: Counters,
    sockets: Option<SocketDrops>,
}

impl DiscardCounters {
    /// Reads the counters; `None` if the system has none.
    pub fn take() -> Option<Self> {
        Some(DiscardCounters { before: host::counters()?, sockets: host::socket_drops(Family::V6) })
    }

    /// Separates what sockets of these ports have dropped. The counters of the sockets were read
    /// before this call, so that none of the protocol lags behind them. `family` is V4 if all of
    /// the sockets are: for a socket of IPv6 Linux counts wrong checksums that it finds in poll(2)
    /// as those of IPv4 (net/ipv4/udp.c, `__first_packet_length`).
    pub fn separate(&self, dropped: KernelDrops, family: Family, ports: &[u16]) -> Discards {
        let since = host::counters().map(|now| now.since(&self.before)).unwrap_or_default();
        let rise = |name: &str| -> u64 {
            let protocols: &[&str] = family.pick(&["Udp"], &["Udp", "Udp6"]);
            let rise = |protocol: &&str| since.get(&format!("{protocol}.{name}")).copied();
            protocols.iter().filter_map(rise).sum()
        };
        let others = || {
            let all = host::socket_drops(family)?.since(self.sockets.as_ref()?, ports)?;
            Some(all.saturating_sub(dropped.count))
        };
        let checksums = rise("InCsumErrors");
        let risen = Risen {
            full_buffers: rise("RcvbufErrors") + rise("MemErrors"),
            checksums,
            other_sockets: if checksums > 0 { others() } else { Some(0) },
        };
        Discards::separate(dropped, risen)
    }
}
