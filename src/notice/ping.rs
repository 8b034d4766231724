//! Warnings of a ping.

use super::{Id, Level, Notice};
use crate::iface::Cast;
use crate::target::Endpoint;
use crate::units::words::quote;

/// No receiver answered any request. `ttl` is that of the requests to the first target.
pub fn no_answer(at: &Endpoint, ttl: Option<u8>) -> Notice {
    let what = format!("no receiver of {at} answered");
    let target = quote(&at.to_string());
    let receiver = format!("check that a receiver runs 'mcast recv {target} --reply'");
    let remedy = match (at.cast, ttl) {
        (Cast::Multicast, Some(ttl @ 0..=1)) => format!(
            "{receiver}; on it, run 'mcast check {target}'; to reach receivers behind routers, raise \
             the TTL from {ttl} (--ttl 16)"
        ),
        (Cast::Multicast, _) => format!("{receiver}; on it, run 'mcast check {target}'"),
        _ => receiver,
    };
    Notice::new(Level::Warning, Id::NoAnswer, what).remedy(remedy)
}
