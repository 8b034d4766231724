//! A transport stream inside RTP (RFC 2250). The sequence of RTP shows lost datagrams; the transport
//! stream shows their content.

use crate::format::rtp::Rtp;
use crate::format::ts::packets;
use crate::stats::sequence::Order;
use crate::stats::ts::{TsMeter, TsOrder};
use crate::units::UnixTime;

/// The payload type of transport streams (RFC 3551, 6).
const MP2T: u8 = 33;

/// Payloads of other types are a transport stream after this many packets in a row. Sync bytes at
/// all their places are no chance.
const MANY_PACKETS: usize = 4;

/// The transport stream of an RTP stream, if it has one.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    meter: Option<Box<TsMeter>>,
    /// The packets in a row of a payload type that does not name them.
    seen: usize,
}

impl Transport {
    /// The measurements, once the payload is known to be a transport stream.
    pub fn meter(&self) -> Option<&TsMeter> {
        self.meter.as_deref()
    }

    /// Adds a payload. Returns whether the memory may have changed.
    #[inline]
    pub fn take(&mut self, rtp: &Rtp, time: UnixTime, order: Order, may_grow: bool) -> bool {
        if self.meter.is_none() && !self.begins(rtp, may_grow) {
            return false;
        }
        let Some(meter) = &mut self.meter else { return false };
        let order = match order {
            Order::InOrder => TsOrder::InOrder,
            Order::Late { .. } => TsOrder::Late,
            Order::Duplicate | Order::Stale => TsOrder::Duplicate,
        };
        let _ = meter.take(rtp.payload, time, order, may_grow);
        meter.may_have_grown()
    }

    /// The transport stream after a restart of its sender.
    pub fn fresh(&self) -> Self {
        let meter = self.meter.as_ref().map(|_| Box::new(TsMeter::new()));
        Transport { meter, seen: self.seen }
    }

    /// Begins an interval.
    pub fn mark(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.mark();
        }
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        self.meter.as_ref().map_or(0, |meter| size_of::<TsMeter>() + meter.bytes())
    }

    /// Whether a transport stream begins with this payload.
    fn begins(&mut self, rtp: &Rtp, may_grow: bool) -> bool {
        let Some(packets) = packets(rtp.payload).filter(|_| may_grow) else {
            self.seen = 0;
            return false;
        };
        self.seen += packets.count();
        let is_certain = rtp.payload_type == MP2T || self.seen >= MANY_PACKETS;
        if is_certain {
            self.meter = Some(Box::new(TsMeter::new()));
        }
        is_certain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(packets: usize) -> Vec<u8> {
        let mut packet = vec![0x47, 0x1f, 0xff, 0x10];
        packet.resize(188, 0xff);
        packet.repeat(packets)
    }

    fn take(transport: &mut Transport, payload_type: u8, payload: &[u8]) -> Option<u64> {
        let (marker, sequence, timestamp, ssrc) = (false, 0, 0, 7);
        let rtp = Rtp { marker, payload_type, sequence, timestamp, ssrc, payload };
        transport.take(&rtp, UnixTime::default(), Order::InOrder, true);
        transport.meter().map(|meter| meter.figures(false).packets)
    }

    #[test]
    fn payload_type_33_is_a_transport_stream() {
        let mut transport = Transport::default();
        assert_eq!(take(&mut transport, 33, b"hello"), None);
        assert_eq!(take(&mut transport, 33, &payload(1)), Some(1));
        assert!(transport.bytes() > size_of::<TsMeter>());
        assert!(transport.fresh().meter().is_some());
    }

    #[test]
    fn another_payload_type_needs_several_packets() {
        let mut transport = Transport::default();
        assert_eq!(take(&mut transport, 96, &payload(3)), None);
        assert_eq!(take(&mut transport, 96, &[0; 188]), None);
        assert_eq!(take(&mut transport, 96, &payload(3)), None);
        assert_eq!(take(&mut transport, 96, &payload(1)), Some(1));
    }
}
