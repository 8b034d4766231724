//! The kernel's counters of this network namespace (Linux: /proc/net/snmp, netstat, snmp6 and dev).
//! One of them counts each lost datagram.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::proc_net::read_table;

use crate::units::order;

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// By protocol and name: "Ip.InReceives".
    values: BTreeMap<String, u64>,
    /// By the name of the interface.
    links: BTreeMap<String, LinkCounters>,
}

/// The counters of an interface.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    pub rx_packets: u64,
    /// Received damaged.
    pub rx_errors: u64,
    /// Received and dropped: no protocol for it, or too long.
    pub rx_dropped: u64,
    /// Received for a group. Some drivers do not count it, and Windows never does.
    pub rx_multicast: Option<u64>,
    pub tx_packets: u64,
    /// Dropped before sending.
    pub tx_dropped: u64,
}

/// `None` if the system has no counters.
pub fn counters() -> Option<Counters> {
    CounterTables::read().map(|tables| tables.counters().clone())
}

/// The text of the tables, which takes longer to parse than to read.
#[derive(Clone, Debug)]
pub struct CounterTables {
    /// snmp, netstat, snmp6, dev
    tables: [Vec<u8>; 4],
    parsed: OnceCell<Counters>,
}

impl CounterTables {
    /// Reads the tables. `None` if the system has none.
    pub fn read() -> Option<Self> {
        let snmp = read_table("snmp")?;
        // Without IPv6 there is no third file.
        let [netstat, snmp6, dev] =
            ["netstat", "snmp6", "dev"].map(|name| read_table(name).unwrap_or_default());
        Some(CounterTables { tables: [snmp, netstat, snmp6, dev], parsed: OnceCell::new() })
    }

    /// The counters when the tables were read.
    pub fn counters(&self) -> &Counters {
        self.parsed.get_or_init(|| {
            let [snmp, netstat, snmp6, dev] =
                self.tables.each_ref().map(|table| String::from_utf8_lossy(table));
            parse(&snmp, &netstat, &snmp6, &dev)
        })
    }
}

impl Counters {
    /// The increase of each counter since `before`: "Ip.InReceives", "IpExt.InMcastPkts",
    /// "TcpExt.IPReversePathFilter", "Udp.IgnoredMulti", "Ip6.InReceives", "Icmp6.InMLDv2Reports".
    /// Omits counters without increase, and those that were reset.
    pub fn since(&self, before: &Counters) -> BTreeMap<String, u64> {
        let grown = |(name, now): (&String, &u64)| {
            let grown = grown(*before.values.get(name)?, *now)?;
            (grown > 0).then(|| (name.clone(), grown))
        };
        order::map(self.values.iter().filter_map(grown))
    }

    /// The increase of an interface's counters since `before`. `None` if the interface was or is
    /// absent, or its counters were reset.
    pub fn of_link(&self, before: &Counters, name: &str) -> Option<LinkCounters> {
        self.links.get(name)?.since(before.links.get(name)?)
    }
}

impl LinkCounters {
    /// The increase since `before`. `None` if the counters were reset.
    pub fn since(&self, before: &LinkCounters) -> Option<LinkCounters> {
        let multicast = before.rx_multicast.zip(self.rx_multicast);
        Some(LinkCounters {
            rx_packets: grown(before.rx_packets, self.rx_packets)?,
            rx_errors: grown(before.rx_errors, self.rx_errors)?,
            rx_dropped: grown(before.rx_dropped, self.rx_dropped)?,
            rx_multicast: match multicast {
                Some((before, now)) => Some(grown(before, now)?),
                None => None,
            },
            tx_packets: grown(before.tx_packets, self.tx_packets)?,
            tx_dropped: grown(before.tx_dropped, self.tx_dropped)?,
        })
    }
}

/// Linux shows them in the tables of [`counters`], and others not at all.
#[cfg_attr(windows, allow(dead_code, reason = "Windows has them"))]
pub fn no_link_counters() -> BTreeMap<String, LinkCounters> {
    BTreeMap::new()
}

/// The increase of a counter. Those of 32-bit systems and some drivers wrap around at 2^32; an
/// increase of half of that means a reset.
fn grown(before: u64, now: u64) -> Option<u64> {
    const WRAP: u64 = 1 << 32;
    if now >= before {
        return Some(now - before);
    }
    Some(now + WRAP)
        .filter(|_| before < WRAP)
        .map(|now| now - before)
        .filter(|grown| *grown < WRAP / 2)
}

fn parse(snmp: &str, netstat: &str, snmp6: &str, dev: &str) -> Counters {
    let mut values = BTreeMap::new();
    parse_pairs(snmp, &mut values);
    parse_pairs(netstat, &mut values);
    parse_snmp6(snmp6, &mut values);
    Counters { values, links: parse_dev(dev) }
}

