//! Where the datagrams of a capture were sent to, and on which interface: the endpoints that they
//! have on a receiver, and whether the run takes them.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::capture::{Captured, Interface};
use crate::format::sap;
use crate::iface::{Cast, Via};
use crate::plan::{CaptureInterface, Selection, Unselected};
use crate::target::{Endpoint, Filter};
use crate::units::order::sort_by_key;

/// How many places and interfaces are remembered.
const MOST: usize = 65_536;

/// Where datagrams were sent to, and on which interface.
#[derive(Debug)]
pub struct Place {
    pub endpoint: Endpoint,
    decision: Decision,
    /// The datagrams that the run did not take.
    left: u64,
}

/// Whether a run takes the datagrams to a place.
#[derive(Debug)]
enum Decision {
    /// From these sources.
    Take(Filter),
    /// From these sources, to describe streams.
    Describe(Filter),
    Leave(Unselected),
}

/// Whether a run takes a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    /// It only describes streams.
    Beside,
    Left(Unselected),
    /// It is from another source.
    OtherSource,
}

/// What is known of a datagram.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The number of its place.
    pub place: usize,
    pub fate: Fate,
    /// The number of its origin: consecutive datagrams with equal numbers have the same addresses
    /// and interface.
    pub origin: NonZeroU64,
}

/// The previous datagram. Most datagrams repeat all of it.
#[derive(Debug)]
struct Previous {
    device: (usize, Option<u32>),
    addresses: (SocketAddr, SocketAddr),
    found: Found,
}

/// All places.
#[derive(Debug)]
pub struct Places<'a> {
    selection: &'a Selection,
    /// By the position of the interface in the capture, and the index that the link layer states.
    vias: HashMap<(usize, Option<u32>), Arc<Via>>,
    /// Stands for all interfaces beyond the limit.
    unknown: Arc<Via>,
    places: Vec<Place>,
    positions: HashMap<(SocketAddr, u32), usize>,
    previous: Option<Previous>,
}

impl<'a> Places<'a> {
    pub fn new(selection: &'a Selection) -> Self {
        Places {
            selection,
            vias: HashMap::new(),
            unknown: Arc::default(),
            places: Vec::new(),
            positions: HashMap::new(),
            previous: None,
        }
    }

    /// Whether the interface of a datagram is new, and [`Places::add_interface`] must run.
    #[inline]
    pub fn lacks(&self, captured: &Captured) -> bool {
        let device = (captured.interface, captured.device);
        let is_previous = self.previous.as_ref().is_some_and(|before| before.device == device);
        !is_previous && self.vias.len() < MOST && !self.vias.contains_key(&device)
    }

    /// Adds the interface of a datagram.
    pub fn add_interface(&mut self, captured: &Captured, interface: Option<&Interface>) {
        let number = captured.interface;
        let index = u32::try_from(self.vias.len()).unwrap_or(u32::MAX).saturating_add(1);
        let name = interface.and_then(|interface| interface.name.as_deref());
        let name = match (captured.device, name) {
            (Some(device), _) => format!("if{device}"),
            (None, Some(name)) => name.to_owned(),
            // The only interface of most captures needs no name.
            (None, None) if number == 0 => String::new(),
            (None, None) => format!("#{number}"),
        };
        let via = Via { name, index, ..Via::default() };
        self.vias.insert((number, captured.device), Arc::new(via));
    }

    /// The number of interfaces with datagrams.
    pub fn interfaces(&self) -> usize {
        self.vias.len()
    }

    /// The name of the interface with an index.
    pub fn name_of(&self, index: u32) -> Option<&str> {
        self.vias.values().find(|via| via.index == index).map(|via| via.name.as_str())
    }

    /// The place of a datagram, and whether the run takes it.
    #[inline]
    pub fn find(&mut self, captured: &Captured) -> Found {
        let device = (captured.interface, captured.device);
        let addresses = (captured.source, captured.destination);
        let found = match &self.previous {
            Some(before) if before.addresses == addresses && before.device == device => {
                before.found
            }
            _ => self.look_up(device, addresses),
        };
        self.places[found.place].left += u64::from(found.fate != Fate::Taken);
        found
    }

