//! A packet socket (packet(7)): the frames on the interfaces, before IP and the firewall process
//! them. Needs CAP_NET_RAW.

use std::os::fd::AsRawFd;
use std::{io, mem, ptr};

use libc::{self, c_int, c_void, socklen_t};
use socket2::{Domain, SockAddr, SockAddrStorage, SockFilter, Socket, Type};

use super::control::{Control, Messages, Name, timestamp};
use super::options;
use crate::iface::MacAddr;
use crate::sys::captured::{CUSTOMER_TAG, CapturedFrame, IPV4, IPV6, PROVIDER_TAG, Towards, Vlan};
use crate::units::bytes::{take, u16_at};

/// The captured length of a packet: enough for the headers, and for IGMP and MLD messages.
const SNAP: usize = 256;

/// Frames per call.
const SLOTS: usize = 64;

/// The receive buffer in bytes. A frame takes its length and the kernel's overhead.
const BUFFER: usize = 8 << 20;

// include/uapi/linux/if_packet.h, which libc does not have.
const PACKET_OTHERHOST: u8 = 3;
const PACKET_OUTGOING: u8 = 4;
const PACKET_STATISTICS: c_int = 6;
const PACKET_AUXDATA: c_int = 8;
const TP_STATUS_VLAN_VALID: u32 = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID: u32 = 1 << 6;

/// The VLAN bits of a tag; the others are the priority.
const VLAN_ID: u16 = 0xfff;

/// The length of an inner tag, which the kernel leaves in front of the packet: its VLAN and the
/// EtherType.
const INNER_TAG: usize = 4;

/// The multicast frames of all interfaces.
pub struct PacketSocket {
    socket: Socket,
    names: [Name; SLOTS],
    controls: [Control; SLOTS],
    payloads: [[u8; SNAP]; SLOTS],
}

impl PacketSocket {
    pub fn open() -> io::Result<Box<PacketSocket>> {
        // Without a protocol, no frame arrives before the filter is set.
        let socket = Socket::new(Domain::from(libc::AF_PACKET), Type::DGRAM, None)?;
        socket.attach_filter(&multicast_only())?;
        options::set(&socket, libc::SOL_PACKET, PACKET_AUXDATA, options::ON)?;
        options::set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, options::ON)?;
        if options::force_receive_buffer(&socket, BUFFER).is_err() {
            socket.set_recv_buffer_size(BUFFER)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&every_interface())?;
        let (names, controls) =
            ([Name([0; 128]); SLOTS], [Control([0; super::control::CONTROL_LEN]); SLOTS]);
        Ok(Box::new(PacketSocket { socket, names, controls, payloads: [[0; SNAP]; SLOTS] }))
    }

    /// Reads some of the waiting frames. Returns their number, which is zero if none is waiting.
    pub fn read(&mut self, take: &mut dyn FnMut(&CapturedFrame)) -> io::Result<usize> {
        let mut vectors = [libc::iovec { iov_base: ptr::null_mut(), iov_len: SNAP }; SLOTS];
        // SAFETY: `mmsghdr` is a plain C struct of integers and pointers, for which all zeroes is a
        // valid value.
        let mut headers: [libc::mmsghdr; SLOTS] = unsafe { mem::zeroed() };
        for (slot, header) in headers.iter_mut().enumerate() {
            vectors[slot].iov_base = self.payloads[slot].as_mut_ptr().cast::<c_void>();
            header.msg_hdr.msg_name = (&raw mut self.names[slot]).cast::<c_void>();
            header.msg_hdr.msg_namelen = size_of::<Name>() as socklen_t;
            header.msg_hdr.msg_iov = &raw mut vectors[slot];
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = (&raw mut self.controls[slot]).cast::<c_void>();
            header.msg_hdr.msg_controllen = size_of::<Control>() as _;
        }
        // SAFETY: every header points to a name, a vector, a payload and a control buffer of the
        // lengths it states; all of them outlive the call, none overlaps another, and
        // nobody else has a reference to them now. The descriptor is open as long as `self`.
        let count = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                headers.as_mut_ptr(),
                SLOTS as _,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        let count = match usize::try_from(count) {
            Ok(count) => count.min(SLOTS),
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::WouldBlock => 0,
                error => return Err(error),
            },
        };
        for (slot, header) in headers[..count].iter().enumerate() {
            #[allow(clippy::unnecessary_cast, reason = "socklen_t with musl, usize with glibc")]
            let control = (header.msg_hdr.msg_controllen as usize).min(size_of::<Control>());
            let bytes = &self.payloads[slot][..(header.msg_len as usize).min(SNAP)];
            if let Some(caught) =
                caught(&self.names[slot], &self.controls[slot].0[..control], bytes)
            {
                take(&caught);
            }
        }
        Ok(count)
    }

    /// Makes the network card accept the frames of a group although this host is no member of it. No
    /// report announces that.
    pub fn accept(&self, ifindex: u32, mac: MacAddr) -> io::Result<()> {
        let mut address = [0; 8];
        address[..6].copy_from_slice(&mac.0);
        let membership = libc::packet_mreq {
            mr_ifindex: ifindex as c_int,
            mr_type: libc::PACKET_MR_MULTICAST as _,
            mr_alen: 6,
            mr_address: address,
        };
        options::set(&self.socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, membership)
    }

    /// The frames dropped since the last call: the buffer was full.
    pub fn dropped(&self) -> io::Result<u32> {
        // struct tpacket_stats: received and dropped. Reading resets both.
        let mut stats = [0_u32; 2];
        let mut len = size_of_val(&stats) as socklen_t;
        let (socket, stats_at) = (self.socket.as_raw_fd(), stats.as_mut_ptr().cast::<c_void>());
        // SAFETY: `stats` has room for the `len` bytes that the kernel may write, and both outlive
        // the call.
        let result = unsafe {
            libc::getsockopt(socket, libc::SOL_PACKET, PACKET_STATISTICS, stats_at, &mut len)
        };
        if result == 0 { Ok(stats[1]) } else { Err(io::Error::last_os_error()) }
    }
}

