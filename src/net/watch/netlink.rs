//! The messages about interfaces from Linux' route netlink (rtnetlink(7)). They need no rights.

use std::io;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use tracing::debug;

use super::messages::Messages;
use crate::iface::Family;
use crate::sys::PollSource;
use crate::units::bytes::take;

/// The messages about links, and about IPv4 and IPv6 addresses (RTMGRP_*, linux/rtnetlink.h).
const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// A socket that receives the kernel's messages.
pub struct Listener(Socket);

impl Listener {
    /// `None` on systems without such messages.
    pub fn open() -> io::Result<Option<Self>> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind(&SocketAddr::new(0, GROUPS))?;
        // A host that starts a hundred containers sends many messages.
        let _ = socket.set_rx_buf_sz(1_u32 << 20);
        socket.set_non_blocking(true)?;
        Ok(Some(Listener(socket)))
    }

    pub fn source(&self) -> PollSource<'_> {
        crate::sys::borrow(&self.0)
    }

    /// Reads all waiting messages. Some may have been lost.
    pub fn read(&self) -> Messages {
        let mut read = Messages::default();
        let mut bytes = Vec::with_capacity(16 * 1024);
        loop {
            bytes.clear();
            match self.0.recv_from(&mut bytes, 0) {
                Ok(_) => read_messages(&bytes, &mut read),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return read,
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    debug!("lost messages about interfaces");
                    read.lost = true;
                }
                Err(error) => {
                    debug!(%error, "cannot read messages about interfaces");
                    return read;
                }
            }
        }
    }
}

/// Reads messages of rtnetlink(7) byte by byte: unknown attributes must not hide the index of the
/// interface.
fn read_messages(mut bytes: &[u8], read: &mut Messages) {
    const HEADER: usize = 16;
    const LINK: usize = 16;
    // Below these MTUs Linux removes the protocol from the interface (RFC 8200, 5; RFC 791, 3.1).
    const LEAST_MTU_V6: u32 = 1280;
    const LEAST_MTU_V4: u32 = 68;
    while let Some(len) =
        take(bytes, 0).map(|len| u32::from_ne_bytes(len) as usize).filter(|len| *len >= HEADER)
    {
        let kind = take(bytes, 4).map(u16::from_ne_bytes);
        let (family, index) = (bytes.get(HEADER), take(bytes, HEADER + 4).map(u32::from_ne_bytes));
        match (kind, family, index) {
            // With the family AF_BRIDGE, the same message means that a port left its bridge.
            (Some(libc::RTM_DELLINK), Some(0), Some(index)) => read.deleted.push(index),
            (Some(libc::RTM_NEWLINK), Some(0), Some(index)) => {
                let attributes = bytes.get(HEADER + LINK..len.min(bytes.len())).unwrap_or(&[]);
                let mtu = mtu(attributes).unwrap_or(u32::MAX);
                read.died.extend((mtu < LEAST_MTU_V6).then_some((index, Family::V6)));
                read.died.extend((mtu < LEAST_MTU_V4).then_some((index, Family::V4)));
            }
            _ => {}
        }
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    }
}

/// The MTU attribute of a link.
fn mtu(mut attributes: &[u8]) -> Option<u32> {
    loop {
        let len = take(attributes, 0)
            .map(|len| usize::from(u16::from_ne_bytes(len)))
            .filter(|len| *len >= 4)?;
        if take(attributes, 2).map(u16::from_ne_bytes) == Some(libc::IFLA_MTU) {
            return take(attributes, 4).map(u32::from_ne_bytes);
        }
        attributes = attributes.get(len.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u16, family: u8, index: u32, rest: &[u8]) -> Vec<u8> {
        let len = 16 + 8 + rest.len() as u32;
        let header = [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10]].concat();
        let mut bytes = [&header[..], &[family, 0, 0, 0], &index.to_ne_bytes(), rest].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn deleted_interfaces_are_read_and_other_messages_ignored() {
        let attributes = |mtu: u32| {
            let name = [&[7, 0, 3, 0], &b"e0\0\0"[..]].concat();
            [&[0; 8][..], &name, &8_u16.to_ne_bytes(), &4_u16.to_ne_bytes(), &mtu.to_ne_bytes()]
                .concat()
        };
        let bytes = [
            message(libc::RTM_NEWLINK, 0, 2, b"whatever"),
            message(libc::RTM_DELLINK, 7, 3, b"a port has left its bridge"),
            message(libc::RTM_DELLINK, 0, 4, b"odd"),
            message(libc::RTM_DELADDR, 10, 5, b""),
            message(libc::RTM_NEWLINK, 0, 6, &attributes(1280)),
            message(libc::RTM_NEWLINK, 0, 7, &attributes(1279)),
            message(libc::RTM_NEWLINK, 0, 8, &attributes(67)),
        ];
        let mut read = Messages::default();
        read_messages(&bytes.concat(), &mut read);
        assert_eq!(
            (read.deleted, read.died),
            (vec![4], vec![(7, Family::V6), (8, Family::V6), (8, Family::V4)])
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            read_messages(&bytes, &mut Messages::default());
        }
    }
}
