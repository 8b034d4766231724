//! Reassembly of fragmented IP packets, within limits of time and memory.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::ip::{Fragment, Header, Packet};
use super::link::Link;
use crate::units::UnixTime;

/// A packet is given up after this time of the capture (Linux, `ipfrag_time`).
const LONGEST: Duration = Duration::from_secs(30);

/// The most bytes of all incomplete packets.
const MOST_BYTES: usize = 64 << 20;

/// What an incomplete packet costs beside its content, in bytes.
const OVERHEAD: usize = 256;

/// How many complete packets may stay in the order of the incomplete ones.
const MOST_COMPLETE: usize = 1024;

/// What the fragments of a packet have in common. A capture of two interfaces may have each
/// fragment twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    addresses: (std::net::IpAddr, std::net::IpAddr),
    id: u32,
    /// Only IPv4 distinguishes them (RFC 791, 3.2; RFC 8200, 4.5).
    protocol: u8,
    interface: usize,
    device: Option<u32>,
    vlan: Option<u16>,
}

/// An incomplete packet.
#[derive(Debug)]
struct Partial {
    /// Distinguishes it from an earlier packet with the same key.
    serial: u64,
    begun: Option<UnixTime>,
    /// Of the first fragment, and its protocol.
    first: Option<(Header, u8)>,
    /// The length, from the last fragment.
    len: Option<usize>,
    /// The pieces in order, as (first byte, byte behind the last one), without overlap.
    pieces: Vec<(u16, u16)>,
    content: Vec<u8>,
}

/// The result of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// The packet is still incomplete, or the fragment is a copy.
    Incomplete,
    /// The packet is complete: [`Reassembly::content`] holds its content. Its header and protocol
    /// are those of the first fragment.
    Complete(Header, u8),
    /// The fragment contradicts the others. The packet is given up.
    Contradiction,
}

/// All incomplete packets.
#[derive(Debug, Default)]
pub struct Reassembly {
    partials: HashMap<Key, Partial>,
    /// From the oldest; some are complete.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    bytes: usize,
    content: Vec<u8>,
    given_up: u64,
}

impl Reassembly {
    /// Adds a fragment.
    pub fn add(
        &mut self,
        packet: &Packet,
        fragment: Fragment,
        (interface, link): (usize, Link),
        time: Option<UnixTime>,
    ) -> Added {
        self.give_up_old(time);
        let header = packet.header;
        let key = Key {
            addresses: (header.source, header.destination),
            id: fragment.id,
            protocol: if header.source.is_ipv4() { packet.protocol } else { 0 },
            interface,
            device: link.device,
            vlan: link.vlan,
        };
        if self.partials.get(&key).is_some_and(|partial| is_old(partial.begun, time)) {
            self.remove(&key);
            self.given_up += 1;
        }
        let partial = match self.partials.get_mut(&key) {
            Some(partial) => partial,
            None => self.begin(key, time),
        };
        let before = partial.cost();
        let fits = partial.add(packet, fragment);
        let (cost, complete) = (partial.cost(), partial.complete());
        self.bytes = self.bytes + cost - before;
        if !fits {
            self.remove(&key);
            return Added::Contradiction;
        }
        let Some((header, protocol)) = complete else {
            self.keep_limit();
            return Added::Incomplete;
        };
        if let Some(partial) = self.remove(&key) {
            self.content = partial.content;
        }
        Added::Complete(header, protocol)
    }

    fn begin(&mut self, key: Key, time: Option<UnixTime>) -> &mut Partial {
        if self.order.len() > 2 * self.partials.len() + MOST_COMPLETE {
            let partials = &self.partials;
            self.order.retain(|(key, serial)| {
                partials.get(key).is_some_and(|partial| partial.serial == *serial)
            });
        }
        self.serial += 1;
        self.order.push_back((key, self.serial));
        let partial = Partial {
            serial: self.serial,
            begun: time,
            first: None,
            len: None,
            pieces: Vec::new(),
            content: Vec::new(),
        };
        self.bytes += partial.cost();
        self.partials.entry(key).or_insert(partial)
    }

    fn remove(&mut self, key: &Key) -> Option<Partial> {
        let partial = self.partials.remove(key)?;
        self.bytes -= partial.cost();
        // A capture with many fragments keeps few of them: the rest are complete.
        while self.order.front().is_some_and(|(key, serial)| !self.is_kept(key, *serial)) {
            self.order.pop_front();
        }
        Some(partial)
    }

