//! How the system is asked.

/// The most datagrams in one train: UDP_MAX_SEGMENTS of include/linux/udp.h; older kernels take 64.
pub const LONGEST_TRAIN: usize = 128;

/// How the system is asked: with everything it can tell, or only with what every system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// On Linux: many datagrams a call, each with the kernel's time, TTL, traffic class,
    /// destination, interface and drops. Elsewhere the same as [`Backend::Portable`].
    Native(Batching),
    /// One datagram a call through socket2, with its source alone.
    Portable,
}

impl Default for Backend {
    fn default() -> Self {
        Backend::Native(Batching::default())
    }
}

impl Backend {
    /// Whether the system is asked for everything it can tell.
    pub fn is_native(self) -> bool {
        matches!(self, Backend::Native(_))
    }
}

/// How many datagrams are handed over at once. It makes no difference but speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// The most datagrams a call; with `offload`, the most buffers a call.
    pub most: usize,
    /// One buffer may carry several datagrams of one length: the kernel, or the interface, cuts it
    /// (UDP_SEGMENT), and what arrived together is handed over together (UDP_GRO, udp(7)).
    pub offload: bool,
}

impl Default for Batching {
    fn default() -> Self {
        Batching { most: Self::MOST, offload: true }
    }
}

impl Batching {
    /// 16 to 64 datagrams amortise the cost of a call; more only cost memory.
    pub const MOST: usize = 64;
}
