//! The parser of IGMP (RFC 1112, RFC 2236, RFC 3376) and MLD messages (RFC 2710, RFC 3810). Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::{Query, What};
use crate::units::bytes::{take, u16_at};

const QUERY: u8 = 0x11;
pub const REPORT_V1: u8 = 0x12;
pub const REPORT_V2: u8 = 0x16;
pub const REPORT_V3: u8 = 0x22;

const LEAVE_V2: u8 = 0x17;

const MLD_QUERY: u8 = 130;
pub const MLD_REPORT_V1: u8 = 131;
const MLD_DONE: u8 = 132;
pub const MLD_REPORT_V2: u8 = 143;

/// Reads the captured beginning of an IGMP message of `len` bytes.
pub(super) fn igmp(message: &[u8], len: usize) -> Option<What> {
    let group = take::<4>(message, 4).map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    match *message.first()? {
        QUERY => Some(What::Query(igmp_query(message, len, group?)?)),
        REPORT_V1 => Some(What::Report { version: 1, groups: vec![group?] }),
        REPORT_V2 => Some(What::Report { version: 2, groups: vec![group?] }),
        LEAVE_V2 => Some(What::Leave(group?)),
        REPORT_V3 => Some(What::Report {
            version: 3,
            groups: records::<4>(message).map(IpAddr::from).collect(),
        }),
        _ => None,
    }
}

fn igmp_query(message: &[u8], len: usize, group: IpAddr) -> Option<Query> {
    const TENTH: Duration = Duration::from_millis(100);
    let code = *message.get(1)?;
    // The length and the code distinguish the versions (RFC 3376, 7.1). IGMPv1 has no code, and
    // means 10 s.
    let (version, tenths) = match (len, code) {
        (8, 0) => (1, 100),
        (8, code) => (2, u32::from(code)),
        (12.., code) => (3, float8(code)),
        _ => return None,
    };
    let (robustness, interval) =
        if version == 3 { robustness_and_interval(message, 8)? } else { (None, None) };
    Some(Query { version, group: named(group), max_response: TENTH * tenths, interval, robustness })
}

/// Reads the captured beginning of an MLD message of `len` bytes.
pub(super) fn mld(message: &[u8], len: usize) -> Option<What> {
    let group = take::<16>(message, 8).map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
    match *message.first()? {
        MLD_QUERY => Some(What::Query(mld_query(message, len, group?)?)),
        MLD_REPORT_V1 => Some(What::Report { version: 1, groups: vec![group?] }),
        MLD_DONE => Some(What::Leave(group?)),
        MLD_REPORT_V2 => Some(What::Report {
            version: 2,
            groups: records::<16>(message).map(IpAddr::from).collect(),
        }),
        _ => None,
    }
}

fn mld_query(message: &[u8], len: usize, group: IpAddr) -> Option<Query> {
    let code = u16_at(message, 4)?;
    // RFC 3810, 8.1.
    let (version, millis) = match len {
        24 => (1, u32::from(code)),
        28.. => (2, float16(code)),
        _ => return None,
    };
    let (robustness, interval) =
        if version == 2 { robustness_and_interval(message, 24)? } else { (None, None) };
    let max_response = Duration::from_millis(millis.into());
    Some(Query { version, group: named(group), max_response, interval, robustness })
}

/// A general query has no group.
fn named(group: IpAddr) -> Option<IpAddr> {
    Some(group).filter(|group| !group.is_unspecified())
}

/// The querier's robustness variable and query interval, which have the same format in IGMPv3 and
/// MLDv2. Zero means unknown.
fn robustness_and_interval(message: &[u8], at: usize) -> Option<(Option<u8>, Option<Duration>)> {
    let [flags, code] = take(message, at)?;
    let seconds = Some(float8(code)).filter(|seconds| *seconds > 0);
    Some((
        Some(flags & 7).filter(|robustness| *robustness > 0),
        seconds.map(|seconds| Duration::from_secs(seconds.into())),
    ))
}

/// From 128 on, a floating-point number (RFC 3376, 4.1.1 and 4.1.7).
fn float8(code: u8) -> u32 {
    let value = u32::from(code);
    if code < 0x80 { value } else { ((value & 0xf) | 0x10) << ((value >> 4 & 7) + 3) }
}

/// From 32768 on, a floating-point number (RFC 3810, 5.1.3).
fn float16(code: u16) -> u32 {
    let value = u32::from(code);
    if code < 0x8000 { value } else { ((value & 0xfff) | 0x1000) << ((value >> 12 & 7) + 3) }
}

