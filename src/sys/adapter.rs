//! The network adapters of Windows, as data.

use std::net::IpAddr;

/// A network adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adapter {
    /// As `netsh interface show interface` prints it.
    pub name: String,
    pub description: String,
    /// 0 without IPv4.
    pub index_v4: u32,
    /// 0 without IPv6.
    pub index_v6: u32,
    /// IfType of IANA: 6 Ethernet, 24 loopback, 71 IEEE 802.11.
    pub kind: u32,
    /// Operational (IfOperStatusUp).
    pub is_up: bool,
    /// It carries no multicast (IP_ADAPTER_NO_MULTICAST).
    pub no_multicast: bool,
    /// EUI-48. Other lengths are left out.
    pub mac: Option<[u8; 6]>,
    /// In bytes; `None` if there is no limit.
    pub mtu: Option<u32>,
    /// Towards the network, in bits per second.
    pub speed: Option<u64>,
    pub addresses: Vec<AdapterAddress>,
    /// The groups that this host has joined on it.
    pub groups: Vec<IpAddr>,
}

/// An address of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdapterAddress {
    pub ip: IpAddr,
    pub prefix: u8,
    /// Duplicate address detection has not ended.
    pub is_tentative: bool,
    /// Another host has the address.
    pub is_duplicate: bool,
}

/// Combines adapters of one name and description. Windows gives each adapter a name of its own.
/// Wine keeps a deleted interface in its list, with the state and the addresses of the interface
/// that has its name now. Only the adapter with the highest index exists.
pub fn one_per_name(adapters: Vec<Adapter>) -> Vec<Adapter> {
    let mut kept: Vec<Adapter> = Vec::with_capacity(adapters.len());
    for mut adapter in adapters {
        let is_same = |other: &&mut Adapter| {
            let has_one_name =
                other.name == adapter.name && other.description == adapter.description;
            has_one_name && (other.addresses.is_empty() || adapter.addresses.is_empty())
        };
        match kept.iter_mut().find(is_same) {
            Some(known) => {
                // After this `known` holds the one that exists.
                if known.index() < adapter.index() {
                    std::mem::swap(known, &mut adapter);
                }
                known.addresses.append(&mut adapter.addresses);
                known.groups.append(&mut adapter.groups);
            }
            None => kept.push(adapter),
        }
    }
    kept
}

impl Adapter {
    fn index(&self) -> u32 {
        self.index_v4.max(self.index_v6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, index: u32, addresses: &[&str]) -> Adapter {
        let address = |ip: &&str| AdapterAddress {
            ip: ip.parse().unwrap(),
            prefix: 24,
            is_tentative: false,
            is_duplicate: false,
        };
        Adapter {
            name: name.to_owned(),
            description: name.to_owned(),
            index_v4: index,
            index_v6: index,
            mac: Some([2, 0, 0, 0, 0, index as u8]),
            addresses: addresses.iter().map(address).collect(),
            ..Adapter::default()
        }
    }

    fn listed(adapters: Vec<Adapter>) -> Vec<(String, u32, usize)> {
        let of =
            |adapter: Adapter| (adapter.name.clone(), adapter.index(), adapter.addresses.len());
        one_per_name(adapters).into_iter().map(of).collect()
    }

    #[test]
    fn a_recreated_interface_has_the_addresses_and_the_new_index() {
        let list = vec![
            adapter("lo", 1, &["127.0.0.1"]),
            adapter("e0", 2, &["10.0.0.101", "fe80::1"]),
            adapter("e1", 3, &["10.1.0.101"]),
            adapter("e0", 4, &[]),
            adapter("e0", 5, &[]),
        ];
        assert_eq!(one_per_name(list.clone())[1].mac, Some([2, 0, 0, 0, 0, 5]));
        let expected = [("lo", 1, 1), ("e0", 5, 2), ("e1", 3, 1)];
        assert_eq!(listed(list), expected.map(|(name, index, len)| (name.to_owned(), index, len)));
        let reversed = vec![adapter("e0", 4, &[]), adapter("e0", 2, &["10.0.0.101"])];
        assert_eq!(listed(reversed), [("e0".to_owned(), 4, 1)]);
    }

    #[test]
    fn adapters_with_addresses_stay_separate() {
        let list = vec![adapter("e0", 2, &["10.0.0.1"]), adapter("e0", 4, &["10.1.0.1"])];
        assert_eq!(listed(list).len(), 2);
        let mut other = adapter("e0", 4, &[]);
        other.description = "another driver".to_owned();
        assert_eq!(listed(vec![adapter("e0", 2, &["10.0.0.1"]), other]).len(), 2);
    }
}
