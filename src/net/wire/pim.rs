//! The parser of PIM hellos (RFC 7761, 4.9.2). Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{PimHello, What};
use crate::units::bytes::{take, u16_at};

/// Version 2, type hello.
const HELLO: u8 = 0x20;

const HEADER: usize = 4;

/// Reads the captured beginning of a PIM message. An option that is cut, or of another length than
/// the standard's, is left out.
pub(super) fn pim(message: &[u8]) -> Option<What> {
    const HOLD_TIME: u16 = 1;
    const DR_PRIORITY: u16 = 19;
    const GENERATION: u16 = 20;
    const ADDRESSES: u16 = 24;
    let header: [u8; HEADER] = take(message, 0)?;
    if header[0] != HELLO {
        return None;
    }
    let mut hello = PimHello::default();
    let mut at = HEADER;
    while let (Some(kind), Some(len)) = (u16_at(message, at), u16_at(message, at + 2)) {
        let begin = at + 4;
        at = begin + usize::from(len);
        let value = message.get(begin..message.len().min(at)).unwrap_or(&[]);
        let number = (len == 4).then(|| take(value, 0).map(u32::from_be_bytes)).flatten();
        match kind {
            HOLD_TIME if len == 2 => hello.hold_time = u16_at(value, 0),
            DR_PRIORITY => hello.dr_priority = number,
            GENERATION => hello.generation = number,
            ADDRESSES => hello.addresses = addresses(value),
            _ => {}
        }
    }
    Some(What::PimHello(hello))
}

/// The complete addresses of a list, up to one of an unknown family (RFC 7761, 4.9.1: encoded
/// unicast addresses).
fn addresses(mut list: &[u8]) -> Vec<IpAddr> {
    const IPV4: u8 = 1;
    const IPV6: u8 = 2;
    const NATIVE: u8 = 0;
    let next = || {
        let (address, len) = match take(list, 0)? {
            [IPV4, NATIVE] => (IpAddr::from(Ipv4Addr::from(take::<4>(list, 2)?)), 2 + 4),
            [IPV6, NATIVE] => (IpAddr::from(Ipv6Addr::from(take::<16>(list, 2)?)), 2 + 16),
            _ => return None,
        };
        list = list.get(len..)?;
        Some(address)
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::wire::packet::tests::hex;

    fn hello(text: &str) -> Option<PimHello> {
        match pim(&hex(text))? {
            What::PimHello(hello) => Some(hello),
            other => panic!("{other:?}"),
        }
    }

    /// Hold time 105 s, LAN prune delay, DR priority 1, a generation, and two addresses.
    const FULL: &str = "20 00 00 00 0001 0002 0069 0002 0004 01f4 09c4 0013 0004 00000001
                        0014 0004 12345678 0018 0018 01 00 0a010002
                        02 00 fd000001000000000000000000000001";

    #[test]
    fn a_hello_has_the_options_of_the_router() {
        let full = PimHello {
            hold_time: Some(105),
            dr_priority: Some(1),
            generation: Some(0x1234_5678),
            addresses: vec!["10.1.0.2".parse().unwrap(), "fd00:1::1".parse().unwrap()],
        };
        assert_eq!(hello(FULL), Some(full.clone()));
        let cut = PimHello { addresses: full.addresses[..1].to_vec(), ..full };
        assert_eq!(hello(&FULL[..FULL.len() - 3]), Some(cut));
    }

    #[test]
    fn options_are_optional() {
        assert_eq!(hello("20 00 00 00"), Some(PimHello::default()));
        let goodbye = PimHello { hold_time: Some(0), ..PimHello::default() };
        assert_eq!(hello("20 00 00 00 0001 0002 0000"), Some(goodbye));
    }

    #[test]
    fn other_messages_are_no_hellos() {
        for other in ["", "20 00 00", "10 00 00 00", "23 00 00 00 0001 0002 0069", "30 00 00 00"] {
            assert_eq!(hello(other), None, "{other}");
        }
    }

    #[test]
    fn damaged_options_are_left_out() {
        let hello = |text: &str| hello(&format!("20 00 00 00 {text}")).unwrap();
        assert_eq!(hello("0001 0004 00690069"), PimHello::default(), "another length");
        assert_eq!(hello("0013 ffff 00000001"), PimHello::default());
        assert_eq!(hello("0014 0004 123456"), PimHello::default(), "cut");
        assert_eq!(hello("0018 0006 03 00 0a010002"), PimHello::default(), "another family");
        let behind = hello("0000 0000 00ff 0001 07 0013 0004 00000009");
        assert_eq!(behind.dr_priority, Some(9), "unknown options are skipped");
    }

    proptest! {
        #[test]
        fn arbitrary_options_do_not_panic(
            options in proptest::collection::vec(
                (prop_oneof![Just(1_u16), Just(19), Just(20), Just(24), any::<u16>()], 0_u16..40),
                0..20
            ),
            bytes in proptest::collection::vec(any::<u8>(), 0..256),
            cut in 0_usize..300,
        ) {
            let mut message = vec![HELLO, 0, 0, 0];
            for ((kind, len), value) in options.iter().zip(bytes.chunks(7)) {
                message.extend(kind.to_be_bytes());
                message.extend(len.to_be_bytes());
                message.extend(value);
            }
            message.truncate(cut);
            let _ = (pim(&message), pim(&bytes));
        }
    }
}
