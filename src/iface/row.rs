//! An interface on one line.

use std::fmt;

use super::{Address, Interface};

/// An interface on one line: its name, padded to `width`, its state and its addresses.
pub struct Row<'a> {
    /// The interface.
    pub iface: &'a Interface,
    /// The width of the column of names.
    pub width: usize,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { iface, width } = self;
        write!(f, "{:width$}  {:4}", iface.name, if iface.up { "up" } else { "down" })?;
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
