//! What reaches the interfaces, before IP and the firewall see it: the multicast that a packet
//! socket shows (packet(7), CAP_NET_RAW).

use std::io;
use std::time::Instant;

use super::wire::{Flaw, Packet};
use crate::sys;
use crate::sys::{Towards, Vlan};

/// The multicast frames of all interfaces of this network namespace, from now on. Only on Linux,
/// and with the right to it.
pub struct Frames {
    socket: Box<sys::PacketSocket>,
    dropped: u64,
}

/// A frame that carries multicast of IPv4 or IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The index of the interface. A frame that a bridge, a bond or a VLAN hands on is seen again
    /// on the interface it is handed to.
    pub ifindex: u32,
    /// Which way it went.
    pub towards: Towards,
    /// Its VLAN, where it is tagged. A tag that only carries a priority is none.
    pub vlan: Option<Vlan>,
    /// The length of the IP packet.
    pub len: usize,
    /// What it carries.
    pub packet: Packet,
}

impl Frames {
    /// Begins to listen.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW, `Unsupported` on systems other than Linux, and what
    /// else the system refuses.
    pub fn open() -> io::Result<Frames> {
        Ok(Frames { socket: sys::PacketSocket::open()?, dropped: 0 })
    }

    /// Takes what waits, without waiting for more, until there is nothing left or it is `until`: a
    /// flood must not keep the program here. There is room for about 20,000 short frames, so it
    /// should be asked often. Answers whether more may wait.
    ///
    /// # Errors
    /// What the system refused. What was taken before is not lost.
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

    /// How many frames there was no room for, since it was opened.
    pub fn dropped(&mut self) -> u64 {
        match self.socket.dropped() {
            Ok(more) => self.dropped += u64::from(more),
            Err(error) => tracing::debug!(%error, "the drops of the packet socket are not known"),
        }
        self.dropped
    }
}

fn frame(caught: &sys::CapturedFrame) -> Option<Frame> {
    let mut packet = Packet::parse(caught.protocol, caught.bytes)?;
    let said = Packet::length(caught.protocol, caught.bytes).unwrap_or(caught.len);
    if said > caught.len {
        packet.flaw = packet.flaw.or(Some(Flaw::Truncated));
    }
    // What pads a short frame is none of the packet.
    let len = said.min(caught.len);
    Some(Frame { ifindex: caught.ifindex, towards: caught.towards, vlan: caught.vlan, len, packet })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wire::build;
    use crate::sys::IPV4;

    #[test]
    fn the_length_is_that_of_the_packet_without_what_pads_it() {
        let mut bytes = build::igmp_old_report(2, [10, 0, 0, 1].into(), [239, 1, 1, 1].into());
        const VLAN: Vlan = Vlan { id: 9, provider: false, inner: None };
        let len = |bytes: &[u8], len| {
            let caught = sys::CapturedFrame {
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
    fn it_opens_or_says_why_not() {
        let opened = Frames::open()
            .and_then(|mut frames| frames.read(Instant::now(), |_| {}).map(|_| frames.dropped()));
        let refused = opened.map_err(|error| error.kind());
        if cfg!(target_os = "linux") {
            // A machine may be so busy that some are dropped at once.
            assert!(matches!(refused, Ok(_) | Err(io::ErrorKind::PermissionDenied)), "{refused:?}");
        } else {
            assert_eq!(refused, Err(io::ErrorKind::Unsupported));
        }
    }
}
