//! Membership of a group on an interface, joined and left by the interface's index.

use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;

use tracing::debug;

use super::{NetError, Operation, socket};
use crate::iface::{Cast, Via};
use crate::sys;
use crate::sys::SourceChange;
use crate::target::{Endpoint, Filter, Listen};

/// A joined group. Dropping it leaves the group on every path out of the program; the kernel leaves
/// the groups of a killed program.
///
/// A unicast or broadcast address is a membership without join and leave.
#[derive(Debug)]
pub struct Membership {
    socket: Rc<UdpSocket>,
    listen: Listen,
    /// The endpoint receives; a group is joined.
    active: bool,
}

impl Membership {
    /// Joins the group of `listen` on its interface, with its source filter.
    ///
    /// The index selects the interface, never 0.0.0.0: that would follow the unicast routes, and
    /// the leave might affect another interface.
    pub fn join(socket: &Rc<UdpSocket>, listen: &Listen) -> Result<Self, NetError> {
        let mut membership =
            Membership { socket: Rc::clone(socket), listen: listen.clone(), active: false };
        membership.enter()?;
        Ok(membership)
    }

    pub fn listen(&self) -> &Listen {
        &self.listen
    }

    /// Whether the endpoint receives datagrams.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Notes the current state of the interface without changing the membership.
    pub fn set_via(&mut self, via: &Arc<Via>) {
        self.listen.at.via = Arc::clone(via);
    }

    /// Moves to another socket without joined groups.
    pub fn set_socket(&mut self, socket: &Rc<UdpSocket>) {
        self.socket = Rc::clone(socket);
    }

    /// Joins again after [`Membership::invalidate`].
    pub fn rejoin(&mut self) -> Result<(), NetError> {
        self.enter()
    }

    /// Leaves the group. `None` if it was not joined.
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

    /// Leaves without a report: the interface is gone or is another one now.
    ///
    /// Must happen immediately: the kernel keeps the membership under the old index, and a late
    /// leave would remove a membership of the next interface with this index.
    pub fn invalidate(&mut self) {
        let at = &self.listen.at;
        if !std::mem::take(&mut self.active) || at.cast != Cast::Multicast {
            return;
        }
        if let Err(error) = leave(&self.socket, at) {
            debug!(group = %at.group, iface = at.via.name, %error, "cannot leave");
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.invalidate();
    }
}

fn join(socket: &UdpSocket, at: &Endpoint) -> io::Result<()> {
    match at.group {
        IpAddr::V4(group) => sys::join_v4(socket, group, at.via.index, address_v4(at)),
        IpAddr::V6(group) => socket::options(socket).join_multicast_v6(&group, at.via.index),
    }
}

/// Leaves a group with all its sources.
fn leave(socket: &UdpSocket, at: &Endpoint) -> io::Result<()> {
    match at.group {
        IpAddr::V4(group) => sys::leave_v4(socket, group, at.via.index, address_v4(at)),
        IpAddr::V6(group) => socket::options(socket).leave_multicast_v6(&group, at.via.index),
    }
}

/// The address of the interface, by which Windows identifies it.
fn address_v4(at: &Endpoint) -> Option<Ipv4Addr> {
    match at.via.address? {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
