//! Blocks and options of pcapng, in little-endian byte order.

use crate::units::UnixTime;

// The types of blocks.
pub const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub const INTERFACE: u32 = 1;
pub const STATISTICS: u32 = 5;
pub const ENHANCED_PACKET: u32 = 6;

/// A comment, in any block.
pub const COMMENT: u16 = 1;

/// The longest text of an option. A reader may limit the length of a block.
const LONGEST_TEXT: usize = 16 * 1024;

/// A block that is being written. [`Block::end`] completes its length.
#[must_use]
pub struct Block<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Block<'a> {
    /// Begins a block of this type.
    pub fn begin(kind: u32, bytes: &'a mut Vec<u8>) -> Self {
        let start = bytes.len();
        let block = Block { bytes, start };
        block.u32(kind).u32(0)
    }

    pub fn u32(self, value: u32) -> Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn u64(self, value: u64) -> Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A time in nanoseconds: its upper half first.
    pub fn time(self, time: UnixTime) -> Self {
        let nanos = u64::try_from(time.nanos()).unwrap_or(0);
        self.u32((nanos >> 32) as u32).u32(nanos as u32)
    }

    /// Bytes.
    pub fn raw(self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Zeroes until the length is a multiple of four bytes.
    pub fn pad(self) -> Self {
        self.bytes.resize(self.start + (self.bytes.len() - self.start).next_multiple_of(4), 0);
        self
    }

    /// An option with this value.
    pub fn option(self, code: u16, value: &[u8]) -> Self {
        self.head(code, value.len()).raw(value).pad()
    }

    /// An option with a text, which is cut if it is very long.
    pub fn text(self, code: u16, text: &str) -> Self {
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.option(code, &text.as_bytes()[..end])
    }

    /// An option with a time. A counter has the halves in another order.
    pub fn time_option(self, code: u16, time: UnixTime) -> Self {
        self.head(code, 8).time(time)
    }

    /// Ends the options and the block.
    pub fn end(self) {
        let block = self.head(0, 0);
        let len = (block.bytes.len() - block.start + 4) as u32;
        let at = block.start + 4;
        block.bytes[at..at + 4].copy_from_slice(&len.to_le_bytes());
        block.bytes.extend_from_slice(&len.to_le_bytes());
    }

    fn head(self, code: u16, len: usize) -> Self {
        self.u32(u32::from(code) | (len as u32) << 16)
    }
}

/// The type and the length of the first block.
fn head(bytes: &[u8]) -> Option<[u32; 2]> {
    let (head, _) = bytes.split_first_chunk::<8>()?;
    let (kind, len) = (head.first_chunk()?, head.last_chunk()?);
    Some([u32::from_le_bytes(*kind), u32::from_le_bytes(*len)])
}

/// The whole blocks in these bytes: their length, and how many of them are datagrams.
pub fn whole_blocks(bytes: &[u8]) -> (usize, u64) {
    let (mut rest, mut datagrams) = (bytes, 0);
    while let Some([kind, len]) = head(rest) {
        let Some(next) = rest.get(len as usize..).filter(|_| len > 0) else { break };
        rest = next;
        datagrams += u64::from(kind == ENHANCED_PACKET);
    }
    (bytes.len() - rest.len(), datagrams)
}
