use proptest::prelude::*;

use super::*;

/// The parts of a datagram, as the writer of these tests lays them out.
#[derive(Clone, Debug, Default)]
struct Parts {
    marker: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    contributing: Vec<u32>,
    extension: Option<(u16, Vec<u32>)>,
    payload: Vec<u8>,
    padding: u8,
}

fn write(parts: &Parts) -> Vec<u8> {
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    let mut bytes = vec![
        0x80 | flag(parts.padding > 0, 0x20)
            | flag(parts.extension.is_some(), 0x10)
            | parts.contributing.len() as u8,
        flag(parts.marker, 0x80) | parts.payload_type,
    ];
    bytes.extend(parts.sequence.to_be_bytes());
    bytes.extend(parts.timestamp.to_be_bytes());
    bytes.extend(parts.ssrc.to_be_bytes());
    parts.contributing.iter().for_each(|source| bytes.extend(source.to_be_bytes()));
    if let Some((profile, words)) = &parts.extension {
        bytes.extend(profile.to_be_bytes());
        bytes.extend((words.len() as u16).to_be_bytes());
        words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
    }
    bytes.extend(&parts.payload);
    if parts.padding > 0 {
        bytes.resize(bytes.len() + usize::from(parts.padding) - 1, 0);
        bytes.push(parts.padding);
    }
    bytes
}

#[test]
fn every_field_has_its_documented_offset() {
    let bytes = [0x80, 0xe1, 0x52, 0x27, 0x86, 0x54, 0x7f, 0xab, 0x7b, 0xd0, 0xdd, 0x45, 5, 0xe5];
    let expected = Rtp {
        marker: true,
        payload_type: 97,
        sequence: 0x5227,
        timestamp: 0x8654_7fab,
        ssrc: 0x7bd0_dd45,
        payload: &[5, 0xe5],
    };
    assert_eq!(read(&bytes), Some(expected));
    assert_eq!(read(&bytes[..12]).map(|rtp| rtp.payload), Some(&[][..]));
    assert_eq!(read(&bytes[..11]), None);
}

#[test]
fn other_versions_are_not_rtp() {
    for first in [0x00, 0x40, 0xc0] {
        let mut bytes = write(&Parts::default());
        bytes[0] = first;
        assert_eq!(read(&bytes), None);
    }
}

#[test]
fn rtcp_is_not_rtp() {
    for second in (192..=195).chain(200..=207) {
        let mut bytes = write(&Parts::default());
        bytes[1] = second;
        assert_eq!(read(&bytes), None);
    }
}

#[test]
fn options_beyond_the_end_are_refused() {
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = write(&Parts { payload: vec![0; 3], ..Parts::default() });
        change(&mut bytes);
        read(&bytes).is_some()
    };
    assert!(!with(|bytes| bytes[0] |= 1), "a contributing source takes four bytes");
    assert!(!with(|bytes| bytes[0] |= EXTENSION), "an extension takes at least four");
    assert!(!with(|bytes| bytes[0] |= PADDING), "padding counts itself");
    assert!(with(|bytes| {
        bytes[0] |= PADDING;
        bytes[14] = 3;
    }));
    assert!(!with(|bytes| {
        bytes[0] |= PADDING;
        bytes[14] = 4;
    }));
}

#[test]
fn a_retransmission_sets_the_lowest_bit() {
    assert_eq!(retransmitted_ssrc(0x1235), Some(0x1234));
    assert_eq!(retransmitted_ssrc(0x1234), None);
}

#[test]
fn a_dynamic_type_has_no_fixed_meaning() {
    assert_eq!(static_type(33), Some(StaticType { encoding: "MP2T", clock_hz: 90_000 }));
    assert_eq!(static_type(9).map(|known| known.clock_hz), Some(8_000));
    assert!((96..128).chain([1, 2, 19, 24, 35]).all(|dynamic| static_type(dynamic).is_none()));
}

proptest! {
    #[test]
    fn a_written_datagram_is_read_again(
        (marker, payload_type, sequence, timestamp, ssrc) in any::<(bool, u8, u16, u32, u32)>(),
        contributing in proptest::collection::vec(any::<u32>(), 0..16),
        extension in proptest::option::of((
            any::<u16>(),
            proptest::collection::vec(any::<u32>(), 0..20),
        )),
        payload in proptest::collection::vec(any::<u8>(), 0..100),
        padding in any::<u8>(),
    ) {
        let payload_type = [payload_type % 64, 96 + payload_type % 32][usize::from(marker)];
        let parts = Parts {
            marker, payload_type, sequence, timestamp, ssrc, contributing, extension, padding,
            payload: payload.clone(),
        };
        let expected =
            Rtp { marker, payload_type, sequence, timestamp, ssrc, payload: &payload };
        let bytes = write(&parts);
        prop_assert_eq!(read(&bytes), Some(expected));
    }

    #[test]
    fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), version: bool) {
        if version && !bytes.is_empty() {
            bytes[0] = 0x80 | bytes[0] & 0x3f;
        }
        if let Some(rtp) = read(&bytes) {
            prop_assert!(rtp.payload.len() + MIN_LEN <= bytes.len());
        }
    }
}

proptest! {
    #[test]
    fn a_written_header_is_read_again(
        payload_type in (0..128_u8).prop_filter("RTCP", |number| !(64..96).contains(number)),
        sequence: u16,
        timestamp: u32,
        ssrc: u32,
    ) {
        let bytes = header(payload_type, sequence, timestamp, ssrc);
        let expected =
            Rtp { marker: false, payload_type, sequence, timestamp, ssrc, payload: &[] };
        prop_assert_eq!(read(&bytes), Some(expected));
    }
}
