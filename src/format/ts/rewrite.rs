//! Changes of a packet in place.

use super::packet::{PACKET_LEN, PCR_MODULUS, Packet};
use super::pes;

/// The offset of the PCR in a packet in bytes.
const PCR_AT: usize = 6;

/// The ticks of a PCR in one tick of a timestamp.
const PCR_TICKS: u64 = 300;

/// A packet that can be changed.
#[derive(Debug)]
pub struct PacketMut<'a>(&'a mut [u8; PACKET_LEN]);

impl<'a> PacketMut<'a> {
    /// The packet at the beginning of `bytes`; `None` without a sync byte.
    pub fn read(bytes: &'a mut [u8]) -> Option<Self> {
        let bytes = bytes.first_chunk_mut()?;
        Packet::read(bytes).is_some().then_some(PacketMut(bytes))
    }

    /// Sets the continuity counter to the lower four bits.
    pub fn set_counter(&mut self, counter: u8) {
        self.0[3] = self.0[3] & 0xf0 | counter & 0xf;
    }

    /// Moves the PCR and the timestamps of a PES packet later by `ticks` of 27 MHz. The
    /// timestamps count 90 kHz: they move by whole ticks of it, rounded down. Scrambled timestamps
    /// stay.
    pub fn shift_clock(&mut self, ticks: u64) {
        let Some(packet) = Packet::read(self.0) else { return };
        let (pcr, start) = (packet.adaptation().pcr, PACKET_LEN - packet.payload().len());
        let has_header = packet.starts_unit() && !packet.is_scrambled();
        if let (Some(pcr), Some(field)) = (pcr, self.0[PCR_AT..].first_chunk_mut()) {
            write_pcr(field, (pcr + ticks % PCR_MODULUS) % PCR_MODULUS);
        }
        if has_header {
            pes::shift(&mut self.0[start..], ticks / PCR_TICKS);
        }
    }
}

/// 33 bits of base, 6 reserved bits that stay, 9 bits of extension.
fn write_pcr(field: &mut [u8; 6], pcr: u64) {
    let value = ((pcr / PCR_TICKS) << 15) | (pcr % PCR_TICKS);
    let [_, _, bytes @ ..] = value.to_be_bytes();
    let reserved = field[4] & 0x7e;
    *field = bytes;
    field[4] |= reserved;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_pcr() -> [u8; PACKET_LEN] {
        let mut bytes = [0x55; PACKET_LEN];
        bytes[..12].copy_from_slice(&[0x47, 0x41, 0, 0x3f, 7, 0x10, 0, 0, 0, 0, 0x7e, 0]);
        bytes[12..26].copy_from_slice(&[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1]);
        bytes
    }

    #[test]
    fn a_counter_changes_nothing_else() {
        let mut bytes = with_pcr();
        PacketMut::read(&mut bytes).unwrap().set_counter(18);
        let mut expected = with_pcr();
        expected[3] = 0x32;
        assert_eq!(bytes, expected);
    }

    #[test]
    fn the_clock_of_a_scrambled_packet_is_its_pcr() {
        let mut bytes = with_pcr();
        bytes[3] |= 0xc0;
        let payload = bytes[12..].to_vec();
        PacketMut::read(&mut bytes).unwrap().shift_clock(27_000_000);
        assert_eq!(Packet::read(&bytes).unwrap().adaptation().pcr, Some(27_000_000));
        assert_eq!(bytes[12..], payload);
    }

    proptest! {
        #[test]
        fn pcr_and_pts_move_together(first in 0..PCR_MODULUS / 300, ticks in 0..u64::MAX / 300) {
            let mut bytes = with_pcr();
            for ticks in [first * 300, ticks * 300] {
                PacketMut::read(&mut bytes).unwrap().shift_clock(ticks);
            }
            let packet = Packet::read(&bytes).unwrap();
            let expected = (u128::from(first) + u128::from(ticks)) % u128::from(PCR_MODULUS / 300);
            prop_assert_eq!(packet.adaptation().pcr.map(u128::from), Some(expected * 300));
            prop_assert_eq!(pes::pts(packet.payload()).map(u128::from), Some(expected));
            prop_assert_eq!((bytes[10] & 0x7e, bytes[26]), (0x7e, 0x55));
        }

        #[test]
        fn arbitrary_packets_do_not_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), PACKET_LEN),
            ticks: u64,
        ) {
            bytes[0] = 0x47;
            let before = Packet::read(&bytes).unwrap().header();
            PacketMut::read(&mut bytes).unwrap().shift_clock(ticks);
            prop_assert_eq!(Packet::read(&bytes).unwrap().header(), before);
        }
    }
}
