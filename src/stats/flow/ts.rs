//! Datagrams of a transport stream without RTP.

use super::reading::Reading;
use super::record::Measured;
use crate::format::kind::Format;
use crate::format::numbered::{Numbering, Unit};
use crate::format::ts::packets;
use crate::stats::stream::{Arrival, Detail, Identity, Streams};
use crate::stats::ts::TsOrder;

/// The continuity counters, which [`crate::stats::ts::TsMeter`] follows for each PID, count packets.
const NUMBERING: Numbering = Numbering::bits(4, Unit::TsPackets);

/// Adds a datagram. The whole flow is one stream.
pub fn read(
    flow: &mut Measured,
    payload: &[u8],
    arrival: &Arrival,
    streams: &mut Streams,
) -> Reading {
    let position = match flow.position(0) {
        Some(position) => position,
        None if packets(payload).is_none() => return Reading::Fails,
        None => {
            let identity =
                Identity { format: Format::Ts, how: flow.how, key: 0, numbering: NUMBERING };
            let detail = Detail::Ts(Box::default());
            match flow.open(identity, detail, arrival, streams) {
                Some(position) => position,
                None => return Reading::Untracked,
            }
        }
    };
    let may_grow = streams.may_grow(position);
    let Some(Detail::Ts(meter)) = streams.detail(position) else { return Reading::Fails };
    let Some(order) = meter.take(payload, arrival.time, TsOrder::Unnumbered, may_grow) else {
        return Reading::Fails;
    };
    if meter.may_have_grown() {
        streams.charge(position);
    }
    streams.take_unnumbered(position, order, arrival);
    Reading::PLAIN
}
