use proptest::prelude::*;

use super::*;
use crate::sys::control::dialect::{FREEBSD, MACOS};

/// A message as the kernel writes it: CMSG_LEN in the header, and CMSG_SPACE bytes.
fn message(dialect: &Dialect, level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let start = HEADER.next_multiple_of(dialect.align);
    let mut bytes = ((start + data.len()) as u32).to_ne_bytes().to_vec();
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.resize(start, 0);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(dialect.align), 0);
    bytes
}

/// `struct sockaddr_dl` of an Ethernet interface: FreeBSD has 54 bytes, macOS 20.
fn link(index: u16, len: u8) -> Vec<u8> {
    let mut bytes = vec![len, 18];
    bytes.extend(index.to_ne_bytes());
    bytes.extend([6, 3, 6, 0]);
    bytes.extend(b"em0\x02\x00\x00\x00\x00\x01");
    bytes.resize(len.into(), 0);
    bytes
}

fn read_all(control: &[u8], dialect: &Dialect) -> Meta {
    let mut meta = Meta::unknown();
    read(control, dialect, &mut meta);
    meta
}

const GROUP: [u8; 4] = [239, 1, 1, 1];
const GROUP_V6: [u8; 16] = [0xff, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

/// The messages in the order of `ip_savecontrol` (sys/netinet/ip_input.c).
fn freebsd_v4() -> Vec<u8> {
    let time = [1_700_000_000_i64.to_ne_bytes(), 123_456_789_i64.to_ne_bytes()].concat();
    [
        message(&FREEBSD, SOL_SOCKET, 5, &time),
        message(&FREEBSD, IPPROTO_IP, 7, &GROUP),
        message(&FREEBSD, IPPROTO_IP, 65, &[7]),
        message(&FREEBSD, IPPROTO_IP, 20, &link(2, 54)),
        message(&FREEBSD, IPPROTO_IP, 68, &[0xb8]),
    ]
    .concat()
}

#[test]
fn freebsd_reports_ipv4_in_five_messages() {
    let bytes = freebsd_v4();
    assert_eq!(bytes.len(), 32 + 24 + 24 + 72 + 24);
    let meta = read_all(&bytes, &FREEBSD);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP.into()), Some(2)));
    assert_eq!((meta.ttl, meta.traffic_class), (Some(7), Some(0xb8)));
    assert_eq!(meta.time, UnixTime::from_nanos(1_700_000_000_123_456_789));
    assert!(meta.kernel_time);
}

#[test]
fn an_old_freebsd_reports_microseconds() {
    let time = [5_i64.to_ne_bytes(), 6_i64.to_ne_bytes()].concat();
    let meta = read_all(&message(&FREEBSD, SOL_SOCKET, SCM_TIMESTAMP, &time), &FREEBSD);
    assert_eq!((meta.time, meta.kernel_time), (UnixTime::from_nanos(5_000_006_000), true));
}

#[test]
fn freebsd_reports_ipv6_in_four_messages() {
    let info = [&GROUP_V6[..], &3_u32.to_ne_bytes()].concat();
    let time = [5_i64.to_ne_bytes(), 6_i64.to_ne_bytes()].concat();
    let bytes = [
        message(&FREEBSD, SOL_SOCKET, 5, &time),
        message(&FREEBSD, IPPROTO_IPV6, 46, &info),
        message(&FREEBSD, IPPROTO_IPV6, 47, &64_i32.to_ne_bytes()),
        message(&FREEBSD, IPPROTO_IPV6, 61, &3_i32.to_ne_bytes()),
    ]
    .concat();
    let meta = read_all(&bytes, &FREEBSD);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP_V6.into()), Some(3)));
    assert_eq!((meta.ttl, meta.traffic_class), (Some(64), Some(3)));
    assert_eq!(meta.time, UnixTime::from_nanos(5_000_000_006));
}