/// `ETH_P_ALL` on every interface: a socket for one protocol receives frames only after the
/// firewall's ingress hook.
fn every_interface() -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: `sockaddr_ll` is a socket address: it fits into the storage of all of them, of whose
    // alignment it is, and is a plain C struct of integers.
    let address = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    // SAFETY: the storage holds a valid `sockaddr_ll`, and its length is passed.
    unsafe { SockAddr::new(storage, size_of::<libc::sockaddr_ll>() as socklen_t) }
}

/// A filter (bpf(4)) that accepts the beginning of IPv4 and IPv6 multicast only. The kernel removes
/// the outer tag. An inner one may be in front of the packet.
fn multicast_only() -> [SockFilter; 20] {
    const LOAD_HALF: u16 = (libc::BPF_LD | libc::BPF_H | libc::BPF_ABS) as u16;
    const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const LOAD_BYTE: u16 = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
    const IS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const ANSWER: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    const PROTOCOL: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PROTOCOL) as u32;
    const INNER: u32 = INNER_TAG as u32;
    [
        SockFilter::new(LOAD_WORD, 0, 0, PROTOCOL),
        SockFilter::new(IS, 0, 3, IPV4 as u32),
        // The destination is at offset 16, and begins with 1110.
        SockFilter::new(LOAD_BYTE, 0, 0, 16),
        SockFilter::new(AND, 0, 0, 0xf0),
        SockFilter::new(IS, 13, 14, 0xe0),
        SockFilter::new(IS, 0, 2, IPV6 as u32),
        SockFilter::new(LOAD_BYTE, 0, 0, 24),
        SockFilter::new(IS, 10, 11, 0xff),
        SockFilter::new(IS, 1, 0, CUSTOMER_TAG as u32),
        SockFilter::new(IS, 0, 9, PROVIDER_TAG as u32),
        SockFilter::new(LOAD_HALF, 0, 0, INNER - 2),
        SockFilter::new(IS, 0, 3, IPV4 as u32),
        SockFilter::new(LOAD_BYTE, 0, 0, INNER + 16),
        SockFilter::new(AND, 0, 0, 0xf0),
        SockFilter::new(IS, 3, 4, 0xe0),
        SockFilter::new(IS, 0, 3, IPV6 as u32),
        SockFilter::new(LOAD_BYTE, 0, 0, INNER + 24),
        SockFilter::new(IS, 0, 1, 0xff),
        SockFilter::new(ANSWER, 0, 0, SNAP as u32),
        SockFilter::new(ANSWER, 0, 0, 0),
    ]
}

