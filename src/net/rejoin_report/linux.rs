//! Reports through a raw socket (raw(7)).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};

use crate::net::wire::build;
use crate::sys;

pub fn report(group: IpAddr, ifindex: u32, source: IpAddr, version: u8) -> io::Result<()> {
    match (group, source) {
        (IpAddr::V4(group), IpAddr::V4(source)) if group.is_multicast() => {
            report_v4(group, ifindex, source, version)
        }
        (IpAddr::V6(group), IpAddr::V6(source))
            if group.is_multicast() && source.is_unicast_link_local() =>
        {
            report_v6(group, ifindex, source, version)
        }
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{source} cannot report a membership of {group}"),
        )),
    }
}

fn report_v4(group: Ipv4Addr, ifindex: u32, source: Ipv4Addr, version: u8) -> io::Result<()> {
    let socket = raw(SocketAddrV4::new(source, 0).into())?;
    sys::send_via_v4(&socket, ifindex, source)?;
    // This host would take its own report for that of another member, and suppress its own (RFC
    // 2236, 3).
    socket.set_multicast_loop_v4(false)?;
    let send = |bytes: &[u8], to| socket.send_to(bytes, &SocketAddrV4::new(to, 0).into()).map(drop);
    send(&build::igmp_v3_report(source, group), build::ALL_IGMPV3_ROUTERS)?;
    if matches!(version, 1 | 2) {
        send(&build::igmp_old_report(version, source, group), group)
    } else {
        Ok(())
    }
}

fn report_v6(group: Ipv6Addr, ifindex: u32, source: Ipv6Addr, version: u8) -> io::Result<()> {
    let socket = raw(SocketAddrV6::new(source, 0, 0, ifindex).into())?;
    socket.set_multicast_if_v6(ifindex)?;
    socket.set_multicast_loop_v6(false)?;
    let send = |bytes: &[u8], to| {
        socket.send_to(bytes, &SocketAddrV6::new(to, 0, 0, ifindex).into()).map(drop)
    };
    send(&build::mld_v2_report(source, group), build::ALL_MLDV2_ROUTERS)?;
    if version == 1 { send(&build::mld_v1_report(source, group), group) } else { Ok(()) }
}

/// A send-only socket for packets with their own IP header (IPPROTO_RAW, raw(7)).
fn raw(source: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(source),
        Type::RAW,
        Some(Protocol::from(libc::IPPROTO_RAW)),
    )?;
    // The kernel does not check the source of these packets, but a bind to a foreign address fails.
    socket.bind(&source.into())?;
    // A full queue is no reason to wait.
    socket.set_nonblocking(true)?;
    Ok(socket)
}
