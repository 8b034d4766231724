//! The input of a fuzz target, read as a program.

/// Bytes that are read from the front; zeroes follow.
pub struct Bytes<'a>(pub &'a [u8]);

#[allow(dead_code, reason = "each target uses a part")]
impl Bytes<'_> {
    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(&taken);
        array
    }

    pub fn take(&mut self, many: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(many.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }
}