    /// The place with a number.
    pub fn place(&self, number: usize) -> &Place {
        &self.places[number]
    }

    fn look_up(
        &mut self,
        device: (usize, Option<u32>),
        addresses: (SocketAddr, SocketAddr),
    ) -> Found {
        let (source, to) = addresses;
        let via = self.vias.get(&device).unwrap_or(&self.unknown);
        let key = (to, via.index);
        let place = match self.positions.get(&key) {
            Some(place) => *place,
            None => {
                let place = Place::new(to, via, device.0, self.selection);
                self.add(key, place)
            }
        };
        let fate = self.places[place].fate(source.ip());
        let origin = match &self.previous {
            Some(before) => before.found.origin.saturating_add(1),
            None => NonZeroU64::MIN,
        };
        let found = Found { place, fate, origin };
        self.previous = Some(Previous { device, addresses, found });
        found
    }

    /// Adds a place and returns its number. The last one replaces those beyond the limit.
    fn add(&mut self, key: (SocketAddr, u32), place: Place) -> usize {
        if self.places.len() < MOST {
            self.positions.insert(key, self.places.len());
        } else {
            self.places.truncate(MOST);
        }
        self.places.push(place);
        self.places.len() - 1
    }

    /// The destinations with datagrams that the run did not take, and their numbers: groups first,
    /// then the largest numbers.
    pub fn left(&self) -> Vec<(SocketAddr, u64)> {
        let mut numbers: HashMap<SocketAddr, u64> = HashMap::new();
        for Place { endpoint, left, .. } in self.places.iter().filter(|place| place.left > 0) {
            *numbers.entry(SocketAddr::new(endpoint.group, endpoint.port)).or_default() += left;
        }
        let mut sorted: Vec<(SocketAddr, u64)> = numbers.into_iter().collect();
        let by_use = |(to, number): &(SocketAddr, u64)| {
            (!to.ip().is_multicast(), std::cmp::Reverse(*number), *to)
        };
        sort_by_key(&mut sorted, by_use);
        sorted
    }
}

impl Place {
    fn new(to: SocketAddr, via: &Arc<Via>, number: usize, selection: &Selection) -> Self {
        let name = Some(via.name.as_str()).filter(|name| !name.is_empty());
        let iface = CaptureInterface { name, number };
        let decision = match selection.filter(to, iface) {
            Ok(filter) => Decision::Take(filter),
            Err(reason) => {
                let describes = describes(to, iface, selection);
                describes.map_or(Decision::Leave(reason), Decision::Describe)
            }
        };
        let cast = Cast::of(to.ip(), &[]);
        let endpoint = Endpoint { group: to.ip(), port: to.port(), cast, via: Arc::clone(via) };
        Place { endpoint, decision, left: 0 }
    }

    fn fate(&self, source: IpAddr) -> Fate {
        match &self.decision {
            Decision::Take(filter) if filter.admits(source) => Fate::Taken,
            Decision::Take(_) => Fate::OtherSource,
            Decision::Describe(filter) if filter.admits(source) => Fate::Beside,
            Decision::Describe(_) => Fate::Left(Unselected::Target),
            Decision::Leave(reason) => Fate::Left(*reason),
        }
    }

    /// The name of the interface, unless it has none.
    pub fn iface(&self) -> Option<&str> {
        Some(self.endpoint.via.name.as_str()).filter(|name| !name.is_empty())
    }
}

/// The sources whose datagrams to a place beside the targets describe streams: announcements of
/// sessions, and RTCP one port above a target (RFC 3550, 11).
fn describes(to: SocketAddr, iface: CaptureInterface, selection: &Selection) -> Option<Filter> {
    let below = to.port().checked_sub(1).filter(|port| *port > 0)?;
    match selection.filter(SocketAddr::new(to.ip(), below), iface) {
        Ok(filter) => Some(filter),
        Err(Unselected::Interface) => None,
        Err(_) => (to.ip().is_multicast() && to.port() == sap::PORT).then_some(Filter::Any),
    }
}
