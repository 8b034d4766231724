//! One receiving socket, with what it has joined.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;

use super::membership::Membership;
use super::socket;
use super::{Backend, Listen, Meta, NetError, Rcvbuf, sys};
use crate::iface::Change;
use crate::target::is_link_scoped;

/// A socket that hears one group, to which it is bound, or several of one port, which it tells apart itself.
pub(super) struct Channel {
    pub socket: Rc<UdpSocket>,
    held: Held,
    /// What sockets before this one had dropped: one that is bound to a link is replaced when the interface is made anew.
    dropped_before: u64,
}

enum Held {
    One(Membership),
    Many { memberships: Vec<Membership>, by_group: HashMap<(IpAddr, u32), usize> },
}

impl Channel {
    /// Opens a socket for the one thing that `listen` says, and joins it.
    pub fn open(listen: &Listen, rcvbuf: Option<usize>, backend: Backend) -> Result<(Self, Rcvbuf), NetError> {
        let (socket, buffer) = socket::receiver(&listen.at, false, rcvbuf, backend)?;
        let socket = Rc::new(socket);
        let held = Held::One(Membership::join(&socket, listen)?);
        Ok((Channel { socket, held, dropped_before: 0 }, buffer))
    }

    /// Opens a socket for several groups of one port and family, and joins as many of them as the system lets one socket join; answers how many.
    /// At least one, or it is an error.
    pub fn open_shared(listens: &[&Listen], rcvbuf: Option<usize>, backend: Backend) -> Result<(Self, Rcvbuf, usize), NetError> {
        let (socket, buffer) = socket::receiver(&listens[0].at, true, rcvbuf, backend)?;
        let socket = Rc::new(socket);
        let mut memberships = Vec::with_capacity(listens.len());
        for listen in listens {
            match Membership::join(&socket, listen) {
                Ok(membership) => memberships.push(membership),
                Err(error) if error.is_full() && !memberships.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let joined = memberships.len();
        let held = Held::Many { by_group: by_group(&memberships), memberships };
        Ok((Channel { socket, held, dropped_before: 0 }, buffer, joined))
    }

    /// The membership that a datagram belongs to. `None` where it is for none: the kernel's filter knows the group but, on IPv6, not the
    /// interface; and a socket that is not bound to a group also hears unicast to its port.
    pub fn membership(&self, meta: &Meta) -> Option<&Membership> {
        match &self.held {
            Held::One(membership) => {
                let at = &membership.listen().at;
                let addressed = meta.destination.is_none_or(|destination| destination == at.group);
                let arrived = !at.minds_interface() || meta.ifindex.is_none_or(|ifindex| ifindex == at.via.index);
                (addressed && arrived).then_some(membership)
            }
            Held::Many { memberships, by_group } => memberships.get(*by_group.get(&(meta.destination?, meta.ifindex?))?),
        }
    }

    /// Any of the memberships, to name the socket by.
    pub fn first(&self) -> &Listen {
        self.memberships()[0].listen()
    }

    /// Follows an interface that changed. Answers how many groups were joined anew, and whether the socket is another one now.
    pub fn follow(
        &mut self,
        change: &Change,
        ipv4: bool,
        rcvbuf: Option<usize>,
        backend: Backend,
    ) -> Result<(usize, bool), NetError> {
        let concerned = |membership: &Membership| {
            let at = &membership.listen().at;
            Arc::ptr_eq(&at.via, &change.old) && at.group.is_ipv4() == ipv4
        };
        let is_there = change.now != crate::iface::Presence::Gone;
        let (mut moved, mut replaced) = (0, false);
        match &mut self.held {
            Held::One(membership) if concerned(membership) && change.remade && is_there => {
                let mut listen = membership.listen().clone();
                listen.at.via = Arc::clone(&change.new);
                if is_link_scoped(listen.at.group) {
                    // The socket is bound to the old link.
                    let before = self.dropped_before + sys::dropped(&self.socket).map_or(0, u64::from);
                    let (socket, _) = socket::receiver(&listen.at, false, rcvbuf, backend)?;
                    (self.socket, self.dropped_before, replaced) = (Rc::new(socket), before, true);
                }
                membership.moved(&change.new, &self.socket)?;
                moved = 1;
            }
            Held::One(membership) if concerned(membership) => membership.renamed(&change.new),
            Held::One(_) => {}
            Held::Many { memberships, by_group: known } => {
                for membership in memberships.iter_mut().filter(|membership| concerned(membership)) {
                    if change.remade && is_there {
                        membership.moved(&change.new, &self.socket)?;
                        moved += 1;
                    } else {
                        membership.renamed(&change.new);
                    }
                }
                *known = by_group(memberships);
            }
        }
        Ok((moved, replaced))
    }

    /// How many datagrams the kernel had no room for, where it says; the last ones before this call too.
    pub fn dropped(&self) -> Option<u64> {
        sys::dropped(&self.socket).map(|dropped| self.dropped_before + u64::from(dropped))
    }

    /// Leaves every group, the last one first.
    pub fn leave(self) -> Vec<Result<Listen, NetError>> {
        match self.held {
            Held::One(membership) => vec![membership.leave()],
            Held::Many { memberships, .. } => memberships.into_iter().rev().map(Membership::leave).collect(),
        }
    }

    fn memberships(&self) -> &[Membership] {
        match &self.held {
            Held::One(membership) => std::slice::from_ref(membership),
            Held::Many { memberships, .. } => memberships,
        }
    }
}

fn by_group(memberships: &[Membership]) -> HashMap<(IpAddr, u32), usize> {
    let key = |membership: &Membership| (membership.listen().at.group, membership.listen().at.via.index);
    memberships.iter().enumerate().map(|(position, membership)| (key(membership), position)).collect()
}
