//! Says once more, unasked, what is true anyway: that this host is a member of a group. A switch
//! that has forgotten it forwards again.

use std::io;
use std::net::IpAddr;

/// Reports the membership of a group on the interface with this index, in the name of `source`, an
/// address of this host there (for IPv6 that of the link). `version` is that of IGMP or MLD which
/// is in force there: the newest version is always spoken, an older one as well. It needs
/// CAP_NET_RAW. That the host is a member is the caller's word.
///
/// # Errors
/// `PermissionDenied` without the right, `Unsupported` on systems other than Linux, `InvalidInput`
/// for addresses that do not go together, and what else the system refuses.
pub fn report_membership(
    group: IpAddr,
    ifindex: u32,
    source: IpAddr,
    version: u8,
) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::report(group, ifindex, source, version);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (group, ifindex, source, version);
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod linux {
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
        // What this host heard of itself it would take for another member's word, and hold back its
        // own.
        socket.set_multicast_loop_v4(false)?;
        let send =
            |bytes: &[u8], to| socket.send_to(bytes, &SocketAddrV4::new(to, 0).into()).map(drop);
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

    /// A socket that hears nothing, and sends packets that bring their header along (IPPROTO_RAW,
    /// raw(7)).
    fn raw(source: SocketAddr) -> io::Result<Socket> {
        let socket = Socket::new(
            Domain::for_address(source),
            Type::RAW,
            Some(Protocol::from(libc::IPPROTO_RAW)),
        )?;
        // The kernel does not look at the source of such a packet; but it lets nobody bind an
        // address that is not this host's.
        socket.bind(&source.into())?;
        // A full queue is no reason to wait.
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn addresses_that_do_not_go_together_are_refused() {
        for (group, source) in [
            ("239.1.1.1", "fe80::1"),
            ("ff15::1", "10.0.0.1"),
            ("10.0.0.2", "10.0.0.1"),
            ("fe80::2", "fe80::1"),
            // A report of MLD from elsewhere is thrown away (RFC 3810, 5.2.13).
            ("ff15::1", "2001:db8::1"),
        ] {
            let error = report_membership(group.parse().unwrap(), 1, source.parse().unwrap(), 2)
                .unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(
                error.to_string(),
                format!("{source} cannot report a membership of {group}")
            );
        }
    }

    #[test]
    fn no_such_interface_is_refused() {
        let error = report_membership(
            "239.1.1.1".parse().unwrap(),
            0x7fff_fff0,
            "10.0.0.1".parse().unwrap(),
            3,
        )
        .unwrap_err();
        assert!(!error.to_string().is_empty(), "{error:?}");
    }
}
