//! The request for a route, and its reply.

use std::net::IpAddr;

use super::layout::Layout;
use super::message::{DESTINATION, GET, INTERFACE_NAME, Message, RouteReply, VERSION, messages};
use super::sockaddr::{LINK, write};

/// RTF_UP and RTF_HOST of both systems (net/route.h): the usable route to one address.
const UP_TO_HOST: u32 = 0x1 | 0x4;

/// RTM_GET for an address. The kernel replies with the number, and with the interface.
pub fn get(address: IpAddr, number: i32, layout: &Layout) -> Vec<u8> {
    let mut message = vec![0; layout.route];
    // Without a netmask, the kernel looks for the address itself. An empty name of an interface
    // asks for the name in the reply.
    let present: u32 = (1 << DESTINATION) | (1 << INTERFACE_NAME);
    message[2] = VERSION;
    message[3] = GET;
    message[8..12].copy_from_slice(&UP_TO_HOST.to_ne_bytes());
    message[12..16].copy_from_slice(&present.to_ne_bytes());
    message[20..24].copy_from_slice(&number.to_ne_bytes());
    let destination = write(address, layout);
    let end = message.len() + layout.space(destination.len());
    message.extend(destination);
    message.resize(end, 0);
    message.extend([layout.sockaddr_dl, LINK]);
    message.resize(end + layout.space(usize::from(layout.sockaddr_dl)), 0);
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    message[..2].copy_from_slice(&length.to_ne_bytes());
    message
}

/// The reply to the request with this number of this process.
pub fn reply_to(bytes: &[u8], pid: i32, number: i32, layout: &Layout) -> Option<RouteReply> {
    messages(bytes, layout).find_map(|message| match message {
        Message::Route(reply) if reply.pid == pid && reply.number == number => Some(reply),
        _ => None,
    })
}