/// `struct timeval` of macOS: 8 bytes of seconds, 4 of microseconds and 4 of padding.
fn timeval(seconds: i64, micros: i32, padding: [u8; 4]) -> Vec<u8> {
    [&seconds.to_ne_bytes()[..], &micros.to_ne_bytes(), &padding].concat()
}

/// The messages in the order of `ip_savecontrol` (bsd/netinet/ip_input.c): no padding behind the
/// header, and data at multiples of 4.
#[test]
fn macos_reports_ipv4_in_four_messages() {
    let info = [&4_u32.to_ne_bytes()[..], &[0; 4], &GROUP].concat();
    let bytes = [
        message(&MACOS, SOL_SOCKET, 2, &timeval(1_700_000_000, 123_456, [0xaa; 4])),
        message(&MACOS, IPPROTO_IP, 24, &[1]),
        message(&MACOS, IPPROTO_IP, 26, &info),
        message(&MACOS, IPPROTO_IP, 27, &[0x22]),
    ]
    .concat();
    assert_eq!(bytes.len(), 28 + 16 + 24 + 16);
    let meta = read_all(&bytes, &MACOS);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP.into()), Some(4)));
    assert_eq!((meta.ttl, meta.traffic_class), (Some(1), Some(0x22)));
    assert_eq!(meta.time, UnixTime::from_nanos(1_700_000_000_123_456_000));
    assert!(meta.kernel_time);
}

#[test]
fn a_macos_without_pktinfo_reports_the_same() {
    let bytes =
        [message(&MACOS, IPPROTO_IP, 7, &GROUP), message(&MACOS, IPPROTO_IP, 20, &link(4, 20))]
            .concat();
    let meta = read_all(&bytes, &MACOS);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP.into()), Some(4)));
    assert!(!meta.kernel_time);
}

#[test]
fn macos_reports_ipv6_in_three_messages() {
    let info = [&GROUP_V6[..], &6_u32.to_ne_bytes()].concat();
    let bytes = [
        message(&MACOS, IPPROTO_IPV6, 46, &info),
        message(&MACOS, IPPROTO_IPV6, 47, &255_i32.to_ne_bytes()),
        message(&MACOS, IPPROTO_IPV6, 36, &0xb8_i32.to_ne_bytes()),
        message(&MACOS, IPPROTO_IPV6, 61, &1_i32.to_ne_bytes()),
    ]
    .concat();
    let meta = read_all(&bytes, &MACOS);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP_V6.into()), Some(6)));
    assert_eq!((meta.ttl, meta.traffic_class), (Some(255), Some(0xb8)));
}

#[test]
fn a_vanished_interface_is_unknown() {
    let dummy = message(&FREEBSD, IPPROTO_IP, IP_RECVIF, &link(0, 8));
    assert_eq!(read_all(&dummy, &FREEBSD).ifindex, None);
    let info = [&[0; 8][..], &GROUP].concat();
    let meta = read_all(&message(&MACOS, IPPROTO_IP, 26, &info), &MACOS);
    assert_eq!((meta.destination, meta.ifindex), (Some(GROUP.into()), None));
}

/// The kernel cuts the last message and sets MSG_CTRUNC; its header keeps the full length.
#[test]
fn lost_control_data_is_not_read() {
    let mut bytes = freebsd_v4();
    bytes.truncate(32 + 24 + 20);
    let meta = read_all(&bytes, &FREEBSD);
    assert_eq!((meta.destination, meta.ttl), (Some(GROUP.into()), Some(7)), "padding is no loss");
    bytes.truncate(32 + 24 + 16);
    let meta = read_all(&bytes, &FREEBSD);
    assert_eq!((meta.destination, meta.ttl, meta.ifindex), (Some(GROUP.into()), None, None));
}

