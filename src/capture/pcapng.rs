//! The blocks of pcapng (draft-ietf-opsawg-pcapng).

use std::ops::Range;

use super::captured::Interface;
use super::error::Damage;
use super::options::Options;
use super::order::ByteOrder;
use super::resolution::Resolution;
use crate::units::bytes::take;
use crate::units::printable::name_of;

/// The magic number of a section header, the same in both byte orders.
pub const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The bytes from which the length of any block follows.
pub const BLOCK_HEAD: usize = 12;

/// The most bytes of a block that is read. Longer blocks are passed over.
pub const MOST_BLOCK: u32 = 1 << 20;

/// The most bytes of a block.
const MOST_LENGTH: u32 = 16 << 20;

/// The most bytes of a name or a description.
const MOST_NAME: usize = 256;

const SECTION: u32 = 0x0a0d_0d0a;

/// The type and the length of a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockHead {
    pub order: ByteOrder,
    kind: u32,
    /// The length of the block, with its type and both lengths.
    pub len: u32,
}

/// The content of a block.
#[derive(Debug)]
pub enum Block {
    /// A section begins.
    Section {
        major: u16,
        minor: u16,
    },
    Interface {
        interface: Interface,
        snap_length: u32,
        resolution: Resolution,
    },
    Packet(Packet),
    /// The packets that an interface dropped.
    Dropped {
        interface: u32,
        packets: u64,
    },
    /// Nothing about packets.
    Other,
}

/// A packet.
#[derive(Clone, Debug)]
pub struct Packet {
    pub interface: u32,
    /// In ticks of the interface.
    pub ticks: Option<u64>,
    /// The place of the captured bytes in the block, unless the snap length ends them before.
    pub data: Range<usize>,
    /// The length of the packet.
    pub original: u32,
    pub outgoing: bool,
    /// The packets that were dropped since the one before.
    pub dropped: u64,
}

impl BlockHead {
    /// Reads the first [`BLOCK_HEAD`] bytes of a block. A section header sets the byte order.
    pub fn read(bytes: &[u8], order: ByteOrder) -> Result<BlockHead, Damage> {
        let kind = order.u32_at(bytes, 0).unwrap_or_default();
        let order = if kind == SECTION { byte_order(bytes)? } else { order };
        let len = order.u32_at(bytes, 4).unwrap_or_default();
        let least = if kind == SECTION { 28 } else { 12 };
        if len < least || len % 4 != 0 || len > MOST_LENGTH {
            return Err(Damage::BlockLength(len));
        }
        Ok(BlockHead { order, kind, len })
    }

    pub fn is_packet(self) -> bool {
        matches!(self.kind, 2 | 3 | 6)
    }

    /// Reads the whole block.
    pub fn block(self, bytes: &[u8]) -> Result<Block, Damage> {
        let end = bytes.len().saturating_sub(4);
        let trailing = self.order.u32_at(bytes, end).unwrap_or_default();
        if trailing != self.len {
            return Err(Damage::TrailingLength(self.len, trailing));
        }
        let content = bytes.get(..end).unwrap_or_default();
        let block = match self.kind {
            SECTION => self.section(content),
            1 => self.interface(content),
            2 => self.old_packet(content),
            3 => self.simple_packet(content),
            5 => self.statistics(content),
            6 => self.enhanced_packet(content),
            _ => Some(Block::Other),
        };
        block.ok_or(Damage::BlockContent)
    }
    fn section(self, content: &[u8]) -> Option<Block> {
        let (major, minor) = (self.order.u16_at(content, 12)?, self.order.u16_at(content, 14)?);
        Some(Block::Section { major, minor })
    }

    fn interface(self, content: &[u8]) -> Option<Block> {
        let mut interface =
            Interface { link_type: self.order.u16_at(content, 8)?, ..Interface::default() };
        let snap_length = self.order.u32_at(content, 12)?;
        let mut resolution = Resolution::MICROSECONDS;
        for (code, value) in self.options(content, 16) {
            match (code, value) {
                (2, name) => interface.name = text(name),
                (3, description) => interface.description = text(description),
                (9, [unit, ..]) => resolution = resolution.with_unit(*unit),
                (14, seconds) => {
                    let seconds = self.order.u64_at(seconds, 0)?;
                    resolution = resolution.with_offset(seconds as i64);
                }
                _ => {}
            }
        }
        Some(Block::Interface { interface, snap_length, resolution })
    }

