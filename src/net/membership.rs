//! Membership of a group on an interface: joined by the interface's index, and left by the same.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;

use socket2::InterfaceIndexOrAddress;
use tracing::debug;

use super::{Endpoint, NetError, Operation, socket};

/// A joined group. Dropping it leaves the group, so no way out of the program forgets to; a killed program's groups are left by the kernel.
#[derive(Debug)]
pub struct Membership {
    socket: Rc<UdpSocket>,
    at: Endpoint,
    joined: bool,
}

impl Membership {
    /// Joins the group of `at` on its interface, from any source (RFC 3376, 2: EXCLUDE of nobody).
    ///
    /// The index is what is joined, never 0.0.0.0: that would follow the unicast routes, and the leave might then leave another interface.
    pub fn join(socket: &Rc<UdpSocket>, at: &Endpoint) -> Result<Self, NetError> {
        change(socket, at, Change::Join).map_err(|error| Operation::Join(at.clone()).failed(error))?;
        debug!(group = %at.group, iface = at.via.name, index = at.via.index, "joined");
        Ok(Membership { socket: Rc::clone(socket), at: at.clone(), joined: true })
    }

    /// What was joined.
    pub fn at(&self) -> &Endpoint {
        &self.at
    }

    /// Leaves the group.
    pub fn leave(mut self) -> Result<Endpoint, NetError> {
        self.joined = false;
        change(&self.socket, &self.at, Change::Leave).map_err(|error| Operation::Leave(self.at.clone()).failed(error))?;
        Ok(self.at.clone())
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if !self.joined {
            return;
        }
        if let Err(error) = change(&self.socket, &self.at, Change::Leave) {
            debug!(group = %self.at.group, iface = self.at.via.name, %error, "could not leave");
        }
    }
}

#[derive(Clone, Copy)]
enum Change {
    Join,
    Leave,
}

fn change(socket: &UdpSocket, at: &Endpoint, change: Change) -> io::Result<()> {
    let options = socket::options(socket);
    match at.group {
        IpAddr::V4(group) => {
            let interface = interface_v4(at);
            match change {
                Change::Join => options.join_multicast_v4_n(&group, &interface),
                Change::Leave => options.leave_multicast_v4_n(&group, &interface),
            }
        }
        IpAddr::V6(group) => match change {
            Change::Join => options.join_multicast_v6(&group, at.via.index),
            Change::Leave => options.leave_multicast_v6(&group, at.via.index),
        },
    }
}

/// Unix joins by index. Windows knows the interface of an IPv4 membership by its address.
fn interface_v4(at: &Endpoint) -> InterfaceIndexOrAddress {
    match at.via.address {
        IpAddr::V4(address) if cfg!(windows) => InterfaceIndexOrAddress::Address(address),
        _ => InterfaceIndexOrAddress::Index(at.via.index),
    }
}
