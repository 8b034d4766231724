//! Requests about routes and links by route netlink (rtnetlink(7)). They need no rights.

use std::collections::BTreeMap;
use std::io;

use netlink_packet_core::{
    ErrorBuffer, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::tc::TcMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use super::interfaces::mtus_without_netlink;
use crate::host::queues::Queue;
use crate::units::bytes;

/// Sends a request. The caller reads the answer from the socket.
pub fn ask(question: RouteNetlinkMessage, flags: u16) -> io::Result<Socket> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(question));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    send(&bytes)
}

fn send(bytes: &[u8]) -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(bytes, 0)?;
    Ok(socket)
}

/// Calls `take` for each link: a `struct ifinfomsg` with attributes.
pub fn links(take: impl FnMut(&[u8])) -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    dump(RouteNetlinkMessage::GetLink(LinkMessage::default()), RTM_NEWLINK, take)
}

/// Calls `take` for the multicast groups of each bridge, as `bridge mdb` does: a `struct
/// br_port_msg` with attributes.
pub fn bridge_groups(take: impl FnMut(&[u8])) -> io::Result<()> {
    const PF_BRIDGE: u8 = 7;
    const BR_PORT_MSG: usize = 8;
    // The answer has the type of the request.
    const RTM_GETMDB: u16 = 86;
    let mut message = vec![0; 16 + BR_PORT_MSG];
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    message[0..4].copy_from_slice(&length.to_ne_bytes());
    message[4..6].copy_from_slice(&RTM_GETMDB.to_ne_bytes());
    message[6..8].copy_from_slice(&(NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    message[16] = PF_BRIDGE;
    answers(&send(&message)?, RTM_GETMDB, take)
}

/// The MTU of each interface in bytes, by index. Unknown MTUs are absent.
pub fn mtus() -> BTreeMap<u32, u32> {
    read_mtus().unwrap_or_else(|error| {
        tracing::debug!(%error, "no route netlink; reading the MTU by ioctl");
        mtus_without_netlink().unwrap_or_default()
    })
}

/// RTM_GETLINK, as in `ip link`.
fn read_mtus() -> io::Result<BTreeMap<u32, u32>> {
    let mut mtus = BTreeMap::new();
    links(|link| mtus.extend(mtu(link)))?;
    Ok(mtus)
}

/// The queues of the interface with this index: RTM_GETQDISC, as in `tc -s qdisc show`.
pub fn queues(index: u32) -> io::Result<Vec<Queue>> {
    const RTM_NEWQDISC: u16 = 36;
    let mut queues = Vec::new();
    dump(RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default()), RTM_NEWQDISC, |queue| {
        queues.extend(read_queue(queue).filter(|(of, _)| *of == index).map(|(_, queue)| queue));
    })?;
    Ok(queues)
}

/// Requests a list and calls `take` for each message of type `kind`.
fn dump(question: RouteNetlinkMessage, kind: u16, take: impl FnMut(&[u8])) -> io::Result<()> {
    answers(&ask(question, NLM_F_DUMP)?, kind, take)
}

/// Reads the answer to the end.
fn answers(socket: &Socket, kind: u16, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    loop {
        let (answer, _) = socket.recv_from_full()?;
        if read(&answer, kind, &mut take)? {
            return Ok(());
        }
    }
}

/// Reads the messages of one datagram; returns whether it is the last. Reads only the wanted parts
/// of a message: an unknown attribute must not hide the others.
fn read(mut answer: &[u8], kind: u16, take: &mut impl FnMut(&[u8])) -> io::Result<bool> {
    while !answer.is_empty() {
        let message = NetlinkBuffer::new_checked(answer).map_err(io::Error::other)?;
        match message.message_type() {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let code =
                    ErrorBuffer::new_checked(message.payload()).map_err(io::Error::other)?.code();
                return Err(io::Error::from_raw_os_error(
                    code.map_or(0, |code| code.get().saturating_abs()),
                ));
            }
            other if other == kind => take(message.payload()),
            _ => {}
        }
        let length = (message.length() as usize).next_multiple_of(4);
        answer = answer.get(length..).unwrap_or_default();
    }
    Ok(false)
}

/// The index of the interface, and a queue: a `struct tcmsg` with attributes.
fn read_queue(bytes: &[u8]) -> Option<(u32, Queue)> {
    const TCMSG: usize = 20;
    const TCA_KIND: u16 = 1;
    const TCA_STATS2: u16 = 7;
    const TCA_STATS_QUEUE: u16 = 3;
    let index = bytes::take(bytes, 4).map(u32::from_ne_bytes)?;
    let attributes = bytes.get(TCMSG..)?;
    let kind = find(attributes, TCA_KIND)?;
    // A `struct gnet_stats_queue`: packets, bytes, drops, and two more counters.
    let counters = find(attributes, TCA_STATS2)
        .and_then(|stats| find(&stats, TCA_STATS_QUEUE))
        .unwrap_or_default();
    let counter = |at| bytes::take(&counters, at).map_or(0, u32::from_ne_bytes);
    let name = String::from_utf8_lossy(&kind);
    let kind = name.trim_end_matches('\0').to_owned();
    Some((index, Queue { kind, waiting: counter(0), dropped: counter(8) }))
}

/// The value of an attribute.
fn find(attributes: &[u8], kind: u16) -> Option<Vec<u8>> {
    NlasIterator::new(attributes)
        .flatten()
        .find(|attribute| attribute.kind() == kind)
        .map(|attribute| attribute.value().to_vec())
}

/// The index and the MTU of a link: a `struct ifinfomsg` with attributes.
fn mtu(link: &[u8]) -> Option<(u32, u32)> {
    const IFINFOMSG: usize = 16;
    const IFLA_MTU: u16 = 4;
    let index = bytes::take(link, 4).map(u32::from_ne_bytes)?;
    let attributes = link.get(IFINFOMSG..)?;
    let mtu =
        NlasIterator::new(attributes).flatten().find(|attribute| attribute.kind() == IFLA_MTU)?;
    Some((index, u32::from_ne_bytes(mtu.value().try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_interface_has_an_mtu() {
        let mtus = read_mtus().unwrap();
        for iface in crate::host::interfaces().unwrap() {
            assert!(mtus.get(&iface.index).is_some_and(|mtu| *mtu > 0), "{}: {mtus:?}", iface.name);
        }
    }

    #[test]
    fn an_error_message_is_an_error() {
        // EPERM (1) in the kernel's form: negative, and before the request.
        let mut message = [
            &36_u32.to_ne_bytes()[..],
            &2_u16.to_ne_bytes(),
            &[0; 10],
            &(-1_i32).to_ne_bytes(),
            &[0; 16],
        ]
        .concat();
        message.truncate(36);
        let error = read(&message, 16, &mut |_| {}).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(1), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_answers_do_not_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            kind in 0_u16..20,
        ) {
            let _ = read(&bytes, 16, &mut |_| {});
            let length = u32::try_from(bytes.len() + 16).unwrap();
            let message =
                [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], &bytes].concat();
            let _ = read(&message, 16, &mut |_| {});
            let _ = (mtu(&bytes), read_queue(&bytes));
        }
    }
}
