//! Opens the sockets of a receiver: one for each group, or fewer if the limit of open files is low.

use super::channel::Channel;
use super::packing::{Pack, pack};
use super::receive_buffer::{Rcvbuf, ReceiveBuffers};
use super::{NetError, Operation};
use crate::host::{self, sysctl};
use crate::iface::Family;
use crate::sys::{self, Backend};
use crate::target::Listen;

/// The targets that share a socket; `open` sockets are open already.
///
/// # Errors
/// The targets need more sockets than the process may open.
pub fn packs(listens: &[Listen], open: usize, backend: Backend) -> Result<Vec<Pack>, NetError> {
    let sockets = host::sockets_for(open + listens.len()).saturating_sub(open);
    pack(listens, sockets, |family| most_groups(backend, family))
        .map_err(|needed| too_many(listens, needed))
}

/// Opens a socket for each pack; returns their receive buffer.
pub fn open_all(
    packs: &[Pack],
    listens: &[Listen],
    buffers: &ReceiveBuffers,
    backend: Backend,
    channels: &mut Vec<Channel>,
) -> Result<Rcvbuf, NetError> {
    let mut granted = Rcvbuf { asked: buffers.asked, granted: None };
    for pack in packs {
        let mut rest: Vec<&Listen> = pack.iter().map(|position| &listens[*position]).collect();
        while let Some(first) = rest.first() {
            let (channel, buffer, joined) = if rest.len() == 1 {
                let (channel, buffer) = Channel::open(first, buffers, backend)?;
                (channel, buffer, 1)
            } else {
                Channel::open_shared(&rest, buffers, backend)?
            };
            granted = buffer;
            channels.push(channel);
            rest.drain(..joined);
        }
    }
    Ok(granted)
}

/// The targets need at least `needed` sockets, which exceeds the limit.
fn too_many(listens: &[Listen], needed: usize) -> NetError {
    Operation::Listen { targets: listens.len(), sockets: needed }.failed(sys::too_many_files())
}

/// The maximum number of groups for one socket. Without the destination of a datagram, each group
/// needs its own socket.
fn most_groups(backend: Backend, family: Family) -> usize {
    let tells_groups = sys::REPORTS_ARRIVAL && backend.is_native();
    if tells_groups { groups_a_socket(family) } else { 1 }
}

/// The maximum number of groups that one socket can join. IPv6 limits only the memory of socket
/// options, which the join reports.
fn groups_a_socket(family: Family) -> usize {
    // The kernel searches a socket's list in order for each datagram: long lists are slow.
    const ENOUGH: usize = 1000;
    let limit = if family == Family::V4 { sysctl::limit(sysctl::MOST_GROUPS) } else { None };
    limit.and_then(|limit| usize::try_from(limit).ok()).map_or(ENOUGH, |limit| limit.min(ENOUGH))
}
