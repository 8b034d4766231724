//! How many groups share a socket. A socket bound to each group is what the kernel looks up
//! fastest, and it tells the groups apart by itself; where the process may not open so many, groups
//! of one port share sockets that are bound to the port alone.

use std::collections::BTreeMap;

use crate::iface::{Cast, Family};
use crate::target::Listen;

/// What one socket hears: positions in the list of what is listened to. A socket of one is bound to
/// its group.
pub type Pack = Vec<usize>;

/// Shares `sockets` sockets among all of `listens`; `most` says how many groups a socket may join,
/// by family.
///
/// # Errors
/// How many sockets it would take at least.
pub fn pack(
    listens: &[Listen],
    sockets: usize,
    most: impl Fn(Family) -> usize,
) -> Result<Vec<Pack>, usize> {
    if listens.len() <= sockets {
        return Ok((0..listens.len()).map(|position| vec![position]).collect());
    }
    // Groups can share a socket only with groups of their port and family; what is no group has one
    // of its own. IPv6 finds the source filter of a group whatever the interface, so there a
    // socket is also of one interface. A socket is bound to one VRF.
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
    // The sockets that are left over go to as many groups as they reach for.
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
    fn each_group_has_its_socket_while_sockets_last() {
        assert_eq!(sizes("239.1.1.1+30:5000", 30), Ok(vec![1; 30]));
    }

    #[test]
    fn beyond_that_groups_share_and_what_is_left_over_is_used() {
        assert_eq!(sizes("239.1.1.1+40:5000", 2), Ok(vec![20, 20]));
        assert_eq!(sizes("239.1.1.1+41:5000", 39), Ok([vec![1; 20], vec![20, 1]].concat()));
    }

    #[test]
    fn ports_do_not_share_and_neither_do_addresses_that_are_no_groups() {
        assert_eq!(sizes("239.1.1.1+2:5000-5003", 4), Ok(vec![2; 4]));
        assert_eq!(sizes("239.1.1.1:5000-5003", 3), Err(4));
        assert_eq!(sizes("10.0.0.1:5000-5003", 3), Err(4));
    }

    #[test]
    fn where_even_sharing_is_not_enough_the_need_is_told() {
        assert_eq!(sizes("239.1.1.1+41:5000", 2), Err(3));
    }

    proptest! {
        #[test]
        fn every_target_has_one_socket_and_no_limit_is_passed(
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