    fn is_kept(&self, key: &Key, serial: u64) -> bool {
        self.partials.get(key).is_some_and(|partial| partial.serial == serial)
    }

    /// Gives up the packets that began too long ago.
    fn give_up_old(&mut self, now: Option<UnixTime>) {
        while self.oldest().is_some_and(|partial| is_old(partial.begun, now)) {
            self.give_up_oldest();
        }
    }

    fn keep_limit(&mut self) {
        while self.bytes > MOST_BYTES {
            self.give_up_oldest();
        }
    }

    fn oldest(&self) -> Option<&Partial> {
        self.order.front().and_then(|(key, _)| self.partials.get(key))
    }

    fn give_up_oldest(&mut self) {
        if let Some((key, _)) = self.order.front().copied() {
            self.given_up += u64::from(self.remove(&key).is_some());
        }
    }

    /// The content of the packet that was completed last.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Ends all packets: no fragment follows.
    pub fn end(&mut self) {
        self.given_up += self.partials.len() as u64;
        *self = Reassembly { given_up: self.given_up, ..Reassembly::default() };
    }

    /// Takes the number of packets that were given up incomplete.
    pub fn take_given_up(&mut self) -> u64 {
        std::mem::take(&mut self.given_up)
    }

    /// The memory of the incomplete packets in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn is_old(begun: Option<UnixTime>, now: Option<UnixTime>) -> bool {
    begun.zip(now).is_some_and(|(begun, now)| now.duration_since(begun) > LONGEST)
}

impl Partial {
    fn cost(&self) -> usize {
        OVERHEAD + self.content.capacity() + self.pieces.capacity() * size_of::<(u16, u16)>()
    }

    /// The header and the protocol of the complete packet.
    fn complete(&self) -> Option<(Header, u8)> {
        let whole = (0, u16::try_from(self.len?).ok()?);
        self.first.filter(|_| self.pieces == [whole])
    }

    /// Adds a piece; `false` if it contradicts the others.
    fn add(&mut self, packet: &Packet, fragment: Fragment) -> bool {
        let offset = usize::from(fragment.offset);
        let end = offset + packet.content.len();
        let Ok(end_of_piece) = u16::try_from(end) else { return false };
        let fits = match (fragment.is_last, self.len) {
            (true, Some(len)) => end == len,
            (true, None) => usize::from(self.pieces.last().map_or(0, |(_, end)| *end)) <= end,
            // All others end at a multiple of eight bytes.
            (false, len) => packet.content.len() % 8 == 0 && len.is_none_or(|len| end < len),
        };
        if !fits || packet.content.is_empty() {
            return false;
        }
        let piece = (fragment.offset, end_of_piece);
        match self.insert(piece) {
            Placed::New => {}
            Placed::Copy => return true,
            Placed::Overlap => return false,
        }
        if fragment.is_last {
            self.len = Some(end);
        }
        if offset == 0 {
            self.first = Some((packet.header, packet.protocol));
        }
        if self.content.len() < end {
            self.content.resize(end, 0);
        }
        if let Some(place) = self.content.get_mut(offset..end) {
            place.copy_from_slice(packet.content);
        }
        true
    }

    /// Inserts a piece and joins it with its neighbours.
    fn insert(&mut self, (start, end): (u16, u16)) -> Placed {
        let at = self.pieces.partition_point(|piece| piece.1 <= start);
        if let Some(next) = self.pieces.get(at).filter(|next| next.0 < end) {
            // A copy of a fragment is harmless; other overlaps are attacks (RFC 5722).
            return if next.0 <= start && end <= next.1 { Placed::Copy } else { Placed::Overlap };
        }
        let joins_before = at.checked_sub(1).filter(|at| self.pieces[*at].1 == start);
        let joins_next = self.pieces.get(at).is_some_and(|next| next.0 == end);
        match (joins_before, joins_next) {
            (Some(before), true) => {
                self.pieces[before].1 = self.pieces[at].1;
                self.pieces.remove(at);
            }
            (Some(before), false) => self.pieces[before].1 = end,
            (None, true) => self.pieces[at].0 = start,
            (None, false) => self.pieces.insert(at, (start, end)),
        }
        Placed::New
    }
}

enum Placed {
    New,
    Copy,
    Overlap,
}

#[cfg(test)]
mod tests;
