//! The interfaces of a capture, over all its sections.

use super::captured::Interface;
use super::resolution::Resolution;

/// The most interfaces of a capture.
pub const MOST: usize = 1 << 16;

/// An interface as packets refer to it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The position in the list of all interfaces.
    pub position: usize,
    pub link_type: u16,
    /// The most bytes of a packet; 0 means no limit.
    pub snap_length: u32,
    pub resolution: Resolution,
}

/// The interfaces of all sections.
#[derive(Debug, Default)]
pub struct Interfaces {
    all: Vec<Interface>,
    section: Vec<Described>,
    /// The positions of the section before.
    before: Vec<usize>,
}

impl Interfaces {
    /// Begins a section, which has no interfaces yet.
    pub fn begin_section(&mut self) {
        self.before = self.section.drain(..).map(|described| described.position).collect();
    }

    /// Adds an interface to the section. If the section before has the same one at this place, the
    /// capture is a series of recordings, and the interface keeps its position.
    pub fn add(
        &mut self,
        interface: Interface,
        snap_length: u32,
        resolution: Resolution,
    ) -> Result<(), usize> {
        let known = self.before.get(self.section.len()).copied().filter(|position| {
            self.all.get(*position).is_some_and(|known| known.is_same(&interface))
        });
        let position = known.unwrap_or(self.all.len());
        if position >= MOST || self.section.len() >= MOST {
            return Err(MOST);
        }
        let link_type = interface.link_type;
        if known.is_none() {
            self.all.push(interface);
        }
        self.section.push(Described { position, link_type, snap_length, resolution });
        Ok(())
    }

    /// The interface with this number in the section.
    pub fn described(&self, number: u32) -> Option<Described> {
        self.section.get(usize::try_from(number).ok()?).copied()
    }

    /// Sets how many packets an interface of the section dropped.
    pub fn set_dropped(&mut self, number: u32, dropped: u64) {
        let position = self.described(number).map(|described| described.position);
        if let Some(interface) = position.and_then(|position| self.all.get_mut(position)) {
            interface.dropped = Some(dropped);
        }
    }

    pub fn all(&self) -> &[Interface] {
        &self.all
    }
}

impl Interface {
    fn is_same(&self, other: &Interface) -> bool {
        (self.link_type, &self.name, &self.description)
            == (other.link_type, &other.name, &other.description)
    }
}
