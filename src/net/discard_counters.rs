//! The kernel's counters of dropped datagrams, read before the sockets are opened.

use super::drops::{CounterIncrease, Discards, KernelDrops};
use crate::host;
use crate::host::{CounterTables, SocketTables};
use crate::iface::Family;

/// The counters before the first socket.
pub(super) struct DiscardCounters {
    before: CounterTables,
    sockets: SocketTables,
}

impl DiscardCounters {
    /// `None` if the system has no counters.
    pub fn take() -> Option<Self> {
        Some(DiscardCounters { before: CounterTables::read()?, sockets: SocketTables::read() })
    }

    /// Separates the drops of the sockets of these ports by cause. The socket counters were read
    /// before this call, and the protocol counters are at least as recent. `family` is V4 if all
    /// sockets are IPv4: Linux counts wrong checksums on an IPv6 socket that it detects in poll(2)
    /// as IPv4 (net/ipv4/udp.c, `__first_packet_length`).
    pub fn separate(&self, dropped: KernelDrops, family: Family, ports: &[u16]) -> Discards {
        let mut increase = self.increase(family);
        if increase.checksums > 0 {
            let others = || {
                let all =
                    host::socket_drops(family)?.since(&self.sockets.drops(Family::V6)?, ports)?;
                Some(all.saturating_sub(dropped.count))
            };
            increase.other_sockets = others();
        }
        Discards::separate(dropped, increase)
    }

    /// The drops on a system that does not count them by socket.
    pub fn of_host(&self) -> Discards {
        Discards::of_host(self.increase(Family::V6))
    }

    fn increase(&self, family: Family) -> CounterIncrease {
        let since =
            host::counters().map(|now| now.since(self.before.counters())).unwrap_or_default();
        let rise = |name: &str| -> u64 {
            let protocols: &[&str] = family.pick(&["Udp"], &["Udp", "Udp6"]);
            let rise = |protocol: &&str| since.get(&format!("{protocol}.{name}")).copied();
            protocols.iter().filter_map(rise).sum()
        };
        CounterIncrease {
            full_buffers: rise("RcvbufErrors") + rise("MemErrors"),
            checksums: rise("InCsumErrors"),
            other_sockets: Some(0),
        }
    }
}
