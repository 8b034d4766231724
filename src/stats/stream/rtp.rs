//! What RTCP states of a stream, and the wider numbers of ST 2110.

use super::{Detail, Foreign, Stream, Streams};
use crate::format::rtcp::SenderReport;
use crate::stats::rtp::RtpDetail;
use crate::stats::sequence::Sequence;
use crate::units::UnixTime;

/// An RTP stream with datagrams.
fn parts(stream: &mut Stream) -> Option<(&mut RtpDetail, &mut Sequence, UnixTime)> {
    let Stream { foreign, sequence, arrived, .. } = stream;
    let Foreign { detail: Detail::Rtp(detail), .. } = foreign.as_deref_mut()? else { return None };
    Some((detail, sequence.as_mut()?, arrived.1))
}

impl Streams {
    /// Adds a sender report on the stream at a position.
    pub fn sender_report(&mut self, position: usize, report: &SenderReport, time: UnixTime) {
        if let Some((detail, sequence, last)) = self.streams.get_mut(position).and_then(parts) {
            detail.meter.reports_mut().take(report, time, sequence.next(), last);
        }
    }

    /// Adds a sender report that arrived before the first datagram of the stream at a position.
    pub fn early_report(&mut self, position: usize, report: &SenderReport, time: UnixTime) {
        if let Some((detail, sequence, _)) = self.streams.get_mut(position).and_then(parts) {
            detail.meter.reports_mut().take_early(report, time, sequence.first());
        }
    }

    /// Ends the stream at a position, as its sender announces.
    pub fn bye(&mut self, position: usize, time: UnixTime) {
        let Some((detail, ..)) = self.streams.get_mut(position).and_then(parts) else { return };
        let announced = detail.meter.reports().announced(time, true);
        self.end(position, announced.unwrap_or(0), time);
    }

    /// Counts what the last reports reveal: datagrams that were sent long before `now` are lost.
    pub fn settle_reports(&mut self, now: UnixTime) {
        for stream in &mut self.streams {
            let Some((detail, sequence, _)) = parts(stream) else { continue };
            if let Some(next) = detail.meter.reports().announced(now, false) {
                sequence.announce(next);
            }
        }
    }

    /// The numbers of the stream at a position have 32 bits; the highest one is `number`.
    pub fn widen(&mut self, position: usize, number: u32) {
        if let Some(Stream { foreign: Some(foreign), .. }) = self.streams.get_mut(position) {
            foreign.widen(number.into());
        }
    }
}
