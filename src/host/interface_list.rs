//! A list of interfaces in the making.

use crate::iface::Interface;

/// The interface of this name in the list, added if it is not there yet.
pub fn entry<'a>(interfaces: &'a mut Vec<Interface>, name: &str) -> &'a mut Interface {
    let position = interfaces.iter().position(|iface| iface.name == name).unwrap_or_else(|| {
        interfaces.push(Interface { name: name.to_owned(), ..Interface::default() });
        interfaces.len() - 1
    });
    &mut interfaces[position]
}
