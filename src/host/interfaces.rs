//! The interfaces of this host.

use std::io;

use super::os;
use crate::iface::Interface;

/// Lists the interfaces of this host, by index.
///
/// # Errors
/// What the system refused.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces = os::interfaces()?;
    interfaces.sort_by_key(|iface| iface.index);
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
