//! The tip for ENOBUFS. Linux returns it for a full queue, and for a datagram that a filter or the
//! device dropped on output.

use crate::host::Queue;
use crate::target::Endpoint;

/// The tip for ENOBUFS; `queues` are those of the interface, if the system shows them.
pub(crate) fn no_buffers_tip(at: &Endpoint, queues: Option<&[Queue]>) -> String {
    let name = &at.via.name;
    let slower = "lower the rate (--rate, --interval)";
    let other = format!(
        "look for a filter on output (nft list ruleset; tc filter show dev {name} egress) or a \
         tunnel without a peer for {}",
        at.group
    );
    if at.via.link.is_l3_ipvlan {
        return format!(
            "use another interface: {name} is an ipvlan interface in mode L3 or L3S, which does \
             not carry multicast"
        );
    }
    let Some(queues) = queues else {
        return format!("{slower} if the queue of {name} is full; otherwise {other}");
    };
    match queues.iter().find(|queue| queue.waiting > 0) {
        Some(Queue { kind, waiting, dropped }) => format!(
            "{slower}: the queue of {name} ({kind}) holds {waiting} packets and has dropped \
             {dropped}"
        ),
        None => format!("{other}: the queue of {name} is empty"),
    }
}
