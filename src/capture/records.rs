//! The packet records of a capture, whatever its format.

use std::io::Read;
use std::ops::Range;

use super::buffer::Buffer;
use super::captured::Interface;
use super::error::{Damage, Format, ReadError};
use super::foreign::{Foreign, SIGNATURE};
use super::interfaces::Interfaces;
use super::order::ByteOrder;
use super::pcap::{self, Pcap};
use super::pcapng::{self, Block, BlockHead, Packet};
use super::resolution::Resolution;
use crate::units::UnixTime;
use crate::units::bytes::take;

/// The packet records of a capture.
#[derive(Debug)]
pub struct Records<R> {
    buffer: Buffer<R>,
    state: State,
    interfaces: Interfaces,
    /// How many packets the capturing system dropped, by the records.
    dropped: u64,
    cut_at: Option<u64>,
}

/// How far the reader understands the input.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing is understood yet.
    Start,
    Pcap(Pcap),
    /// A section of pcapng in this byte order.
    Section(ByteOrder),
    /// At the end, or after an error.
    End,
}

/// A packet record.
#[derive(Clone, Debug)]
pub struct Record {
    pub time: Option<UnixTime>,
    /// The position in the list of all interfaces.
    pub interface: usize,
    pub link_type: u16,
    /// The byte order of the capturing host.
    pub order: ByteOrder,
    pub outgoing: bool,
    /// The packet was longer than the captured bytes.
    pub cut: bool,
    /// The captured bytes, for [`Records::bytes`].
    pub data: Range<usize>,
}

/// A step of the reader.
#[derive(Debug)]
pub enum Step {
    Record(Record),
    /// A packet record that is too long for a datagram.
    Oversized,
    /// A header or a block without a packet.
    Other,
    End,
}

impl<R: Read> Records<R> {
    pub fn new(input: R) -> Self {
        Records {
            buffer: Buffer::new(input),
            state: State::Start,
            interfaces: Interfaces::default(),
            dropped: 0,
            cut_at: None,
        }
    }

    /// Reads the next header, block or record. A step that fails with a temporary error starts
    /// again with the next call.
    pub fn step(&mut self) -> Result<Step, ReadError> {
        let step = match self.state {
            State::Start => self.start(),
            State::Pcap(pcap) => self.pcap_record(pcap),
            State::Section(order) => self.block(order),
            State::End => Ok(Step::End),
        };
        if step.as_ref().is_err_and(|error| !error.is_temporary()) {
            self.state = State::End;
        }
        step
    }

    /// Recognises the format by the first bytes.
    fn start(&mut self) -> Result<Step, ReadError> {
        if !self.buffer.fill(4)? && self.buffer.available().is_empty() {
            return Err(ReadError::Empty);
        }
        let magic = take(self.buffer.available(), 0).unwrap_or_default();
        if magic == pcapng::MAGIC {
            // The first block sets the byte order.
            self.state = State::Section(ByteOrder::Little);
        } else if pcap::variant(magic).is_some() {
            let is_whole = self.buffer.fill(pcap::HEADER)?;
            let pcap = is_whole.then(|| Pcap::read(self.buffer.available())).transpose()?;
            let Some(pcap) = pcap.flatten() else { return Err(self.damaged(Damage::Header)) };
            self.buffer.consume(pcap::HEADER);
            let interface = Interface { link_type: pcap.link_type, ..Interface::default() };
            self.add_interface(interface, 0, Resolution::MICROSECONDS)?;
            self.state = State::Pcap(pcap);
        } else {
            if Foreign::by_signature(self.buffer.available()).is_none() {
                self.buffer.fill(SIGNATURE)?;
            }
            return Err(ReadError::Foreign(Foreign::recognise(self.buffer.available())));
        }
        Ok(Step::Other)
    }

    fn pcap_record(&mut self, pcap: Pcap) -> Result<Step, ReadError> {
        if !self.buffer.fill(pcap.record_header)? {
            return Ok(self.end());
        }
        let header = pcap.record(self.buffer.available()).map_err(|damage| self.damaged(damage))?;
        if !self.buffer.fill(pcap.record_header + header.len)? {
            return Ok(self.end());
        }
        self.buffer.consume(pcap.record_header);
        Ok(Step::Record(Record {
            time: Some(header.time),
            interface: 0,
            link_type: pcap.link_type,
            order: pcap.order,
            outgoing: false,
            cut: header.cut,
            data: self.buffer.consume(header.len),
        }))
    }

