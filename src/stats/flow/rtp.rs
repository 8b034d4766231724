//! Datagrams of an RTP session: its streams by SSRC, and RTCP on the same port.

use super::outline::Outline;
use super::reading::Reading;
use super::record::{Measured, Pending};
use super::settings::Settings;
use crate::format::kind::{Choice, Format, How};
use crate::format::numbered::{Content, Numbered};
use crate::format::rtcp;
use crate::format::rtp::{
    EXTENDED_NUMBERING, NUMBERING, Rtp, read as read_rtp, retransmitted_ssrc,
};
use crate::stats::rtp::{ExtendedSequence, RtpDetail};
use crate::stats::sequence::Order;
use crate::stats::stream::{Arrival, Clock, Detail, Identity, Streams, Taken};

/// How many SSRCs may wait for a second datagram.
const MOST_PENDING: usize = 8;

/// Adds a datagram.
pub fn read(
    flow: &mut Measured,
    payload: &[u8],
    arrival: &Arrival,
    settings: &Settings,
    streams: &mut Streams,
) -> Reading {
    let Some(rtp) = read_rtp(payload) else {
        return if rtcp::read(payload).is_some() { Reading::PLAIN } else { Reading::Fails };
    };
    let key = u64::from(rtp.ssrc);
    let position = match flow.position(key) {
        Some(position) => position,
        None if is_retransmission(flow, &rtp, streams) => return Reading::PLAIN,
        None if flow.how == How::Asked => match open(flow, &rtp, arrival, settings, streams) {
            Some(position) => position,
            None => return Reading::Untracked,
        },
        None => return begin(flow, &rtp, payload, arrival, settings, streams),
    };
    take(flow, position, &rtp, arrival, streams)
}

/// Adds a datagram of an SSRC without a stream. A damaged datagram must not begin a stream: the
/// second one in sequence does (RFC 3550, A.1).
fn begin(
    flow: &mut Measured,
    rtp: &Rtp,
    payload: &[u8],
    arrival: &Arrival,
    settings: &Settings,
    streams: &mut Streams,
) -> Reading {
    let key = u64::from(rtp.ssrc);
    let before = flow.pending.iter().position(|pending| pending.key == key);
    let Some(before) = before.map(|index| flow.pending.remove(index)) else {
        if flow.pending.len() >= MOST_PENDING {
            flow.pending.remove(0);
        }
        flow.pending.push(Pending {
            key,
            number: rtp.sequence,
            outline: Outline::new(payload, arrival, true),
        });
        return Reading::PLAIN;
    };
    if rtp.sequence != before.number.wrapping_add(1) {
        let outline = Outline::new(payload, arrival, true);
        flow.pending.push(Pending { key, number: rtp.sequence, outline });
        return Reading::PLAIN;
    }
    let Some(position) = open(flow, rtp, &before.outline.arrival(arrival), settings, streams)
    else {
        return Reading::Untracked;
    };
    if let Some(first) = read_rtp(&before.outline.bytes) {
        take(flow, position, &first, &before.outline.arrival(arrival), streams);
    }
    take(flow, position, rtp, arrival, streams)
}

/// Counts a retransmission of a known stream, which has an SSRC of its own.
fn is_retransmission(flow: &Measured, rtp: &Rtp, streams: &mut Streams) -> bool {
    let original = retransmitted_ssrc(rtp.ssrc).map(u64::from);
    let position = original.and_then(|ssrc| flow.streams.get(&ssrc)).copied();
    let Some(Detail::Rtp(detail)) = position.and_then(|position| streams.detail(position)) else {
        return false;
    };
    detail.retransmissions += 1;
    true
}

fn open(
    flow: &mut Measured,
    rtp: &Rtp,
    arrival: &Arrival,
    settings: &Settings,
    streams: &mut Streams,
) -> Option<usize> {
    let key = u64::from(rtp.ssrc);
    let is_extended = settings.choice == Choice::ExtendedRtp;
    let numbering = if is_extended { EXTENDED_NUMBERING } else { NUMBERING };
    let identity = Identity { format: Format::Rtp, how: flow.how, key, numbering };
    let mut detail = RtpDetail::new(rtp, settings.rtp_clock);
    if is_extended {
        detail.extended = ExtendedSequence::forced();
    }
    detail.ssrc_changes = flow.streams.len() as u64;
    for position in flow.streams.values() {
        if let Some(Detail::Rtp(earlier)) = streams.detail(*position) {
            earlier.ssrc_changes += 1;
        }
    }
    flow.open(identity, Detail::Rtp(Box::new(detail)), arrival, streams)
}

/// Adds a datagram of a stream.
fn take(
    flow: &mut Measured,
    position: usize,
    rtp: &Rtp,
    arrival: &Arrival,
    streams: &mut Streams,
) -> Reading {
    let mut numbered = Numbered {
        key: rtp.ssrc.into(),
        content: Content::Data { first: rtp.sequence.into(), count: 1 },
        sent: None,
    };
    let mut is_extended = false;
    if let Some(Detail::Rtp(detail)) = streams.detail(position) {
        if let Some(number) = detail.extended.number(rtp) {
            is_extended = true;
            numbered.content = Content::Data { first: number.into(), count: 1 };
        }
        if flow.clock > Clock::Unknown {
            numbered.sent = detail.meter.sampled_at(rtp.timestamp);
        }
    }
    let taken = streams.take_numbered(position, &numbered, arrival, flow.clock);
    let mut delay = None;
    let (position, order) = match taken {
        Taken::Untracked => return Reading::Untracked,
        Taken::Restart(position) => {
            flow.set_position(numbered.key, position);
            (position, Some(Order::InOrder))
        }
        Taken::Data { order, delay: of, .. } => {
            delay = of;
            (position, Some(order.order()))
        }
        Taken::Held | Taken::Other => (position, None),
    };
    let may_grow = streams.may_grow(position);
    if let (Some(order), Some(Detail::Rtp(detail))) = (order, streams.detail(position)) {
        detail.take(rtp, arrival.time, order);
        let has_grown = detail.transport.take(rtp, arrival.time, order, may_grow);
        // The first datagram after which the width is known.
        let widened = if is_extended { None } else { detail.extended.number(rtp) };
        if let Some(number) = widened {
            streams.widen(position, number);
        }
        if has_grown {
            streams.charge(position);
        }
    }
    Reading::Fits { number: Some(rtp.sequence.into()), delay }
}
