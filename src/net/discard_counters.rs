//! The kernel's counters of dropped datagrams, read before the sockets are opened.

use std::collections::BTreeMap;

use super::drops::{CounterIncrease, Discards, KernelDrops};
use crate::host;
use crate::host::{CounterTables, SocketTables};
use crate::iface::Family;

/// The counters before the first socket.
pub(super) struct DiscardCounters {
    /// Of Linux.
    before: Option<CounterTables>,
    /// Of macOS and FreeBSD.
    system: Option<BTreeMap<String, u64>>,
    sockets: SocketTables,
}

impl DiscardCounters {
    /// `None` if the system has no counters.
    pub fn take() -> Option<Self> {
        let (before, system) = (CounterTables::read(), host::system_counters());
        let shows = before.is_some() || system.is_some();
        shows.then(|| DiscardCounters { before, system, sockets: SocketTables::read() })
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
        if let Some(before) = &self.system {
            return increase_of_system(before);
        }
        let since = self.before.as_ref().zip(host::counters());
        let since = since.map(|(before, now)| now.since(before.counters())).unwrap_or_default();
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

/// `udps_fullsock` and `udps_badsum` of macOS and FreeBSD: all UDP sockets, of IPv4 and IPv6.
fn increase_of_system(before: &BTreeMap<String, u64>) -> CounterIncrease {
    let since = host::system_counters().map(|now| host::increase(before, &now));
    let since = since.unwrap_or_default();
    let rise = |name: &str| since.get(name).copied().unwrap_or(0);
    CounterIncrease {
        full_buffers: rise("udp.fullsock"),
        checksums: rise("udp.badsum"),
        other_sockets: None,
    }
}
