//! The multicast frames on the interfaces, before IP and the firewall process them: a packet socket
//! (packet(7), CAP_NET_RAW).

use std::io;
use std::net::IpAddr;
use std::time::Instant;

use super::wire::{Flaw, Packet};
use crate::sys;
use crate::sys::{Towards, Vlan};
use crate::target::ethernet_address;
use crate::units::UnixTime;

/// The multicast frames of all interfaces in this network namespace. Linux only.
pub struct Frames {
    socket: Box<sys::PacketSocket>,
    dropped: u64,
}

/// A frame with an IPv4 or IPv6 multicast packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The kernel timestamp, if there is one.
    pub time: Option<UnixTime>,
    /// A frame that a bridge, a bond or a VLAN forwards appears again on the next interface.
    pub ifindex: u32,
    pub towards: Towards,
    /// The VLAN tag. A tag with only a priority counts as none.
    pub vlan: Option<Vlan>,
    pub len: usize,
    pub packet: Packet,
}

impl Frames {
    /// Starts the capture.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW, `Unsupported` on other systems, or another error of
    /// the system.
    pub fn open() -> io::Result<Frames> {
        Ok(Frames { socket: sys::PacketSocket::open()?, dropped: 0 })
    }

    /// Makes the network card of an interface accept the frames of a group, also after this host left
    /// it. Without effect on cards that accept all frames.
    pub fn accept(&self, ifindex: u32, group: IpAddr) {
        let Some(mac) = ethernet_address(group) else { return };
        if let Err(error) = self.socket.accept(ifindex, mac) {
            tracing::debug!(%error, "cannot accept the frames of {group}");
        }
    }

    /// Reads the captured frames without waiting, until `until`: a flood must not block the caller.
    /// The buffer holds about 20,000 short frames. Returns whether more frames may be waiting.
    ///
    /// # Errors
    /// The error of the system. Frames that were read before are delivered.
    pub fn read(&mut self, until: Instant, mut take: impl FnMut(&Frame)) -> io::Result<bool> {
        loop {
            let read = self.socket.read(&mut |caught| {
                if let Some(frame) = frame(caught) {
                    take(&frame);
                }
            });
            match read {
                Ok(0) => return Ok(false),
                Ok(_) if Instant::now() >= until => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The frames dropped since the start: the buffer was full.
    pub fn dropped(&mut self) -> u64 {
        match self.socket.dropped() {
            Ok(more) => self.dropped += u64::from(more),
            Err(error) => tracing::debug!(%error, "cannot read the drops of the packet socket"),
        }
        self.dropped
    }
}

fn frame(caught: &sys::CapturedFrame) -> Option<Frame> {
    let mut packet = Packet::parse(caught.protocol, caught.bytes)?;
    let stated = Packet::length(caught.protocol, caught.bytes).unwrap_or(caught.len);
    if stated > caught.len {
        packet.flaw = packet.flaw.or(Some(Flaw::Truncated));
    }
    // Short frames have padding behind the packet.
    let len = stated.min(caught.len);
    let &sys::CapturedFrame { time, ifindex, towards, vlan, .. } = caught;
    Some(Frame { time, ifindex, towards, vlan, len, packet })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wire::build;
    use crate::sys::IPV4;

    #[test]
    fn the_length_excludes_padding() {
        let mut bytes = build::igmp_old_report(2, [10, 0, 0, 1].into(), [239, 1, 1, 1].into());
        const VLAN: Vlan = Vlan { id: 9, provider: false, inner: None };
        let len = |bytes: &[u8], len| {
            let caught = sys::CapturedFrame {
                time: None,
                protocol: IPV4,
                ifindex: 2,
                towards: Towards::Us,
                vlan: Some(VLAN),
                len,
                bytes,
            };
            frame(&caught).map(|frame| (frame.ifindex, frame.vlan, frame.len))
        };
        assert_eq!(len(&bytes, 46), Some((2, Some(VLAN), 32)));
        bytes[2..4].copy_from_slice(&1000_u16.to_be_bytes());
        assert_eq!(len(&bytes, 900), Some((2, Some(VLAN), 900)), "shorter than it says");
        assert_eq!(len(&[0x60; 10], 46), None);
    }

    #[test]
    fn a_capture_opens_or_returns_the_reason() {
        let opened = Frames::open()
            .and_then(|mut frames| frames.read(Instant::now(), |_| {}).map(|_| frames.dropped()));
        let refused = opened.map_err(|error| error.kind());
        if cfg!(target_os = "linux") {
            // A busy machine may drop frames at once.
            assert!(matches!(refused, Ok(_) | Err(io::ErrorKind::PermissionDenied)), "{refused:?}");
        } else {
            assert_eq!(refused, Err(io::ErrorKind::Unsupported));
        }
    }
}
