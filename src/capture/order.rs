//! The byte order of a capture, which its writer chose.

use crate::units::bytes::take;

/// The byte order of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub fn u16_at(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number = take(bytes, at)?;
        Some(match self {
            ByteOrder::Little => u16::from_le_bytes(number),
            ByteOrder::Big => u16::from_be_bytes(number),
        })
    }

    pub fn u32_at(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number = take(bytes, at)?;
        Some(match self {
            ByteOrder::Little => u32::from_le_bytes(number),
            ByteOrder::Big => u32::from_be_bytes(number),
        })
    }

    pub fn u64_at(self, bytes: &[u8], at: usize) -> Option<u64> {
        let number = take(bytes, at)?;
        Some(match self {
            ByteOrder::Little => u64::from_le_bytes(number),
            ByteOrder::Big => u64::from_be_bytes(number),
        })
    }
}
