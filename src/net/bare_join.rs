//! A membership without a port: only captured frames show its datagrams.

use std::rc::Rc;

use super::membership::Membership;
use super::{NetError, socket};
use crate::target::Listen;

/// A membership of a group whose ports are unknown. Dropping it leaves the group.
pub struct BareJoin {
    _membership: Membership,
}

impl BareJoin {
    /// Joins the group of `listen` on its interface; the port is ignored.
    ///
    /// # Errors
    /// The operation that the system refused.
    pub fn join(listen: &Listen) -> Result<Self, NetError> {
        let socket = Rc::new(socket::unbound(&listen.at)?);
        Ok(BareJoin { _membership: Membership::join(&socket, listen)? })
    }
}
