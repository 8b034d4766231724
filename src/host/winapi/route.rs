//! The routes of Windows, by GetBestRoute2.

use std::net::IpAddr;

use tracing::debug;

use crate::host::route::route_by_connect;
use crate::iface::{Interface, Route};
use crate::sys::best_route;

/// The route to a group. Windows has an equal route to each group for each interface; the metric
/// of the interfaces decides, unless an administrator added a route.
pub fn route_to(group: IpAddr, interfaces: &[Interface]) -> Option<Route> {
    match best_route(group) {
        Ok(route) => Some(Route { index: route.index, arbitrary: group.is_ipv6() }),
        Err(error) => {
            debug!(%error, %group, "no route by GetBestRoute2; asking by connect");
            route_by_connect(group, interfaces)
        }
    }
}

/// The router to a unicast address, and the index of its interface. `None` if the address is on the
/// link, or without a route.
pub fn next_hop(address: IpAddr) -> Option<(IpAddr, u32)> {
    let route = best_route(address).inspect_err(|error| debug!(%error, "no route")).ok()?;
    route.next_hop.map(|router| (router, route.index))
}
