//! An interface on one line.

use std::fmt;

use super::{Address, Interface};
use crate::units::printable::Printable;

/// The name, padded to `width`, the state and the addresses.
pub struct Row<'a> {
    pub iface: &'a Interface,
    /// The width of the name column.
    pub width: usize,
}

pub fn name_width<'a>(interfaces: impl IntoIterator<Item = &'a Interface>) -> usize {
    let widths =
        interfaces.into_iter().map(|iface| Printable(&iface.name).to_string().chars().count());
    widths.max().unwrap_or(0)
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { iface, width } = self;
        let name = Printable(&iface.name).to_string();
        write!(f, "{name:width$}  {:4}", if iface.up { "up" } else { "down" })?;
        for Address { ip, prefix } in &iface.addresses {
            match prefix {
                Some(prefix) => write!(f, "  {ip}/{prefix}")?,
                None => write!(f, "  {ip}")?,
            }
        }
        if iface.addresses.is_empty() {
            write!(f, "  no address")?;
        }
        Ok(())
    }
}