/// Reads the metadata of a frame: `struct sockaddr_ll` and `struct tpacket_auxdata`.
fn caught<'a>(name: &Name, control: &[u8], bytes: &'a [u8]) -> Option<CapturedFrame<'a>> {
    let protocol = take(&name.0, 2).map(u16::from_be_bytes)?;
    let ifindex = take(&name.0, 4).map(u32::from_ne_bytes)?;
    let towards = match name.0[10] {
        PACKET_OTHERHOST => Towards::Other,
        PACKET_OUTGOING => Towards::Out,
        _ => Towards::Us,
    };
    let mut caught = CapturedFrame {
        time: None,
        protocol,
        ifindex,
        towards,
        vlan: None,
        len: bytes.len(),
        bytes,
    };
    let message = |level, kind| {
        let mut messages = Messages(control).filter(move |(of, is, _)| (*of, *is) == (level, kind));
        messages.next().map(|(_, _, data)| data)
    };
    caught.time = message(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS).and_then(timestamp);
    if let Some(data) = message(libc::SOL_PACKET, PACKET_AUXDATA) {
        let word = |at| take(data, at).map(u32::from_ne_bytes);
        let (status, tag) = (word(0)?, take(data, 16).map(u16::from_ne_bytes)?);
        caught.len = usize::try_from(word(4)?).ok()?;
        let kind = take(data, 18).map(u16::from_ne_bytes).unwrap_or(CUSTOMER_TAG);
        let provider = status & TP_STATUS_VLAN_TPID_VALID != 0 && kind == PROVIDER_TAG;
        caught.vlan = (status & TP_STATUS_VLAN_VALID != 0).then_some(Vlan {
            id: tag & VLAN_ID,
            provider,
            inner: None,
        });
    }
    if matches!(protocol, CUSTOMER_TAG | PROVIDER_TAG) || is_tagged(&caught) {
        take_inner_tag(&mut caught)?;
    }
    // A tag with VLAN 0 has only a priority, and counts as none.
    caught.vlan = caught.vlan.filter(|vlan| vlan.id != 0);
    Some(caught)
}

/// Whether a tag is in front of the packet although the kernel reports the EtherType of the packet,
/// as since Linux 6.10 (`vlan_get_protocol_dgram`).
fn is_tagged(caught: &CapturedFrame) -> bool {
    let (version, length_at, header) = match caught.protocol {
        IPV4 => (4, 2, 0),
        IPV6 => (6, 4, 40),
        _ => return false,
    };
    let is_packet = |at: usize| caught.bytes.get(at).is_some_and(|first| first >> 4 == version);
    // A tag can look like the beginning of a packet, but its length is then too large.
    let fits = u16_at(caught.bytes, length_at)
        .is_some_and(|length| usize::from(length) + header <= caught.len);
    u16_at(caught.bytes, INNER_TAG - 2) == Some(caught.protocol)
        && is_packet(INNER_TAG)
        && !(is_packet(0) && fits)
}

