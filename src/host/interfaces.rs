//! The interfaces of this host.

use std::io;

use super::{imp, os};
use crate::iface::Interface;

/// Lists the interfaces of this host, by index.
///
/// # Errors
/// What the system refused.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces =
        os::interfaces().or_else(|error| imp::interfaces_without_netlink().map_err(|_| error))?;
    interfaces.sort_by_key(|iface| iface.index);
    let mut links = imp::links(&interfaces);
    for iface in &mut interfaces {
        iface.link = links.remove(&iface.index).unwrap_or_default();
    }
    Ok(interfaces)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_host_has_a_loopback_interface_with_an_index_and_a_name() {
        let interfaces = super::interfaces().unwrap();
        let lo = interfaces.iter().find(|iface| iface.loopback).expect("every host has one");
        assert!(lo.index > 0 && !lo.name.is_empty(), "{lo:?}");
    }
}
