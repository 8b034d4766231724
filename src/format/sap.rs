//! SAP (RFC 2974): announcements of sessions, each described by SDP. 4 bytes in network byte order,
//! then the announcer's address, the authentication data, and the description.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | version 1 (3 bits), address type, reserved, deletion, encrypted, compressed |
//! | 1 | 1 | length of the authentication data in 32-bit words |
//! | 2 | 2 | hash of the message |
//! | 4 | 4 or 16 | address of the announcer |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fields;

/// The port of all announcements.
pub const PORT: u16 = 9875;

/// The groups of announcements: global, organisation-local (AES67) and site-local scope.
pub const GROUPS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(224, 2, 127, 254),
    Ipv4Addr::new(239, 195, 255, 255),
    Ipv4Addr::new(239, 255, 255, 255),
];

const IPV6: u8 = 0x10;
const DELETION: u8 = 0x04;
const UNREADABLE: u8 = 0x03;
const SDP: &[u8] = b"application/sdp";

/// An announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sap<'a> {
    /// The session ends.
    pub deletion: bool,
    /// Identifies the message together with the announcer.
    pub hash: u16,
    /// The address of the announcer.
    pub announcer: IpAddr,
    /// The description; `None` if it is encrypted, compressed or of another type.
    pub sdp: Option<&'a [u8]>,
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Option<Sap<'_>> {
    let [flags, words] = fields::bytes(payload, 0)?;
    if flags >> 5 != 1 {
        return None;
    }
    let hash = fields::u16(payload, 2)?;
    let (announcer, end) = if flags & IPV6 == 0 {
        (IpAddr::V4(Ipv4Addr::from(fields::bytes::<4>(payload, 4)?)), 8)
    } else {
        (IpAddr::V6(Ipv6Addr::from(fields::bytes::<16>(payload, 4)?)), 20)
    };
    let body = payload.get(end + 4 * usize::from(words)..)?;
    let sdp = if flags & UNREADABLE == 0 { description(body) } else { None };
    Some(Sap { deletion: flags & DELETION != 0, hash, announcer, sdp })
}

/// The description behind its type, which old announcers leave out.
fn description(body: &[u8]) -> Option<&[u8]> {
    if body.starts_with(b"v=0") {
        return Some(body);
    }
    let end = body.iter().position(|byte| *byte == 0)?;
    let (kind, sdp) = body.split_at_checked(end)?;
    kind.eq_ignore_ascii_case(SDP).then(|| &sdp[1..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_description_follows_its_type() {
        let payload = b"\x20\x00\x12\x34\x0a\x4d\x00\x01application/sdp\x00v=0\r\ns=a\r\n";
        let expected = Sap {
            deletion: false,
            hash: 0x1234,
            announcer: [10, 77, 0, 1].into(),
            sdp: Some(b"v=0\r\ns=a\r\n"),
        };
        assert_eq!(read(payload), Some(expected));
    }

    #[test]
    fn the_type_may_be_missing() {
        let payload = b"\x24\x00\x12\x34\x0a\x4d\x00\x01v=0\r\n";
        let sap = read(payload).unwrap();
        assert!(sap.deletion);
        assert_eq!(sap.sdp, Some(&b"v=0\r\n"[..]));
    }

    #[test]
    fn authentication_data_and_ipv6_are_skipped() {
        let mut payload = vec![0x30, 1, 0, 7];
        payload.extend(Ipv6Addr::LOCALHOST.octets());
        payload.extend(b"\xff\xff\xff\xffv=0");
        let sap = read(&payload).unwrap();
        assert_eq!((sap.announcer, sap.sdp), (Ipv6Addr::LOCALHOST.into(), Some(&b"v=0"[..])));
        payload[1] = 3;
        assert_eq!(read(&payload), None);
    }

    #[test]
    fn an_unreadable_description_is_none() {
        let read = |first, body: &[u8]| {
            read(&[&[first, 0, 0, 0, 1, 2, 3, 4], body].concat()).map(|sap| sap.sdp.is_some())
        };
        assert_eq!(read(0x22, b"v=0"), Some(false), "encrypted");
        assert_eq!(read(0x21, b"v=0"), Some(false), "compressed");
        assert_eq!(read(0x20, b"text/plain\0v=0"), Some(false));
        assert_eq!(read(0x20, b"application/SDP\0v=0"), Some(true));
        assert_eq!(read(0x40, b"v=0"), None, "version 2");
    }

    proptest! {
        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some(first) = bytes.first_mut() {
                *first = 0x20 | *first & 0x1f;
            }
            let _ = read(&bytes);
        }
    }
}