/// Whether a counter concerns multicast. Some of the values are settings.
fn is_multicast(protocol: &str, name: &str) -> bool {
    match (protocol, name) {
        ("Ip", "Forwarding" | "DefaultTTL" | "ReasmTimeout") => false,
        ("Ip" | "IpExt" | "Udp" | "Ip6" | "Udp6", _) | ("TcpExt", "IPReversePathFilter") => true,
        ("Icmp6", name) => name.contains("MLDv2") || name.contains("GroupMemb"),
        _ => false,
    }
}

/// Reads /proc/net/snmp or /proc/net/netstat: two lines for each protocol, with names and values.
/// Ignores invalid or truncated lines.
///
/// ```text
/// Ip: Forwarding DefaultTTL InReceives
/// Ip: 2 64 1234
/// ```
fn parse_pairs(text: &str, values: &mut BTreeMap<String, u64>) {
    let mut names: Option<(&str, &str)> = None;
    for line in text.lines() {
        let Some((protocol, rest)) = line.split_once(':') else { continue };
        match names.take().filter(|(of, _)| *of == protocol) {
            Some((_, names)) => {
                for (name, value) in
                    names.split_ascii_whitespace().zip(rest.split_ascii_whitespace())
                {
                    keep(protocol, name, value, values);
                }
            }
            None => names = Some((protocol, rest)),
        }
    }
}

/// Reads /proc/net/snmp6: one line for each counter, whose name begins with that of the protocol.
///
/// ```text
/// Ip6InReceives                       1234
/// ```
fn parse_snmp6(text: &str, values: &mut BTreeMap<String, u64>) {
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(name), Some(value)) = (words.next(), words.next()) else { continue };
        for protocol in ["Ip6", "Udp6", "Icmp6"] {
            if let Some(name) = name.strip_prefix(protocol) {
                keep(protocol, name, value, values);
            }
        }
    }
}

fn keep(protocol: &str, name: &str, value: &str, values: &mut BTreeMap<String, u64>) {
    if let (true, Ok(value)) = (is_multicast(protocol, name), value.parse()) {
        values.insert(format!("{protocol}.{name}"), value);
    }
}

