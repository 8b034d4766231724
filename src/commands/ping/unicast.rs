//! The unicast requests to receivers that answered.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tracing::debug;

use crate::iface::Cast;
use crate::net::Outbox;
use crate::stats::ping::Table;
use crate::target::{Endpoint, without_zone};
use crate::units::random;

/// The most receivers that get unicast requests: each needs a socket.
const MOST: usize = 512;

/// The unicast targets.
#[derive(Default)]
pub struct Unicast {
    /// By the address and port that replied: the position of the target.
    targets: BTreeMap<SocketAddr, usize>,
    /// The receiver at each target, by position.
    receivers: HashMap<usize, u64>,
}

impl Unicast {
    /// Adds the sender of a reply to a request to the multicast target at `position`.
    pub fn add(
        &mut self,
        source: SocketAddr,
        receiver: u64,
        position: usize,
        table: &mut Table,
        outbox: &mut Outbox,
    ) {
        let source = without_zone(source);
        if self.targets.len() >= MOST || self.targets.contains_key(&source) {
            return;
        }
        let via = Arc::clone(&outbox.endpoint(position).via);
        let at = Endpoint { group: source.ip(), port: source.port(), cast: Cast::Unicast, via };
        match outbox.add(at) {
            Ok(_) => {
                let target = table.add_target(random());
                self.targets.insert(source, target);
                self.receivers.insert(target, receiver);
            }
            Err(error) => debug!(%error, "no unicast requests to {source}"),
        }
    }

    /// The positions of all targets.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.targets.values().copied()
    }

    /// The position and the receiver of each target at an address.
    pub fn at(&self, address: IpAddr) -> impl Iterator<Item = (usize, u64)> + '_ {
        let first = SocketAddr::new(address, 0);
        let at = self.targets.range(first..).take_while(move |(source, _)| source.ip() == address);
        at.map(|(_, target)| (*target, self.receivers.get(target).copied().unwrap_or(0)))
    }
}