    fn block(&mut self, order: ByteOrder) -> Result<Step, ReadError> {
        if !self.buffer.finish_discard()? || !self.buffer.fill(pcapng::BLOCK_HEAD)? {
            return Ok(self.end());
        }
        let head = BlockHead::read(self.buffer.available(), order)
            .map_err(|damage| self.damaged(damage))?;
        let len = head.len as usize;
        if head.len > pcapng::MOST_BLOCK {
            self.buffer.discard(head.len.into());
            return Ok(if head.is_packet() { Step::Oversized } else { Step::Other });
        }
        if !self.buffer.fill(len)? {
            return Ok(self.end());
        }
        let bytes = self.buffer.available().get(..len).unwrap_or_default();
        let block = head.block(bytes).map_err(|damage| self.damaged(damage))?;
        match block {
            Block::Section { major, minor } => {
                // Version 1.2 has the same blocks.
                if major != 1 || !matches!(minor, 0 | 2) {
                    return Err(ReadError::Version { format: Format::Pcapng, major, minor });
                }
                self.interfaces.begin_section();
                self.state = State::Section(head.order);
            }
            Block::Interface { interface, snap_length, resolution } => {
                self.add_interface(interface, snap_length, resolution)?;
            }
            Block::Packet(packet) => return self.packet(len, packet, order),
            Block::Dropped { interface, packets } => {
                self.interfaces.set_dropped(interface, packets);
            }
            Block::Other => {}
        }
        self.buffer.consume(len);
        Ok(Step::Other)
    }

    /// The record of a packet block of `len` bytes.
    fn packet(&mut self, len: usize, packet: Packet, order: ByteOrder) -> Result<Step, ReadError> {
        let Some(interface) = self.interfaces.described(packet.interface) else {
            return Err(self.damaged(Damage::Interface(packet.interface)));
        };
        self.dropped = self.dropped.saturating_add(packet.dropped);
        let start = self.buffer.consume(len).start;
        let mut captured = packet.data.len();
        // Only the snap length bounds simple packets, which may have padding.
        if packet.ticks.is_none() && interface.snap_length > 0 {
            captured = captured.min(interface.snap_length as usize);
        }
        let data = start + packet.data.start;
        Ok(Step::Record(Record {
            time: packet.ticks.map(|ticks| interface.resolution.time(ticks)),
            interface: interface.position,
            link_type: interface.link_type,
            order,
            outgoing: packet.outgoing,
            cut: captured < packet.original as usize,
            data: data..data + captured,
        }))
    }

    fn add_interface(
        &mut self,
        interface: Interface,
        snap_length: u32,
        resolution: Resolution,
    ) -> Result<(), ReadError> {
        let added = self.interfaces.add(interface, snap_length, resolution);
        added.map_err(ReadError::TooManyInterfaces)
    }

    /// Ends at the end of the input, or before a record that is not whole.
    fn end(&mut self) -> Step {
        self.state = State::End;
        if self.buffer.is_within() {
            self.cut_at = Some(self.buffer.position());
        }
        Step::End
    }

    fn damaged(&self, damage: Damage) -> ReadError {
        ReadError::Damaged { position: self.buffer.position(), damage }
    }

    /// The bytes of the record of the step before.
    pub fn bytes(&self, place: Range<usize>) -> &[u8] {
        self.buffer.get(place)
    }

    pub fn interfaces(&self) -> &[Interface] {
        self.interfaces.all()
    }

    /// How many packets the capturing system dropped between the records until now.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The position of a last record that is not whole.
    pub fn cut_at(&self) -> Option<u64> {
        self.cut_at
    }

    pub fn position(&self) -> u64 {
        self.buffer.position()
    }

    pub fn input(&self) -> &R {
        self.buffer.input()
    }

    pub fn into_input(self) -> R {
        self.buffer.into_input()
    }
}
