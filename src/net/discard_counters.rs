//! The kernel's counters of dropped datagrams, read before the sockets are opened.

use std::collections::BTreeMap;

use super::drops::{CounterIncrease, Discards, KernelDrops};
use crate::host;
use crate::host::{CounterTables, SocketTables};
use crate::iface::Family;

/// The counter of datagrams that found a full receive buffer.
const FULL_BUFFERS: &str = "udp.fullsock";

/// The counters before the first socket.
pub(super) enum DiscardCounters {
    /// Linux: the counters of the protocols, which separate those of the sockets by cause.
    BesideSockets { before: CounterTables, sockets: SocketTables },
    /// macOS and FreeBSD: counters of the whole host only.
    OfHost { before: BTreeMap<String, u64> },
}

impl DiscardCounters {
    /// `None` if the system has no counters.
    pub fn take() -> Option<Self> {
        if let Some(before) = CounterTables::read() {
            return Some(DiscardCounters::BesideSockets { before, sockets: SocketTables::read() });
        }
        // Windows does not count full buffers alone.
        let before = host::system_counters().filter(|found| found.contains_key(FULL_BUFFERS))?;
        Some(DiscardCounters::OfHost { before })
    }

    /// Separates the drops of the sockets of these ports by cause. The socket counters were read
    /// before this call, and the protocol counters are at least as recent. `family` is V4 if all
    /// sockets are IPv4: Linux counts wrong checksums on an IPv6 socket that it detects in poll(2)
    /// as IPv4 (net/ipv4/udp.c, `__first_packet_length`).
    pub fn separate(&self, dropped: KernelDrops, family: Family, ports: &[u16]) -> Discards {
        let DiscardCounters::BesideSockets { before, sockets } = self else {
            return Discards::of_sockets(dropped);
        };
        let since = host::counters().map(|now| now.since(before.counters())).unwrap_or_default();
        let rise = |name: &str| -> u64 {
            let protocols: &[&str] = family.pick(&["Udp"], &["Udp", "Udp6"]);
            let rise = |protocol: &&str| since.get(&format!("{protocol}.{name}")).copied();
            protocols.iter().filter_map(rise).sum()
        };
        let others = || {
            let all = host::socket_drops(family)?.since(&sockets.drops(Family::V6)?, ports)?;
            Some(all.saturating_sub(dropped.count))
        };
        let checksums = rise("InCsumErrors");
        let increase = CounterIncrease {
            full_buffers: rise("RcvbufErrors") + rise("MemErrors"),
            checksums,
            other_sockets: if checksums > 0 { others() } else { Some(0) },
        };
        Discards::separate(dropped, increase)
    }

    /// The drops on a system that does not count them by socket. `None` if it shows no counters.
    pub fn of_host(&self) -> Option<Discards> {
        let DiscardCounters::OfHost { before } = self else { return None };
        of_host(before, &host::system_counters()?)
    }
}

/// The drops between two readings of the counters of macOS and FreeBSD. `None` if one of them lacks
/// the counter of full buffers, or if that was reset.
fn of_host(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Option<Discards> {
    let rise = |name: &str| now.get(name)?.checked_sub(*before.get(name)?);
    Some(Discards::of_host(rise(FULL_BUFFERS)?, rise("udp.badsum")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(values: &[(&str, u64)]) -> BTreeMap<String, u64> {
        values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn counters_of_the_host_give_the_maximum() {
        let before = counters(&[("udp.fullsock", 7), ("udp.badsum", 1)]);
        let none = of_host(&before, &before).unwrap();
        assert_eq!((none.known_drops(), none.unclear, none.checksum_errors), (Some(0), 0, Some(0)));
        let now = counters(&[("udp.fullsock", 10), ("udp.badsum", 3)]);
        let some = of_host(&before, &now).unwrap();
        assert_eq!((some.known_drops(), some.unclear, some.checksum_errors), (None, 3, Some(2)));
        assert_eq!(of_host(&now, &before), None, "it was reset");
        let other = counters(&[("udp.badsum", 3)]);
        assert_eq!(of_host(&before, &other), None, "no such counter");
    }
}
