//! A short membership that triggers a query.

use std::rc::Rc;
use std::sync::Arc;

use super::membership::Membership;
use super::{NetError, socket};
use crate::target::{Endpoint, Filter, Listen};
use crate::units::random;

/// A membership of an unused group. After the leave, a querier immediately queries for other
/// members (RFC 3376, 6.4.2; RFC 3810, 7.4.2).
pub struct ThrowawayJoin {
    _membership: Membership,
}

impl ThrowawayJoin {
    /// Joins a random, unused group on the interface of `at`.
    ///
    /// # Errors
    /// The join that was refused.
    pub fn join(at: &Endpoint) -> Result<Self, NetError> {
        let number = random();
        let group = match at.group {
            // Local scope (RFC 2365, 6.1) and link-local scope (RFC 4291, 2.7): no router forwards
            // them.
            std::net::IpAddr::V4(_) => {
                std::net::Ipv4Addr::from_bits(0xefff_0100 | (number as u32 & 0x7eff)).into()
            }
            std::net::IpAddr::V6(_) => {
                std::net::Ipv6Addr::from_bits((0xff12_u128 << 112) | u128::from(number)).into()
            }
        };
        let listen = Listen { at: Endpoint { group, ..at.clone() }, filter: Arc::new(Filter::Any) };
        let socket = Rc::new(socket::unbound(&listen.at)?);
        Ok(ThrowawayJoin { _membership: Membership::join(&socket, &listen)? })
    }
}
