//! Opens the sockets of a receiver: one for each group, or fewer if not enough files may be open.

use super::channel::Channel;
use super::packing::{Pack, pack};
use super::socket::Room;
use super::{NetError, Operation, Rcvbuf};
use crate::host::{self, sysctl};
use crate::iface::Family;
use crate::sys::{self, Backend};
use crate::target::Listen;

/// Which targets share a socket, if `open` sockets are open already.
///
/// # Errors
/// The targets take more sockets than there may be.
pub fn packs(listens: &[Listen], open: usize, backend: Backend) -> Result<Vec<Pack>, NetError> {
    let sockets = host::sockets_for(open + listens.len()).saturating_sub(open);
    pack(listens, sockets, |family| most_groups(backend, family))
        .map_err(|needed| too_many(listens, needed))
}

/// Opens a socket for each pack, and answers with their receive buffer.
pub fn open_all(
    packs: &[Pack],
    listens: &[Listen],
    room: Room,
    backend: Backend,
    channels: &mut Vec<Channel>,
) -> Result<Rcvbuf, NetError> {
    let mut granted = Rcvbuf { asked: room.asked, granted: None };
    for pack in packs {
        let mut rest: Vec<&Listen> = pack.iter().map(|position| &listens[*position]).collect();
        while let Some(first) = rest.first() {
            let (channel, buffer, joined) = if rest.len() == 1 {
                let (channel, buffer) = Channel::open(first, room, backend)?;
                (channel, buffer, 1)
            } else {
                Channel::open_shared(&rest, room, backend)?
            };
            granted = buffer;
            channels.push(channel);
            rest.drain(..joined);
        }
    }
    Ok(granted)
}

/// The targets take at least `needed` sockets, which are too many.
fn too_many(listens: &[Listen], needed: usize) -> NetError {
    Operation::Listen { targets: listens.len(), sockets: needed }.failed(sys::too_many_files())
}

/// How many groups share a socket at most. Who is not told the destination of a datagram needs a
/// socket for each group to tell it.
fn most_groups(backend: Backend, family: Family) -> usize {
    let tells_groups = cfg!(target_os = "linux") && backend.is_native();
    if tells_groups { groups_a_socket(family) } else { 1 }
}

/// How many groups one socket may join. IPv6 has no such limit but the memory of its options, whose
/// end shows itself.
fn groups_a_socket(family: Family) -> usize {
    // The kernel searches a socket's list in order for each datagram, so that long ones are slow.
    const ENOUGH: usize = 1000;
    let limit = if family == Family::V4 { sysctl::limit(sysctl::MOST_GROUPS) } else { None };
    limit.and_then(|limit| usize::try_from(limit).ok()).map_or(ENOUGH, |limit| limit.min(ENOUGH))
}
