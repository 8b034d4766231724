//! What RTP streams have beyond their sequence.

use super::clock::ClockOrigin;
use super::extended::ExtendedSequence;
use super::meter::RtpMeter;
use super::sessions::Label;
use super::transport::Transport;
use crate::format::rtp::{Rtp, static_type};
use crate::stats::sequence::Order;
use crate::units::UnixTime;

/// What an RTP stream has beyond its sequence.
#[derive(Clone, Debug)]
pub struct RtpDetail {
    /// The SSRC.
    pub ssrc: u32,
    /// The measurements.
    pub meter: RtpMeter,
    /// The upper bits of its sequence, if it has them.
    pub extended: ExtendedSequence,
    /// Retransmissions under another SSRC, as RIST sends them.
    pub retransmissions: u64,
    /// How many further SSRCs began in the flow.
    pub ssrc_changes: u64,
    /// The transport stream in the payload, if it is one.
    pub transport: Transport,
    /// The media clock in Hz that the user stated.
    clock_hz: Option<u32>,
    label: Option<Box<Label>>,
}

impl RtpDetail {
    /// The stream of a datagram. `clock_hz` is the media clock, if the user states it.
    pub fn new(rtp: &Rtp, clock_hz: Option<u32>) -> Self {
        RtpDetail::of(rtp.ssrc, rtp.payload_type, clock_hz)
    }

    fn of(ssrc: u32, payload_type: u8, clock_hz: Option<u32>) -> Self {
        let mut meter = RtpMeter::new(payload_type);
        if let Some(hz) = clock_hz {
            meter.set_clock(hz, ClockOrigin::Option);
        }
        RtpDetail {
            ssrc,
            meter,
            extended: ExtendedSequence::default(),
            retransmissions: 0,
            ssrc_changes: 0,
            transport: Transport::default(),
            clock_hz,
            label: None,
        }
    }

    /// The stream after a restart of its sender.
    pub fn fresh(&self) -> Self {
        let mut fresh = RtpDetail::of(self.ssrc, self.meter.payload_type(), self.clock_hz);
        fresh.ssrc_changes = self.ssrc_changes;
        // The extension of the numbers keeps its width.
        fresh.extended = self.extended;
        fresh.transport = self.transport.fresh();
        fresh.set_label(self.label.as_deref().cloned());
        fresh
    }

    /// Adds a datagram.
    #[inline]
    pub fn take(&mut self, rtp: &Rtp, time: UnixTime, order: Order) {
        if order == Order::InOrder {
            self.extended.take(rtp);
        }
        self.meter.take(rtp, time, order);
    }

    /// Sets what a description of the session states.
    pub fn set_label(&mut self, label: Option<Label>) {
        if let Some(label) = &label {
            if let Some(hz) = label.clock_hz {
                self.meter.set_clock(hz, ClockOrigin::Sap);
            }
            self.meter.set_epoch(label.media_clock_offset.unwrap_or(0));
        }
        self.label = label.map(Box::new);
    }

    /// What a description of the session states.
    pub fn label(&self) -> Option<&Label> {
        self.label.as_deref()
    }

    /// The encoding: by the description of the session, or by the payload type.
    pub fn encoding(&self) -> Option<&str> {
        let described = self.label.as_ref().and_then(|label| label.encoding.as_deref());
        described.or_else(|| static_type(self.meter.payload_type()).map(|known| known.encoding))
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        let texts = |label: &Label| {
            [&label.name, &label.encoding]
                .into_iter()
                .flatten()
                .map(String::capacity)
                .sum::<usize>()
        };
        let label = self.label.as_deref().map_or(0, |label| size_of::<Label>() + texts(label));
        self.meter.bytes() + label + self.transport.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_encoding_and_clock() {
        let rtp = Rtp {
            marker: false,
            payload_type: 96,
            sequence: 0,
            timestamp: 0,
            ssrc: 7,
            payload: &[],
        };
        let mut detail = RtpDetail::new(&rtp, None);
        assert_eq!((detail.encoding(), detail.meter.clock()), (None, None));
        let label =
            Label { encoding: Some("L24".to_owned()), clock_hz: Some(48_000), ..Label::default() };
        detail.set_label(Some(label));
        let clock = |detail: &RtpDetail| detail.meter.clock().map(|(clock, _)| clock.hz());
        assert_eq!((detail.encoding(), clock(&detail)), (Some("L24"), Some(48_000)));
        assert!(detail.bytes() >= size_of::<Label>() + 3);
        let fresh = detail.fresh();
        assert_eq!((fresh.encoding(), clock(&fresh), fresh.ssrc), (Some("L24"), Some(48_000), 7));
        let asked = RtpDetail::new(&Rtp { payload_type: 33, ..rtp }, Some(27_000_000));
        assert_eq!((asked.encoding(), clock(&asked)), (Some("MP2T"), Some(27_000_000)));
    }
}
