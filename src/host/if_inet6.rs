//! The IPv6 addresses of this host with their states, and the table of Linux
//! (/proc/net/if_inet6).

use std::net::Ipv6Addr;

/// An IPv6 address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inet6Address {
    pub address: Ipv6Addr,
    /// The index of its interface.
    pub index: u32,
    /// The prefix length in bits.
    pub prefix: u8,
    pub state: AddressState,
}

/// Whether an IPv6 address is usable (RFC 4862, 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressState {
    Ready,
    /// Duplicate address detection runs.
    Tentative,
    /// Duplicate address detection found another host with this address.
    Duplicate,
}

/// Reads the table of Linux. Empty if the system has none.
#[cfg_attr(windows, allow(dead_code, reason = "Windows has no such table"))]
pub fn addresses() -> Vec<Inet6Address> {
    let table = std::fs::read("/proc/thread-self/net/if_inet6").unwrap_or_default();
    parse(&String::from_utf8_lossy(&table))
}

/// Reads the table: address, index, prefix length, scope and flags in hex, and the name.
///
/// ```text
/// fe800000000000003cd1fcfffe8e4a05 02 40 20 80     e0
/// ```
fn parse(text: &str) -> Vec<Inet6Address> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Inet6Address> {
    // IFA_F_* of linux/if_addr.h.
    const DADFAILED: u32 = 0x08;
    const TENTATIVE: u32 = 0x40;
    let mut words = line.split_ascii_whitespace();
    let mut number = || words.next().and_then(|word| u128::from_str_radix(word, 16).ok());
    let (address, index, prefix, _scope) = (number()?, number()?, number()?, number()?);
    let flags = u32::try_from(number()?).ok()?;
    let state = match flags {
        flags if flags & DADFAILED != 0 => AddressState::Duplicate,
        flags if flags & TENTATIVE != 0 => AddressState::Tentative,
        _ => AddressState::Ready,
    };
    Some(Inet6Address {
        address: Ipv6Addr::from_bits(address),
        index: u32::try_from(index).ok()?,
        prefix: u8::try_from(prefix).ok()?,
        state,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_address_has_its_state() {
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     fd000000000000000000000000000001 0a 40 00 40       e0\n\
                     fd000000000000000000000000000002 0a 40 00 c8       e0\n\
                     odd\n";
        let found = parse(table);
        let states: Vec<_> =
            found.iter().map(|found| (found.index, found.prefix, found.state)).collect();
        use AddressState::{Duplicate, Ready, Tentative};
        assert_eq!(states, [(1, 128, Ready), (10, 64, Tentative), (10, 64, Duplicate)]);
        assert_eq!(found[1].address, "fd00::1".parse::<Ipv6Addr>().unwrap());
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
