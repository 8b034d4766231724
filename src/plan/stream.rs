//! How `mcast send` sends a transport stream.

use super::PlanError;
use crate::cli::{PaceBy, SendArgs};
use crate::format::rtp;
use crate::format::ts::PACKET_LEN;

/// The packets of a datagram: seven fit an Ethernet frame.
pub const DEFAULT_PACKETS: usize = 7;

/// How to send an input that is a transport stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPlan {
    /// The options require one. Otherwise another input is sent in pieces.
    pub is_required: bool,
    /// Each datagram leaves at its time by the PCR.
    pub is_timed: bool,
    /// The payload of a datagram in bytes, without an RTP header.
    pub size: usize,
    /// In RTP.
    pub rtp: bool,
}

impl StreamPlan {
    /// The plan of these arguments.
    ///
    /// # Errors
    /// [`PlanError::TwoPaces`], [`PlanError::NoPace`], [`PlanError::NotWholePackets`].
    pub fn new(args: &SendArgs) -> Result<Self, PlanError> {
        let other = [
            ("--rate", args.rate.is_some()),
            ("--interval", args.interval.is_some()),
            ("--flood", args.flood),
            ("--burst", args.burst > 1),
            ("--poisson", args.shape.poisson),
            ("--ramp", args.shape.ramp.is_some()),
            ("--on-off", args.shape.on_off.is_some()),
        ];
        let other = other.into_iter().find(|(_, is_set)| *is_set).map(|(option, _)| option);
        match (args.pace, other) {
            (Some(PaceBy::Pcr), Some(option)) => return Err(PlanError::TwoPaces { option }),
            (Some(PaceBy::Rate), None) => return Err(PlanError::NoPace),
            _ => {}
        }
        let is_required = args.pace.is_some() || args.rtp;
        let size = args.size.map_or(DEFAULT_PACKETS * PACKET_LEN, usize::from);
        if is_required && packets(size).is_none() {
            return Err(PlanError::NotWholePackets { size });
        }
        Ok(StreamPlan { is_required, is_timed: other.is_none(), size, rtp: args.rtp })
    }

    /// The length of the RTP header in bytes.
    pub fn header(&self) -> usize {
        if self.rtp { rtp::MIN_LEN } else { 0 }
    }

    /// The packets of a datagram; `None` if its size is no whole number of packets.
    pub fn packets(&self) -> Option<usize> {
        packets(self.size)
    }
}

fn packets(size: usize) -> Option<usize> {
    (size > 0 && size % PACKET_LEN == 0).then_some(size / PACKET_LEN)
}
