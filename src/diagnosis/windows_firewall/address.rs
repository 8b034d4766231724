//! A condition on the remote address of a rule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    first: IpAddr,
    last: IpAddr,
}

impl Addresses {
    /// Reads `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.0/255.255.255.0` or `fd00::/64`. `None` for a
    /// keyword (`LocalSubnet`) and for invalid text.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            return Some(Addresses { first, last }).filter(Self::is_ordered);
        }
        let Some((base, bits)) = text.split_once('/') else {
            let only = text.parse().ok()?;
            return Some(Addresses { first: only, last: only });
        };
        match base.parse().ok()? {
            IpAddr::V4(base) => {
                let mask = mask_v4(bits)?;
                let first = base.to_bits() & mask;
                Some(Addresses {
                    first: Ipv4Addr::from_bits(first).into(),
                    last: Ipv4Addr::from_bits(first | !mask).into(),
                })
            }
            IpAddr::V6(base) => {
                let prefix = bits.parse::<u32>().ok().filter(|prefix| *prefix <= 128)?;
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                let first = base.to_bits() & mask;
                Some(Addresses {
                    first: Ipv6Addr::from_bits(first).into(),
                    last: Ipv6Addr::from_bits(first | !mask).into(),
                })
            }
        }
    }

    fn is_ordered(&self) -> bool {
        self.first.is_ipv4() == self.last.is_ipv4() && self.first <= self.last
    }

    pub fn contains(&self, ip: IpAddr) -> bool {
        ip.is_ipv4() == self.first.is_ipv4() && self.first <= ip && ip <= self.last
    }
}

/// A mask in either form. Its ones must be adjacent.
fn mask_v4(bits: &str) -> Option<u32> {
    if let Ok(prefix) = bits.parse::<u32>() {
        return (prefix <= 32).then(|| u32::MAX.checked_shl(32 - prefix).unwrap_or(0));
    }
    let mask = bits.parse::<Ipv4Addr>().ok()?.to_bits();
    (mask.leading_ones() + mask.trailing_zeros() >= 32).then_some(mask)
}