    fn enhanced_packet(self, content: &[u8]) -> Option<Block> {
        let interface = self.order.u32_at(content, 8)?;
        let mut packet = self.timed_packet(content, interface)?;
        for (code, value) in self.options(content, padded(packet.data.end)) {
            match code {
                // Bits 0 and 1: 01 is inbound, 10 is outbound.
                2 => packet.outgoing = self.order.u32_at(value, 0)? & 3 == 2,
                4 => packet.dropped = self.order.u64_at(value, 0)?,
                _ => {}
            }
        }
        Some(Block::Packet(packet))
    }

    /// The block of early versions, without flags.
    fn old_packet(self, content: &[u8]) -> Option<Block> {
        const UNKNOWN: u16 = u16::MAX;
        let interface = self.order.u16_at(content, 8)?;
        let dropped = self.order.u16_at(content, 10).filter(|count| *count != UNKNOWN);
        let packet = self.timed_packet(content, interface.into())?;
        Some(Block::Packet(Packet { dropped: dropped.unwrap_or(0).into(), ..packet }))
    }

    fn timed_packet(self, content: &[u8], interface: u32) -> Option<Packet> {
        const DATA: usize = 28;
        let number = |at| self.order.u32_at(content, at);
        let ticks = u64::from(number(12)?) << 32 | u64::from(number(16)?);
        let (captured, original) = (usize::try_from(number(20)?).ok()?, number(24)?);
        let data = DATA..DATA.checked_add(captured)?;
        content.get(data.clone())?;
        Some(Packet { interface, ticks: Some(ticks), data, original, outgoing: false, dropped: 0 })
    }

    /// The first interface captured it. It has no time and no captured length.
    fn simple_packet(self, content: &[u8]) -> Option<Block> {
        const DATA: usize = 12;
        let original = self.order.u32_at(content, 8)?;
        let data = DATA..content.len().min(DATA.saturating_add(original as usize));
        let packet =
            Packet { interface: 0, ticks: None, data, original, outgoing: false, dropped: 0 };
        Some(Block::Packet(packet))
    }

    fn statistics(self, content: &[u8]) -> Option<Block> {
        const BY_INTERFACE: u16 = 5;
        const BY_SYSTEM: u16 = 7;
        let interface = self.order.u32_at(content, 8)?;
        let mut dropped = None;
        for (code, value) in self.options(content, 20) {
            if matches!(code, BY_INTERFACE | BY_SYSTEM) {
                let packets = self.order.u64_at(value, 0)?;
                dropped = Some(packets.saturating_add(dropped.unwrap_or(0)));
            }
        }
        Some(match dropped {
            Some(packets) => Block::Dropped { interface, packets },
            None => Block::Other,
        })
    }

    fn options(self, content: &[u8], at: usize) -> Options<'_> {
        Options { order: self.order, bytes: content.get(at..).unwrap_or_default() }
    }
}

fn byte_order(bytes: &[u8]) -> Result<ByteOrder, Damage> {
    const BYTE_ORDER: u32 = 0x1a2b_3c4d;
    let magic = take(bytes, 8).unwrap_or_default();
    if u32::from_le_bytes(magic) == BYTE_ORDER {
        Ok(ByteOrder::Little)
    } else if u32::from_be_bytes(magic) == BYTE_ORDER {
        Ok(ByteOrder::Big)
    } else {
        Err(Damage::ByteOrder)
    }
}

/// The next multiple of 32 bits.
fn padded(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// A name of limited length; `None` if it is empty.
fn text(value: &[u8]) -> Option<String> {
    // Some writers end it with a zero.
    let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
    let value = value.get(..MOST_NAME).unwrap_or(value);
    (!value.is_empty()).then(|| name_of(value))
}
