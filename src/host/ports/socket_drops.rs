//! The drop counters of all UDP sockets.

use std::collections::HashMap;

use super::sockets::SocketTables;
use crate::iface::Family;

/// The port and the drop counter of each UDP socket, by inode.
pub struct SocketDrops(HashMap<u64, (u16, u64)>);

/// The drop counters of sockets that can receive IPv4; with IPv6, of all sockets. `None` if the
/// system does not show them.
pub fn socket_drops(family: Family) -> Option<SocketDrops> {
    SocketTables::read().drops(family)
}

impl SocketTables {
    /// As [`socket_drops`], when the tables were read.
    pub fn drops(&self, family: Family) -> Option<SocketDrops> {
        let mut sockets = self.users(Family::V4)?;
        if family == Family::V6 {
            // Without IPv6 there are none.
            sockets.extend(self.users(Family::V6).unwrap_or_default());
        }
        Some(SocketDrops(
            sockets.into_iter().map(|user| (user.inode, (user.port, user.drops))).collect(),
        ))
    }
}

impl SocketDrops {
    /// The total increase of the counters since `before`. `None` if a socket of one of these ports
    /// was closed, and its counter lost.
    pub fn since(&self, before: &SocketDrops, ports: &[u16]) -> Option<u64> {
        let closed = before
            .0
            .iter()
            .any(|(inode, (port, _))| ports.contains(port) && !self.0.contains_key(inode));
        let rise = |(inode, (_, drops)): (&u64, &(u16, u64))| {
            drops.saturating_sub(before.0.get(inode).map_or(0, |(_, drops)| *drops))
        };
        (!closed).then(|| self.0.iter().map(rise).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drops(sockets: &[(u64, u16, u64)]) -> SocketDrops {
        SocketDrops(sockets.iter().map(|(inode, port, drops)| (*inode, (*port, *drops))).collect())
    }

    #[test]
    fn a_new_socket_counts_from_zero_and_a_closed_one_hides_its_drops() {
        let before = drops(&[(1, 5000, 7), (2, 53, 3)]);
        assert_eq!(drops(&[(1, 5000, 9), (3, 5000, 4)]).since(&before, &[5000]), Some(6));
        assert_eq!(drops(&[(3, 5000, 4)]).since(&before, &[5000]), None);
        assert_eq!(drops(&[(3, 5000, 4)]).since(&before, &[6000]), Some(4));
    }
}
