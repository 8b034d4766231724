//! Fields of a payload at fixed offsets, in both byte orders. A field beyond the end is `None`.

use crate::units::UnixTime;

/// The bytes of a field.
pub fn bytes<const LEN: usize>(payload: &[u8], at: usize) -> Option<[u8; LEN]> {
    payload.get(at..)?.first_chunk().copied()
}

/// One byte.
pub fn u8(payload: &[u8], at: usize) -> Option<u8> {
    payload.get(at).copied()
}

/// Two bytes in network byte order.
pub fn u16(payload: &[u8], at: usize) -> Option<u16> {
    bytes(payload, at).map(u16::from_be_bytes)
}

/// Four bytes in network byte order.
pub fn u32(payload: &[u8], at: usize) -> Option<u32> {
    bytes(payload, at).map(u32::from_be_bytes)
}

/// Eight bytes in network byte order.
pub fn u64(payload: &[u8], at: usize) -> Option<u64> {
    bytes(payload, at).map(u64::from_be_bytes)
}

/// Two bytes in little-endian order.
pub fn u16_le(payload: &[u8], at: usize) -> Option<u16> {
    bytes(payload, at).map(u16::from_le_bytes)
}

/// Four bytes in little-endian order.
pub fn u32_le(payload: &[u8], at: usize) -> Option<u32> {
    bytes(payload, at).map(u32::from_le_bytes)
}

/// Eight bytes in little-endian order.
pub fn u64_le(payload: &[u8], at: usize) -> Option<u64> {
    bytes(payload, at).map(u64::from_le_bytes)
}

/// A time in seconds and microseconds since the Unix epoch, four bytes each in network byte order.
/// `None` from a million microseconds on.
pub fn time_us(payload: &[u8], at: usize) -> Option<UnixTime> {
    let [seconds, micros] = [u32(payload, at)?, u32(payload, at.checked_add(4)?)?].map(i64::from);
    (micros < 1_000_000).then(|| UnixTime::from_nanos(seconds * 1_000_000_000 + micros * 1000))
}

#[cfg(test)]
mod tests {
    use crate::units::UnixTime;

    #[test]
    fn a_time_has_less_than_a_million_microseconds() {
        let time = |micros: u32| {
            let payload = [u32::MAX.to_be_bytes(), micros.to_be_bytes()].concat();
            super::time_us(&payload, 0).map(UnixTime::nanos)
        };
        assert_eq!(time(999_999), Some(4_294_967_295_999_999_000));
        assert_eq!(time(1_000_000), None);
        assert_eq!(super::time_us(&[0; 7], 0), None);
    }

    #[test]
    fn a_field_beyond_the_end_is_none() {
        let payload = [1, 2, 3];
        assert_eq!(
            (super::u16(&payload, 1), super::u16_le(&payload, 1)),
            (Some(0x203), Some(0x302))
        );
        assert_eq!((super::u16(&payload, 2), super::u8(&payload, 3)), (None, None));
        assert_eq!((super::u32(&payload, 0), super::u64(&payload, usize::MAX)), (None, None));
    }
}
