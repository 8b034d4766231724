//! Bytes of untrusted input, read by checked slices.

/// `None` if `bytes` ends before `at + N`.
pub fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A number in network byte order.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    take(bytes, at).map(u16::from_be_bytes)
}
