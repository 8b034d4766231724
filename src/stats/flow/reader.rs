//! Reads a datagram of a recognised flow and hands it to its stream.

use super::numbered::numbered;
use super::reading::Reading;
use super::record::Measured;
use super::settings::Settings;
use super::{rtp, ts};
use crate::format::kind::Format;
use crate::format::numbered::{Content, Numbered, Numbering};
use crate::stats::sequence::RangeOrder;
use crate::stats::stream::{Arrival, Detail, Identity, Streams, Taken};

/// Reads a datagram in the format of its flow.
pub fn read(
    flow: &mut Measured,
    payload: &[u8],
    arrival: &Arrival,
    settings: &Settings,
    streams: &mut Streams,
) -> Reading {
    match flow.format {
        Format::Rtp => rtp::read(flow, payload, arrival, settings, streams),
        Format::Ts => ts::read(flow, payload, arrival, streams),
        format => match numbered(format, payload) {
            Some((numbered, numbering)) => {
                streams.peers.note(format, payload, arrival.source.ip(), arrival.time);
                take(flow, payload, &numbered, numbering, arrival, streams)
            }
            None => Reading::Fails,
        },
    }
}

/// Adds a datagram of a format that numbers its datagrams or messages.
fn take(
    flow: &mut Measured,
    payload: &[u8],
    numbered: &Numbered,
    numbering: Numbering,
    arrival: &Arrival,
    streams: &mut Streams,
) -> Reading {
    let position = flow.position(numbered.key);
    let position = match position.filter(|known| !streams.begins_again(*known, numbered)) {
        Some(position) => position,
        // An end alone has nothing to count. A heartbeat shows a session without data.
        None if matches!(numbered.content, Content::End { .. } | Content::Aside) => {
            return Reading::PLAIN;
        }
        None => {
            let identity =
                Identity { format: flow.format, how: flow.how, key: numbered.key, numbering };
            let detail = Detail::new(flow.format, payload);
            match flow.open(identity, detail, arrival, streams) {
                Some(position) => position,
                None => return Reading::Untracked,
            }
        }
    };
    let taken = streams.take_numbered(position, numbered, arrival, flow.clock);
    let (position, delay, order) = match taken {
        Taken::Untracked => return Reading::Untracked,
        Taken::Restart(position) => {
            flow.set_position(numbered.key, position);
            (position, None, Some(RangeOrder { new: count(numbered), ..RangeOrder::default() }))
        }
        Taken::Data { delay, order, .. } => (position, delay, Some(order)),
        Taken::Held | Taken::Other => (position, None, None),
    };
    if streams.detail(position).is_some_and(|detail| detail.note(payload, numbered, order)) {
        streams.end(position, 0, arrival.time);
    }
    let number = match numbered.content {
        Content::Data { first, .. } => Some(first),
        _ => None,
    };
    Reading::Fits { number, delay }
}

/// How many numbers a datagram holds.
fn count(numbered: &Numbered) -> u64 {
    match numbered.content {
        Content::Data { count, .. } => count,
        _ => 0,
    }
}