#[test]
fn both_families_of_source_are_read() {
    let v4 = [16, 2, 0x9c, 0x40, 10, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0];
    for (dialect, family) in [(&MACOS, 30), (&FREEBSD, 28)] {
        assert_eq!(source(&v4, dialect).unwrap().to_string(), "10.0.0.100:40000");
        let mut v6 = vec![28, family, 0x9c, 0x40, 0, 0, 0, 0];
        v6.extend("fe80::9".parse::<Ipv6Addr>().unwrap().octets());
        v6.extend(2_u32.to_ne_bytes());
        assert_eq!(source(&v6, dialect).unwrap().to_string(), "[fe80::9%2]:40000");
        v6[1] ^= 6;
        assert_eq!(source(&v6, dialect), None, "the family of the other system");
        assert_eq!(source(&[], dialect), None, "no name");
    }
}

fn dialects() -> impl Strategy<Value = &'static Dialect> {
    prop_oneof![Just(&MACOS), Just(&FREEBSD)]
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(
        dialect in dialects(),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        read_all(&bytes, dialect);
        source(&bytes, dialect);
    }

    #[test]
    fn an_invalid_length_ends_the_iteration(
        dialect in dialects(),
        len: u32,
        rest in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(rest);
        let messages = Messages { bytes: &bytes, align: dialect.align };
        prop_assert!(messages.count() <= bytes.len() / HEADER);
    }

    /// Messages of any content and order, with unknown ones between them.
    #[test]
    fn written_messages_are_read_again(
        dialect in dialects(),
        written in proptest::collection::vec(
            (0..3_i32, 100..200_i32, proptest::collection::vec(any::<u8>(), 0..100)),
            0..6,
        ),
    ) {
        let bytes: Vec<u8> = written
            .iter()
            .flat_map(|(level, kind, data)| message(dialect, *level, *kind, data))
            .collect();
        let messages = Messages { bytes: &bytes, align: dialect.align };
        let read: Vec<_> =
            messages.map(|(level, kind, data)| (level, kind, data.to_vec())).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn each_value_is_read_as_it_was_written(
        dialect in dialects(),
        (seconds, micros) in (0..9_000_000_000_i64, 0..1_000_000_i32),
        (ttl, class, index) in (any::<u8>(), any::<u8>(), 1..=u16::MAX),
        group: [u8; 4],
        group_v6: [u8; 16],
        is_v4: bool,
    ) {
        let time = match dialect.micros {
            4 => timeval(seconds, micros, [0; 4]),
            _ => [seconds.to_ne_bytes(), i64::from(micros).to_ne_bytes()].concat(),
        };
        let mut bytes = message(dialect, SOL_SOCKET, SCM_TIMESTAMP, &time);
        if is_v4 {
            bytes.extend(message(dialect, IPPROTO_IP, IP_RECVDSTADDR, &group));
            bytes.extend(message(dialect, IPPROTO_IP, IP_RECVIF, &link(index, 54)));
            bytes.extend(message(dialect, IPPROTO_IP, dialect.ttl, &[ttl]));
            bytes.extend(message(dialect, IPPROTO_IP, dialect.tos, &[class]));
        } else {
            let info = [&group_v6[..], &u32::from(index).to_ne_bytes()].concat();
            let class = i32::from(class).to_ne_bytes();
            bytes.extend(message(dialect, IPPROTO_IPV6, IPV6_PKTINFO, &info));
            let hops = i32::from(ttl).to_ne_bytes();
            bytes.extend(message(dialect, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops));
            bytes.extend(message(dialect, IPPROTO_IPV6, dialect.traffic_class, &class));
        }
        let expected = Meta {
            destination: Some(if is_v4 { group.into() } else { group_v6.into() }),
            ifindex: Some(index.into()),
            time: UnixTime::from_nanos(seconds * 1_000_000_000 + i64::from(micros) * 1000),
            kernel_time: true,
            ttl: Some(ttl),
            traffic_class: Some(class),
            ..Meta::unknown()
        };
        prop_assert_eq!(read_all(&bytes, dialect), expected);
    }
}
