//! The two ways to use the system.

/// The most datagrams in one train: UDP_MAX_SEGMENTS of include/linux/udp.h; older kernels take 64.
/// Windows states no maximum.
pub const LONGEST_TRAIN: usize = 128;

/// The two ways to use the system: with all its features, or with those of every system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// On Linux: many datagrams per call, each with kernel timestamp, TTL, traffic class,
    /// destination, interface and drops. On macOS, FreeBSD and Windows: one per call, without drops.
    /// Elsewhere equal to [`Backend::Portable`].
    Native(Batching),
    /// One datagram per call through socket2, with its source only.
    Portable,
}

impl Default for Backend {
    fn default() -> Self {
        Backend::Native(Batching::default())
    }
}

impl Backend {
    pub fn is_native(self) -> bool {
        matches!(self, Backend::Native(_))
    }
}

/// The batch sizes. They affect only the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// The maximum number of datagrams per call; with `offload`, of buffers per call.
    pub most: usize,
    /// One buffer may hold several datagrams of one length: the kernel or the interface splits it
    /// (UDP_SEGMENT; UDP_SEND_MSG_SIZE on Windows), and combines those that arrive together
    /// (UDP_GRO, udp(7)).
    pub offload: bool,
    /// Windows combines those that arrive together, too (UDP_RECV_MAX_COALESCED_SIZE). Off by
    /// default: some drivers combine datagrams without their length, and one large datagram
    /// appears instead (quinn-rs/quinn issue 2041, microsoft/msquic issue 4955).
    pub coalesce: bool,
}

impl Default for Batching {
    fn default() -> Self {
        Batching { most: Self::MOST, offload: true, coalesce: false }
    }
}

impl Batching {
    /// 16 to 64 datagrams amortise the cost of a call; more only take memory.
    pub const MOST: usize = 64;
}
