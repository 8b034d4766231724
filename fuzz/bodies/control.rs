//! Arbitrary bytes as the source address and the control messages of a datagram, in the form of each
//! system.

use std::net::IpAddr;

use mcast::ControlFormat;
use mcast::units::UnixTime;

/// The length of the longest socket address of IP.
const NAME_LEN: usize = 28;

/// Reads the first bytes as the source address, and the others as control messages.
///
/// # Panics
/// If a value is not in the bytes, or a shorter buffer changes the values before its end.
pub fn run(bytes: &[u8]) {
    let (name, control) = bytes.split_at(bytes.len().min(NAME_LEN));
    for format in ControlFormat::ALL {
        let (meta, segment) = format.read(name, control);
        match meta.destination {
            Some(IpAddr::V4(address)) => assert!(holds(control, &address.octets())),
            Some(IpAddr::V6(address)) => assert!(holds(control, &address.octets())),
            None => {}
        }
        if let Some(index) = meta.ifindex {
            let short =
                u16::try_from(index).is_ok_and(|index| holds(control, &index.to_ne_bytes()));
            assert!(short || holds(control, &index.to_ne_bytes()), "{format:?}: {index}");
        }
        let bytes = [meta.ttl, meta.traffic_class];
        assert!(bytes.into_iter().flatten().all(|byte| control.contains(&byte)));
        assert!(meta.time >= UnixTime::default());
        assert!(meta.kernel_time || meta.time == UnixTime::default());
        let source = meta.source;
        let is_unknown = source.ip().is_unspecified() && source.port() == 0;
        assert!(is_unknown || holds(name, &source.port().to_be_bytes()), "{format:?}: {source}");
        assert!(segment.is_none() || !control.is_empty());

        // A truncated buffer (MSG_CTRUNC) has no values of its own.
        let (less, _) = format.read(name, &control[..control.len() / 2]);
        assert!(meta.kernel_time || !less.kernel_time, "{format:?}");
        assert_eq!(meta.source, less.source);
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
