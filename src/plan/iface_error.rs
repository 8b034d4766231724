//! Why no interface could be chosen, with the interfaces of this host.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use crate::host::Commands;
use crate::iface::{Family, Interface, Row, Wanted, name_width};
use crate::units::printable::Printable;
use crate::units::words::list;

/// Why no interface could be chosen. Most messages list the interfaces of this host.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IfaceError {
    /// `--iface` or a zone matches no interface of this host.
    #[error(
        "cannot find interface '{}': no interface of this host has this name, address or index\n  \
         tip: use one of these with --iface{choices}",
        Printable(wanted)
    )]
    Unknown {
        /// The text that was typed.
        wanted: String,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// `MCAST_IFACE` matches no interface of this host.
    #[error(
        "cannot find interface '{}' (from {variable}): no interface of this host has this name, \
         address or index\n  tip: set {variable} to one of these, or use --iface{choices}",
        Printable(wanted),
        variable = Wanted::VARIABLE
    )]
    DefaultUnknown {
        /// The value of the variable.
        wanted: String,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// A sender's interface is down.
    #[error("cannot send on {name}: {}{choices}", down(name, Commands::HERE))]
    Down {
        /// The interface.
        name: String,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// The interface has no address of the group's family.
    #[error(
        "cannot {purpose} {group} on {name}: the interface has no {family} address\n  tip: add an \
         address to {name}, or use another interface with --iface{choices}"
    )]
    NoAddress {
        /// The interface.
        name: String,
        /// The missing family.
        family: Family,
        /// `send to` or `join`.
        purpose: &'static str,
        /// The group.
        group: IpAddr,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// There is no route to the group, and no single interface that can carry it.
    #[error(
        "cannot choose an interface: this host has no route to {group}\n  tip: name the interface \
         with --iface{choices}"
    )]
    NoRoute {
        /// The group.
        group: IpAddr,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// `--iface all`, and no interface can carry the group.
    #[error(
        "cannot use --iface all for {group}: no interface is up, supports multicast and has an \
         {family} address{choices}"
    )]
    NoneAble {
        /// The group.
        group: IpAddr,
        /// The family of the group.
        family: Family,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// No interface has a receiver's unicast or broadcast address.
    #[error(
        "cannot receive on {address}: it is not an address of this host\n  tip: use a group, \
         for example 239.1.1.1:5000, or an address of these interfaces{choices}"
    )]
    NotHere {
        /// The address.
        address: IpAddr,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// The address belongs to another interface than the named one.
    #[error(
        "cannot use {address} on {named}: it belongs to {has}\n  tip: use --iface {has}, or remove \
         --iface and the zone"
    )]
    Elsewhere {
        /// The address.
        address: IpAddr,
        /// The interface with the address.
        has: String,
        /// The named interface.
        named: String,
    },
    /// `--iface` is an address of several interfaces.
    #[error(
        "cannot choose an interface by the address {address}: several interfaces have it\n  tip: \
         use a name or an index with --iface{choices}"
    )]
    Twice {
        /// The address.
        address: IpAddr,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// Several interfaces can carry the group.
    #[error(
        "cannot choose an interface for {group}: {} can carry it\n  tip: name one with \
         --iface, or use --iface all{choices}",
        choices.able(*group)
    )]
    Ambiguous {
        /// The group.
        group: IpAddr,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// A link-local address without an interface.
    #[error(
        "cannot choose an interface for {group}: the address exists on every link (RFC 4007)\n  tip: write [{group}%NAME]:{port}, or add --iface NAME{choices}"
    )]
    NeedsZone {
        /// The address.
        group: IpAddr,
        /// Its port, for the tip.
        port: u16,
        /// The interfaces of this host.
        choices: Choices,
    },
    /// The zone of a target and `--iface` name different interfaces.
    #[error(
        "the target names interface {zone}, but --iface names {iface}\n  tip: keep one of the two"
    )]
    ZoneConflict {
        /// The zone of the target.
        zone: String,
        /// The interface of `--iface`.
        iface: String,
    },
    /// `--iface ask` without a terminal.
    #[error(
        "cannot show the menu of --iface ask: there is no terminal\n  tip: name the interface with \
         --iface{choices}"
    )]
    NoTerminal {
        /// The interfaces of this host.
        choices: Choices,
    },
    /// The user closed the menu.
    #[error("no interface was chosen\n  tip: name one with --iface{choices}")]
    NotChosen {
        /// The interfaces of this host.
        choices: Choices,
    },
}

/// The interfaces of this host, one line each below an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices(pub(super) Vec<Interface>);

impl Choices {
    /// A copy of the interfaces of this host.
    pub fn of(interfaces: &[Interface]) -> Self {
        Choices(interfaces.to_vec())
    }

    /// The names of the interfaces that can carry a group: `e0 and e1`.
    fn able(&self, group: IpAddr) -> String {
        const MOST_NAMES: usize = 4;
        let able = self.0.iter().filter(|iface| iface.is_able(group));
        let names: Vec<String> = able.map(|iface| Printable(&iface.name).to_string()).collect();
        if names.len() > MOST_NAMES { format!("{} interfaces", names.len()) } else { list(&names) }
    }

    /// Whether an interface has a carrier; never for `lo`.
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
        write!(f, "\n  interfaces of this host:")?;
        let width = name_width(&self.0);
        self.0
            .iter()
            .try_for_each(|iface| write!(f, "\n    {:>3}  {}", iface.index, Row { iface, width }))
    }
}

/// The reason and the tip for an interface that is down.
pub(crate) fn down(iface: &str, commands: Commands) -> String {
    match commands.bring_up(iface) {
        Some(command) => format!(
            "the interface is administratively down (flag UP not set)\n  tip: bring it up: {command}"
        ),
        None => "the interface is not operational\n  tip: enable the interface, or connect its \
                 network"
            .to_owned(),
    }
}
