//! Requests about routes and links by route netlink (rtnetlink(7)). They need no rights.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use netlink_packet_core::{
    ErrorBuffer, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NlasIterator,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use super::interfaces::mtus_without_netlink;
use crate::host::queues::Queue;
use crate::units::bytes;

/// The sizes of `struct ifinfomsg`, `struct tcmsg` and `struct br_port_msg`.
const IFINFOMSG: usize = 16;
const TCMSG: usize = 20;
const BR_PORT_MSG: usize = 8;

/// A request: its type, and what follows the header.
pub struct Question<'a> {
    pub kind: u16,
    pub body: &'a [u8],
}

impl Question<'_> {
    /// A `struct nlmsghdr` and the body, which has a multiple of four bytes.
    fn message(&self, flags: u16) -> io::Result<Vec<u8>> {
        const HEADER: usize = 16;
        let length = u32::try_from(HEADER + self.body.len()).map_err(io::Error::other)?;
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(self.kind.to_ne_bytes());
        message.extend((NLM_F_REQUEST | flags).to_ne_bytes());
        // The sequence number and the port: each request has a socket of its own.
        message.resize(HEADER, 0);
        message.extend(self.body);
        Ok(message)
    }
}

/// The first answer of type `answer`. An error of the kernel is an error.
pub fn ask(question: &Question, answer: u16) -> io::Result<Vec<u8>> {
    let (bytes, _) = send(question, 0)?.recv_from_full()?;
    let mut found = None;
    read(&bytes, answer, &mut |message| found = Some(message.to_vec()))?;
    found.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn send(question: &Question, flags: u16) -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&question.message(flags)?, 0)?;
    Ok(socket)
}

/// Calls `take` for each link: a `struct ifinfomsg` with attributes.
pub fn links(take: impl FnMut(&[u8])) -> io::Result<()> {
    let question = Question { kind: libc::RTM_GETLINK, body: &[0; IFINFOMSG] };
    dump(&question, libc::RTM_NEWLINK, take)
}

/// Calls `take` for the multicast groups of each bridge, as `bridge mdb` does: a `struct
/// br_port_msg` with attributes.
pub fn bridge_groups(take: impl FnMut(&[u8])) -> io::Result<()> {
    const PF_BRIDGE: u8 = 7;
    // The answer has the type of the request.
    const RTM_GETMDB: u16 = 86;
    let mut body = [0; BR_PORT_MSG];
    body[0] = PF_BRIDGE;
    dump(&Question { kind: RTM_GETMDB, body: &body }, RTM_GETMDB, take)
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
    let question = Question { kind: libc::RTM_GETQDISC, body: &[0; TCMSG] };
    let mut queues = Vec::new();
    dump(&question, libc::RTM_NEWQDISC, |queue| {
        queues.extend(read_queue(queue).filter(|(of, _)| *of == index).map(|(_, queue)| queue));
    })?;
    Ok(queues)
}

/// Requests a list and calls `take` for each message of type `kind`.
fn dump(question: &Question, kind: u16, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let socket = send(question, NLM_F_DUMP)?;
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

/// The value of the first attribute of this kind.
pub fn find(attributes: &[u8], kind: u16) -> Option<Vec<u8>> {
    NlasIterator::new(attributes)
        .flatten()
        .find(|attribute| attribute.kind() == kind)
        .map(|attribute| attribute.value().to_vec())
}

/// The number in the first attribute of this kind.
pub fn number(attributes: &[u8], kind: u16) -> Option<u32> {
    Some(u32::from_ne_bytes(find(attributes, kind)?.try_into().ok()?))
}

/// An address of either family, in network byte order.
pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// The index and the MTU of a link: a `struct ifinfomsg` with attributes.
fn mtu(link: &[u8]) -> Option<(u32, u32)> {
    let index = bytes::take(link, 4).map(u32::from_ne_bytes)?;
    Some((index, number(link.get(IFINFOMSG..)?, libc::IFLA_MTU)?))
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
    fn a_question_has_a_header() {
        let question = Question { kind: 26, body: &[1, 2, 3, 4] };
        let expected = [
            &20_u32.to_ne_bytes()[..],
            &26_u16.to_ne_bytes(),
            &0x301_u16.to_ne_bytes(),
            &[0; 8],
            &[1, 2, 3, 4],
        ];
        assert_eq!(question.message(NLM_F_DUMP).unwrap(), expected.concat());
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
