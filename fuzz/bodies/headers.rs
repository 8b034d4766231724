//! Arbitrary text as a described header, and arbitrary bytes as a datagram with that header or with
//! one of the known headers of market data. The same bytes are an IP packet, the content of a
//! packet of IGMP, MLD and PIM, and the answers of receivers.

#[path = "answers.rs"]
mod answers;
#[path = "numbers.rs"]
mod numbers;

use mcast::format::described::Header;
use mcast::format::market;
use mcast::{Packet, What};

use self::numbers::check_numbered;

/// Reads the bytes up to the first line break as a header, and all others as a datagram.
///
/// # Panics
/// If a printed header does not parse as the same one, or a number does not fit its field.
pub fn run(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (text, payload) = bytes.split_at(at);
    described(text, payload);
    known(bytes);
    known(payload.get(1..).unwrap_or_default());
    packets(bytes);
    answers::run(bytes);
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// The kind of a PIM hello.
const HELLO: [u8; 4] = [0x20, 0, 0, 0];

fn packets(bytes: &[u8]) {
    const IGMP: u8 = 2;
    const ICMPV6: u8 = 58;
    const PIM: u8 = 103;
    packet(IPV4, bytes);
    packet(IPV6, bytes);
    let hello = [&HELLO[..], bytes].concat();
    for (protocol, content) in [(IGMP, bytes), (PIM, bytes), (PIM, &hello)] {
        let mut header = vec![0x45, 0];
        header.extend((content.len() as u16).saturating_add(20).to_be_bytes());
        header.extend([0, 0, 0, 0, 1, protocol, 0, 0, 10, 0, 0, 1, 224, 0, 0, 13]);
        packet(IPV4, &[&header[..], content].concat());
    }
    for (protocol, content) in [(ICMPV6, bytes), (PIM, bytes), (PIM, &hello)] {
        let mut header = vec![0x60, 0, 0, 0];
        header.extend((content.len() as u16).to_be_bytes());
        header.extend([protocol, 1]);
        header.extend([0xfe; 32]);
        packet(IPV6, &[&header[..], content].concat());
    }
}

/// Lists are no longer than the packet: a group has four bytes or more, an address of a router six.
fn packet(protocol: u16, bytes: &[u8]) {
    let Some(packet) = Packet::parse(protocol, bytes) else { return };
    match packet.what {
        What::Report { groups, .. } => assert!(groups.len() * 4 <= bytes.len()),
        What::PimHello(hello) => assert!(hello.addresses.len() * 6 <= bytes.len()),
        What::Udp { .. } | What::LaterFragment | What::Query(_) | What::Leave(_) | What::Other => {}
    }
}

fn described(text: &[u8], payload: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let header = match text.parse::<Header>() {
        Ok(header) => header,
        Err(error) => {
            let has_example = error.contains("; for example ") || error.contains("; try ");
            assert!(has_example, "{text:?} is refused without an example: {error}");
            return;
        }
    };
    let printed = header.to_string();
    assert_eq!(printed.parse(), Ok(header), "{text:?} is printed as {printed:?}");
    for len in [0, header.end().saturating_sub(1), payload.len()] {
        let payload = &payload[..payload.len().min(len)];
        match header.read(payload) {
            Some(numbered) => {
                assert!(payload.len() >= header.end(), "{numbered:?} of {} bytes", payload.len());
                check_numbered(&numbered, header.numbering(), payload);
            }
            None => assert!(len > 0 || header.fields(payload).is_none()),
        }
    }
}

fn known(payload: &[u8]) {
    if let Some(preset) = market::recognise(payload) {
        let numbered = preset.read(payload).expect("a recognised header is read");
        check_numbered(&numbered, preset.numbering(), payload);
    }
    for preset in market::presets() {
        if let Some(numbered) = preset.read(payload) {
            check_numbered(&numbered, preset.numbering(), payload);
        }
    }
}
