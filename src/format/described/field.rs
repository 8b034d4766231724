//! The parts of a described header.

use std::fmt;

use crate::format::fields;
use crate::units::UnixTime;
use crate::units::hex::Hex;

/// An unsigned number of 1 to 8 bytes at a fixed offset of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The offset in bytes.
    pub at: u16,
    /// The width in bytes, 1 to 8.
    pub width: u8,
    /// The order of its bytes; the width 1 has none.
    pub order: ByteOrder,
}

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The most significant byte first.
    Big,
    /// The least significant byte first.
    Little,
}

impl Field {
    /// The number; `None` if the payload ends before it.
    #[inline]
    pub fn read(self, payload: &[u8]) -> Option<u64> {
        let at = usize::from(self.at);
        // A loop over the bytes takes longer than the rest of a header.
        match (self.width, self.order) {
            (1, _) => fields::u8(payload, at).map(u64::from),
            (2, ByteOrder::Big) => fields::u16(payload, at).map(u64::from),
            (2, ByteOrder::Little) => fields::u16_le(payload, at).map(u64::from),
            (4, ByteOrder::Big) => fields::u32(payload, at).map(u64::from),
            (4, ByteOrder::Little) => fields::u32_le(payload, at).map(u64::from),
            (8, ByteOrder::Big) => fields::u64(payload, at),
            (8, ByteOrder::Little) => fields::u64_le(payload, at),
            _ => payload.get(at..at + usize::from(self.width)).map(|bytes| self.read_bytes(bytes)),
        }
    }

    fn read_bytes(self, bytes: &[u8]) -> u64 {
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.order {
            ByteOrder::Big => bytes.iter().fold(0, append),
            ByteOrder::Little => bytes.iter().rev().fold(0, append),
        }
    }

    /// The width in bits.
    pub fn bits(self) -> u32 {
        u32::from(self.width) * 8
    }

    /// The offset behind the field.
    pub fn end(self) -> u32 {
        u32::from(self.at) + u32::from(self.width)
    }
}

/// A time since 1970 as a count of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The count.
    pub field: Field,
    /// The unit.
    pub unit: TimeUnit,
}

/// The unit of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl TimeUnit {
    /// Each unit, with the ending that selects it.
    pub const ALL: [(&'static str, TimeUnit); 4] = [
        ("s", TimeUnit::Seconds),
        ("ms", TimeUnit::Milliseconds),
        ("us", TimeUnit::Microseconds),
        ("ns", TimeUnit::Nanoseconds),
    ];

    /// The ending that selects the unit.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    fn nanos(self) -> u64 {
        [1_000_000_000, 1_000_000, 1000, 1][self as usize]
    }
}

impl Time {
    /// The nanoseconds; `None` if the payload ends before the field, or for a number out of range.
    fn nanos(self, payload: &[u8]) -> Option<u64> {
        self.field.read(payload)?.checked_mul(self.unit.nanos())
    }

    /// The sum of the parts. A time of 0 is unset.
    pub fn sum(parts: [Option<Time>; 2], payload: &[u8]) -> Option<UnixTime> {
        let mut nanos = 0_u64;
        for part in parts.into_iter().flatten() {
            nanos = nanos.checked_add(part.nanos(payload)?)?;
        }
        i64::try_from(nanos).ok().filter(|nanos| *nanos != 0).map(UnixTime::from_nanos)
    }
}

/// Constant bytes at a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Magic {
    /// The offset in bytes.
    pub at: u16,
    /// The number of bytes, 1 to 8.
    pub len: u8,
    /// The bytes, filled up with zeros.
    pub bytes: [u8; 8],
}

impl Magic {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    /// Whether the payload has the bytes.
    pub fn fits(&self, payload: &[u8]) -> bool {
        payload.get(usize::from(self.at)..).is_some_and(|rest| rest.starts_with(self.bytes()))
    }

    /// The offset behind the bytes.
    pub fn end(&self) -> u32 {
        u32::from(self.at) + u32::from(self.len)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.write(f, self.unit.name())
    }
}

impl fmt::Display for Magic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", Hex(self.bytes()), self.at)
    }
}

impl Field {
    fn write(self, f: &mut fmt::Formatter<'_>, unit: &str) -> fmt::Result {
        let order = match self.order {
            _ if self.width == 1 => "",
            ByteOrder::Big => "be",
            ByteOrder::Little => "le",
        };
        let dash = if unit.is_empty() { "" } else { "-" };
        write!(f, "u{}{order}{dash}{unit}@{}", self.bits(), self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_width_reads_both_orders() {
        let payload: Vec<u8> = (1..=9).collect();
        for width in 1..=8 {
            let field = |order| Field { at: 1, width, order };
            let bytes = &payload[1..=usize::from(width)];
            let read = |order| field(order).read(&payload);
            assert_eq!(read(ByteOrder::Big), Some(field(ByteOrder::Big).read_bytes(bytes)));
            assert_eq!(read(ByteOrder::Little), Some(field(ByteOrder::Little).read_bytes(bytes)));
            assert_eq!(field(ByteOrder::Big).read(&payload[..usize::from(width)]), None);
        }
        let three = Field { at: 0, width: 3, order: ByteOrder::Little };
        assert_eq!(three.read(&payload), Some(0x03_0201));
    }
}
