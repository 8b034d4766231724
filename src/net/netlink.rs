//! Route netlink (rtnetlink(7)): how Linux is asked about routes and links. It needs no rights.

use std::collections::BTreeMap;
use std::io;

use netlink_packet_core::{
    ErrorBuffer, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

/// Asks the kernel. The answer is there to be read from the socket.
pub fn ask(question: RouteNetlinkMessage, flags: u16) -> io::Result<Socket> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(question));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);

    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&bytes, 0)?;
    Ok(socket)
}

/// The MTU of each interface in bytes, by its index: RTM_GETLINK, as `ip link` asks it.
pub fn mtus() -> io::Result<BTreeMap<u32, u32>> {
    let socket = ask(RouteNetlinkMessage::GetLink(LinkMessage::default()), NLM_F_DUMP)?;
    let mut mtus = BTreeMap::new();
    loop {
        let (answer, _) = socket.recv_from_full()?;
        if read_mtus(&answer, &mut mtus)? {
            return Ok(mtus);
        }
    }
}

/// Reads what one datagram of the answer tells, and whether it is the last. Of each link only the MTU is looked at: an attribute that is
/// newer than this program must not hide the others.
fn read_mtus(mut answer: &[u8], mtus: &mut BTreeMap<u32, u32>) -> io::Result<bool> {
    const RTM_NEWLINK: u16 = 16;
    while !answer.is_empty() {
        let message = NetlinkBuffer::new_checked(answer).map_err(io::Error::other)?;
        match message.message_type() {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let code = ErrorBuffer::new_checked(message.payload()).map_err(io::Error::other)?.code();
                return Err(io::Error::from_raw_os_error(code.map_or(0, |code| code.get().saturating_abs())));
            }
            RTM_NEWLINK => mtus.extend(mtu(message.payload())),
            _ => {}
        }
        let length = (message.length() as usize).next_multiple_of(4);
        answer = answer.get(length..).unwrap_or_default();
    }
    Ok(false)
}

/// The index and the MTU of a link: a `struct ifinfomsg`, and attributes behind it.
fn mtu(link: &[u8]) -> Option<(u32, u32)> {
    const IFINFOMSG: usize = 16;
    const IFLA_MTU: u16 = 4;
    let index = u32::from_ne_bytes(link.get(4..8)?.try_into().ok()?);
    let attributes = link.get(IFINFOMSG..)?;
    let mtu = NlasIterator::new(attributes).flatten().find(|attribute| attribute.kind() == IFLA_MTU)?;
    Some((index, u32::from_ne_bytes(mtu.value().try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_interface_has_an_mtu() {
        let mtus = mtus().unwrap();
        for iface in crate::net::interfaces().unwrap() {
            assert!(mtus.get(&iface.index).is_some_and(|mtu| *mtu > 0), "{}: {mtus:?}", iface.name);
        }
    }

    #[test]
    fn an_answer_that_is_an_error_is_one() {
        // EPERM (1), as the kernel writes it: negative, and before the question that it answers.
        let mut message = [&36_u32.to_ne_bytes()[..], &2_u16.to_ne_bytes(), &[0; 10], &(-1_i32).to_ne_bytes(), &[0; 16]].concat();
        message.truncate(36);
        let error = read_mtus(&message, &mut BTreeMap::new()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(1), "{error}");
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0_u16..20) {
            let _ = read_mtus(&bytes, &mut BTreeMap::new());
            let length = u32::try_from(bytes.len() + 16).unwrap();
            let message = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], &bytes].concat();
            let _ = read_mtus(&message, &mut BTreeMap::new());
            let _ = mtu(&bytes);
        }
    }
}
