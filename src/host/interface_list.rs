//! A list of interfaces under construction.

use crate::iface::Interface;

/// The interface with this name, added if it is missing.
pub fn entry<'a>(interfaces: &'a mut Vec<Interface>, name: &str) -> &'a mut Interface {
    let position = interfaces.iter().position(|iface| iface.name == name).unwrap_or_else(|| {
        interfaces.push(Interface { name: name.to_owned(), ..Interface::default() });
        interfaces.len() - 1
    });
    &mut interfaces[position]
}
