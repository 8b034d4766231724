//! The beginning of a PES packet (ISO/IEC 13818-1, 2.4.3.6).

use crate::format::fields;

/// The presentation timestamp in 90 kHz ticks, 33 bits, of a PES packet that begins here.
pub fn pts(payload: &[u8]) -> Option<u64> {
    let [0, 0, 1, _stream] = fields::bytes(payload, 0)? else { return None };
    let [marker, has_pts] = fields::bytes(payload, 6)?;
    if marker & 0xc0 != 0x80 || has_pts & 0x80 == 0 {
        return None;
    }
    // 4 bits of prefix, then 3, 15 and 15 bits, each with a marker bit.
    let bytes: [u8; 5] = fields::bytes(payload, 9)?;
    let field = bytes.into_iter().fold(0_u64, |field, byte| field << 8 | u64::from(byte));
    Some((field >> 33 & 7) << 30 | (field >> 17 & 0x7fff) << 15 | field >> 1 & 0x7fff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pts_has_33_bits() {
        let with = |flags, field: [u8; 5]| {
            let mut payload = vec![0, 0, 1, 0xe0, 0, 0, 0x80, flags, 5];
            payload.extend(field);
            payload
        };
        assert_eq!(pts(&with(0x80, [0x21, 0, 1, 0, 1])), Some(0));
        assert_eq!(pts(&with(0x80, [0x2f, 0xff, 0xff, 0xff, 0xff])), Some((1 << 33) - 1));
        assert_eq!(pts(&with(0x80, [0x21, 0x00, 0x05, 0xbf, 0x21])), Some(90_000));
        assert_eq!(pts(&with(0x00, [0x21, 0, 1, 0, 1])), None, "without the flag");
        assert_eq!(pts(&with(0x80, [0x21, 0, 1, 0, 1])[..13]), None, "cut");
        assert_eq!(pts(&[0, 0, 2, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1]), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            prop_assert!(pts(&bytes).is_none_or(|pts| pts < 1 << 33));
        }
    }
}