/// The groups of all completely captured records of a report, whose addresses have N bytes.
fn records<const N: usize>(message: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    let mut left = u16_at(message, 6).unwrap_or(0);
    let mut at = 8;
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let [_kind, more_words] = take(message, at)?;
        let sources = usize::from(u16_at(message, at + 2)?);
        let group = take(message, at + 4)?;
        at += 4 + N + sources * N + usize::from(more_words) * 4;
        Some(group)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::wire::packet::tests::hex;

    fn igmp_of(text: &str) -> Option<What> {
        let message = hex(text);
        igmp(&message, message.len())
    }

    fn mld_of(text: &str) -> Option<What> {
        let message = hex(text);
        mld(&message, message.len())
    }

    fn query(version: u8, group: &str, millis: u64, seconds: u64, robustness: u8) -> Option<What> {
        Some(What::Query(Query {
            version,
            group: group.parse().ok(),
            max_response: Duration::from_millis(millis),
            interval: Some(Duration::from_secs(seconds)).filter(|time| !time.is_zero()),
            robustness: Some(robustness).filter(|robustness| *robustness > 0),
        }))
    }

    #[test]
    fn length_and_code_distinguish_the_versions_of_igmp_queries() {
        assert_eq!(igmp_of("11 00 ee ff 00 00 00 00"), query(1, "", 10_000, 0, 0));
        assert_eq!(igmp_of("11 64 ee 9b 00 00 00 00"), query(2, "", 10_000, 0, 0));
        assert_eq!(igmp_of("11 0a 00 00 ef 01 01 01"), query(2, "239.1.1.1", 1_000, 0, 0));
        assert_eq!(igmp_of("11 64 ec 1e 00 00 00 00 02 7d 00 00"), query(3, "", 10_000, 125, 2));
        // S is set, with two sources. 0x8a: (10 | 16) << 3 = 208; 0xff: (15 | 16) << 10 = 31,744.
        assert_eq!(
            igmp_of("11 8a 00 00 ef 01 01 01 0b ff 00 02 0a 00 00 01 0a 00 00 02"),
            query(3, "239.1.1.1", 20_800, 31_744, 3)
        );
        assert_eq!(
            igmp_of("11 64 00 00 00 00 00 00 00 00 00 00"),
            query(3, "", 10_000, 0, 0),
            "zero is unknown"
        );
        for silent in ["11 64 00 00 00 00 00 00 02 7d", "11 64 00 00 00", "11", ""] {
            assert_eq!(igmp_of(silent), None, "{silent:?} (RFC 3376, 7.1)");
        }
    }

    #[test]
    fn the_length_distinguishes_the_versions_of_mld_queries() {
        let general = "82 00 00 00 27 10 00 00 00000000000000000000000000000000";
        let specific = "82 00 00 00 03 e8 00 00 ff150000000000000000000000001234";
        assert_eq!(mld_of(general), query(1, "", 10_000, 0, 0));
        assert_eq!(mld_of(specific), query(1, "ff15::1234", 1_000, 0, 0));
        assert_eq!(mld_of(&format!("{general} 02 7d 00 00")), query(2, "", 10_000, 125, 2));
        // 0x8001: (1 | 0x1000) << 3 = 32,776; version 1 has no exponent. 0x80: 16 << 3 = 128.
        let long = specific.replace("03 e8", "80 01");
        assert_eq!(mld_of(&long), query(1, "ff15::1234", 32_769, 0, 0));
        assert_eq!(mld_of(&format!("{long} 07 80 00 00")), query(2, "ff15::1234", 32_776, 128, 7));
        assert_eq!(mld_of(&format!("{general} 02 7d")), None);
        assert_eq!(mld_of("82 00 00 00 27 10"), None);
    }

    #[test]
    fn the_length_of_the_whole_message_counts() {
        let message = hex("11 64 00 00 ef 01 01 01 02 7d 00 ff 0a 00 00 01");
        assert_eq!(igmp(&message, 12 + 255 * 4), query(3, "239.1.1.1", 10_000, 125, 2));
        assert_eq!(igmp(&message[..8], 12), None, "the interval is not there");
    }

    fn report(version: u8, groups: &[&str]) -> Option<What> {
        Some(What::Report {
            version,
            groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        })
    }

    #[test]
    fn reports_contain_the_groups_of_all_records() {
        assert_eq!(igmp_of("12 00 00 00 ef 01 01 01"), report(1, &["239.1.1.1"]));
        assert_eq!(igmp_of("16 00 00 00 ef 01 01 01"), report(2, &["239.1.1.1"]));
        let left = What::Leave("239.1.1.1".parse().unwrap());
        assert_eq!(igmp_of("17 00 00 00 ef 01 01 01"), Some(left));
        // Two sources and a word of auxiliary data are between the two groups.
        let two = "22 00 00 00 00 00 00 02 01 01 00 02 e8 01 01 01 0a000001 0a000002 ffffffff 04 \
                   00 00 00 ef 01 01 02";
        assert_eq!(igmp_of(two), report(3, &["232.1.1.1", "239.1.1.2"]));
        assert_eq!(igmp_of(&two[..two.len() - 3]), report(3, &["232.1.1.1"]), "the second is cut");
        assert_eq!(
            igmp_of(&two.replace("00 02 01 01", "00 01 01 01")),
            report(3, &["232.1.1.1"]),
            "one is announced"
        );
        let mld = "8f 00 00 00 00 00 00 02 01 01 00 01 ff3e0000000000000000000000001234 \
                   fd000000000000000000000000000001 00000000
                   04 00 00 00 ff150000000000000000000000000001";
        assert_eq!(mld_of(mld), report(2, &["ff3e::1234", "ff15::1"]));
        assert_eq!(
            mld_of("83 00 00 00 00 00 00 00 ff150000000000000000000000000001"),
            report(1, &["ff15::1"])
        );
        let left = What::Leave("ff15::1".parse().unwrap());
        let done = "84 00 00 00 00 00 00 00 ff150000000000000000000000000001";
        assert_eq!(mld_of(done), Some(left));
    }

    #[test]
    fn exponents_match_the_standards() {
        assert_eq!(
            [0, 1, 0x7f, 0x80, 0x8f, 0x90, 0xff].map(float8),
            [0, 1, 127, 128, 248, 256, 31_744]
        );
        assert_eq!(
            [0, 0x7fff, 0x8000, 0x9000, 0xffff].map(float16),
            [0, 32_767, 32_768, 65_536, 8_387_584]
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            kind in prop_oneof![
                    Just(QUERY),
                    Just(REPORT_V3),
                    Just(MLD_QUERY),
                    Just(MLD_REPORT_V2),
                    any::<u8>()
                ],
            mut message in proptest::collection::vec(any::<u8>(), 1..260),
            len: usize,
        ) {
            message[0] = kind;
            let _ = (
                igmp(&message, len),
                mld(&message, len),
                igmp(&message, message.len()),
                mld(&message, message.len()),
            );
        }
    }
}
