//! Packets of 188 bytes, and of 204 bytes with 16 bytes of parity (ISO/IEC 13818-1, 2.4.3).

/// The length of a packet in bytes, without parity.
pub const PACKET_LEN: usize = 188;

/// The length of a packet with Reed-Solomon parity in bytes.
const PARITY_PACKET_LEN: usize = 204;

/// The PID of null packets, which only fill the rate.
pub const NULL_PID: u16 = 0x1fff;

/// A PCR counts 27 MHz ticks modulo this: 33 bits of a 90 kHz clock, times 300. It wraps after
/// 26.5 hours.
pub const PCR_MODULUS: u64 = (1 << 33) * 300;

const SYNC_BYTE: u8 = 0x47;

/// A null packet.
pub const NULL_PACKET: [u8; PACKET_LEN] = {
    let mut packet = [0xff; PACKET_LEN];
    (packet[0], packet[1], packet[3]) = (SYNC_BYTE, 0x1f, 0x10);
    packet
};

/// A packet with a valid sync byte.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a>(&'a [u8; PACKET_LEN]);

/// The adaptation field of a packet, as far as measurements need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adaptation {
    /// The length in bytes, without the byte that states it.
    pub len: u8,
    /// The continuity counter or the PCR may change to any value here.
    pub discontinuity: bool,
    /// The program clock reference in 27 MHz ticks, below [`PCR_MODULUS`].
    pub pcr: Option<u64>,
}

/// The packet length of a payload that consists of whole packets, each with its sync byte.
pub fn packet_len(payload: &[u8]) -> Option<usize> {
    [PACKET_LEN, PARITY_PACKET_LEN].into_iter().find(|len| {
        !payload.is_empty()
            && payload.len() % len == 0
            && payload.chunks_exact(*len).all(|chunk| chunk.first() == Some(&SYNC_BYTE))
    })
}

/// The packets of a payload: at least one, and nothing else.
pub fn packets(payload: &[u8]) -> Option<impl Iterator<Item = Packet<'_>>> {
    let len = packet_len(payload)?;
    Some(payload.chunks_exact(len).filter_map(Packet::read))
}

