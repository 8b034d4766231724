//! A frame that a packet socket captured.

use crate::units::UnixTime;

/// The direction of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub enum Towards {
    /// Received, for a group, broadcast or this host.
    Us,
    /// Received, for another host.
    Other,
    /// Sent.
    Out,
}

/// The VLAN tags of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vlan {
    /// The id of the outer tag.
    pub id: u16,
    /// The outer tag is a provider tag (802.1ad, EtherType 0x88a8).
    pub provider: bool,
    /// The id of the inner tag (QinQ).
    pub inner: Option<u16>,
}

/// A frame that a [`super::PacketSocket`] captured.
pub struct CapturedFrame<'a> {
    /// The kernel timestamp, if there is one.
    pub time: Option<UnixTime>,
    /// The EtherType of the content.
    pub protocol: u16,
    pub ifindex: u32,
    pub towards: Towards,
    pub vlan: Option<Vlan>,
    /// The length without the link header.
    pub len: usize,
    /// The captured beginning.
    pub bytes: &'a [u8],
}

/// The EtherType of IPv4 (RFC 894).
pub const IPV4: u16 = 0x0800;

/// The EtherType of IPv6 (RFC 2464).
pub const IPV6: u16 = 0x86dd;

/// The EtherType of a customer tag (IEEE 802.1Q).
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub const CUSTOMER_TAG: u16 = 0x8100;

/// The EtherType of a provider tag (IEEE 802.1ad).
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux captures frames"))]
pub const PROVIDER_TAG: u16 = 0x88a8;