/// Removes the tag in front of the packet. It is the inner one, unless the kernel ignored the outer
/// one.
fn take_inner_tag(caught: &mut CapturedFrame) -> Option<()> {
    let id = u16_at(caught.bytes, 0)? & VLAN_ID;
    caught.vlan = match caught.vlan {
        Some(outer) if outer.id != 0 => Some(Vlan { inner: Some(id), ..outer }),
        _ => Some(Vlan { id, provider: caught.protocol == PROVIDER_TAG, inner: None }),
    };
    caught.protocol = u16_at(caught.bytes, INNER_TAG - 2)?;
    caught.bytes = caught.bytes.get(INNER_TAG..)?;
    caught.len = caught.len.saturating_sub(INNER_TAG);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The control message of a frame of 1,000 bytes, in this machine's byte order.
    fn auxdata(status: u32, tag: u16, kind: u16) -> Vec<u8> {
        let mut bytes = (size_of::<usize>() + 8 + 20).to_ne_bytes().to_vec();
        [libc::SOL_PACKET, PACKET_AUXDATA]
            .iter()
            .for_each(|value| bytes.extend(value.to_ne_bytes()));
        [status, 1000, 256].iter().for_each(|value| bytes.extend(value.to_ne_bytes()));
        [14, 14, tag, kind].iter().for_each(|value: &u16| bytes.extend(value.to_ne_bytes()));
        bytes
    }

    fn name(kind: u8) -> Name {
        let mut name = Name([0; 128]);
        name.0[..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
        name.0[2..4].copy_from_slice(&IPV6.to_be_bytes());
        name.0[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        name.0[10] = kind;
        name
    }

    #[test]
    fn the_address_has_interface_and_direction() {
        for (kind, towards) in [
            (0, Towards::Us),
            (1, Towards::Us),
            (2, Towards::Us),
            (3, Towards::Other),
            (4, Towards::Out),
        ] {
            let name = name(kind);
            let caught = caught(&name, &[], &[1, 2, 3]).unwrap();
            assert_eq!((caught.protocol, caught.ifindex, caught.towards), (IPV6, 7, towards));
            assert_eq!((caught.vlan, caught.len, caught.bytes), (None, 3, &[1, 2, 3][..]));
        }
    }

    #[test]
    fn the_auxiliary_data_has_length_and_vlan() {
        let name = name(2);
        let hundred = |provider| Some(Vlan { id: 100, provider, inner: None });
        for (status, tag, kind, vlan) in [
            (0x50, 0x6064, 0x8100, hundred(false)),
            (0x50, 0x6064, 0x88a8, hundred(true)),
            (0x10, 0x6064, 0x88a8, hundred(false)),
            (0, 100, 0x8100, None),
            (0x10, 0x6000, 0x8100, None),
        ] {
            let control = auxdata(status, tag, kind);
            let caught = caught(&name, &control, &[0; 256]).unwrap();
            assert_eq!((caught.len, caught.vlan), (1000, vlan), "{status:#x} {tag:#x}");
        }
        assert!(
            caught(&name, &auxdata(0, 0, 0)[..30], &[]).is_some_and(|caught| caught.len == 0),
            "cut short"
        );
    }

    #[test]
    fn an_inner_tag_is_removed_from_the_packet() {
        let mut name = name(2);
        for (protocol, provider) in [(CUSTOMER_TAG, false), (PROVIDER_TAG, true)] {
            name.0[..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
            name.0[2..4].copy_from_slice(&protocol.to_be_bytes());
            let bytes = [0x20, 5, 0x08, 0, 0x45, 7];
            for (control, vlan) in [
                (auxdata(0x50, 0x6064, 0x88a8), Vlan { id: 100, provider: true, inner: Some(5) }),
                // The kernel ignores a tag with only a priority.
                (auxdata(0x50, 0x6000, 0x8100), Vlan { id: 5, provider, inner: None }),
                (Vec::new(), Vlan { id: 5, provider, inner: None }),
            ] {
                let caught = caught(&name, &control, &bytes).unwrap();
                assert_eq!((caught.protocol, caught.vlan), (IPV4, Some(vlan)));
                assert_eq!(caught.bytes, [0x45, 7]);
            }
            assert!(caught(&name, &[], &bytes[..3]).is_none(), "cut short");
        }
    }

    #[test]
    fn an_inner_tag_is_found_behind_the_packets_ethertype() {
        let mut v4 = [0; 36];
        let mut v6 = [0; 60];
        // Priorities 0 to 7: two of them look like the beginning of a packet.
        for priority in 0..8 {
            for (protocol, first, bytes) in [(IPV4, 0x45, &mut v4[..]), (IPV6, 0x60, &mut v6[..])] {
                let mut name = name(2);
                name.0[2..4].copy_from_slice(&protocol.to_be_bytes());
                bytes[..2].copy_from_slice(&[priority << 5, 5]);
                bytes[2..4].copy_from_slice(&protocol.to_be_bytes());
                bytes[4] = first;
                let mut control = auxdata(0x50, 7, PROVIDER_TAG);
                let length = control.len() - 16;
                control[length..length + 4].copy_from_slice(&(bytes.len() as u32).to_ne_bytes());
                let caught = caught(&name, &control, bytes).unwrap();
                let vlan = Vlan { id: 7, provider: true, inner: Some(5) };
                assert_eq!((caught.vlan, caught.bytes[0]), (Some(vlan), first), "{priority}");
            }
        }
    }
}
