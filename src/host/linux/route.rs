//! The kernel's route to a group: where a datagram would leave if nobody named an interface.

use std::io;
use std::net::IpAddr;

use super::netlink::{Question, address, ask, find, number};
use crate::host::route::route_by_connect;
use crate::iface::{Interface, Route};

/// The size of a `struct rtmsg`, which precedes its attributes (linux/rtnetlink.h).
const RTMSG: usize = 12;

/// A `struct rtmsg` with attributes.
struct Found(Vec<u8>);

/// Asks the kernel for its route to `group`. `None` where it has none, or does not say. Nothing is
/// sent.
pub fn route_to(group: IpAddr, interfaces: &[Interface]) -> Option<Route> {
    by_netlink(group).unwrap_or_else(|error| {
        tracing::debug!(%error, "no route netlink, asking by connect");
        route_by_connect(group, interfaces)
    })
}

/// The router that the kernel sends to for this unicast address, and the index of its interface.
/// `None` if the kernel reaches the address without a router, or not at all.
pub fn next_hop(address: IpAddr) -> Option<(IpAddr, u32)> {
    let found = get(address, 0).ok()??;
    Some((found.router()?, found.interface()?))
}

/// RTM_GETROUTE, as `ip route get GROUP` asks it; needs no rights. `Ok(None)`: the kernel has
/// no route.
fn by_netlink(group: IpAddr) -> io::Result<Option<Route>> {
    // Linux 4.13: the answer is the entry of the table instead of the route made from it.
    const RTM_F_FIB_MATCH: u32 = 0x2000;
    let Some(found) = get(group, 0)? else { return Ok(None) };
    let arbitrary = group.is_ipv6()
        && get(group, RTM_F_FIB_MATCH).ok().flatten().is_some_and(|entry| entry.is_of_the_kernel());
    Ok(found.interface().map(|index| Route { index, arbitrary }))
}

impl Found {
    fn attributes(&self) -> &[u8] {
        self.0.get(RTMSG..).unwrap_or_default()
    }

    fn interface(&self) -> Option<u32> {
        number(self.attributes(), libc::RTA_OIF)
    }

    fn router(&self) -> Option<IpAddr> {
        address(&find(self.attributes(), libc::RTA_GATEWAY)?)
    }

    /// Whether this is a route that the kernel itself made for an interface: `ff00::/8` in the
    /// local table, of the usual metric.
    fn is_of_the_kernel(&self) -> bool {
        const RT_TABLE_LOCAL: u8 = 255;
        const USUAL_METRIC: u32 = 256;
        let (prefix, table) = (self.0.get(1), self.0.get(4));
        (prefix, table) == (Some(&8), Some(&RT_TABLE_LOCAL))
            && number(self.attributes(), libc::RTA_PRIORITY) == Some(USUAL_METRIC)
    }
}

fn get(destination: IpAddr, flags: u32) -> io::Result<Option<Found>> {
    let question = Question { kind: libc::RTM_GETROUTE, body: &request(destination, flags) };
    match ask(&question, libc::RTM_NEWROUTE) {
        Ok(route) => Ok(Some(Found(route))),
        Err(error) => match error.kind() {
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Ok(None),
            // blackhole, prohibit: a route that leads nowhere
            io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied => Ok(None),
            _ => Err(error),
        },
    }
}

/// A `struct rtmsg` with the destination as an attribute.
fn request(destination: IpAddr, flags: u32) -> Vec<u8> {
    const HEADER: u8 = 4;
    let (family, octets) = match destination {
        IpAddr::V4(address) => (libc::AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, address.octets().to_vec()),
    };
    let (family, length) = (family as u8, octets.len() as u8);
    let mut body = vec![family, length * 8, 0, 0, 0, 0, 0, 0];
    body.extend(flags.to_ne_bytes());
    body.extend(u16::from(HEADER + length).to_ne_bytes());
    body.extend(libc::RTA_DST.to_ne_bytes());
    body.extend(octets);
    body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = 4 + value.len() as u16;
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat()
    }

    fn found(prefix: u8, table: u8, attributes: &[Vec<u8>]) -> Found {
        let mut bytes = vec![0; RTMSG];
        (bytes[1], bytes[4]) = (prefix, table);
        bytes.extend(attributes.concat());
        Found(bytes)
    }

    #[test]
    fn a_request_asks_for_one_address() {
        let body = request(IpAddr::from([239, 1, 1, 1]), 0);
        let destination = attribute(libc::RTA_DST, &[239, 1, 1, 1]);
        assert_eq!((body[0], body[1], &body[RTMSG..]), (2, 32, &destination[..]));
        let body = request("ff15::1".parse().unwrap(), 0x2000);
        assert_eq!((body[0], body[1], body.len()), (10, 128, RTMSG + 20));
        assert_eq!(body[8..RTMSG], 0x2000_u32.to_ne_bytes());
    }

    #[test]
    fn a_route_has_an_interface_and_perhaps_a_router() {
        let interface = attribute(libc::RTA_OIF, &7_u32.to_ne_bytes());
        let router = attribute(libc::RTA_GATEWAY, &[10, 0, 0, 1]);
        let direct = found(32, 254, std::slice::from_ref(&interface));
        assert_eq!((direct.interface(), direct.router()), (Some(7), None));
        let routed = found(32, 254, &[interface, router]);
        assert_eq!(
            (routed.interface(), routed.router()),
            (Some(7), Some(IpAddr::from([10, 0, 0, 1])))
        );
    }

    #[test]
    fn the_route_of_the_kernel_has_its_table_and_its_metric() {
        let metric = |metric: u32| [attribute(libc::RTA_PRIORITY, &metric.to_ne_bytes())];
        assert!(found(8, 255, &metric(256)).is_of_the_kernel());
        assert!(!found(8, 255, &metric(100)).is_of_the_kernel());
        assert!(!found(8, 254, &metric(256)).is_of_the_kernel());
        assert!(!found(16, 255, &metric(256)).is_of_the_kernel());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let found = Found(bytes);
            let _ = (found.interface(), found.router(), found.is_of_the_kernel());
        }
    }
}
