//! The distribution of groups over sockets. The kernel finds a socket bound to a group fastest, and
//! it receives nothing else. If the process may not open that many, groups of one port share
//! sockets that are bound to the port only.

use std::collections::BTreeMap;

use crate::iface::{Cast, Family};
use crate::target::Listen;

/// The endpoints of one socket: positions in the list of all. A socket of one endpoint is bound to
/// it.
pub type Pack = Vec<usize>;

/// Distributes `listens` over `sockets` sockets; `most` is the maximum number of groups for a
/// socket of a family.
///
/// # Errors
/// The minimum number of sockets.
pub fn pack(
    listens: &[Listen],
    sockets: usize,
    most: impl Fn(Family) -> usize,
) -> Result<Vec<Pack>, usize> {
    if listens.len() <= sockets {
        return Ok((0..listens.len()).map(|position| vec![position]).collect());
    }
    // Groups share a socket only with groups of their port and family; other addresses have their
    // own. IPv6 finds a group's source filter regardless of the interface, and a socket is bound to
    // one VRF: there a socket has one interface.
    type Key<'a> = (Family, u16, u32, Option<&'a str>, Option<usize>);
    let mut ports: BTreeMap<Key, Pack> = BTreeMap::new();
    for (position, Listen { at, .. }) in listens.iter().enumerate() {
        let alone = (at.cast != Cast::Multicast).then_some(position);
        let iface = if at.group.is_ipv4() { 0 } else { at.via.index };
        let key = (Family::of(at.group), at.port, iface, at.via.vrf(), alone);
        ports.entry(key).or_default().push(position);
    }
    let shared = ports.into_iter().flat_map(|((family, ..), positions)| {
        let size = most(family).max(1);
        positions.chunks(size).map(<[usize]>::to_vec).collect::<Vec<Pack>>()
    });
    let shared: Vec<Pack> = shared.collect();
    let mut spare = sockets.checked_sub(shared.len()).ok_or(shared.len())?;
    // The remaining sockets serve single groups.
    let mut packs = Vec::with_capacity(sockets);
    for pack in shared {
        let more = pack.len() - 1;
        if more <= spare {
            spare -= more;
            packs.extend(pack.into_iter().map(|position| vec![position]));
        } else {
            packs.push(pack);
        }
    }
    Ok(packs)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::iface::Via;
    use crate::target::{Endpoint, Filter, TargetRange};

    fn listens(text: &str) -> Vec<Listen> {
        let via = Arc::new(Via {
            name: "e0".to_owned(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
            ..Via::default()
        });
        let range: TargetRange = text.parse().unwrap();
        let at = |target: crate::target::Target| Endpoint {
            group: target.group,
            port: target.port,
            cast: if target.group.is_multicast() { Cast::Multicast } else { Cast::Unicast },
            via: Arc::clone(&via),
        };
        range
            .targets()
            .map(|target| Listen { at: at(target), filter: Arc::new(Filter::Any) })
            .collect()
    }

    fn sizes(text: &str, sockets: usize) -> Result<Vec<usize>, usize> {
        Ok(pack(&listens(text), sockets, |_| 20)?.iter().map(Vec::len).collect())
    }

    #[test]
    fn each_group_has_its_own_socket_if_possible() {
        assert_eq!(sizes("239.1.1.1+30:5000", 30), Ok(vec![1; 30]));
    }

    #[test]
    fn beyond_the_limit_groups_share_sockets() {
        assert_eq!(sizes("239.1.1.1+40:5000", 2), Ok(vec![20, 20]));
        assert_eq!(sizes("239.1.1.1+41:5000", 39), Ok([vec![1; 20], vec![20, 1]].concat()));
    }

    #[test]
    fn ports_and_unicast_addresses_do_not_share() {
        assert_eq!(sizes("239.1.1.1+2:5000-5003", 4), Ok(vec![2; 4]));
        assert_eq!(sizes("239.1.1.1:5000-5003", 3), Err(4));
        assert_eq!(sizes("10.0.0.1:5000-5003", 3), Err(4));
    }

    #[test]
    fn an_impossible_distribution_returns_the_minimum() {
        assert_eq!(sizes("239.1.1.1+41:5000", 2), Err(3));
    }

    proptest! {
        #[test]
        fn every_target_has_one_socket_within_the_limits(
            groups in 1..200_usize,
            ports in 1..5_u16,
            sockets in 0..300_usize,
            most in 0..30_usize,
        ) {
            let listens = listens(&format!("239.1.1.1+{groups}:5000-{}", 4999 + ports));
            match pack(&listens, sockets, |_| most) {
                Ok(packs) => {
                    prop_assert!(packs.len() <= sockets);
                    prop_assert!(packs.iter().all(|pack| pack.len() <= most.max(1)));
                    let one_port = |pack: &Pack| {
                        pack.iter()
                            .all(|position| listens[*position].at.port == listens[pack[0]].at.port)
                    };
                    prop_assert!(packs.iter().all(one_port));
                    let mut all: Vec<usize> = packs.concat();
                    all.sort_unstable();
                    prop_assert_eq!(all, (0..listens.len()).collect::<Vec<_>>());
                }
                Err(needed) => prop_assert!(needed > sockets),
            }
        }
    }
}
