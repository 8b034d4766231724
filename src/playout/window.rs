//! Packets that wait for their time.

use crate::format::ts::PACKET_LEN;

/// Bytes that were taken are removed in pieces of at least this size.
const COMPACT: usize = 256 * 1024;

/// Packets in order, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct Window {
    bytes: Vec<u8>,
    /// The bytes that were taken.
    taken: usize,
    /// The number of the first packet.
    first: u64,
}

impl Window {
    /// Adds a packet and returns its number and its bytes.
    pub fn push(&mut self, packet: &[u8; PACKET_LEN]) -> (u64, &mut [u8]) {
        if self.taken >= COMPACT && self.taken * 2 >= self.bytes.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(packet);
        let number = self.first + ((at - self.taken) / PACKET_LEN) as u64;
        (number, self.bytes.get_mut(at..).unwrap_or_default())
    }

    /// The number of the first packet, and of the next that is pushed.
    pub fn range(&self) -> (u64, u64) {
        (self.first, self.first + self.len() as u64)
    }

    /// How many packets wait.
    pub fn len(&self) -> usize {
        (self.bytes.len() - self.taken) / PACKET_LEN
    }

    /// The first packets, at most `most`.
    pub fn front(&self, most: usize) -> &[u8] {
        let end = self.bytes.len().min(self.taken + most * PACKET_LEN);
        self.bytes.get(self.taken..end).unwrap_or_default()
    }

    /// Takes the first packets, at most `most`.
    pub fn take(&mut self, most: usize) -> &[u8] {
        let packets = most.min(self.len());
        let start = self.taken;
        self.taken += packets * PACKET_LEN;
        self.first += packets as u64;
        self.bytes.get(start..self.taken).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_in_order_and_memory_is_reused() {
        let mut window = Window::default();
        let (mut pushed, mut taken) = (0_u64, 0_u64);
        for round in 0..20_000 {
            for _ in 0..7 {
                let mut packet = [0; PACKET_LEN];
                packet[..8].copy_from_slice(&pushed.to_be_bytes());
                assert_eq!(window.push(&packet).0, pushed);
                pushed += 1;
            }
            if round < 100 {
                continue;
            }
            assert_eq!(window.range(), (taken, pushed));
            assert_eq!(window.front(7)[..8], taken.to_be_bytes());
            for packet in window.take(7).chunks(PACKET_LEN) {
                assert_eq!(packet[..8], taken.to_be_bytes());
                taken += 1;
            }
        }
        assert_eq!(window.len(), 700);
        assert!(window.bytes.capacity() < 2_000_000, "{}", window.bytes.capacity());
    }
}
