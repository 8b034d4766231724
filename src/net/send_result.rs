//! How a queue leaves: one socket after the other, in trains where several datagrams of one length
//! go to one endpoint.

use std::io;
use std::ops::Range;

use super::queue::Queued;
use crate::host::{self, Queue};
use crate::iface::Via;

/// What became of the first datagrams of a queue. Those that it does not speak of are still to be
/// sent.
#[derive(Debug, Default)]
pub struct SendResult {
    /// How many left.
    pub datagrams: usize,
    /// An earlier one to a unicast address came back: nobody listens there, or nobody is there.
    pub returned: Option<io::Error>,
    /// What became of those behind them.
    pub failure: Option<Failure>,
}

/// Datagrams that did not leave.
#[derive(Debug)]
pub struct Failure {
    /// How many; all of them go to one endpoint.
    pub datagrams: usize,
    /// There was no room for them, and there will be.
    pub full: bool,
    /// What the system said.
    pub error: super::NetError,
}

/// The datagrams from `first` on that go into one message: as many of one endpoint and one length
/// as `longest` lets into a train.
pub(super) fn message(
    queued: &[Queued],
    first: usize,
    longest: usize,
    most_bytes: usize,
) -> Range<usize> {
    let Queued { position, len, .. } = queued[first];
    // The kernel takes a segment of no bytes for no segmentation.
    let longest = most_bytes.checked_div(len).map_or(1, |fit| fit.min(longest).max(1));
    let alike = queued[first..]
        .iter()
        .take(longest)
        .take_while(|piece| piece.position == position && piece.len == len);
    first..first + alike.count()
}

/// What a socket is asked for that refused a train of `datagrams`: what every kernel takes, if it
/// was more (64), or none at all.
pub(super) fn shorter(datagrams: usize) -> usize {
    const EVERY_KERNEL: usize = 64;
    if datagrams > EVERY_KERNEL { EVERY_KERNEL } else { 1 }
}

/// Whether the queue before an interface cuts trains up, and may then drop some of their datagrams
/// without a word (net/sched: `qdisc_enqueue` of the queued; the call succeeds if one of them found
/// room). A datagram by itself that finds no room is an error.
pub(super) fn cuts_trains(via: &Via) -> bool {
    const CUT: [&str; 4] = ["cake", "netem", "taprio", "tbf"];
    let queues = host::queues(via.index).unwrap_or_else(|error| {
        tracing::debug!(%error, "cannot ask for the queues of {}", via.name);
        Vec::new()
    });
    let cut = queues.iter().find(|queue| CUT.contains(&queue.kind.as_str()));
    if let Some(Queue { kind, .. }) = cut {
        tracing::debug!(
            "the queue of {} ({kind}) cuts trains up, datagrams leave one by one",
            via.name
        );
    }
    cut.is_some()
}

/// Whether there is no room for a datagram now, and there will be: in the socket's buffer, or in
/// the queue of the interface.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(super::error::NO_BUFFERS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::SendQueue;
    use crate::sys::{Backend, Batching};

    /// How many datagrams each message has, of datagrams to these positions, of these lengths.
    fn messages(datagrams: &[(usize, usize)], longest: usize) -> Vec<usize> {
        let mut queue = SendQueue::new(Backend::Native(Batching::default()), false);
        for (position, len) in datagrams {
            queue.add(*position, *len);
        }
        let (mut next, mut messages) = (0, Vec::new());
        while next < datagrams.len() {
            let range = message(queue.items(), next, longest, 65_507);
            assert_eq!(range.start, next);
            messages.push(range.len());
            next = range.end;
        }
        messages
    }

    #[test]
    fn a_train_is_of_one_endpoint_and_one_length() {
        assert_eq!(
            messages(&[(0, 64), (0, 64), (1, 64), (1, 64), (1, 48), (0, 48)], 128),
            [2, 2, 1, 1]
        );
        assert_eq!(messages(&[(0, 64); 5], 2), [2, 2, 1]);
        assert_eq!(messages(&[(0, 64); 3], 1), [1, 1, 1]);
    }

    #[test]
    fn datagrams_without_payload_are_no_train() {
        assert_eq!(messages(&[(0, 0); 3], 128), [1, 1, 1]);
    }

    #[test]
    fn what_was_refused_is_tried_shorter_and_then_not_at_all() {
        assert_eq!([128, 65, 64, 2].map(shorter), [64, 64, 1, 1]);
    }

    proptest! {
        #[test]
        fn no_train_is_longer_than_a_datagram_may_be(
            len in 0..30_000_usize,
            longest in 1..200_usize,
        ) {
            let datagrams = vec![(0, len); (65_527 / len.max(1)).clamp(1, 128)];
            let messages = messages(&datagrams, longest);
            prop_assert!(
                messages
                    .iter()
                    .all(|count| *count <= longest && (count * len <= 65_507 || *count == 1))
            );
            prop_assert_eq!(messages.iter().sum::<usize>(), datagrams.len());
        }
    }
}
