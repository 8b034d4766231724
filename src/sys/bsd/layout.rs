//! Compares the layouts that the decoders and the calls assume with those of the libc crate.

use libc::{cmsghdr, group_req, group_source_req, in6_pktinfo, ip_mreqn, sockaddr_dl};

use crate::sys::control::{FREEBSD, MACOS, OWN};

/// The padding behind the header, and behind one byte of data.
const _: () = {
    // SAFETY: both compute a number from a number.
    let (len, space) = unsafe { (libc::CMSG_LEN(1), libc::CMSG_SPACE(1)) };
    let header = size_of::<cmsghdr>();
    assert!(header == 12);
    assert!(len as usize == header.next_multiple_of(OWN.align) + 1);
    assert!(space as usize == header.next_multiple_of(OWN.align) + OWN.align);
};

const _: () = assert!(size_of::<ip_mreqn>() == 12);
const _: () = assert!(size_of::<in6_pktinfo>() == 20);
const _: () = assert!(std::mem::offset_of!(sockaddr_dl, sdl_index) == 2);
const _: () = assert!(std::mem::offset_of!(libc::sockaddr_in, sin_addr) == 4);
const _: () = assert!(std::mem::offset_of!(libc::sockaddr_in6, sin6_addr) == 8);
const _: () = assert!(std::mem::offset_of!(libc::sockaddr_in6, sin6_scope_id) == 24);
const _: () = assert!(libc::AF_INET6 == OWN.family_v6 as i32);
const _: () = assert!(libc::IP_RECVTTL == OWN.ttl && libc::IP_RECVTOS == OWN.tos);
const _: () = assert!(libc::IPV6_TCLASS == OWN.traffic_class);
const _: () = assert!(libc::IP_RECVDSTADDR == 7 && libc::IP_RECVIF == 20);
const _: () = assert!(libc::IPV6_PKTINFO == 46 && libc::IPV6_HOPLIMIT == 47);
const _: () = assert!(libc::SCM_TIMESTAMP == 2 && libc::SOL_SOCKET == 0xffff);

/// The tests on Linux read the bytes of systems of 64 bits.
#[cfg(target_pointer_width = "64")]
const _: () = {
    let tested = if cfg!(target_os = "macos") { MACOS } else { FREEBSD };
    assert!(OWN.align == tested.align && OWN.seconds == tested.seconds);
    assert!(OWN.micros == tested.micros && OWN.nanos == tested.nanos);
    assert!(size_of::<libc::timeval>() == 16);
};

/// `#pragma pack(4)` of bsd/netinet/in.h.
#[cfg(target_os = "macos")]
const _: () = {
    assert!(size_of::<group_req>() == 4 + 128);
    assert!(size_of::<group_source_req>() == 4 + 2 * 128);
    assert!(size_of::<libc::in_pktinfo>() == 12);
    assert!(matches!(OWN.pktinfo, Some(libc::IP_PKTINFO)));
};

#[cfg(all(target_os = "freebsd", target_pointer_width = "64"))]
const _: () = {
    assert!(size_of::<group_req>() == 8 + 128);
    assert!(size_of::<group_source_req>() == 8 + 2 * 128);
    assert!(matches!(OWN.realtime, Some(libc::SCM_REALTIME)));
};
