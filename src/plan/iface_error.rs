//! Why no interface could be chosen, with what there is to choose from.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use crate::iface::{Family, Interface, Row, Wanted, name_width};
use crate::units::printable::Printable;

/// Why no interface could be chosen. Each message shows what this host has.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IfaceError {
    /// `--iface` or a zone names nothing on this host.
    #[error(
        "no interface of this host has the name, address or index '{}'\n  tip: name one of these \
         with --iface{choices}",
        Printable(wanted)
    )]
    Unknown {
        /// What was typed.
        wanted: String,
        /// What there is.
        choices: Choices,
    },
    /// `MCAST_IFACE` names nothing on this host.
    #[error(
        "no interface of this host has the name, address or index '{}' that {} names\n  tip: \
         set it to one of these, or use --iface{choices}",
        Printable(wanted),
        Wanted::VARIABLE
    )]
    DefaultUnknown {
        /// The value of the variable.
        wanted: String,
        /// What there is.
        choices: Choices,
    },
    /// The interface that should send is administratively down.
    #[error(
        "interface {name} is down, so nothing can leave there\n  tip: bring it up with 'ip link \
         set {name} up'{choices}"
    )]
    Down {
        /// The interface.
        name: String,
        /// What there is.
        choices: Choices,
    },
    /// The interface has no address of the group's family.
    #[error("interface {name} has no {family} address to {purpose} {group} with{choices}")]
    NoAddress {
        /// The interface.
        name: String,
        /// `IPv4` or `IPv6`.
        family: Family,
        /// `send to` or `join`.
        purpose: &'static str,
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// There is no route to the group, and no single interface that would do.
    #[error("this host has no route to {group}\n  tip: name the interface with --iface{choices}")]
    NoRoute {
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// `--iface all`, and there is none that would do.
    #[error(
        "no interface of this host is up, carries multicast and has an {family} address for \
         {group}{choices}"
    )]
    NoneAble {
        /// The group.
        group: IpAddr,
        /// `IPv4` or `IPv6`.
        family: Family,
        /// What there is.
        choices: Choices,
    },
    /// A receiver's unicast or broadcast address that no interface has.
    #[error(
        "{address} is not an address of this host, so nothing sent to it arrives here; name a \
         group such as 239.1.1.1:5000, or one of these{choices}"
    )]
    NotHere {
        /// The address.
        address: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// The address is one of another interface than the one that was named.
    #[error(
        "{address} is an address of {has}, and --iface or the zone names {named}; leave that out, \
         or name {has}"
    )]
    Elsewhere {
        /// The address.
        address: IpAddr,
        /// The interface that has it.
        has: String,
        /// The interface that was named.
        named: String,
    },
    /// `--iface` is an address that stands on several interfaces.
    #[error(
        "several interfaces have the address {address}\n  tip: name one by its name or \
         index{choices}"
    )]
    Twice {
        /// The address.
        address: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// Several interfaces would do equally well.
    #[error(
        "several interfaces could carry {group}\n  tip: name one with --iface, or all of them \
         with --iface all{choices}"
    )]
    Ambiguous {
        /// The group.
        group: IpAddr,
        /// What there is.
        choices: Choices,
    },
    /// A link-local address without an interface.
    #[error(
        "{group} exists on every link, so it needs an interface: write [{group}%NAME]:{port} or \
         add --iface NAME (RFC 4007){choices}"
    )]
    NeedsZone {
        /// The address.
        group: IpAddr,
        /// Its port, to show a right target.
        port: u16,
        /// What there is.
        choices: Choices,
    },
    /// The zone says one interface and `--iface` another.
    #[error("the target names interface {zone} and --iface names {iface}; keep one of them")]
    ZoneConflict {
        /// From the target.
        zone: String,
        /// From `--iface`.
        iface: String,
    },
    /// `--iface ask` without a terminal.
    #[error(
        "--iface ask shows a menu, and here is no terminal to show it on; name the \
         interface{choices}"
    )]
    NobodyToAsk {
        /// What there is.
        choices: Choices,
    },
    /// The menu was closed without a choice.
    #[error("no interface was chosen; name one with --iface{choices}")]
    NotChosen {
        /// What there is.
        choices: Choices,
    },
}

/// The interfaces of this host, printed one a line below an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices(pub(super) Vec<Interface>);

impl Choices {
    /// These interfaces.
    pub fn of(interfaces: &[Interface]) -> Self {
        Choices(interfaces.to_vec())
    }

    /// Whether the wire of an interface carries.
    pub(super) fn carries(&self, name: &str) -> bool {
        let iface = self.0.iter().find(|iface| iface.name == name);
        iface.is_some_and(|iface| iface.carrier() == Some(true) && !iface.loopback)
    }
}

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return write!(f, "\n  this host has no interfaces");
        }
        write!(f, "\n  this host has:")?;
        let width = name_width(&self.0);
        self.0
            .iter()
            .try_for_each(|iface| write!(f, "\n    {:>3}  {}", iface.index, Row { iface, width }))
    }
}
