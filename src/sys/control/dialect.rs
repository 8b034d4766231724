//! The numbers of control messages on macOS and FreeBSD. `sys::bsd` compares them with those of the
//! libc crate.

/// The numbers and sizes of one system.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The alignment of a header and of the data behind it: `__DARWIN_ALIGN32` (bsd/arm/_param.h of
    /// xnu) or `_ALIGN` (sys/x86/include/_align.h of FreeBSD).
    pub align: usize,
    /// The bytes of `tv_sec`, `tv_usec` and `tv_nsec`.
    pub seconds: usize,
    pub micros: usize,
    pub nanos: usize,
    /// AF_INET6.
    pub family_v6: u8,
    /// SCM_REALTIME: a timestamp in nanoseconds.
    pub realtime: Option<i32>,
    /// IP_PKTINFO.
    pub pktinfo: Option<i32>,
    /// IP_RECVTTL, which is also the type of its message.
    pub ttl: i32,
    /// IP_RECVTOS, likewise.
    pub tos: i32,
    /// IPV6_TCLASS.
    pub traffic_class: i32,
}

/// macOS of 64 bits: bsd/netinet/in.h, bsd/netinet6/in6.h and bsd/sys/socket.h of xnu. The numbers
/// for IPv6 are those of RFC 3542 (`__APPLE_USE_RFC_3542`).
pub const MACOS: Dialect = Dialect {
    align: 4,
    seconds: 8,
    micros: 4,
    nanos: 8,
    family_v6: 30,
    realtime: None,
    pktinfo: Some(26),
    ttl: 24,
    tos: 27,
    traffic_class: 36,
};

/// FreeBSD of 64 bits: sys/netinet/in.h, sys/netinet6/in6.h and sys/sys/socket.h.
pub const FREEBSD: Dialect = Dialect {
    align: 8,
    seconds: 8,
    micros: 8,
    nanos: 8,
    family_v6: 28,
    realtime: Some(5),
    pktinfo: None,
    ttl: 65,
    tos: 68,
    traffic_class: 61,
};

/// The dialect of this system.
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
pub const OWN: Dialect = Dialect {
    align: if cfg!(target_os = "macos") { 4 } else { size_of::<usize>() },
    seconds: size_of::<libc::time_t>(),
    micros: size_of::<libc::suseconds_t>(),
    nanos: size_of::<libc::c_long>(),
    ..if cfg!(target_os = "macos") { MACOS } else { FREEBSD }
};

/// The numbers that macOS and FreeBSD share.
pub const SOL_SOCKET: i32 = 0xffff;
pub const IPPROTO_IP: i32 = 0;
pub const IPPROTO_IPV6: i32 = 41;
/// A timestamp in microseconds (SO_TIMESTAMP).
pub const SCM_TIMESTAMP: i32 = 2;
pub const IP_RECVDSTADDR: i32 = 7;
pub const IP_RECVIF: i32 = 20;
pub const IPV6_PKTINFO: i32 = 46;
pub const IPV6_HOPLIMIT: i32 = 47;
pub const AF_INET: u8 = 2;
