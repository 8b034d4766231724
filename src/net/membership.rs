//! Membership of a group on an interface: joined by the interface's index, and left by the same.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;

use socket2::InterfaceIndexOrAddress;
use tracing::debug;

use super::{NetError, Operation, socket};
use crate::iface::{Cast, Via};
use crate::sys;
use crate::sys::SourceChange;
use crate::target::{Endpoint, Filter, Listen};

/// A joined group. Dropping it leaves the group, so no way out of the program forgets to; a killed
/// program's groups are left by the kernel.
///
/// A unicast or broadcast address is held the same way, with nothing to join and nothing to leave.
#[derive(Debug)]
pub struct Membership {
    socket: Rc<UdpSocket>,
    listen: Listen,
    /// Datagrams are heard here. Of a group that is also to say: it is joined.
    active: bool,
}

impl Membership {
    /// Joins the group of `listen` on its interface, with its source filter.
    ///
    /// The index is what is joined, never 0.0.0.0: that would follow the unicast routes, and the
    /// leave might then leave another interface.
    pub fn join(socket: &Rc<UdpSocket>, listen: &Listen) -> Result<Self, NetError> {
        let mut membership =
            Membership { socket: Rc::clone(socket), listen: listen.clone(), active: false };
        membership.enter()?;
        Ok(membership)
    }

    /// What is listened to.
    pub fn listen(&self) -> &Listen {
        &self.listen
    }

    /// Whether datagrams are heard here.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Takes note of what the interface is by now; the membership stays as it is.
    pub fn set_via(&mut self, via: &Arc<Via>) {
        self.listen.at.via = Arc::clone(via);
    }

    /// Moves to another socket, on which nothing is joined.
    pub fn set_socket(&mut self, socket: &Rc<UdpSocket>) {
        self.socket = Rc::clone(socket);
    }

    /// Joins again after [`Membership::invalidate`].
    pub fn rejoin(&mut self) -> Result<(), NetError> {
        self.enter()
    }

    /// Leaves the group. `None` where there was nothing to leave.
    pub fn leave(mut self) -> Option<Result<Listen, NetError>> {
        let at = &self.listen.at;
        if !std::mem::take(&mut self.active) || at.cast != Cast::Multicast {
            return None;
        }
        let left =
            leave(&self.socket, at).map_err(|error| Operation::Leave(at.clone()).failed(error));
        Some(left.map(|()| self.listen.clone()))
    }

    fn enter(&mut self) -> Result<(), NetError> {
        let Listen { at, filter } = &self.listen;
        if at.cast != Cast::Multicast {
            self.active = true;
            return Ok(());
        }
        let from_any = !matches!(**filter, Filter::Include(_));
        if from_any {
            join(&self.socket, at)
                .map_err(|error| Operation::Join(at.clone(), None).failed(error))?;
            self.active = true;
        }
        let (change, sources) = match &**filter {
            Filter::Any => (SourceChange::Include, &[][..]),
            Filter::Include(sources) => (SourceChange::Include, &sources[..]),
            Filter::Exclude(sources) => (SourceChange::Exclude, &sources[..]),
        };
        for source in sources {
            let operation = || match change {
                SourceChange::Include => Operation::Join(at.clone(), Some(*source)),
                SourceChange::Exclude => Operation::Block(at.clone(), *source),
            };
            if let Err(error) =
                sys::change_source(&self.socket, change, at.group, *source, at.via.index)
            {
                let error = operation().failed(error);
                self.invalidate();
                return Err(error);
            }
            self.active = true;
        }
        debug!(group = %at.group, iface = at.via.name, index = at.via.index, ?filter, "joined");
        Ok(())
    }

    /// Leaves without a word: the interface is gone, or is another one now.
    ///
    /// To be done as soon as that is known: the kernel keeps the membership under the old index,
    /// and leaving it later takes a membership away from whoever has the index then.
    pub fn invalidate(&mut self) {
        let at = &self.listen.at;
        if !std::mem::take(&mut self.active) || at.cast != Cast::Multicast {
            return;
        }
        if let Err(error) = leave(&self.socket, at) {
            debug!(group = %at.group, iface = at.via.name, %error, "could not leave");
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.invalidate();
    }
}

fn join(socket: &UdpSocket, at: &Endpoint) -> io::Result<()> {
    let options = socket::options(socket);
    match at.group {
        IpAddr::V4(group) => options.join_multicast_v4_n(&group, &interface_v4(at)),
        IpAddr::V6(group) => options.join_multicast_v6(&group, at.via.index),
    }
}

/// Leaves a group with all the sources that it was joined from.
fn leave(socket: &UdpSocket, at: &Endpoint) -> io::Result<()> {
    let options = socket::options(socket);
    match at.group {
        IpAddr::V4(group) => options.leave_multicast_v4_n(&group, &interface_v4(at)),
        IpAddr::V6(group) => options.leave_multicast_v6(&group, at.via.index),
    }
}

/// Unix joins by index. Windows knows the interface of an IPv4 membership by its address.
fn interface_v4(at: &Endpoint) -> InterfaceIndexOrAddress {
    match at.via.address {
        Some(IpAddr::V4(address)) if cfg!(windows) => InterfaceIndexOrAddress::Address(address),
        _ => InterfaceIndexOrAddress::Index(at.via.index),
    }
}
