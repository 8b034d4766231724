//! Builds a pcapng file.

use super::block::{Block, COMMENT, ENHANCED_PACKET, INTERFACE, SECTION_HEADER, STATISTICS};
use super::headers::{self, rebuild};
use super::{About, Recorded};
use crate::iface::Cast;
use crate::units::UnixTime;

/// Packets begin with their IP header.
const LINKTYPE_RAW: u32 = 101;

/// The longest packet to expect. libpcap refuses interfaces that differ in it, and takes this value
/// for all that is longer.
const SNAP_LEN: u32 = 262_144;

/// The length of a statistics block.
const STATISTICS_LEN: usize = 24 + 5 * 12 + 4;

/// Builds a pcapng file in a buffer that always holds whole blocks. The owner takes the buffer and
/// writes it out.
///
/// Received datagrams have no link layer, and the kernel delivers only their payload: the IP and UDP
/// headers are rebuilt. A comment of the section should state that.
#[derive(Debug)]
pub struct Writer {
    about: About,
    bytes: Vec<u8>,
    /// The bytes of this file in the buffers that were taken.
    taken: u64,
    pub(super) interfaces: Vec<Interface>,
    /// The position of the last interface.
    last: usize,
    start: UnixTime,
    /// The drops of the kernel since the last datagram; `None` if the system does not count them.
    dropped: Option<u64>,
}

/// An interface, and its counters in this file.
#[derive(Debug)]
pub(super) struct Interface {
    name: Option<String>,
    delivered: u64,
    dropped: u64,
}

impl Writer {
    /// A writer without a file.
    pub fn new(about: About) -> Self {
        Writer {
            about,
            bytes: Vec::new(),
            taken: 0,
            interfaces: Vec::new(),
            last: 0,
            start: UnixTime::default(),
            dropped: None,
        }
    }

    /// Begins a file with all known interfaces.
    pub fn begin(&mut self, start: UnixTime) {
        (self.start, self.taken) = (start, 0);
        let About { program, os, comments } = &self.about;
        // Version 1.0, and a section of unknown length.
        let block = Block::begin(SECTION_HEADER, &mut self.bytes);
        let block = block.u32(0x1a2b_3c4d).u32(1).u64(u64::MAX);
        let block = comments.iter().fold(block, |block, text| block.text(COMMENT, text));
        block.text(3, os).text(4, program).end();
        for interface in &mut self.interfaces {
            (interface.delivered, interface.dropped) = (0, 0);
            describe(interface, os, &mut self.bytes);
        }
    }

    /// Adds an interface to the file, before its first datagram.
    pub fn add_interface(&mut self, name: Option<&str>) {
        self.last = self.interface(name);
    }

    /// Notes that the kernel dropped `count` datagrams since the last call. Without a call, the
    /// system does not count them.
    pub fn note_drops(&mut self, count: u64) {
        self.dropped = Some(self.dropped.unwrap_or(0).saturating_add(count));
    }

    /// Adds a datagram.
    #[inline]
    pub fn add(&mut self, datagram: &Recorded) {
        let is_last = |last: &Interface| last.name.as_deref() == datagram.iface;
        if !self.interfaces.get(self.last).is_some_and(is_last) {
            self.last = self.interface(datagram.iface);
        }
        let dropped = self.dropped.as_mut().map_or(0, std::mem::take);
        if let Some(interface) = self.interfaces.get_mut(self.last) {
            interface.delivered += 1;
            interface.dropped += dropped;
        }
        let headers = rebuild(datagram);
        let len = (headers.bytes().len() + headers.payload.len()) as u32;
        let block = Block::begin(ENHANCED_PACKET, &mut self.bytes)
            .u32(self.last as u32)
            .time(datagram.time)
            .u32(len)
            .u32(len)
            .raw(headers.bytes())
            .raw(headers.payload)
            .pad()
            .option(2, &flags(datagram).to_le_bytes());
        match dropped {
            0 => block.end(),
            _ => block.option(4, &dropped.to_le_bytes()).end(),
        }
    }

    /// Ends the file with the counters of each interface. tcpdump reads no file without an
    /// interface.
    pub fn end(&mut self, end: UnixTime) {
        if self.interfaces.is_empty() {
            self.last = self.interface(None);
        }
        let dropped = self.dropped.as_mut().map(std::mem::take);
        if let Some(interface) = self.interfaces.get_mut(self.last) {
            interface.dropped += dropped.unwrap_or(0);
        }
        for (position, interface) in self.interfaces.iter().enumerate() {
            let block = Block::begin(STATISTICS, &mut self.bytes)
                .u32(position as u32)
                .time(end)
                .time_option(2, self.start)
                .time_option(3, end);
            let block = match dropped {
                Some(_) => block
                    .option(4, &(interface.delivered + interface.dropped).to_le_bytes())
                    .option(7, &interface.dropped.to_le_bytes()),
                None => block,
            };
            block.option(8, &interface.delivered.to_le_bytes()).end();
        }
    }

    /// The length of the file if it ended after this datagram, without a new interface.
    pub fn size_with(&self, datagram: &Recorded) -> u64 {
        let packet = headers::len(datagram.destination) + datagram.payload.len();
        // A block, the options for flags and drops, and perhaps a new interface.
        let block = 28 + packet.next_multiple_of(4) + 28;
        let end = (self.interfaces.len() + 1) * STATISTICS_LEN;
        self.size() + (block + end) as u64
    }

    /// The length of the file until now, with the buffer.
    pub fn size(&self) -> u64 {
        self.taken + self.bytes.len() as u64
    }

    /// Whole blocks to write out.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the buffer. `empty` replaces it.
    pub fn take(&mut self, empty: Vec<u8>) -> Vec<u8> {
        self.taken += self.bytes.len() as u64;
        std::mem::replace(&mut self.bytes, empty)
    }

    /// The position of an interface. A new one is added to the file.
    fn interface(&mut self, name: Option<&str>) -> usize {
        let known = self.interfaces.iter().position(|known| known.name.as_deref() == name);
        known.unwrap_or_else(|| {
            let interface = Interface { name: name.map(str::to_owned), delivered: 0, dropped: 0 };
            describe(&interface, &self.about.os, &mut self.bytes);
            self.interfaces.push(interface);
            self.interfaces.len() - 1
        })
    }
}

/// An interface block. Its times are in nanoseconds.
fn describe(interface: &Interface, os: &str, bytes: &mut Vec<u8>) {
    let block = Block::begin(INTERFACE, bytes).u32(LINKTYPE_RAW).u32(SNAP_LEN);
    let block = match &interface.name {
        Some(name) => block.text(2, name),
        None => block,
    };
    block.option(9, &[9]).text(12, os).end();
}

/// The flags of a packet block: its direction and the kind of its destination.
fn flags(datagram: &Recorded) -> u32 {
    let direction = if datagram.outgoing { 2 } else { 1 };
    let kind = match datagram.cast {
        Cast::Unicast => 1,
        Cast::Multicast => 2,
        Cast::Broadcast => 3,
    };
    direction | kind << 2
}
