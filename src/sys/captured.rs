//! A frame that a packet socket captured.

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub enum Towards {
    /// It came in, to a group, to everybody or to this host.
    Us,
    /// It came in, and is for another host.
    Other,
    /// It goes out.
    Out,
}

/// The tags of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vlan {
    /// The VLAN of the outer tag.
    pub id: u16,
    /// The outer tag is a provider's (802.1ad, EtherType 0x88a8).
    pub provider: bool,
    /// The VLAN of the tag within it, if there is one (QinQ).
    pub inner: Option<u16>,
}

/// A frame that a [`super::PacketSocket`] captured.
pub struct CapturedFrame<'a> {
    /// The protocol of what it carries, as Ethernet numbers them.
    pub protocol: u16,
    /// The index of the interface.
    pub ifindex: u32,
    /// Which way it went.
    pub towards: Towards,
    /// Its VLAN, where it is tagged.
    pub vlan: Option<Vlan>,
    /// How long it was, without the header of the link.
    pub len: usize,
    /// So much of it as was kept.
    pub bytes: &'a [u8],
}

/// The protocol of a frame that carries IPv4 (RFC 894).
pub const IPV4: u16 = 0x0800;

/// The protocol of a frame that carries IPv6 (RFC 2464).
pub const IPV6: u16 = 0x86dd;

/// The protocol of a frame that carries a customer's tag (IEEE 802.1Q).
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub const CUSTOMER_TAG: u16 = 0x8100;

/// The protocol of a frame that carries a provider's tag (IEEE 802.1ad).
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub const PROVIDER_TAG: u16 = 0x88a8;
