//! The interfaces of this host.

use std::io;

use super::{imp, os};
use crate::iface::Interface;
use crate::units::order::sort_by_key;

/// The interfaces of this host, sorted by index.
///
/// # Errors
/// The error of the system.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces =
        os::interfaces().or_else(|error| imp::interfaces_without_netlink().map_err(|_| error))?;
    sort_by_key(&mut interfaces, |iface| iface.index);
    let mut links = imp::links(&interfaces);
    for iface in &mut interfaces {
        iface.link = links.remove(&iface.index).unwrap_or_default();
    }
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    {
        let carriers = imp::carriers();
        for iface in &mut interfaces {
            iface.shown_carrier = carriers.get(&iface.index).copied();
        }
    }
    Ok(interfaces)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_host_has_a_loopback_interface() {
        let interfaces = super::interfaces().unwrap();
        let lo = interfaces.iter().find(|iface| iface.loopback).expect("every host has one");
        assert!(lo.index > 0 && !lo.name.is_empty(), "{lo:?}");
    }
}