impl<'a> Packet<'a> {
    /// The packet at the beginning of `bytes`; `None` without a sync byte.
    #[inline]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.first_chunk()?;
        (bytes[0] == SYNC_BYTE).then_some(Packet(bytes))
    }

    /// The packet identifier, 13 bits.
    #[inline]
    pub fn pid(self) -> u16 {
        u16::from_be_bytes([self.0[1], self.0[2]]) & 0x1fff
    }

    /// The four bytes of the header.
    #[inline]
    pub fn header(self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    /// An earlier receiver found an error that it could not correct.
    #[inline]
    pub fn has_transport_error(self) -> bool {
        self.0[1] & 0x80 != 0
    }

    /// A PES packet or a section begins in the payload.
    #[inline]
    pub fn starts_unit(self) -> bool {
        self.0[1] & 0x40 != 0
    }

    /// The payload is scrambled.
    #[inline]
    pub fn is_scrambled(self) -> bool {
        self.0[3] & 0xc0 != 0
    }

    /// The packet has a payload. Only these packets advance the continuity counter.
    #[inline]
    pub fn has_payload(self) -> bool {
        self.0[3] & 0x10 != 0
    }

    /// The continuity counter, 4 bits.
    #[inline]
    pub fn counter(self) -> u8 {
        self.0[3] & 0xf
    }

    fn has_adaptation(self) -> bool {
        self.0[3] & 0x20 != 0
    }

    /// The adaptation field; an empty one if the packet has none.
    #[inline]
    pub fn adaptation(self) -> Adaptation {
        if !self.has_adaptation() {
            return Adaptation::default();
        }
        let len = self.0[4];
        let flags = if len > 0 { self.0[5] } else { 0 };
        let pcr = (flags & 0x10 != 0 && len >= 7).then(|| {
            let bytes = [self.0[6], self.0[7], self.0[8], self.0[9], self.0[10], self.0[11]];
            let field = bytes.into_iter().fold(0, |field, byte| field << 8 | u64::from(byte));
            // 33 bits of base, 6 reserved bits, 9 bits of extension, which is below 300.
            (field >> 15) * 300 + (field & 0x1ff).min(299)
        });
        Adaptation { len, discontinuity: flags & 0x80 != 0, pcr }
    }

    /// The payload; empty if the packet has none or the adaptation field fills it.
    #[inline]
    pub fn payload(self) -> &'a [u8] {
        let start = match (self.has_payload(), self.has_adaptation()) {
            (false, _) => PACKET_LEN,
            (true, false) => 4,
            (true, true) => 5 + usize::from(self.0[4]),
        };
        self.0.get(start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(header: [u8; 3], rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![SYNC_BYTE];
        bytes.extend(header);
        bytes.extend(rest);
        bytes.resize(PACKET_LEN, 0xff);
        bytes
    }

    #[test]
    fn a_header_has_its_fields_in_place() {
        let bytes = packet([0x41, 0x23, 0x9a], &[1, 2]);
        let packet = Packet::read(&bytes).unwrap();
        assert_eq!((packet.pid(), packet.counter()), (0x123, 0xa));
        assert!(packet.starts_unit() && packet.is_scrambled() && packet.has_payload());
        assert!(!packet.has_transport_error());
        assert_eq!(packet.adaptation(), Adaptation::default());
        assert_eq!((packet.payload().len(), &packet.payload()[..2]), (184, &[1, 2][..]));
    }

    #[test]
    fn a_pcr_counts_27_mhz_ticks() {
        // base 0x1_2345_6789, extension 0x101.
        let bytes = packet([0x01, 0x00, 0x30], &[7, 0x90, 0x91, 0xa2, 0xb3, 0xc4, 0xff, 0x01, 5]);
        let packet = Packet::read(&bytes).unwrap();
        let adaptation = packet.adaptation();
        assert_eq!(adaptation.pcr, Some(0x1_2345_6789 * 300 + 0x101));
        assert!(adaptation.discontinuity && adaptation.len == 7);
        assert_eq!((packet.payload().len(), packet.payload()[0]), (176, 5));
    }

    #[test]
    fn a_false_length_leaves_no_payload() {
        for len in [184, 255] {
            let bytes = packet([0, 0, 0x30], &[len, 0]);
            assert!(Packet::read(&bytes).unwrap().payload().is_empty());
        }
        let short = packet([0, 0, 0x20], &[6, 0x10]);
        assert_eq!(Packet::read(&short).unwrap().adaptation().pcr, None);
    }

    #[test]
    fn any_number_of_whole_packets_is_a_transport_stream() {
        let one = packet([0, 0, 0x10], &[]);
        let count = |payload: &[u8]| packets(payload).map(Iterator::count);
        for many in [1, 2, 7, 348] {
            assert_eq!(count(&one.repeat(many)), Some(many));
        }
        let mut with_parity = one.clone();
        with_parity.resize(PARITY_PACKET_LEN, 0);
        assert_eq!(count(&with_parity.repeat(3)), Some(3));
        assert_eq!((count(&[]), count(&one[..187])), (None, None));
        let mut broken = one.repeat(2);
        broken[PACKET_LEN] = 0;
        assert_eq!(count(&broken), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
            sync: bool,
        ) {
            if sync {
                bytes.resize(376, 0);
                (bytes[0], bytes[188]) = (SYNC_BYTE, SYNC_BYTE);
            }
            for packet in packets(&bytes).into_iter().flatten() {
                prop_assert!(packet.payload().len() <= 184);
                prop_assert!(packet.adaptation().pcr.is_none_or(|pcr| pcr < PCR_MODULUS));
            }
        }
    }
}