/// Reads /proc/net/dev: one line for each interface, after two header lines. Ignores invalid or
/// truncated lines.
///
/// ```text
/// Inter-|   Receive                                                |  Transmit
///  face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
///     e0: 9876      123    0    4    0     0          0        56     5432      78    0    9    0     0       0          0
/// ```
fn parse_dev(text: &str) -> BTreeMap<String, LinkCounters> {
    let link = |line: &str| {
        // The name may contain a colon, the numbers do not.
        let (name, rest) = line.rsplit_once(':')?;
        let mut values = Vec::new();
        for word in rest.split_ascii_whitespace() {
            values.push(word.parse::<u64>().ok()?);
        }
        let [
            _,
            rx_packets,
            rx_errors,
            rx_dropped,
            _,
            _,
            _,
            rx_multicast,
            _,
            tx_packets,
            _,
            tx_dropped,
            ..,
        ] = values[..]
        else {
            return None;
        };
        let counters = LinkCounters {
            rx_packets,
            rx_errors,
            rx_dropped,
            rx_multicast: Some(rx_multicast),
            tx_packets,
            tx_dropped,
        };
        Some((name.trim_start().to_owned(), counters))
    };
    order::map(text.lines().filter_map(link))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SNMP: &str = "Ip: Forwarding DefaultTTL InReceives InDelivers ReasmTimeout\nIp: 2 64 \
                        1000 900 0\nIcmp: InMsgs InErrors\nIcmp: 5 6\nTcp: RtoMin MaxConn\nTcp: \
                        200 -1\nUdp: InDatagrams RcvbufErrors IgnoredMulti\nUdp: 70 80 \
                        90\nUdpLite: InDatagrams\nUdpLite: 0\n";
    const NETSTAT: &str = "TcpExt: SyncookiesSent IPReversePathFilter\nTcpExt: 4 3\nIpExt: \
                           InNoRoutes InMcastPkts\nIpExt: 1 2\n";
    const SNMP6: &str = "Ip6InReceives                   \t11\nIp6InMcastPkts                  \t12\nIcmp6InMsgs                     \t13\n\
                         Icmp6InMLDv2Reports             \t14\nIcmp6InGroupMembQueries         \t15\nUdp6IgnoredMulti                \t16\n\
                         UdpLite6InDatagrams             \t17\n";
    const DEV: &str = "Inter-|   Receive                                                |  Transmit\n \
                       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    \
                       lo:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16\n  \
                       e0.1:     100     200  300  400    0     0          0       800      900    1000    0 1200    0     0       0          0\n";

    fn values(counters: &Counters) -> Vec<(&str, u64)> {
        counters.values.iter().map(|(name, value)| (name.as_str(), *value)).collect()
    }

    #[test]
    fn the_files_of_the_kernel_are_read() {
        let read = parse(SNMP, NETSTAT, SNMP6, DEV);
        let wanted = [
            ("Icmp6.InGroupMembQueries", 15),
            ("Icmp6.InMLDv2Reports", 14),
            ("Ip.InDelivers", 900),
            ("Ip.InReceives", 1000),
            ("Ip6.InMcastPkts", 12),
            ("Ip6.InReceives", 11),
            ("IpExt.InMcastPkts", 2),
            ("IpExt.InNoRoutes", 1),
            ("TcpExt.IPReversePathFilter", 3),
            ("Udp.IgnoredMulti", 90),
            ("Udp.InDatagrams", 70),
            ("Udp.RcvbufErrors", 80),
            ("Udp6.IgnoredMulti", 16),
        ];
        assert_eq!(values(&read), wanted);
        let lo = LinkCounters {
            rx_packets: 2,
            rx_errors: 3,
            rx_dropped: 4,
            rx_multicast: Some(8),
            tx_packets: 10,
            tx_dropped: 12,
        };
        assert_eq!(read.links.len(), 2, "{:?}", read.links);
        assert_eq!((read.links["lo"], read.links["e0.1"].tx_dropped), (lo, 1200));
    }

    #[test]
    fn only_increased_counters_are_reported() {
        let before = parse(SNMP, NETSTAT, SNMP6, DEV);
        assert!(before.since(&before).is_empty());
        assert_eq!(
            before.of_link(&before, "lo"),
            Some(LinkCounters { rx_multicast: Some(0), ..LinkCounters::default() })
        );
        let snmp = SNMP
            .replace("Udp: 70 80 90", "Udp: 77 80 91")
            .replace("Ip: 2 64 1000 900 0", "Ip: 1 63 1020 899 0");
        let after = parse(
            &snmp,
            NETSTAT,
            "",
            &DEV.replace("    8        9      10 ", "   18        9      13 "),
        );
        let since = after.since(&before);
        let since: Vec<_> = since.iter().map(|(name, grown)| (name.as_str(), *grown)).collect();
        assert_eq!(since, [("Ip.InReceives", 20), ("Udp.IgnoredMulti", 1), ("Udp.InDatagrams", 7)]);
        let link =
            LinkCounters { rx_multicast: Some(10), tx_packets: 3, ..LinkCounters::default() };
        assert_eq!(after.of_link(&before, "lo"), Some(link));
        assert_eq!(after.of_link(&before, "e1"), None);
        assert_eq!(before.of_link(&after, "lo"), None, "it was reset");
    }

    #[test]
    fn a_counter_wraps_around_or_is_reset() {
        assert_eq!(grown(5, 5), Some(0));
        assert_eq!(grown(0, u64::MAX), Some(u64::MAX));
        assert_eq!(grown(u32::MAX.into(), 0), Some(1));
        assert_eq!(grown(u64::from(u32::MAX) - 9, 10), Some(20));
        assert_eq!(grown(1000, 10), None, "nothing grows by four thousand millions");
        assert_eq!(grown(1 << 32, 10), None, "of 64 bits");
    }

    #[test]
    fn invalid_lines_are_ignored() {
        let read = parse(
            "Ip: InReceives\nUdp: InDatagrams\nUdp: 7\n\nIp InReceives\nIp: InDelivers New\nIp: \
             -1 2 3",
            "Ip",
            "Ip6",
            "e0: 1 2\n:",
        );
        assert_eq!(values(&read), [("Ip.New", 2), ("Udp.InDatagrams", 7)]);
        assert!(read.links.is_empty());
        let more = DEV.replace("         16\n", "         16 17 18\n");
        assert_eq!(parse("", "", "", &more).links.len(), 2, "a newer column");
        let odd = DEV.replace("lo:       1       2", "lo:       1       x");
        assert_eq!(parse("", "", "", &odd).links.keys().collect::<Vec<_>>(), ["e0.1"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_host_has_counters() {
        let counters = counters().unwrap();
        for name in
            ["Ip.InReceives", "IpExt.InMcastPkts", "TcpExt.IPReversePathFilter", "Udp.IgnoredMulti"]
        {
            assert!(counters.values.contains_key(name), "{name}: {counters:?}");
        }
        assert!(counters.of_link(&counters, "lo").is_some());
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(
            text: String,
            odd in "((Ip|Udp|Ip6|é):? ?[-0-9 ]{0,30}\n?){0,5}",
            cut in 0_usize..300,
        ) {
            for whole in [SNMP, NETSTAT, SNMP6, DEV] {
                let text = format!("{}{odd}\n{text}", &whole[..cut.min(whole.len())]);
                let read = parse(&text, &text, &text, &text);
                let whole = parse(SNMP, NETSTAT, SNMP6, DEV);
                let _ = (read.since(&whole), whole.since(&read), whole.of_link(&read, "lo"));
            }
        }

        #[test]
        fn an_increase_is_plausible(before: u64, now: u64) {
            if let Some(grown) = grown(before, now) {
                prop_assert!(
                    before.wrapping_add(grown) == now || before + grown == now + (1 << 32)
                );
            }
        }
    }
}
