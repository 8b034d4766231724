//! Reads the messages of a routing socket or of a list.

use std::net::IpAddr;

use super::layout::Layout;
use super::sockaddr::{LinkAddress, SocketAddress, addresses};
use crate::units::bytes::take;

/// RTM_VERSION of both systems (net/route.h).
pub const VERSION: u8 = 5;

/// RTM_GET.
pub const GET: u8 = 0x4;

const NEW_ADDRESS: u8 = 0xc;
const DELETED_ADDRESS: u8 = 0xd;
const INTERFACE: u8 = 0xe;

/// The positions of addresses (RTAX_*).
pub const DESTINATION: usize = 0;
pub const GATEWAY: usize = 1;
pub const INTERFACE_NAME: usize = 4;
pub const INTERFACE_ADDRESS: usize = 5;

/// A message that concerns interfaces or routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An interface of a list, with its data.
    Link(LinkState),
    /// An interface changed its state (RTM_IFINFO of a socket).
    Changed {
        /// The index of the interface.
        index: u32,
    },
    /// An interface gained or lost an address.
    Address {
        /// The index of the interface.
        index: u32,
        /// The address, if it is one of IP.
        ip: Option<IpAddr>,
        /// It was added.
        added: bool,
    },
    /// A membership of an interface.
    Member {
        /// The index of the interface.
        index: u32,
        /// The group, if it is one of IP.
        group: Option<IpAddr>,
    },
    /// An interface appeared or disappeared (FreeBSD).
    Announced(Announcement),
    /// The reply to a request for a route.
    Route(RouteReply),
    /// Of another kind or version, or truncated.
    Other {
        /// The type, if the version is known.
        kind: Option<u8>,
    },
}

/// The data of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// The index of the interface.
    pub index: u32,
    /// The name and the address of the link.
    pub link: Option<LinkAddress>,
    /// The type of the interface (ifi_type; net/if_types.h).
    pub link_type: u8,
    /// It has a carrier. `None` if its driver does not report that, or the system does not show it.
    pub carrier: Option<bool>,
    /// The MTU in bytes.
    pub mtu: u32,
    /// The speed in bits per second; 0 is unknown.
    pub baudrate: u64,
    /// The counters: ipackets, ierrors, opackets, oerrors, collisions, ibytes, obytes, imcasts,
    /// omcasts, iqdrops.
    pub counters: [u64; 10],
    /// The frames that were dropped before sending.
    pub send_drops: u64,
}

/// An interface appeared or disappeared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The index of the interface.
    pub index: u32,
    /// It disappeared.
    pub departed: bool,
}

/// The kernel's route to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteReply {
    /// The process that asked.
    pub pid: i32,
    /// The number of the request.
    pub number: i32,
    /// The error; 0 if there is a route.
    pub error: i32,
    /// The flags (RTF_*).
    pub flags: u32,
    /// The index of the interface.
    pub index: u32,
    /// The router, if the route leads through one.
    pub gateway: Option<IpAddr>,
    /// The source address.
    pub source: Option<IpAddr>,
}

/// The messages in `bytes`, which may end within one.
pub fn messages<'a>(mut bytes: &'a [u8], layout: &'a Layout) -> impl Iterator<Item = Message> + 'a {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(take(bytes, 0)?));
        // A message is at least its header: nothing else would advance.
        let whole = bytes.get(..length).filter(|whole| whole.len() >= 4)?;
        bytes = &bytes[length..];
        Some(read(whole, layout).unwrap_or(Message::Other { kind: known_kind(whole) }))
    })
}

fn known_kind(message: &[u8]) -> Option<u8> {
    (message[2] == VERSION).then_some(message[3])
}

fn read(message: &[u8], layout: &Layout) -> Option<Message> {
    /// The index of messages with the fields addrs and flags before it.
    const INDEX: usize = 12;
    let kind = known_kind(message)?;
    let index = |at| Some(u32::from(u16::from_ne_bytes(take(message, at)?)));
    let present = || take(message, 4).map(u32::from_ne_bytes);
    Some(match kind {
        _ if kind == layout.link.kind && message.len() >= layout.link.header => {
            Message::Link(link(message, index(INDEX)?, present()?, layout)?)
        }
        INTERFACE => Message::Changed { index: index(INDEX)? },
        NEW_ADDRESS | DELETED_ADDRESS => {
            const HEADER: usize = 20;
            let found = addresses(message.get(HEADER..)?, present()?, layout);
            let ip = ip(found, INTERFACE_ADDRESS);
            Message::Address { index: index(INDEX)?, ip, added: kind == NEW_ADDRESS }
        }
        _ if kind == layout.member.0 => {
            let found = addresses(message.get(layout.member.1..)?, present()?, layout);
            Message::Member { index: index(INDEX)?, group: ip(found, INTERFACE_ADDRESS) }
        }
        _ if Some(kind) == layout.announce => Message::Announced(Announcement {
            index: index(4)?,
            departed: u16::from_ne_bytes(take(message, 22)?) == 1,
        }),
        GET => Message::Route(route(message, index(4)?, layout)?),
        _ => return None,
    })
}

fn ip(mut found: [Option<SocketAddress>; 8], position: usize) -> Option<IpAddr> {
    match found[position].take() {
        Some(SocketAddress::Ip(ip)) => Some(ip),
        _ => None,
    }
}

fn link(message: &[u8], index: u32, present: u32, layout: &Layout) -> Option<LinkState> {
    let at = &layout.link;
    let data = message.get(at.data..)?;
    let number = |at| take(data, at).map(u64::from_ne_bytes);
    let mut counters = [0; 10];
    for (position, counter) in counters.iter_mut().enumerate() {
        *counter = number(at.baudrate + 8 + 8 * position)?;
    }
    let mut found = addresses(message.get(at.header..)?, present, layout);
    let (drops, size) = at.send_drops;
    Some(LinkState {
        index,
        link: match found[INTERFACE_NAME].take() {
            Some(SocketAddress::Link(link)) => Some(link),
            _ => None,
        },
        link_type: *data.first()?,
        // LINK_STATE_DOWN is 1 and LINK_STATE_UP 2 (net/if.h of FreeBSD).
        carrier: match at.state.and_then(|at| data.get(at)) {
            Some(1) => Some(false),
            Some(2) => Some(true),
            _ => None,
        },
        mtu: u32::from_ne_bytes(take(data, 8)?),
        baudrate: number(at.baudrate)?,
        counters,
        send_drops: match size {
            8 => u64::from_ne_bytes(take(message, drops)?),
            _ => u64::from(u32::from_ne_bytes(take(message, drops)?)),
        },
    })
}

fn route(message: &[u8], index: u32, layout: &Layout) -> Option<RouteReply> {
    let number = |at| take(message, at).map(i32::from_ne_bytes);
    let present = u32::from_ne_bytes(take(message, 12)?);
    let found = addresses(message.get(layout.route..)?, present, layout);
    Some(RouteReply {
        flags: u32::from_ne_bytes(take(message, 8)?),
        pid: number(16)?,
        number: number(20)?,
        error: number(24)?,
        index,
        gateway: ip(found.clone(), GATEWAY),
        source: ip(found, INTERFACE_ADDRESS),
    })
}
