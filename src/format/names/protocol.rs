//! A protocol that has a name: its sign in the payload, and its usual places.

use super::name::Name;
use super::place::Place;
use crate::format::kind::How;

/// A protocol that has a name.
pub struct Protocol {
    /// The name if the content shows it.
    pub found: Name,
    /// The name if only the port suggests it.
    pub usual: Name,
    /// Whether a payload is of this protocol; `None` if no payload shows it.
    pub fits: Option<fn(&[u8]) -> bool>,
    /// Chance is out of the question even without the port: fewer than one of 2^30 random datagrams
    /// fits.
    pub alone: bool,
    pub places: &'static [Place],
}

impl Protocol {
    /// A protocol that only its port suggests.
    pub const fn new(id: &'static str, title: &'static str, places: &'static [Place]) -> Self {
        let found = Name { id, title, how: How::Structure, note: None };
        let usual = Name { how: How::Port, ..found };
        Protocol { found, usual, fits: None, alone: false, places }
    }

    /// Fixed bytes that identify it at any port.
    pub const fn magic(self, fits: fn(&[u8]) -> bool) -> Self {
        let found = Name { how: How::Magic, ..self.found };
        Protocol { found, fits: Some(fits), alone: true, ..self }
    }

    /// Fields that identify it at any port.
    pub const fn structure(self, fits: fn(&[u8]) -> bool) -> Self {
        Protocol { fits: Some(fits), alone: true, ..self }
    }

    /// Fields that identify it at its usual port.
    pub const fn at_port(self, fits: fn(&[u8]) -> bool) -> Self {
        Protocol { fits: Some(fits), alone: false, ..self }
    }

    /// The same with a note.
    pub const fn note(self, note: &'static str) -> Self {
        let found = Name { note: Some(note), ..self.found };
        let usual = Name { note: Some(note), ..self.usual };
        Protocol { found, usual, ..self }
    }

    /// Whether a payload shows this protocol.
    pub fn is(&self, payload: &[u8]) -> bool {
        self.fits.is_some_and(|fits| fits(payload))
    }

    /// Whether it usually uses this group and port.
    pub fn uses(&self, group: std::net::IpAddr, port: u16) -> bool {
        self.places.iter().any(|place| place.holds(group, port))
    }
}
