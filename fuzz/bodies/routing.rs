//! Messages of a routing socket or of a list, as FreeBSD and macOS write them, or damaged.

use std::net::IpAddr;

use mcast::routing::{Layout, Message, get, messages, reply_to};

/// Reads the bytes as messages of both systems, and asks for a route with them.
///
/// # Panics
/// If a message exceeds its bytes, or a request is not read again.
pub fn run(bytes: &[u8]) {
    for layout in [Layout::FREEBSD, Layout::MACOS] {
        let mut count = 0;
        for message in messages(bytes, &layout) {
            count += 1;
            if let Message::Link(state) = &message {
                let link = state.link.iter();
                let longest = link.map(|link| link.name.len() + link.address.len()).max();
                assert!(longest.unwrap_or(0) <= usize::from(u8::MAX), "{message:?}");
            }
        }
        assert!(count <= bytes.len() / 4, "each message has a header");
        if let Some(octets) = bytes.first_chunk::<16>() {
            asks(IpAddr::from(*octets), &layout);
            asks(IpAddr::from([octets[0], octets[1], octets[2], octets[3]]), &layout);
        }
    }
}

fn asks(address: IpAddr, layout: &Layout) {
    let request = get(address, 7, layout);
    let reply = reply_to(&request, 0, 7, layout).expect("a request has the form of its reply");
    assert_eq!((reply.error, reply.gateway), (0, None));
}
