//! The endpoints that a receiver joins beside its targets: session announcements and RTCP.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::cli::RecvArgs;
use crate::format::sap;
use crate::iface::Cast;
use crate::target::{Endpoint, Filter, Listen};

/// The joins that the options ask for.
pub fn joins(args: &RecvArgs, listens: &[Listen]) -> Vec<Listen> {
    let mut joins = if args.sap { announcements(listens) } else { Vec::new() };
    if args.rtcp {
        joins.extend(rtcp(listens));
    }
    joins
}

/// The groups of SAP on each interface of these listens, except those that are among them.
fn announcements(listens: &[Listen]) -> Vec<Listen> {
    let mut known = HashSet::new();
    let groups = listens.iter().filter(|listen| listen.at.cast == Cast::Multicast);
    let vias = groups.map(|listen| &listen.at.via).filter(|via| known.insert(via.index));
    let filter = Arc::new(Filter::Any);
    let joins = vias.flat_map(|via| {
        sap::GROUPS.map(|group| Listen {
            at: Endpoint {
                group: IpAddr::V4(group),
                port: sap::PORT,
                cast: Cast::Multicast,
                via: Arc::clone(via),
            },
            filter: Arc::clone(&filter),
        })
    });
    others(joins, listens)
}

/// The ports of RTCP, each one above its target's (RFC 3550, 11), except those that are targets.
fn rtcp(listens: &[Listen]) -> Vec<Listen> {
    let next = |listen: &Listen| {
        let port = listen.at.port.checked_add(1)?;
        Some(Listen {
            at: Endpoint { port, ..listen.at.clone() },
            filter: Arc::clone(&listen.filter),
        })
    };
    others(
        listens.iter().filter(|listen| !listen.at.group.is_unspecified()).filter_map(next),
        listens,
    )
}

/// The joins that are not among these listens.
fn others(joins: impl Iterator<Item = Listen>, listens: &[Listen]) -> Vec<Listen> {
    let targets: HashSet<&Endpoint> = listens.iter().map(|listen| &listen.at).collect();
    joins.filter(|listen| !targets.contains(&listen.at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::Via;

    fn listen(group: [u8; 4], port: u16, index: u32) -> Listen {
        let via = Via {
            name: format!("e{index}"),
            index,
            address: None,
            pinned: false,
            named: true,
            no_multicast: false,
            ..Via::default()
        };
        let at = Endpoint { group: group.into(), port, cast: Cast::Multicast, via: Arc::new(via) };
        Listen { at, filter: Arc::new(Filter::Any) }
    }

    #[test]
    fn announcements_are_joined_once_for_each_interface() {
        let mut listens = vec![
            listen([239, 1, 1, 1], 5004, 2),
            listen([239, 1, 1, 2], 5004, 2),
            listen([239, 1, 1, 1], 5004, 3),
        ];
        assert_eq!(announcements(&listens).len(), 6);
        listens.push(listen([224, 2, 127, 254], 9875, 2));
        assert_eq!(announcements(&listens).len(), 5);
    }

    #[test]
    fn rtcp_is_on_the_next_port() {
        let listens = [listen([239, 1, 1, 1], 5004, 2), listen([239, 1, 1, 1], 5005, 2)];
        let ports: Vec<u16> = rtcp(&listens).iter().map(|listen| listen.at.port).collect();
        assert_eq!(ports, [5006]);
        assert!(rtcp(&[listen([239, 1, 1, 1], u16::MAX, 2)]).is_empty());
    }
}
