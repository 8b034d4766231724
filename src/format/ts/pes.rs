//! The beginning of a PES packet (ISO/IEC 13818-1, 2.4.3.6).

use crate::format::fields;

/// A timestamp counts 90 kHz ticks modulo this: 33 bits.
pub const TIMESTAMP_MODULUS: u64 = 1 << 33;

/// The offsets of the two timestamps from the start of the PES packet in bytes.
const PTS_AT: usize = 9;
const DTS_AT: usize = 14;

/// The timestamps of a PES packet in 90 kHz ticks, below [`TIMESTAMP_MODULUS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamps {
    /// The presentation time.
    pub pts: u64,
    /// The decoding time, if it differs from the presentation time.
    pub dts: Option<u64>,
}

/// The presentation timestamp in 90 kHz ticks, 33 bits, of a PES packet that begins here.
pub fn pts(payload: &[u8]) -> Option<u64> {
    timestamps(payload).map(|timestamps| timestamps.pts)
}

/// The timestamps of a PES packet that begins here; `None` without a presentation time.
pub fn timestamps(payload: &[u8]) -> Option<Timestamps> {
    let [0, 0, 1, stream] = fields::bytes(payload, 0)? else { return None };
    let [marker, flags] = fields::bytes(payload, 6)?;
    if !has_header(stream) || marker & 0xc0 != 0x80 || flags & 0x80 == 0 {
        return None;
    }
    let pts = read(fields::bytes(payload, PTS_AT)?);
    let dts = if flags & 0x40 == 0 { None } else { fields::bytes(payload, DTS_AT).map(read) };
    Some(Timestamps { pts, dts })
}

/// Moves the timestamps of a PES packet that begins here later by `ticks` of 90 kHz. Without
/// timestamps nothing changes.
pub fn shift(payload: &mut [u8], ticks: u64) {
    let Some(Timestamps { pts, dts }) = timestamps(payload) else { return };
    for (at, value) in [(PTS_AT, Some(pts)), (DTS_AT, dts)] {
        let field = payload.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        if let (Some(field), Some(value)) = (field, value) {
            write(field, (value + ticks % TIMESTAMP_MODULUS) % TIMESTAMP_MODULUS);
        }
    }
}

/// Whether the PES packets of this stream id have flags and timestamps (table 2-21). Maps,
/// padding, private stream 2, ECM, EMM, DSM-CC, H.222.1 type E and directories have none.
fn has_header(stream: u8) -> bool {
    !matches!(stream, 0xbc | 0xbe | 0xbf | 0xf0 | 0xf1 | 0xf2 | 0xf8 | 0xff)
}

/// 4 bits of prefix, then 3, 15 and 15 bits, each with a marker bit.
fn read(bytes: [u8; 5]) -> u64 {
    let field = bytes.into_iter().fold(0_u64, |field, byte| field << 8 | u64::from(byte));
    (field >> 33 & 7) << 30 | (field >> 17 & 0x7fff) << 15 | field >> 1 & 0x7fff
}

/// Writes a timestamp, and keeps the prefix and the marker bits.
fn write(field: &mut [u8; 5], value: u64) {
    let bits = (value >> 30 & 7) << 33 | (value >> 15 & 0x7fff) << 17 | (value & 0x7fff) << 1;
    let [_, _, _, bytes @ ..] = bits.to_be_bytes();
    for ((byte, value), mask) in field.iter_mut().zip(bytes).zip([0x0e, 0xff, 0xfe, 0xff, 0xfe]) {
        *byte = *byte & !mask | value & mask;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(flags: u8, fields: &[[u8; 5]]) -> Vec<u8> {
        let mut payload = vec![0, 0, 1, 0xe0, 0, 0, 0x80, flags, 5];
        payload.extend(fields.concat());
        payload
    }

    #[test]
    fn a_pts_has_33_bits() {
        let with = |flags, field: [u8; 5]| with(flags, &[field]);
        assert_eq!(pts(&with(0x80, [0x21, 0, 1, 0, 1])), Some(0));
        assert_eq!(pts(&with(0x80, [0x2f, 0xff, 0xff, 0xff, 0xff])), Some((1 << 33) - 1));
        assert_eq!(pts(&with(0x80, [0x21, 0x00, 0x05, 0xbf, 0x21])), Some(90_000));
        assert_eq!(pts(&with(0x00, [0x21, 0, 1, 0, 1])), None, "without the flag");
        assert_eq!(pts(&with(0x80, [0x21, 0, 1, 0, 1])[..13]), None, "cut");
        assert_eq!(pts(&[0, 0, 2, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1]), None);
    }

    #[test]
    fn padding_has_no_timestamps() {
        let mut payload = with(0x80, &[[0x21, 0, 1, 0, 1]]);
        payload[3] = 0xbe;
        assert_eq!(timestamps(&payload), None);
    }

    #[test]
    fn both_timestamps_move() {
        let mut payload = with(0xc0, &[[0x31, 0, 1, 0, 1], [0x1f, 0xff, 0xff, 0xff, 0xff]]);
        shift(&mut payload, 90_000);
        assert_eq!(timestamps(&payload), Some(Timestamps { pts: 90_000, dts: Some(89_999) }));
        assert_eq!(payload[9..], [0x31, 0, 0x05, 0xbf, 0x21, 0x11, 0, 0x05, 0xbf, 0x1f]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..20),
            ticks: u64,
        ) {
            prop_assert!(pts(&bytes).is_none_or(|pts| pts < TIMESTAMP_MODULUS));
            shift(&mut bytes, ticks);
        }

        #[test]
        fn timestamps_move_by_their_shift(first in 0..TIMESTAMP_MODULUS, ticks: u64) {
            let mut payload = with(0x80, &[[0x21, 0, 1, 0, 1]]);
            shift(&mut payload, first);
            prop_assert_eq!(pts(&payload), Some(first));
            shift(&mut payload, ticks);
            let moved = (u128::from(first) + u128::from(ticks)) % u128::from(TIMESTAMP_MODULUS);
            prop_assert_eq!(pts(&payload).map(u128::from), Some(moved));
        }
    }
}
