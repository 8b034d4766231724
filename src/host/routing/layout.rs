//! What differs between the messages of FreeBSD and macOS.

/// The layout of the messages of one system, in the byte order of this machine.
///
/// FreeBSD: sys/net/route.h, sys/net/if.h (64-bit, since FreeBSD 11). macOS: bsd/net/route.h,
/// bsd/net/if.h, bsd/net/if_var.h and bsd/net/rtsock.c of xnu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// An address occupies a multiple of this: `sizeof(long)` in SA_SIZE of FreeBSD, 4 in ROUNDUP32
    /// of xnu. An empty address occupies one unit.
    pub unit: usize,
    /// The length of `struct rt_msghdr`.
    pub route: usize,
    /// The message about an interface with the counters of 64 bits, and its data.
    pub link: LinkLayout,
    /// A type of `struct ifma_msghdr` in the list of memberships, and the length of the header.
    pub member: (u8, usize),
    /// RTM_IFANNOUNCE, on FreeBSD.
    pub announce: Option<u8>,
    /// The length of `struct sockaddr_in6` that the system expects.
    pub sockaddr_in6: u8,
    /// The length of `struct sockaddr_dl`.
    pub sockaddr_dl: u8,
}

/// The offsets in the message about an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLayout {
    /// RTM_IFINFO, or RTM_IFINFO2 of macOS.
    pub kind: u8,
    /// The length of the header with its data: addresses follow.
    pub header: usize,
    /// The start of `if_data` or `if_data64`.
    pub data: usize,
    /// `ifi_link_state` in the data, if the system has it.
    pub state: Option<usize>,
    /// `ifi_baudrate`, followed by ipackets, ierrors, opackets, oerrors, collisions, ibytes, obytes,
    /// imcasts, omcasts and iqdrops, each of 64 bits.
    pub baudrate: usize,
    /// The frames that were dropped before sending: `ifi_oqdrops` (64 bits) of FreeBSD, or
    /// `ifm_snd_drops` (32 bits) of macOS, from the start of the message, with the size.
    pub send_drops: (usize, usize),
}

impl Layout {
    /// FreeBSD on 64-bit machines.
    pub const FREEBSD: Layout = Layout {
        unit: 8,
        route: 152,
        link: LinkLayout {
            kind: 0x0e,
            header: 168,
            data: 16,
            state: Some(4),
            baudrate: 16,
            send_drops: (16 + 104, 8),
        },
        member: (0x0f, 16),
        announce: Some(0x11),
        sockaddr_in6: 28,
        sockaddr_dl: 54,
    };

    /// macOS.
    pub const MACOS: Layout = Layout {
        unit: 4,
        route: 92,
        link: LinkLayout {
            kind: 0x12,
            header: 160,
            data: 32,
            state: None,
            baudrate: 16,
            send_drops: (24, 4),
        },
        member: (0x13, 20),
        announce: None,
        sockaddr_in6: 28,
        sockaddr_dl: 20,
    };

    /// The layout of this system.
    #[cfg(target_os = "freebsd")]
    pub const HERE: Layout = Layout::FREEBSD;

    /// The layout of this system.
    #[cfg(target_os = "macos")]
    pub const HERE: Layout = Layout::MACOS;

    /// The space that an address of this length occupies.
    pub fn space(&self, length: usize) -> usize {
        length.max(1).next_multiple_of(self.unit)
    }
}

/// The constants agree with the declarations of the crate libc.
#[cfg(target_os = "freebsd")]
const _: () = {
    use libc::{if_announcemsghdr, if_data, if_msghdr, ifa_msghdr, ifma_msghdr, sockaddr_in6};
    use std::mem::{offset_of, size_of};
    let here = Layout::HERE;
    assert!(size_of::<if_msghdr>() == here.link.header);
    assert!(offset_of!(if_msghdr, ifm_data) == here.link.data);
    assert!(offset_of!(if_data, ifi_mtu) == 8 && offset_of!(if_data, ifi_link_state) == 4);
    assert!(offset_of!(if_data, ifi_baudrate) == here.link.baudrate);
    assert!(offset_of!(if_data, ifi_iqdrops) == here.link.baudrate + 80);
    assert!(here.link.data + offset_of!(if_data, ifi_oqdrops) == here.link.send_drops.0);
    assert!(size_of::<ifa_msghdr>() == 20 && size_of::<ifma_msghdr>() == here.member.1);
    assert!(offset_of!(if_announcemsghdr, ifan_what) == 22);
    assert!(size_of::<sockaddr_in6>() == here.sockaddr_in6 as usize);
    assert!(size_of::<libc::sockaddr_dl>() == here.sockaddr_dl as usize);
};

/// The constants agree with the declarations of the crate libc.
#[cfg(target_os = "macos")]
const _: () = {
    use libc::{if_data64, if_msghdr2, ifa_msghdr, ifma_msghdr2, rt_msghdr, sockaddr_in6};
    use std::mem::{offset_of, size_of};
    let here = Layout::HERE;
    assert!(size_of::<if_msghdr2>() == here.link.header);
    assert!(offset_of!(if_msghdr2, ifm_data) == here.link.data);
    assert!(offset_of!(if_msghdr2, ifm_snd_drops) == here.link.send_drops.0);
    assert!(offset_of!(if_data64, ifi_mtu) == 8);
    assert!(offset_of!(if_data64, ifi_baudrate) == here.link.baudrate);
    assert!(offset_of!(if_data64, ifi_iqdrops) == here.link.baudrate + 80);
    assert!(size_of::<ifa_msghdr>() == 20 && size_of::<ifma_msghdr2>() == here.member.1);
    assert!(size_of::<rt_msghdr>() == here.route);
    assert!(size_of::<sockaddr_in6>() == here.sockaddr_in6 as usize);
    assert!(size_of::<libc::sockaddr_dl>() == here.sockaddr_dl as usize);
};
